"""The one statement a Work writes with: a data-modifying CTE, one JSON parameter per table.

Its parts do not see each other and run in no promised order, so a row is in one part only.
Its text depends on the set of (table, insert | patch) alone, never on columns, so that few
shapes are prepared. Stock comes last: positions are locked in key order, then moved under
their guard, and the statement fails when a guard held back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from ordo.platform.lookup import is_key
from ordo.platform.records import Noun, Record, noun
from ordo.platform.unit import Unit

STOCK_REFUSED = "OR001"
_IS_ITS_ID = is_key("t.id", "d.j->>'id'")
_IS_ITS_SKU = is_key("p.sku", "d.sku")
_encoder = msgspec.json.Encoder(decimal_format="string")
encode = _encoder.encode


class Part(NamedTuple):
    """One table's share of the write."""

    table: str
    action: str


class Write(NamedTuple):
    """The statement, its parameters, and how many rows each patch must touch."""

    sql: str
    arguments: list[bytes]
    expected: tuple[int, ...]


def write_of(unit: Unit) -> Write | None:
    """Everything the unit holds as one statement; None when nothing changed."""
    documents: dict[Part, bytes] = {}
    expected = []
    for table, records in sorted(_grouped(unit).items()):
        documents[Part(table, "insert")] = encode(records)
    for table, patches in sorted(_patches(unit).items()):
        documents[Part(table, "patch")] = encode(patches)
        expected.append(len(patches))
    documents.update(_machine_rows(unit))
    if unit.demands:
        documents[Part("position", "stock")] = encode(
            [
                {"sku": sku, "location": location, "onhand": d.on_hand, "reserved": d.reserved, "short": d.short}
                for (sku, location), d in sorted(unit.demands.items())
            ]
        )
    if not documents:
        return None
    return Write(statement(tuple(documents)), list(documents.values()), tuple(expected))


def _grouped(unit: Unit) -> Mapping[str, list[Record]]:
    grouped: defaultdict[str, list[Record]] = defaultdict(list)
    for record in unit.added.values():
        grouped[record.__noun__.table].append(record)
    return grouped


def _patches(unit: Unit) -> Mapping[str, list[dict[str, Any]]]:
    grouped: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for record, attributes in unit.changes():
        patch: dict[str, Any] = {name.replace("_", ""): getattr(record, name) for name in attributes}
        patch["id"] = record.id
        grouped[record.__noun__.table].append(patch)
    return grouped


def _machine_rows(unit: Unit) -> Iterable[tuple[Part, bytes]]:
    if unit.facts:
        yield Part("fact", "fact"), encode(_fact_rows(unit))
    movements = unit.ledger()
    if movements:
        yield Part("ledger", "ledger"), encode([{**m._asdict(), "at": unit.now} for m in movements])
    if unit.reservations:
        yield (
            Part("reservation", "insert"),
            encode([{**r._asdict(), "createddate": unit.now} for r in unit.reservations.values()]),
        )
    if unit.logins:
        yield Part("credential", "login"), encode(_login_rows(unit))
    for table, ids in sorted(unit.removed.items()):
        if ids:
            yield Part(table, "delete"), encode([{"id": key} for key in ids])
    for table, rows in sorted(unit.rows_for.items()):
        if rows:
            yield Part(table, "insert"), encode(rows)
    for (table, action), noted in sorted(unit.progress.items()):
        if noted:
            yield Part(table, action), encode(noted)


def _fact_rows(unit: Unit) -> list[dict[str, Any]]:
    """`number` is 1, 2… among this Work's facts of the root; the statement adds what the log holds."""
    seen: defaultdict[str, int] = defaultdict(int)
    rows = []
    for fact in unit.facts:
        seen[fact.root] += 1
        rows.append(
            {
                "root": fact.root,
                "number": seen[fact.root],
                "id": fact.id,
                "kind": fact.kind,
                "at": unit.now,
                "actor": unit.actor,
                "cause": fact.cause,
                "depth": fact.depth,
                "body": fact.body,
            }
        )
    return rows


def _login_rows(unit: Unit) -> list[dict[str, Any]]:
    """The last word on each user; whoever was shut out at any time loses the sessions."""
    shut = {user_id for user_id, may in unit.logins if not may}
    return [
        {"user_id": user_id, "is_active": may, "ends": user_id in shut}
        for user_id, may in dict(unit.logins).items()
    ]


@lru_cache(maxsize=256)
def statement(parts: tuple[Part, ...]) -> str:
    """The text for a shape; answers one row with the number of rows each patch touched."""
    ctes, counts = [], []
    for number, part in enumerate(parts, 1):
        ctes.append(_PARTS[part.action](part.table, number))
        if part.action == "patch":
            counts.append(f"(SELECT count(*) FROM p{number})")
        if part.action == "stock":
            counts.append("(SELECT refuse(array_agg(k)) FROM held_back)")
    return f"WITH {', '.join(ctes)} SELECT {', '.join(counts) or '1'}"


def _insert(table: str, number: int) -> str:
    return (
        f'p{number} AS (INSERT INTO "{table}" '
        f"SELECT * FROM json_populate_recordset({_blank(table)}, ${number}::json))"
    )


@lru_cache(maxsize=256)
def _blank(table: str) -> str:
    """The row that absent keys are taken from: the declared defaults, everything else null."""
    shape = noun(table)
    defaults = _defaults(shape) if shape else {}
    if not defaults:
        return f'NULL::"{table}"'
    text = encode(defaults).decode().replace("'", "''")
    return f"(SELECT json_populate_record(NULL::\"{table}\", '{text}'))"


def _defaults(shape: Noun) -> dict[str, Any]:
    return {field.column: field.default for field in shape.stored if field.default is not None}


