"""docs/how-to/use-your-salesforce-client.md and the first order of the README, run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.front import HOST, in_front, write_certificate
from tests.clients.node import PACKAGES, printed
from tests.conftest import cloned
from tests.processes import Running, free_port

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "use-your-salesforce-client.md").read_text()
SECONDS_MAX = 60
# What /etc/hosts and a proxy on port 443 do elsewhere.
HOSTS = """
import socket

_ask = socket.getaddrinfo


def getaddrinfo(host, port, *more, **named):
    return _ask(*(("127.0.0.1", {port}) if host == "{host}" else (host, port)), *more, **named)


socket.getaddrinfo = getaddrinfo
"""


def example(language: str, name: str) -> str:
    """The block of the page that opens with its name."""
    comment = {"python": "#", "js": "//"}[language]
    (text,) = re.findall(rf"^```{language}\n{comment} {name}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(text)


def run_python(text: str, folder: Path, **environment: str) -> list[str]:
    """The lines it prints, run in the folder with what else its environment says."""
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.splitlines()


def run_node(text: str, folder: Path, **environment: str) -> list[str]:
    script = folder / "example.mjs"
    script.write_text(text)
    (folder / "node_modules").symlink_to(PACKAGES)
    return printed(script, **environment).splitlines()


@pytest.fixture
def folder(running: Running, tmp_path: Path) -> Path:
    """A folder in which the running server's home is `.ordo`."""
    (tmp_path / ".ordo").symlink_to(running.home)
    return tmp_path


@pytest.fixture(scope="module")
def secured(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A folder with `ca.pem` and the `.ordo` of a server behind TLS, and the port of that."""
    folder, port = tmp_path_factory.mktemp("secured"), free_port()
    context = write_certificate(folder)
    with (
        cloned(f"ordo_secured_{worker_id}") as dsn,
        Running(dsn, folder / ".ordo", public_url=f"https://127.0.0.1:{port}") as running,
        in_front(port, running.port, context),
    ):
        yield folder, port


def test_the_page_shows_what_is_run_here() -> None:
    named = re.findall(r"^```(python|js)\n(?:#|//) (\S+)$", PAGE, re.MULTILINE)
    assert named == [
        ("js", "accounts.mjs"),
        ("python", "adapter.py"),
        ("python", "https.py"),
        ("python", "hosts.py"),
    ]
    assert len(re.findall(r"^```\w+$", PAGE, re.MULTILINE)) == len(named)


def test_jsforce(folder: Path) -> None:
    assert run_node(example("js", "accounts.mjs"), folder) == ["true", "[ 'Jo of jsforce' ]"]


def test_simple_salesforce_with_an_adapter(running: Running, folder: Path) -> None:
    lines = run_python(example("python", "adapter.py"), folder)
    assert lines[0] == "True"
    assert "'Jo of the adapter'" in lines[1]
    assert running.rows("SELECT count(*) FROM account WHERE name = 'Jo of the adapter'") == [(1,)]


def test_simple_salesforce_over_https(secured: tuple[Path, int]) -> None:
    assert run_python(example("python", "https.py"), secured[0]) == ["['Ordo']"]


def test_jsforce_over_https(secured: tuple[Path, int]) -> None:
    folder, _ = secured
    lines = run_node(example("js", "accounts.mjs"), folder, NODE_EXTRA_CA_CERTS=str(folder / "ca.pem"))
    assert lines == ["true", "[ 'Jo of jsforce' ]"]


def test_simple_salesforce_by_the_hosts_file(running: Running, tmp_path: Path, folder: Path) -> None:
    context, port = write_certificate(tmp_path), free_port()
    (folder / "sitecustomize.py").write_text(HOSTS.format(host=HOST, port=port))
    with in_front(port, running.port, context):
        lines = run_python(example("python", "hosts.py"), folder, REQUESTS_CA_BUNDLE=str(tmp_path / "ca.pem"))
    assert lines == [f"{HOST} ['Ordo']"]


def test_the_first_order_of_the_readme(running: Running, folder: Path) -> None:
    """S0-84."""
    (text,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    succeeded, found = run_python(text, folder)
    assert succeeded == "True"
    assert re.search(r"'totalSize'\W+1\W.*'GrandTotalAmount'\W+11\.0\b", found), found
