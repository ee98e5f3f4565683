"""Bringing a database up to date, and saying whether it is."""

from __future__ import annotations

import importlib
import pkgutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, NullPool, create_engine, text

from ordo.platform.schema import metadata, noun_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

# Any number of processes may start at once: one migrates, the others wait and find it done.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('ordo migrations', 0))")


def upgrade(dsn: str) -> None:
    """Runs what is lacking up to the newest migration, all of it in one transaction."""
    with connected(dsn) as connection:
        connection.execute(_LOCK)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def status(dsn: str) -> str:
    """'up to date at 0001', 'at 0001, newest is 0002', or 'empty, newest is 0002'."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    with connected(dsn) as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == newest:
        return f"up to date at {current}"
    return f"{'empty' if current is None else f'at {current}'}, newest is {newest}"


def declared() -> MetaData:
    """Every table the database should have: the machine room's own, and those of the nouns imported so far."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)], "ordo.platform."):
        importlib.import_module(module.name)
    noun_tables()
    return metadata


@contextmanager
def connected(dsn: str) -> Iterator[Connection]:
    """One transaction. The DSN goes to libpq as it is, with its several hosts or its socket directory."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(directory()).replace("%", "%%"))
    return config


def directory() -> Path:
    """Inside the package where it is installed from a wheel, beside `src` in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"
