"""The README's first orders, run as they stand, in a checkout whose `ordo dev` has its demo."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.test_client_page import SECONDS_MAX, run_python
from tests.conftest import cloned
from tests.faults.dev import Dev
from tests.processes import eventually

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def checkout(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder as the README's reader stands in it, once the story is over."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "examples").symlink_to(ROOT / "examples")
    with cloned(f"ordo_readme_{worker_id}") as dsn:
        dev = Dev(folder / ".ordo", dsn, demo=True)
        with dev.running() as process:
            eventually(lambda: "until Ctrl-C ends Ordo" in process.log.read_text(), "the story is over")
            assert process.log.read_text().count("All of it is paid: ") == 3
            yield folder


def test_curl(checkout: Path) -> None:
    """An order in one call, routed, sent by hand, captured."""
    posted, routed, sent = blocks("bash")
    script = "\n".join(["set -eu", posted, "echo", routed, "echo", sent])
    done = subprocess.run(
        ["bash", "-c", script], cwd=checkout, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    composite, parcel, summary = (json.loads(line) for line in done.stdout.splitlines() if line)
    assert [part["httpStatusCode"] for part in composite["compositeResponse"]][-1] == 204
    [order] = parcel["records"]
    assert order["FulfilledFromLocation"]["Name"] == "Columbus DC"
    [paid] = summary["records"]
    [payment] = paid["OrderPaymentSummaries"]["records"]
    assert payment["CapturedAmount"] == paid["GrandTotalAmount"] > 0


def test_simple_salesforce(checkout: Path) -> None:
    (text,) = blocks("python")
    codes, found = run_python(text, checkout)
    assert set(json.loads(codes)) == {200, 201, 204}
    assert re.search(r"'totalSize'\W+1\W", found), found
