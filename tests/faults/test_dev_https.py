"""`ordo dev` on two sockets, in two homes, and started afresh."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.faults.dev import Dev, outside
from tests.processes import free_port

from ordo.cli import serving

AUTHORITY = ("ca.pem", "tls/ca-key.pem", "tls/server.pem")


@pytest.fixture(scope="module")
def dev() -> Iterator[Dev]:
    with outside() as path:
        yield Dev(path / "home")


def trusting(dev: Dev) -> httpx.Client:
    context = ssl.create_default_context(cafile=dev.credentials["ca_file"])
    return httpx.Client(base_url=dev.credentials["tls_url"], verify=context, trust_env=False, timeout=20)


def token(dev: Dev, client: httpx.Client) -> httpx.Response:
    form = {"grant_type": "client_credentials"}
    form |= {name: dev.credentials[name] for name in ("client_id", "client_secret")}
    return client.post("/services/oauth2/token", data=form)


def accounts(dev: Dev, client: httpx.Client, name: str) -> int:
    """How many there are of that name."""
    bearer = {"Authorization": f"Bearer {token(dev, client).json()['access_token']}"}
    query = f"SELECT count() FROM Account WHERE Name = '{name}'"
    answer = client.get("/services/data/v60.0/query", params={"q": query}, headers=bearer)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["totalSize"])


def make_account(dev: Dev, client: httpx.Client, name: str) -> None:
    bearer = {"Authorization": f"Bearer {token(dev, client).json()['access_token']}"}
    answer = client.post("/services/data/v60.0/sobjects/Account", json={"Name": name}, headers=bearer)
    assert answer.status_code == 201, answer.text


def test_both_addresses_are_one_server(dev: Dev) -> None:
    with dev.running() as process, trusting(dev) as secured:
        secrets = dev.credentials
        said = process.log.read_text()
        assert f"Ordo serves on {secrets['base_url']}\nand on {secrets['tls_url']}, " in said
        assert secrets["base_url"] == f"http://127.0.0.1:{dev.port}"
        login = token(dev, secured).json()
        assert login["instance_url"] == secrets["tls_url"]
        bearer = {"Authorization": f"Bearer {login['access_token']}"}
        plain = httpx.get(f"{secrets['base_url']}/services/data/v60.0/limits", headers=bearer, trust_env=False)
        assert plain.status_code == 200
        assert process.stop() == 0


@pytest.mark.parametrize(
    ("host", "told"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")],
)
def test_an_address_is_one_that_answers(host: str, told: str) -> None:
    with serving.listen(host, 0) as listener:
        address = serving.url("https", listener)
        assert address == f"https://{told}:{listener.getsockname()[1]}"
        with socket.create_connection((told.strip("[]"), urlsplit(address).port or 0)):
            listener.accept()[0].close()


def test_idle_and_silent_connections_do_not_hold_up_the_end(dev: Dev) -> None:
    with dev.running() as process, trusting(dev) as secured:
        assert secured.get("/healthz").status_code == 200  # kept open for the next call
        address = urlsplit(dev.credentials["tls_url"])
        with socket.create_connection(("127.0.0.1", address.port or 0)):  # no handshake
            started = time.monotonic()
            assert process.stop() == 0
            assert time.monotonic() - started < 10
    for port in (dev.port, address.port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port or 0))


def test_the_authority_outlives_restarts_and_kills(dev: Dev) -> None:
    with dev.running() as process, trusting(dev) as secured:
        make_account(dev, secured, "Jo before the kill")
        before = {name: (dev.home / name).read_bytes() for name in AUTHORITY}
        process.kill()
    with dev.running(), trusting(dev) as secured:
        assert {name: (dev.home / name).read_bytes() for name in AUTHORITY} == before
        assert accounts(dev, secured, "Jo before the kill") == 1


def test_two_homes_side_by_side(dev: Dev) -> None:
    """Each trusts its own; `--home` wins over ORDO_HOME."""
    with outside() as path:
        other = Dev(path / "other")
        other.environment |= {"ORDO_HOME": str(dev.home)}
        other.process = other.another(other.port, "--home", str(other.home))
        with dev.running(), other.running(), trusting(dev) as mine, trusting(other) as theirs:
            make_account(dev, mine, "Jo of two homes")
            assert (accounts(dev, mine, "Jo of two homes"), accounts(other, theirs, "Jo of two homes")) == (1, 0)
            assert token(dev, theirs).status_code in {400, 401}
            with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
                mine.get(f"{other.credentials['tls_url']}/healthz")


def test_reset_refuses_a_home_that_is_held(dev: Dev) -> None:
    with dev.running(), trusting(dev) as secured:
        make_account(dev, secured, "Jo of the held home")
        before, holder = dev.credentials, dev.postmaster()
        refused = dev.ran("dev", "--reset", "--yes", "--port", str(free_port()), "--tls-port", "0")
        assert (refused.returncode, refused.stdout) == (2, "")
        data = (dev.home / "postgres" / "data").resolve()
        assert refused.stderr == (
            f"The data directory {data} is in use by process {holder}: stop that one, or use another home.\n"
        )
        assert dev.credentials == before
        assert accounts(dev, secured, "Jo of the held home") == 1


def test_reset_without_a_terminal_needs_yes(dev: Dev) -> None:
    before = contents(dev.home)
    refused = dev.ran("dev", "--reset")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "--reset asks on a terminal; without one, say --yes.\n"
    assert contents(dev.home) == before


def test_reset_starts_afresh_and_leaves_what_is_not_ordos(dev: Dev) -> None:
    note = dev.home / "note.txt"
    note.write_text("mine")
    with restored(dev):
        with dev.running(), trusting(dev) as secured:
            make_account(dev, secured, "Jo before the reset")
            before, authority = dev.credentials, (dev.home / "ca.pem").read_bytes()
        dev.process = dev.another(dev.port, "--reset", "--yes")
        with dev.running(), trusting(dev) as secured:
            assert accounts(dev, secured, "Jo before the reset") == 0
            assert {name for name in before if dev.credentials[name] == before[name]} == {
                "base_url", "ca_file", "username",
            }  # fmt: skip
            assert (dev.home / "ca.pem").read_bytes() != authority
            old = {name: before[name] for name in ("client_id", "client_secret")}
            form = {"grant_type": "client_credentials", **old}
            assert secured.post("/services/oauth2/token", data=form).status_code in {400, 401}
    assert note.read_text() == "mine"


@contextmanager
def restored(dev: Dev) -> Iterator[None]:
    own = dev.process
    try:
        yield
    finally:
        dev.process = own


def contents(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")}