def _patch(table: str, number: int) -> str:
    columns = ", ".join(_columns(table))
    return (
        f'p{number} AS (UPDATE "{table}" t SET ({columns}) = '
        f"(SELECT {columns} FROM json_populate_record(t, d.j)) "
        f"FROM json_array_elements(${number}::json) d(j) WHERE {_IS_ITS_ID} RETURNING 1)"
    )


def _columns(table: str) -> list[str]:
    shape = noun(table)
    if shape is None:
        raise KeyError(table)
    return [f'"{field.column}"' for field in shape.stored if field.column != "id"]


def _fact(_: str, number: int) -> str:
    # The root is locked before this statement began, so no other number can appear meanwhile.
    return (
        f"p{number} AS (INSERT INTO fact (root, number, id, kind, at, actor, cause, depth, body) "
        "SELECT f.root, f.number + coalesce((SELECT max(o.number) FROM fact o WHERE o.root = f.root), 0), "
        "f.id, f.kind, f.at, f.actor, f.cause, f.depth, f.body "
        f"FROM json_populate_recordset(NULL::fact, ${number}::json) f RETURNING id, root, number, kind), "
        f"i{number} AS (INSERT INTO factinbox (id, root, number, kind) "
        f"SELECT id, root, number, kind FROM p{number})"
    )


def _login(_: str, number: int) -> str:
    # The credential is locked before this statement began, so it sees every session that was opened.
    return (
        f"d{number} AS (SELECT * FROM json_to_recordset(${number}::json) "
        "AS d(user_id text, is_active boolean, ends boolean)), "
        f"p{number} AS (UPDATE credential c SET is_active = d.is_active, failed_logins = 0, locked_until = NULL "
        f"FROM d{number} d WHERE {is_key('c.user_id', 'd.user_id')}), "
        f"s{number} AS (UPDATE session s SET revoked_at = clock_timestamp() "
        f"FROM d{number} d WHERE d.ends AND {is_key('s.user_id', 'd.user_id')} AND s.revoked_at IS NULL)"
    )


def _ledger(_: str, number: int) -> str:
    columns = "subject, debit, credit, amount, because, at"  # the database numbers them
    return (
        f"p{number} AS (INSERT INTO ledger ({columns}) "
        f"SELECT {columns} FROM json_populate_recordset(NULL::ledger, ${number}::json))"
    )


def _stock(_: str, number: int) -> str:
    # What is short is never more than what is lacking, so that it makes room for nobody else.
    lacking = "p.reserved + d.reserved - p.onhand - d.onhand - p.future"
    return (
        f'd AS MATERIALIZED (SELECT * FROM json_populate_recordset(NULL::"position", ${number}::json)), '
        "held AS MATERIALIZED (SELECT p.sku, p.location, p.onhand, p.reserved FROM d "
        f"JOIN position p ON {_IS_ITS_SKU} AND p.location = d.location "
        "ORDER BY d.sku, d.location FOR NO KEY UPDATE OF p), "
        f"p{number} AS (UPDATE position p SET onhand = p.onhand + d.onhand, reserved = p.reserved + d.reserved, "
        f"short = greatest({lacking}, 0) "
        f"FROM d JOIN held USING (sku, location) WHERE {_IS_ITS_SKU} AND p.location = d.location "
        "AND p.onhand + d.onhand >= 0 AND p.reserved + d.reserved >= 0 "
        f"AND {lacking} <= p.short + d.short RETURNING p.sku, p.location), "
        "held_back AS (SELECT json_build_array(d.sku, d.location, coalesce(h.onhand, 0), coalesce(h.reserved, 0), "
        "d.onhand, d.reserved)::text AS k FROM d LEFT JOIN held h USING (sku, location) "
        f"LEFT JOIN p{number} m USING (sku, location) WHERE m.sku IS NULL)"
    )


def _delete(table: str, number: int) -> str:
    return (
        f'p{number} AS (DELETE FROM "{table}" t USING json_array_elements(${number}::json) d(j) '
        f"WHERE {_IS_ITS_ID})"
    )


def _cursor(_: str, number: int) -> str:
    return (
        f"p{number} AS (UPDATE consumercursor c SET replayid = d.replayid "
        f"FROM json_populate_recordset(NULL::consumercursor, ${number}::json) d "
        "WHERE c.consumer = d.consumer AND c.shard = d.shard)"
    )


def _park(_: str, number: int) -> str:
    # A released fact that is refused again is there already.
    return (
        f"p{number} AS (INSERT INTO parkedfact AS k "
        f"SELECT * FROM json_populate_recordset(NULL::parkedfact, ${number}::json) "
        "ON CONFLICT (consumer, root, number) DO UPDATE SET reason = excluded.reason, at = excluded.at)"
    )


def _unpark(_: str, number: int) -> str:
    return (
        f"p{number} AS (DELETE FROM parkedfact k "
        f"USING json_populate_recordset(NULL::parkedfact, ${number}::json) d "
        f"WHERE {is_key('k.consumer', 'd.consumer')} AND k.root = d.root AND k.number = d.number)"
    )


def _end(_: str, number: int) -> str:
    return (
        f"p{number} AS (DELETE FROM releasedroot r "
        f"USING json_populate_recordset(NULL::releasedroot, ${number}::json) d "
        f"WHERE {is_key('r.consumer', 'd.consumer')} AND r.shard = d.shard AND r.root = d.root)"
    )


_PARTS = {
    "insert": _insert,
    "patch": _patch,
    "fact": _fact,
    "login": _login,
    "ledger": _ledger,
    "stock": _stock,
    "delete": _delete,
    "cursor": _cursor,
    "park": _park,
    "unpark": _unpark,
    "end": _end,
}
