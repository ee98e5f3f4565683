"""`ordo dev --reset`: takes from a home what Ordo made there, and nothing else."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import typer
from cryptography import x509

from ordo.bootstrap import CREDENTIALS
from ordo.cli import environment
from ordo.cli.environment import console
from ordo.platform import certificates
from ordo.platform.embedded_holder import START_LOCK, start_lock, wait_until_free
from ordo.platform.embedded_places import EmbeddedPostgresError
from ordo.platform.settings import Settings
from ordo.platform.whole_file import DRAFT

POSTGRES = "postgres"
# All that a start of the embedded PostgreSQL makes there.
_POSTGRES_HOLDS = {
    START_LOCK, "data", "data.new", "log", "socket", "start.log", "password", "postgresql.conf", "pg_hba.conf",
}  # fmt: skip
_CERTIFICATES_HOLD = {name + end for name in (certificates.KEY, certificates.SERVER) for end in ("", DRAFT)}
_PATIENCE_SECONDS = 2.0  # for a database that is just stopping


def reset(settings: Settings, *, agreed: bool) -> None:
    """Removes database, credentials and certificates of the home, once that is agreed to.

    Ends the command, nothing removed: with 2 if ORDO_DATABASE_URL is set, if the home is not Ordo's or held by
    another process, or if nobody can be asked; with 1 if the answer is no.
    """
    if settings.database_url is not None:
        why = "--reset is for the database in a home: ORDO_DATABASE_URL names another, which stays as it is."
        raise environment.refused(why, status=2)
    home = settings.home.absolute()
    with _reasons(home):
        _recognise(home)
        with _held(home):
            pass
    if not agreed:
        _ask(home)
    with _reasons(home):
        _recognise(home)
        with _held(home):
            _remove(home)


@contextlib.contextmanager
def _reasons(home: Path) -> Iterator[None]:
    try:
        yield
    except EmbeddedPostgresError as error:
        raise environment.refused(str(error), status=2) from error
    except OSError as error:
        raise environment.refused(f"{home} cannot be reset: {error}", status=2) from error


def _ask(home: Path) -> None:
    if not sys.stdin.isatty():
        raise environment.refused("--reset asks on a terminal; without one, say --yes.", status=2)
    question = f"This removes the database, the credentials and the certificates in {home}. Go on?"
    if not typer.confirm(question, err=True):
        raise environment.refused("Nothing was removed.")


def _recognise(home: Path) -> None:
    """Ends the command if there is nothing of Ordo's, or if something has a name of Ordo's and is not."""
    found = [home / name for name in _KNOWN if (home / name).exists() or (home / name).is_symlink()]
    if not found:
        raise environment.refused(f"There is nothing of Ordo's in {home}.", status=2)
    for path in found:
        if not path.is_symlink() and not _KNOWN[path.name](path):
            raise environment.refused(f"{path} is not Ordo's alone, so nothing in {home} is removed.", status=2)


def _is_database(path: Path) -> bool:
    return _holds_only(path, _POSTGRES_HOLDS) and (path / START_LOCK).exists()


def _are_certificates(path: Path) -> bool:
    return _holds_only(path, _CERTIFICATES_HOLD)


def _holds_only(path: Path, names: set[str]) -> bool:
    return path.is_dir() and {entry.name for entry in path.iterdir()} <= names


def _is_authority(path: Path) -> bool:
    with contextlib.suppress(ValueError):
        subject = x509.load_pem_x509_certificate(path.read_bytes()).subject.rfc4514_string()
        return subject == f"CN={certificates.SUBJECT}"
    return False


def _are_credentials(path: Path) -> bool:
    with contextlib.suppress(ValueError):
        found = json.loads(path.read_bytes())
        return isinstance(found, dict) and {"base_url", "username", "client_id"} <= found.keys()
    return False


def _is_draft(path: Path) -> bool:
    return path.is_file()  # what a start that was killed left, perhaps half a file


_KNOWN = {
    POSTGRES: _is_database,
    CREDENTIALS: _are_credentials,
    CREDENTIALS + DRAFT: _is_draft,
    certificates.AUTHORITY: _is_authority,
    certificates.AUTHORITY + DRAFT: _is_draft,
    certificates.FOLDER: _are_certificates,
}


@contextlib.contextmanager
def _held(home: Path) -> Iterator[None]:
    """Nobody runs or starts the database of that home meanwhile, or EmbeddedPostgresError."""
    root = (home / POSTGRES).resolve()
    if not (root / START_LOCK).exists():  # no database, or a link to what is not Ordo's
        yield
        return
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with start_lock(root, deadline):
        wait_until_free(root / "data", deadline)
        yield


def _remove(home: Path) -> None:
    """Links are removed, what they lead to is not."""
    for path in (home / name for name in _KNOWN):
        if path.is_symlink():
            console.print(f"Not removed: {path.resolve()}, where {path} led.", markup=False, soft_wrap=True)
            path.unlink()
        elif path.name == POSTGRES and path.is_dir():
            _empty(path)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _empty(root: Path) -> None:
    """All but the lock: whoever waits for it waits for the one that the next start takes.

    What of the data is left by a reset that was killed is removed by that start.
    """
    draft = root / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        (root / "data").rename(draft)
    for path in root.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != START_LOCK:
            path.unlink()
