"""`ordo dev --reset`: what it recognises, what it refuses, and what it never touches."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from tests.processes import SOURCES
from typer.testing import CliRunner

from ordo.cli.main import app
from ordo.cli.reset import reset
from ordo.platform.certificates import certify, names_of
from ordo.platform.settings import Settings

COMMAND_SECONDS_MAX = 30
CREDENTIALS = {"base_url": "http://127.0.0.1:8080", "username": "admin@ordo.example", "client_id": "app"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home as a stopped `ordo dev` leaves it, its database a few files."""
    home = tmp_path / "home"
    for name in ("data/base", "log", "socket"):
        (home / "postgres" / name).mkdir(parents=True)
    for name in ("start.lock", "start.log", "postgresql.conf", "pg_hba.conf", "data/PG_VERSION", "log/Mon.log"):
        (home / "postgres" / name).write_text("18\n")
    (home / "credentials.json").write_text(json.dumps(CREDENTIALS))
    certify(home, names_of("127.0.0.1"), datetime.now(UTC))
    return home


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


def assert_refused(home: Path, sentence: str, url: str | None = None) -> None:
    """With 2, in that sentence, even with --yes; nothing is changed."""
    before = contents(home.parent)
    told = {"ORDO_DATABASE_URL": url, "ORDO_HOME": None}
    answer = CliRunner().invoke(app, ["dev", "--reset", "--yes", "--home", str(home)], env=told)
    assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", f"{sentence}\n")
    assert contents(home.parent) == before


def test_what_is_ordos_goes_and_the_rest_stays(home: Path) -> None:
    """The lock stays too, for whoever waits for it."""
    (home / "postgres" / "data.new").mkdir()
    for name in ("notes.txt", "credentials.json.new", "ca.pem.new", "tls/server.pem.new"):
        (home / name).write_text("half")
    reset(Settings(home=home), agreed=True)
    assert contents(home).keys() == {"notes.txt", "postgres", "postgres/start.lock"}
    assert (home / "notes.txt").read_text() == "half"
    reset(Settings(home=home), agreed=True)  # again, of what is left


def test_another_database_is_not_reset(home: Path) -> None:
    sentence = "--reset is for the database in a home: ORDO_DATABASE_URL names another, which stays as it is."
    assert_refused(home, sentence, "postgresql://nobody@127.0.0.1:1/x")


def test_nothing_of_ordos(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("mine")
    for home in (tmp_path / "none", tmp_path / "folder"):
        assert_refused(home, f"There is nothing of Ordo's in {home}.")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("postgres/compose.yaml", "services:"),
        ("tls/private.pem", "another key"),
        ("credentials.json", '{"type": "service_account"}'),
        ("credentials.json", "[]"),
        ("credentials.json", "no JSON"),
        ("ca.pem", "no certificate"),
    ],
)
def test_a_name_of_ordos_that_holds_something_else(name: str, content: str, home: Path) -> None:
    """Then nothing goes, not even what is Ordo's."""
    (home / name).write_text(content)
    top = home / name.partition("/")[0]
    assert_refused(home, f"{top} is not Ordo's alone, so nothing in {home} is removed.")


def test_a_folder_called_postgres_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "project" / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "project" / "postgres" / "data" / "dump.sql").write_text("mine")
    home = tmp_path / "project"
    assert_refused(home, f"{home / 'postgres'} is not Ordo's alone, so nothing in {home} is removed.")


def test_an_authority_of_somebody_else(home: Path) -> None:
    pem = home / "ca.pem"
    pem.write_bytes((home / "tls" / "server.pem").read_bytes().partition(b"-----END PRIVATE KEY-----\n")[2])
    assert_refused(home, f"{pem} is not Ordo's alone, so nothing in {home} is removed.")


@pytest.mark.parametrize("name", ["postgres", "tls", "credentials.json", "ca.pem"])
def test_links_are_removed_and_never_followed(
    name: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (home / name).rename(elsewhere)
    (home / name).symlink_to(elsewhere)
    before = contents(elsewhere)
    reset(Settings(home=home), agreed=True)
    assert elsewhere.exists()
    assert contents(elsewhere) == before
    assert not (home / name).is_symlink()
    assert f"Not removed: {elsewhere}, where {home / name} led." in capsys.readouterr().err


def test_links_within_are_not_followed_either(home: Path, tmp_path: Path) -> None:
    """A tablespace is one."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "table").write_text("mine")
    for name in ("data/base/1", "log/1", "socket/1"):
        (home / "postgres" / name).symlink_to(elsewhere)
    reset(Settings(home=home), agreed=True)
    assert (elsewhere / "table").read_text() == "mine"
    assert not (home / "postgres" / "data").exists()


def test_a_link_that_leads_nowhere(home: Path, tmp_path: Path) -> None:
    (home / "ca.pem").unlink()
    (home / "ca.pem").symlink_to(tmp_path / "gone")
    reset(Settings(home=home), agreed=True)
    assert not (home / "ca.pem").is_symlink()


def answered(home: Path, answer: bytes) -> subprocess.CompletedProcess[str]:
    """What a reset does that is asked on a terminal."""
    script = "from pathlib import Path; from ordo.cli.reset import reset; from ordo.platform.settings import *; "
    script += f"reset(Settings(home=Path({str(home)!r})), agreed=False)"
    told, terminal = pty.openpty()
    try:
        os.write(told, answer)
        return subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONPATH": SOURCES}, stdin=terminal, capture_output=True,
            text=True, timeout=COMMAND_SECONDS_MAX, check=False,
        )  # fmt: skip
    finally:
        os.close(told)
        os.close(terminal)


@pytest.mark.parametrize("answer", [b"n\n", b"\n"])
def test_a_no_on_the_terminal_removes_nothing(answer: bytes, home: Path) -> None:
    before = contents(home)
    done = answered(home, answer)
    assert done.returncode != 0
    question = f"This removes the database, the credentials and the certificates in {home}. Go on? [y/N]:"
    assert done.stderr.startswith(f"{question}Nothing was removed.\n")
    assert contents(home) == before


def test_a_yes_on_the_terminal(home: Path) -> None:
    done = answered(home, b"y\n")
    assert done.returncode == 0, done.stderr
    assert contents(home).keys() == {"postgres", "postgres/start.lock"}


def test_a_reset_that_fails_half_way_leaves_no_half_database(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of the data is where the next start, and the next reset, remove it."""

    def remove(path: Path, *, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(13, "not allowed", str(path))

    with monkeypatch.context() as broken:
        broken.setattr("ordo.cli.reset.shutil.rmtree", remove)
        with pytest.raises(typer.Exit) as ended:
            reset(Settings(home=home), agreed=True)
    assert ended.value.exit_code == 2
    assert not (home / "postgres" / "data").exists()
    assert (home / "postgres" / "data.new" / "PG_VERSION").exists()
    reset(Settings(home=home), agreed=True)
    assert contents(home).keys() == {"postgres", "postgres/start.lock"}
