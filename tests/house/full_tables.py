"""Many more rows in the tables of an order's life, none of them that order's."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from ordo.platform.fields import TEXT_KINDS, Field, Kind
from ordo.platform.records import Noun, noun

MANY = 20_000
SMALL = {
    "alembic_version", "autonumber", "connectedapp", "consumercursor", "credential", "factinbox", "feed_1", "flow",
    "option", "organization", "process", "releasedroot", "user",
}  # fmt: skip
"""Tables that do not grow with what was sold, or are empty whenever a worker keeps up."""

# Ids that sort before and after those of real rows, so that no ordered look stops before it meets them.
_KEY = "chr(48 + n % 2 * 74) || lpad(n::text, 14, '0')"
# Roots, subjects and keys of their own; facts that everyone has passed or others parked, jobs far from due.
_MACHINE_ROOM = {
    "fact": ("root, number, id, kind, at, actor, cause, depth, body",
             f"'801' || {_KEY}, 1, '2Pq' || {_KEY}, 'Filler', now(), '', '', 0, '{{}}'"),
    "feed_0": ("replayid, shard, root, number, kind, at",
               f"nextval('feed_replayid'), n % 16, '801' || {_KEY}, 1, 'Filler', now()"),
    "parkedfact": ("consumer, root, number, kind, reason, at, replayid",
                   f"'others', '801' || {_KEY}, 1, 'Filler', '', now(), 0"),
    "ledger": ("subject, debit, credit, amount, because, at",
               f"'10u' || {_KEY}, 'OnHand', 'outside', 1, '', now()"),
    "position": ("sku, location, onhand", f"{_KEY}, '131' || {_KEY}, 1"),
    "reservation": ("id, sku, location, quantity, createddate",
                    f"'0a4' || {_KEY}, {_KEY}, '131' || {_KEY}, 1, now()"),
    "job": ("id, kind, due, attempts, cause, depth, body",
            f"'2Pj' || {_KEY}, 'filler', now() + interval '1 year', 0, '', 0, '{{}}'"),
    "idempotency": ("userid, key, request, status, headers, body, at",
                    f"'005' || {_KEY}, {_KEY}, '', 201, '{{}}', '', now()"),
    "session": ("token_hash, kind, user_id, scopes, created, last_used",
                f"{_KEY}, 'access', '005' || {_KEY}, 'api', now(), now()"),
}  # fmt: skip
_PASSED = "UPDATE consumercursor SET replayid = (SELECT max(replayid) FROM feed)"


def fill(dsn: str, tables: Iterable[str]) -> None:
    """MANY rows more in each of these tables that can grow. A noun's are like its first row (blank if it has
    none), with ids of their own, unique values, and references that lead to each other and to nothing else.

    KeyError names a table that is neither filled nor SMALL."""
    with psycopg.connect(dsn) as connection:
        connection.execute("SET session_replication_role = replica")  # references need not be there
        for table in sorted(set(tables) - SMALL):
            shape = noun(table)
            columns, values = _of_noun(shape) if shape else _MACHINE_ROOM[table]
            like = f'LEFT JOIN (SELECT * FROM "{table}" ORDER BY id LIMIT 1) x ON true' if shape else ""
            connection.execute(
                f'INSERT INTO "{table}" ({columns}) SELECT {values} FROM generate_series(1, {MANY}) n {like}'
            )
        connection.execute(_PASSED)
        connection.execute("SELECT pg_stat_force_next_flush()")


def _of_noun(shape: Noun) -> tuple[str, str]:
    fields = list(shape.stored)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return columns, ", ".join(_value(shape, field) for field in fields)


def _value(shape: Noun, field: Field) -> str:
    if field.kind is Kind.ID:
        return _id(shape)
    if field.kind is Kind.REFERENCE:
        return _id(noun(field.targets[0]))
    if field.unique or any(field.attribute in attributes for attributes in shape.unique):
        return "'filler' || n" if field.kind in TEXT_KINDS else "n"
    return f'coalesce(x."{field.column}", false)' if field.kind is Kind.BOOLEAN else f'x."{field.column}"'


def _id(shape: Noun | None) -> str:
    """The id of row n of a noun; of a noun that Ordo does not have, some other."""
    return f"'{shape.prefix if shape else '000'}' || {_KEY}"
