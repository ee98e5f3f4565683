"""Autonumbers: blocks taken from a sequence per noun; gaps are allowed, repeats are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Table, Text
from sqlalchemy.types import BigInteger

from ordo.platform.schema import metadata

if TYPE_CHECKING:
    from ordo.platform.database import Connection

BLOCK = 2000

autonumber_table = Table(
    "autonumber",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last", BigInteger, nullable=False, server_default="0"),
)

_TAKE_BLOCK = (
    "INSERT INTO autonumber AS a (name, last) SELECT n, $2 FROM unnest($1::text[]) n ORDER BY n "
    "ON CONFLICT (name) DO UPDATE SET last = a.last + $2 RETURNING name, last"
)


class NumbersExhausted(Exception):  # noqa: N818  asks the Work for another block
    """The blocks of these nouns are used up."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Numbers:
    """The blocks this process holds: noun table → next and last number."""

    def __init__(self) -> None:
        self._blocks: dict[str, tuple[int, int]] = {}

    def take(self, name: str) -> int:
        following, last = self._blocks.get(name, (1, 0))
        if following > last:
            raise NumbersExhausted(name)
        self._blocks[name] = (following + 1, last)
        return following

    async def refill(self, connection: Connection, name: str) -> None:
        """One more block for `name`, outside the business transaction: a rolled back Work leaves a gap."""
        taken = await connection.fetch(_TAKE_BLOCK, [name], BLOCK)
        last = int(taken[0]["last"])
        self._blocks[name] = (last - BLOCK + 1, last)
