"""`ordo dev` on its embedded PostgreSQL: what it says, what finds it, and what happens when it is killed."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator

import psycopg
import pytest
from tests.faults.dev import Dev, outside
from tests.processes import Process, eventually, free_port

from ordo.platform.embedded_holder import running_dsn


@pytest.fixture(scope="module")
def dev() -> Iterator[Dev]:
    with outside() as path:
        yield Dev(path / "home")


def test_a_killed_database_is_started_again(dev: Dev) -> None:
    with dev.running() as process:
        dsn, killed = running_dsn(dev.home), dev.postmaster()
        assert f"Database: {dsn}\n" in process.log.read_text()
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: running_dsn(dev.home) == dsn, "the database is back at its socket", seconds=15)
        eventually(dev.is_ready, "it serves again", seconds=15)
        assert dev.token_status() == 200
        assert dev.postmaster() != killed
        again = dev.postmaster()
        os.kill(again, signal.SIGKILL)  # and not only once
        eventually(lambda: running_dsn(dev.home) == dsn, "it is back once more", seconds=15)
        eventually(dev.is_ready, "it serves once more", seconds=15)
        assert process.stop() == 0
    assert running_dsn(dev.home) is None


def test_a_database_that_cannot_be_started_again_ends_it(dev: Dev) -> None:
    version = dev.home / "postgres" / "data" / "PG_VERSION"
    with dev.running() as process:
        own = version.read_text()
        version.write_text("14\n")
        try:
            os.kill(dev.postmaster(), signal.SIGKILL)
            assert process.end_code(seconds=20) == 1
        finally:
            version.write_text(own)
    sentence = process.log.read_text().splitlines()[-1]
    assert sentence.startswith("The embedded PostgreSQL ended and could not be started again: The data directory ")
    assert " was made by PostgreSQL 14, but " in sentence


def test_commands_find_the_database_of_the_home(dev: Dev) -> None:
    with dev.running():
        assert dev.ran("db", "status").stdout.startswith("up to date at ")
        assert dev.ran("db", "upgrade").stdout.startswith("up to date at ")
        listed = dev.ran("flow", "list")
        assert (listed.returncode, listed.stderr) == (0, "")
        assert "route-new-orders" in listed.stdout
    for command in (["db", "status"], ["db", "upgrade"], ["flow", "list"]):
        refused = dev.ran(*command)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr == (
            f"ORDO_DATABASE_URL is not set, and no embedded database is running in {dev.home} "
            "(`ordo dev` starts one).\n"
        )


def test_a_home_in_use_is_refused_in_a_sentence(dev: Dev) -> None:
    with dev.running():
        holder = dev.postmaster()
        refused = dev.ran("dev", "--port", str(free_port()))
        assert (refused.returncode, refused.stdout) == (2, "")
        data = (dev.home / "postgres" / "data").resolve()
        assert refused.stderr == (
            f"The data directory {data} is in use by process {holder}: stop that one, or use another home.\n"
        )
        assert dev.is_ready()
        assert dev.postmaster() == holder


def test_the_credentials_file_follows_the_address(dev: Dev) -> None:
    """Everything else in it stays, and so does its mode; what is not served any more is not named."""
    file = dev.home / "credentials.json"
    with dev.running():
        first = dev.credentials
    assert first["base_url"] == f"http://127.0.0.1:{dev.port}"
    assert first["ca_file"] == str(dev.home.resolve() / "ca.pem")
    kept = {name: value for name, value in first.items() if name not in {"base_url", "tls_url", "ca_file"}}
    dev.port = free_port()
    dev.process = dev.another(dev.port, "--no-tls")
    with dev.running() as process:
        assert dev.credentials == kept | {"base_url": f"http://127.0.0.1:{dev.port}"}
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert dev.token_status() == 200
        assert "https" not in process.log.read_text().splitlines()[-2]


def test_events_are_followed_over_a_killed_database(dev: Dev) -> None:
    """What happened when it is back is seen, by the reader of before."""
    follower = Process("events", ["events", "--follow", "--since", "0"], dev.environment, dev.home.parent)
    with dev.running():
        dsn = running_dsn(dev.home)
        assert dsn is not None
        say(dsn, "before")
        follower.start()
        try:
            eventually(lambda: "  before  Said" in follower.log.read_text(), "it reads")
            os.kill(dev.postmaster(), signal.SIGKILL)
            eventually(dev.is_ready, "it serves again", seconds=15)
            say(dsn, "after")
            eventually(lambda: "  after  Said" in follower.log.read_text(), "it goes on", seconds=15)
            assert follower.log.read_text().count("  before  Said") == 1
        finally:
            follower.stop()


def say(dsn: str, root: str) -> None:
    """A fact, as a verb would write it."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "WITH f AS (INSERT INTO fact (root, number, id, kind, at, actor, cause, depth, body) "
            "VALUES (%s, 1, %s, 'Said', now(), '', '', 0, '{}') RETURNING id, root, number, kind) "
            "INSERT INTO factinbox (id, root, number, kind) SELECT * FROM f",
            (root, root),
        )
