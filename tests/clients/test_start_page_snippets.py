"""The first calls of the page at /, copied from it as it is served and run as they stand."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from tests.clients.test_client_page import SECONDS_MAX, run_node, run_python
from tests.conftest import cloned
from tests.faults.dev import Dev
from tests.processes import Running
from tests.shop import DATA, TOTAL, Shop

MADE = "SELECT count() FROM Account WHERE Name = 'Jo Example'"


@pytest.fixture(scope="module")
def started(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """`ordo dev` in a folder whose name needs care, with one order."""
    with cloned(f"ordo_snippets_{worker_id}") as dsn:
        dev = Dev(tmp_path_factory.mktemp("it's here") / ".ordo", dsn)
        with dev.running():
            with dev.api() as api:
                sale = api.post(f"{DATA}/composite/graph", json=Shop(api).order("kept"))
            assert sale.json()["graphs"][0]["isSuccessful"] is True, sale.text
            yield dev


def snippet(base_url: str, name: str) -> str:
    page = httpx.get(base_url, trust_env=False).text
    [text] = re.findall(rf'<pre [^>]*id="{name}"[^>]*><code>(.*?)</code></pre>', page, re.DOTALL)
    return html.unescape(text)


def run_shell(text: str, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-eu", "-c", text], cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
        env={"PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def accounts(dev: Dev) -> int:
    with dev.api() as api:
        return int(api.get(f"{DATA}/query", params={"q": MADE}).json()["totalSize"])


def number(dev: Dev) -> str:
    with dev.api() as api:
        found = api.get(f"{DATA}/query", params={"q": "SELECT OrderNumber FROM OrderSummary"}).json()
    [row] = found["records"]
    return str(row["OrderNumber"])


def test_curl(started: Dev, tmp_path: Path) -> None:
    before = accounts(started)
    said = run_shell(snippet(started.credentials["base_url"], "curl"), tmp_path)
    found, end = json.JSONDecoder().raw_decode(said)
    made = json.loads(said[end:])
    [order] = found["records"]
    assert (order["OrderNumber"], order["Status"]) == (number(started), "Created")
    assert order["GrandTotalAmount"] == TOTAL
    assert (made["success"], accounts(started)) == (True, before + 1)


@pytest.mark.parametrize(("name", "run"), [("simple-salesforce", run_python), ("jsforce", run_node)])
def test_a_client(started: Dev, tmp_path: Path, name: str, run: Callable[[str, Path], list[str]]) -> None:
    before = accounts(started)
    order, made = run(snippet(started.credentials["base_url"], name), tmp_path)
    assert order == f"{number(started)} Created {TOTAL}"
    assert made.startswith("001")
    assert accounts(started) == before + 1


def test_of_a_server_they_read_a_file_in_the_folder(running: Running) -> None:
    """`ordo serve` names no path of its machine, even to those on it."""
    text = snippet(running.base_url, "curl")
    assert text.splitlines()[0] == "credentials=credentials.json"
    said = run_shell(text, running.home)
    assert '"success":true' in said
    assert str(running.home) not in httpx.get(running.base_url, trust_env=False).text
