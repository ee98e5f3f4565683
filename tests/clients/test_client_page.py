"""docs/how-to/use-your-salesforce-client.md run as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import requests
from tests.clients.node import PACKAGES, printed
from tests.conftest import cloned
from tests.faults.dev import Dev
from tests.processes import Running

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "use-your-salesforce-client.md").read_text()
SECONDS_MAX = 60
HOST = "oms.my.salesforce.com"
# What /etc/hosts and port 443 do elsewhere.
HOSTS = """
import socket

_ask = socket.getaddrinfo


def getaddrinfo(host, port, *more, **named):
    return _ask(*(("127.0.0.1", {port}) if host in {hosts} else (host, port)), *more, **named)


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
def secured(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """`ordo dev` on a database of its own, its home the `.ordo` of a folder."""
    with cloned(f"ordo_secured_{worker_id}") as dsn:
        dev = Dev(tmp_path_factory.mktemp("secured") / ".ordo", dsn)
        with dev.running():
            yield dev


@pytest.fixture
def led(secured: Dev, tmp_path: Path) -> Path:
    """A folder with that home and the hosts file of the page."""
    (tmp_path / ".ordo").symlink_to(secured.home)
    port = urlsplit(secured.credentials["tls_url"]).port
    (tmp_path / "sitecustomize.py").write_text(HOSTS.format(hosts=[HOST, "login.salesforce.com"], port=port))
    return tmp_path


def test_the_page_shows_what_is_run_here() -> None:
    named = re.findall(r"^```(python|js)\n(?:#|//) (\S+)$", PAGE, re.MULTILINE)
    assert named == [
        ("js", "accounts.mjs"),
        ("python", "https.py"),
        ("python", "adapter.py"),
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


def test_simple_salesforce_over_https(secured: Dev) -> None:
    assert run_python(example("python", "https.py"), secured.home.parent) == ["['Ordo']"]


def test_jsforce_over_https(secured: Dev, tmp_path: Path) -> None:
    (tmp_path / ".ordo").symlink_to(secured.home)
    text = example("js", "accounts.mjs").replace("base_url", "tls_url")
    lines = run_node(text, tmp_path, NODE_EXTRA_CA_CERTS=str(secured.home / "ca.pem"))
    assert lines == ["true", "[ 'Jo of jsforce' ]"]


def test_who_does_not_know_the_authority_is_told_nothing(secured: Dev, tmp_path: Path) -> None:
    """Clients refuse, before they have sent a secret."""
    url = secured.credentials["tls_url"]
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError, match="unable to get local issuer certificate"):
            session.get(f"{url}/healthz")
    with pytest.raises(httpx.ConnectError, match="unable to get local issuer certificate"):
        httpx.get(f"{url}/healthz", trust_env=False)
    script = f"fetch({url!r} + '/healthz').catch((error) => console.log(error.cause.code))"
    assert run_node(script, tmp_path) == ["UNABLE_TO_VERIFY_LEAF_SIGNATURE"]


def test_simple_salesforce_by_the_hosts_file(led: Path) -> None:
    authority = str(led / ".ordo" / "ca.pem")
    lines = run_python(example("python", "hosts.py"), led, REQUESTS_CA_BUNDLE=authority)
    assert lines == [f"{HOST} ['Ordo']"]


def test_simple_salesforce_that_names_no_domain(led: Path) -> None:
    """The client's first login as its own page has it, by SOAP at login.salesforce.com."""
    text = """
import json
from pathlib import Path

from simple_salesforce import Salesforce

secrets = json.loads(Path(".ordo/credentials.json").read_text())
sf = Salesforce(**{name: secrets[name] for name in ("username", "password", "security_token")})
print(sf.sf_instance, sf.query("SELECT Name FROM Organization")["totalSize"])
"""
    lines = run_python(text, led, REQUESTS_CA_BUNDLE=str(led / ".ordo" / "ca.pem"))
    assert lines == ["login.salesforce.com 1"]
