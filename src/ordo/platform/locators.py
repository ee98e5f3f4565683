"""Query locators: the text behind a `nextRecordsUrl`, kept two days, so that it survives a restart."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Boolean, Column, DateTime, Table, Text

from ordo.platform.schema import metadata

if TYPE_CHECKING:
    from ordo.platform.database import Database

PREFIX = "01g"
KEPT = timedelta(days=2)

locator_table = Table(
    "querylocator",
    metadata,
    Column("id", Text(collation="C"), primary_key=True),
    Column("userid", Text(collation="C"), nullable=False),
    Column("statement", Text, nullable=False),
    Column("includedeleted", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
)

_KEEP = "INSERT INTO querylocator (id, userid, statement, includedeleted, at) VALUES ($1, $2, $3, $4, $5)"
_FIND = "SELECT statement, includedeleted, at FROM querylocator WHERE id = $1 AND userid = $2 AND at > $3"
_PRUNE = "DELETE FROM querylocator WHERE at <= $1"


class Located(NamedTuple):
    """The query a locator stands for; date literals keep the meaning of the first page's moment."""

    statement: str
    include_deleted: bool
    at: datetime


async def keep(database: Database, locator: str, user_id: str, located: Located) -> None:
    await database.execute(_KEEP, locator, user_id, *located)


async def find(database: Database, locator: str, user_id: str, now: datetime) -> Located | None:
    """None for an unknown locator, one of another user, or one older than two days."""
    row = await database.fetchrow(_FIND, locator, user_id, now - KEPT)
    return Located(row["statement"], row["includedeleted"], row["at"]) if row else None


async def prune(database: Database, now: datetime) -> None:
    await database.execute(_PRUNE, now - KEPT)
