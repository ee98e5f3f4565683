"""Bringing a database up to date, and saying whether it is."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from ordo.platform import packed
from ordo.platform.schema import metadata, noun_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

Result = TypeVar("Result")

_PARTITION = re.compile(r"feed_\d+")
# Any number of processes may start at once: one migrates, the others wait and find it done.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('ordo migrations', 0))")


# Of extensions, tables may be there before Ordo's.
_TABLES = text("""
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY c.relname LIMIT 3
""")


class DatabaseIsOfSomethingElse(Exception):  # noqa: N818  reads as a sentence
    """It holds tables, and no migration of Ordo was ever run there."""

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(f"The database holds tables of something else ({', '.join(tables)}): Ordo needs its own.")


def upgrade(dsn: str) -> None:
    """Runs what is lacking up to the newest migration, all of it in one transaction, in a database of Ordo's or
    an empty one. Raises DatabaseIsOfSomethingElse."""
    connected(dsn, _upgrade)


def _upgrade(connection: Connection) -> None:
    connection.execute(_LOCK)
    if _revision(connection) is None and (others := connection.scalars(_TABLES).all()):
        raise DatabaseIsOfSomethingElse(others)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def status(dsn: str) -> str:
    """'up to date at 0001', 'at 0001, newest is 0002', or 'empty, newest is 0002'."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    current = connected(dsn, _revision)
    if current == newest:
        return f"up to date at {current}"
    return f"{'empty' if current is None else f'at {current}'}, newest is {newest}"


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@cache
def _older() -> frozenset[str]:
    script = ScriptDirectory.from_config(_config())
    return frozenset(one.revision for one in script.walk_revisions()) - {script.get_current_head() or ""}


def lacks(revision: str | None) -> bool:
    """Whether migrations of this version are missing in a database at that revision.

    One that this version does not know is newer: servers of the old version go on while the new one is rolled out.
    """
    return revision is None or revision in _older()


def is_declared(name: str | None, kind: str, _: object) -> bool:
    """For Alembic's include_name: the feed's partitions are made and dropped by the worker, not declared."""
    return kind != "table" or _PARTITION.fullmatch(name or "") is None


def declared() -> MetaData:
    """Every table the database should have: the machine room's own, and those of the nouns imported so far."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)], "ordo.platform."):
        importlib.import_module(module.name)
    noun_tables()
    return metadata


def connected(dsn: str, work: Callable[[Connection], Result]) -> Result:
    """What `work` returns; what it does is one transaction. It blocks, so it refuses to run inside an event loop.

    asyncpg gets the DSN as it is, with its several hosts or its socket directory. It keeps no prepared
    statement: one from before an ALTER TABLE would be refused after it.
    """
    if _inside_a_loop():
        raise RuntimeError("Migrations block: from inside an event loop, call them through asyncio.to_thread.")

    async def run() -> Result:
        how = {"dsn": dsn, "prepared_statement_cache_size": 0}
        engine = create_async_engine("postgresql+asyncpg://", connect_args=how, poolclass=NullPool)
        async with engine.begin() as connection:
            return await connection.run_sync(work)

    return asyncio.run(run())


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(packed.folder("migrations")).replace("%", "%%"))
    return config
