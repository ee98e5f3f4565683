"""Runs the scripts that use jsforce, with the Node that was installed as a wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.processes import Running

SCRIPTS = Path(__file__).parent / "jsforce"
PACKAGES = SCRIPTS / "node_modules"
NODE = Path(sys.executable).with_name("node")
SECONDS_MAX = 90


def ran(script: str, running: Running, **asked: object) -> Any:
    """What the script answered; it is told the server's address and the first credentials, and `asked`."""
    told = {"url": running.base_url, **running.credentials, **asked}
    return json.loads(printed(SCRIPTS / f"{script}.mjs", json.dumps(told)))


def printed(script: Path, told: str = "", **environment: str) -> str:
    """What a script prints that runs in its own folder.

    No proxy of the environment reaches it: jsforce knows no exceptions for this machine.
    """
    if not (PACKAGES / "jsforce").exists():
        pytest.fail("jsforce is not installed: `make test` does it, with pip and npm, which must be within reach")
    done = subprocess.run(
        [NODE, script], input=told, capture_output=True, text=True, cwd=script.parent, timeout=SECONDS_MAX,
        env={"PATH": os.environ["PATH"], **environment}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{script.name} ended with {done.returncode}:\n{done.stderr[-4000:]}"
    return done.stdout
