"""Ordinary mistakes end a command with one sentence and exit code 2, and change nothing."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.conftest import ADMIN, cloned, named
from tests.processes import SOURCES, Process
from typer.testing import CliRunner, Result

from ordo import bootstrap
from ordo.cli.main import app

AWAY = "postgresql://nobody@127.0.0.1:1/nothing"
COMMANDS = (["db", "status"], ["db", "upgrade"], ["flow", "list"], ["serve", "--port", "0"], ["worker"])


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's start waits a minute for its database; here it asks once."""
    monkeypatch.setattr(bootstrap, "START_SECONDS_MAX", 0.0)


def invoked(url: str | None, home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"ORDO_DATABASE_URL": url, "ORDO_HOME": str(home)})


def assert_refused(answer: Result, sentence: str) -> None:
    assert isinstance(answer.exception, SystemExit), answer.exception
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.splitlines()[-1].startswith(sentence)
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_is_away(command: list[str], tmp_path: Path) -> None:
    assert_refused(invoked(AWAY, tmp_path, *command), "The database is away: ")


@pytest.mark.parametrize("command", [*COMMANDS, ["dev", "--port", "0"]], ids=" ".join)
@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://h/x", "postgresql://u:secret@h:abc/x", "postgresql://h:65536/x"]
)
def test_an_address_that_is_none(command: list[str], url: str, tmp_path: Path) -> None:
    answer = invoked(url, tmp_path, *command)
    assert_refused(answer, "ORDO_DATABASE_URL is no PostgreSQL URL, such as postgresql://user:password@host:5432/")
    assert "secret" not in answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_address_the_driver_cannot_use(command: list[str], tmp_path: Path) -> None:
    """At once, however long a start would wait for its database."""
    answer = invoked("postgresql://127.0.0.1/x?sslmode=perhaps", tmp_path, *command)
    assert_refused(answer, "ORDO_DATABASE_URL cannot be used: `sslmode` parameter must be one of: ")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_does_not_exist(command: list[str], tmp_path: Path) -> None:
    answer = invoked(named(os.environ[ADMIN], "nowhere"), tmp_path, *command)
    assert_refused(answer, 'The database does not let Ordo in: database "nowhere" does not exist')


@pytest.mark.parametrize("command", COMMANDS[2:], ids=" ".join)
def test_a_database_that_is_empty(command: list[str], tmp_path: Path) -> None:
    assert_refused(
        invoked(named(os.environ[ADMIN], "postgres"), tmp_path, *command),
        "The database is not up to date: `ordo db",
    )


@pytest.mark.parametrize("command", [["dev", "--port", "0", "--no-tls"], ["db", "upgrade"]], ids=" ".join)
def test_a_database_of_something_else(command: list[str], tmp_path: Path) -> None:
    """Nothing of Ordo's is put beside it."""
    with cloned(f"ordo_other_{uuid.uuid4().hex}", template="template0") as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE product2 (id int)")
            connection.execute("CREATE VIEW shelf AS SELECT id FROM product2")
        answer = invoked(dsn, tmp_path, *command)
        assert_refused(
            answer, "The database holds tables of something else (product2, shelf): Ordo needs its own."
        )
        with psycopg.connect(dsn, autocommit=True) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert tables == [("product2",)]


def test_several_servers_say_it_without_tracebacks(tmp_path: Path) -> None:
    """One sentence; the children only log."""
    own = {"ORDO_DATABASE_URL": named(os.environ[ADMIN], "postgres"), "ORDO_HOME": str(tmp_path / "home")}
    arguments = ["serve", "--port", "0", "--workers", "3"]
    server = Process("server", arguments, {**os.environ, **own, "PYTHONPATH": SOURCES}, tmp_path)
    server.start()
    assert server.end_code(seconds=30) == 2
    said = server.log.read_text()
    assert said.splitlines().count("The database is not up to date: `ordo db upgrade`.") == 1
    assert said.count('"event": "a serving process failed"') == 2
    assert "Traceback" not in said


@pytest.mark.parametrize("command", [["serve"], ["worker"]], ids=" ".join)
def test_a_server_and_a_worker_are_told_their_database(command: list[str], tmp_path: Path) -> None:
    assert_refused(invoked(None, tmp_path, *command), "ORDO_DATABASE_URL is not set; ")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def named_free(answer: Result, option: str) -> int:
    return int(answer.stderr.rstrip(".\n").rpartition(f"{option} ")[2])


@pytest.mark.parametrize(("command", "option"), [("serve", "--port"), ("worker", "--metrics-port")])
def test_a_port_in_use(command: str, option: str, taken: int, database_url: str, tmp_path: Path) -> None:
    answer = invoked(database_url, tmp_path, command, option, str(taken))
    assert_refused(answer, f"Port {taken} is in use; the next free one is ")
    free = named_free(answer, option)
    assert free > taken
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", free))


def test_dev_on_a_port_in_use(taken: int, database_url: str, tmp_path: Path) -> None:
    answer = invoked(database_url, tmp_path, "dev", "--port", str(taken))
    assert_refused(answer, f"Port {taken} is in use; the next free one is ")
    assert not (tmp_path / "credentials.json").exists()


def test_dev_on_a_tls_port_in_use(taken: int, database_url: str, tmp_path: Path) -> None:
    answer = invoked(database_url, tmp_path, "dev", "--port", "0", "--tls-port", str(taken))
    assert_refused(answer, f"Port {taken} is in use; the next free one is ")
    assert named_free(answer, "--tls-port") > taken
    assert list(tmp_path.iterdir()) == []


def test_dev_in_a_home_that_takes_no_certificate(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("in the way")
    answer = invoked(database_url, tmp_path, "dev", "--port", "0", "--tls-port", "0")
    assert_refused(answer, "There is no certificate for https (--no-tls does without): ")
    assert [path.name for path in tmp_path.iterdir()] == ["tls"]


@pytest.mark.parametrize("port", ["65536", "-1"])
@pytest.mark.parametrize(
    ("command", "option"),
    [("serve", "--port"), ("dev", "--port"), ("dev", "--tls-port"), ("worker", "--metrics-port")],
)
def test_a_port_that_is_none(command: str, option: str, port: str, tmp_path: Path) -> None:
    answer = invoked(AWAY, tmp_path, command, option, port)
    assert_refused(answer, f"{port} is no port: ports go from 0 to 65535.")
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_is_not_here(database_url: str, tmp_path: Path) -> None:
    answer = invoked(database_url, tmp_path, "serve", "--host", "192.0.2.1", "--port", "0")
    assert_refused(answer, "Ordo cannot listen on 192.0.2.1, port 0: ")
