"""Idempotency keys: the answers that calls with a key were given, and the claim that lets a key run once.

A claim is an advisory lock of the transaction that will store the answer beside the effects of its call. It
never waits: a key whose lock another call holds is in use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import Column, DateTime, PrimaryKeyConstraint, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from ordo.kernel.problems import Problem
from ordo.platform.lookup import lock_number
from ordo.platform.schema import metadata

if TYPE_CHECKING:
    from ordo.platform.database import Connection, Database
    from ordo.platform.unit import Unit

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
_LENGTH_MAX = 255

idempotency_table = Table(
    "idempotency",
    metadata,
    Column("userid", Text(collation="C"), nullable=False),
    Column("key", Text(collation="C"), nullable=False),
    Column("request", Text(collation="C"), nullable=False, comment="SHA-256 of method, address and body"),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    PrimaryKeyConstraint("userid", "key", name="idempotency_pkey"),
)

_CLAIM = "SELECT * FROM claim($1::text[], $2::text[], $3::bigint[])"
_PRUNE = "DELETE FROM idempotency WHERE at <= $1"


class InvalidIdempotencyKey(Problem):
    code = "INVALID_IDEMPOTENCY_KEY"

    def __init__(self) -> None:
        super().__init__(f"{HEADER} must be one header of 1 to {_LENGTH_MAX} printable ASCII characters")


class KeyUsedForAnotherRequest(Problem):
    code = "UNPROCESSABLE_REQUEST"
    status = 422

    def __init__(self) -> None:
        super().__init__(f"{HEADER} was used before with another method, address or body")


class KeyInUse(Problem):
    """Its first call is running: nobody knows yet what it will answer."""

    code = "CONFLICT"
    status = 409
    retry_after_seconds = 1

    def __init__(self) -> None:
        super().__init__(f"A request with this {HEADER} is being processed")


class Answer(NamedTuple):
    """An HTTP answer as it is stored and given again."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Key(NamedTuple):
    """A caller's key, and the digest of the request that it stands for."""

    user_id: str
    text: str
    request: str

    @property
    def lock(self) -> int:
        return lock_number(self.user_id, self.text)


def key_of(user_id: str, given: Sequence[str], request: Sequence[bytes]) -> Key | None:
    """The key of the header values `given` for a request of these parts; None without one.

    Raises InvalidIdempotencyKey."""
    if not given:
        return None
    text = given[0]
    if len(given) > 1 or not 0 < len(text) <= _LENGTH_MAX or not (text.isascii() and text.isprintable()):
        raise InvalidIdempotencyKey
    digest = hashlib.sha256()
    for part in request:
        digest.update(len(part).to_bytes(8) + part)
    return Key(user_id, text, digest.hexdigest())


async def claim(connection: Connection, keys: Sequence[Key]) -> list[Answer | Problem | None]:
    """For each key what was found, or None: then it is held until the transaction ends, and may be used.

    One statement. A key that stands twice among them is free for the first only, since a transaction never
    excludes itself.
    """
    locks = [key.lock for key in keys]
    rows = await connection.fetch(_CLAIM, [key.user_id for key in keys], [key.text for key in keys], locks)
    first = {lock: number for number, lock in reversed(list(enumerate(locks)))}
    return [
        _found(key, row, is_first=first[lock] == number)
        for number, (key, lock, row) in enumerate(zip(keys, locks, rows, strict=True))
    ]


def _found(key: Key, row: Any, *, is_first: bool) -> Answer | Problem | None:
    if row["request"] is not None:
        if row["request"] != key.request:
            return KeyUsedForAnotherRequest()
        headers = msgspec.json.decode(row["headers"], type=dict[str, str])
        return Answer(row["status"], headers, row["body"].encode())
    return None if row["free"] and is_first else KeyInUse()


def store(unit: Unit, key: Key, answer: Answer) -> None:
    """The answer into the write that carries the effects."""
    unit.row(
        "idempotency", userid=key.user_id, key=key.text, request=key.request, status=answer.status,
        headers=answer.headers, body=answer.body.decode(), at=unit.now,
    )  # fmt: skip


async def prune(database: Database, now: datetime) -> None:
    """Deletes answers that were given more than a day ago; their keys may be used anew."""
    await database.execute(_PRUNE, now - KEPT)
