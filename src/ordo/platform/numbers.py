"""Autonumbers: blocks taken from a sequence per noun; gaps are allowed, repeats are not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import Column, Table, Text
from sqlalchemy.types import BigInteger

from ordo.platform.schema import metadata

if TYPE_CHECKING:
    from ordo.platform.database import Connection

BLOCK = 2000
GROWS_WITHIN_SECONDS = 1.0
BLOCK_MAX = 64 * BLOCK

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
    """The blocks this process holds: noun table → next and last number.

    A block whose 2,000 did not last a second is followed by one twice as large: an atom that needs more
    numbers than a block holds starts again with the next block, so some block must be large enough for it.
    """

    def __init__(self) -> None:
        self._blocks: dict[str, tuple[int, int]] = {}
        self._sizes: dict[str, tuple[int, float]] = {}  # of the last block, and when it was taken

    def take(self, name: str) -> int:
        following, last = self._blocks.get(name, (1, 0))
        if following > last:
            raise NumbersExhausted(name)
        self._blocks[name] = (following + 1, last)
        return following

    async def refill(self, connection: Connection, name: str) -> None:
        """One more block for `name`, outside the business transaction: a rolled back Work leaves a gap."""
        size = self._next_size(name)
        taken = await connection.fetch(_TAKE_BLOCK, [name], size)
        last = int(taken[0]["last"])
        self._blocks[name] = (last - size + 1, last)

    def _next_size(self, name: str) -> int:
        now = time.monotonic()
        size, taken_at = self._sizes.get(name, (BLOCK, 0.0))
        lasted_seconds = (now - taken_at) * BLOCK / size
        size = min(2 * size, BLOCK_MAX) if lasted_seconds < GROWS_WITHIN_SECONDS else BLOCK
        self._sizes[name] = (size, now)
        return size
