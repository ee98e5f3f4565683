"""What a merchant decided about flows, as stored: standard flows that were switched, and flows of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Boolean, Column, DateTime, Table, Text

from ordo.platform.schema import metadata

if TYPE_CHECKING:
    from ordo.platform.database import Database

flow_table = Table(
    "flow",
    metadata,
    Column("name", Text(collation="C"), primary_key=True),
    Column("text", Text, comment="its YAML; null: a standard flow that was switched"),
    Column("is_active", Boolean, nullable=False),
    Column("changed", DateTime(timezone=True), nullable=False),
)

_PUT = """
INSERT INTO flow (name, text, is_active, changed) VALUES ($1, $2, true, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET text = excluded.text, changed = excluded.changed
"""
_SWITCH = """
INSERT INTO flow (name, is_active, changed) VALUES ($1, $2, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET is_active = excluded.is_active, changed = excluded.changed
"""
_SWITCH_OWN = "UPDATE flow SET is_active = $2, changed = clock_timestamp() WHERE name = $1 AND text IS NOT NULL"


class StoredFlow(NamedTuple):
    """`text` is None for a standard flow."""

    text: str | None
    is_active: bool


async def load(database: Database) -> dict[str, StoredFlow]:
    """By name, in the order of the names."""
    rows = await database.fetch("SELECT name, text, is_active FROM flow ORDER BY name")
    return {row["name"]: StoredFlow(row["text"], row["is_active"]) for row in rows}


async def put(database: Database, name: str, text: str) -> None:
    """Adds an own flow, switched on; or replaces its text and leaves it on or off."""
    await database.execute(_PUT, name, text)


async def switch(database: Database, name: str, *, is_active: bool) -> None:
    """Switches a standard flow."""
    await database.execute(_SWITCH, name, is_active)


async def switch_own(database: Database, name: str, *, is_active: bool) -> bool:
    """Switches an own flow; whether there is one."""
    return await database.execute(_SWITCH_OWN, name, is_active) != "UPDATE 0"


async def remove(database: Database, name: str) -> bool:
    """Removes an own flow; whether there was one."""
    return await database.execute("DELETE FROM flow WHERE name = $1 AND text IS NOT NULL", name) != "DELETE 0"
