"""What a Work must lock and read before it decides, and the two statements that do it.

A lock never reads children, and rows are read in a later statement than the lock: locking and
reading children in one statement returns children as they were before the lock was waited for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from ordo.platform.keys import Key
from ordo.platform.lookup import is_any_of, is_key
from ordo.platform.records import Noun, Record, noun


class Path(NamedTuple):
    """Rows of `table` whose `column` is one of the keys, or, with `via`, one of the values found there.

    As a step of a way (in `via`) it gives the values of `column` for the rows whose `key` is one of the keys.
    """

    table: str
    column: str
    via: tuple[Path, ...] = ()
    key: str = "id"


def _keys(column: str, via: tuple[Path, ...], parameter: int) -> str:
    """A condition: the column is one of the keys, or of what they lead to."""
    return is_any_of(column, _ids(via[0], parameter)) if via else f"{column} = ANY(${parameter}::text[])"


def _ids(step: Path, parameter: int) -> str:
    condition = _keys(f"v.{step.key}", step.via, parameter)
    return f'SELECT v.{step.column} FROM "{step.table}" v WHERE {condition}'


LOGINS = Path("credential", "user_id")


class Arm(NamedTuple):
    """One arm of the one read: whole rows, or only their ids, or the ids that keys name, or stock positions."""

    kind: str
    path: Path


class Reading:
    """Collects needs; `taken` needs are remembered so that nothing is read twice."""

    def __init__(self) -> None:
        self.locks: defaultdict[Path, set[str]] = defaultdict(set)
        self.arms: defaultdict[Arm, set[Any]] = defaultdict(set)
        self.key_locks: set[int] = set()
        self.position_locks: set[tuple[str, str]] = set()

    def rows(self, record: type[Record], attribute: str, values: Iterable[str]) -> None:
        """Whole rows of a noun whose reference (or id) has one of the values."""
        field = record.__fields__[attribute]
        self.arms[Arm("rows", Path(record.__noun__.table, field.column))].update(values)

    def rows_named(
        self, record: type[Record], by: type[Record], attribute: str, key: str, values: Iterable[str]
    ) -> None:
        """Whole rows whose ids stand in `attribute` of those rows of `by` whose `key` has one of the values."""
        step = Path(by.__noun__.table, by.__fields__[attribute].column, (), by.__fields__[key].column)
        self.arms[Arm("rows", Path(record.__noun__.table, "id", (step,)))].update(values)

    def rows_below(
        self, record: type[Record], attribute: str, parent: type[Record], key: str, values: Iterable[str]
    ) -> None:
        """Whole rows whose `attribute` names one of those rows of `parent` whose `key` has one of the values.
        The parents are read too."""
        self.rows(parent, key, values)
        step = Path(parent.__noun__.table, "id", (), parent.__fields__[key].column)
        column = record.__fields__[attribute].column
        self.arms[Arm("rows", Path(record.__noun__.table, column, (step,)))].update(values)

    def exist(self, target: Noun, ids: Iterable[str]) -> None:
        """Only whether rows with these ids exist and are not deleted."""
        self.arms[Arm("ids", Path(target.table, "id"))].update(ids)

    def named(self, key: Key) -> None:
        """The ids of the rows with this key, deleted ones left out."""
        self.arms[Arm("keys", Path(key.shape.table, key.field.column))].add(key.value)

    def positions(self, keys: Iterable[tuple[str, str]]) -> None:
        """Stock positions by (SKU, location id)."""
        self.arms[Arm("positions", Path("position", "sku"))].update(keys)

    def promises(self, keys: Iterable[tuple[str, str]]) -> None:
        """The latest reservations of stock positions by (SKU, location id)."""
        self.arms[Arm("promises", Path("reservation", "sku"))].update(keys)

    def lock_positions(self, keys: Iterable[tuple[str, str]]) -> None:
        """Stock positions to lock, opened where there are none."""
        self.position_locks.update(keys)

    def lock(self, record: type[Record], ids: Iterable[str]) -> None:
        """Rows to lock themselves (roots)."""
        self.locks[Path(record.__noun__.table, "id")].update(ids)

    def lock_login(self, user_ids: Iterable[str]) -> None:
        """The credentials of users: while they are held, no session is opened for them."""
        self.locks[LOGINS].update(user_ids)

    def lock_root(self, start: Noun, record_id: str) -> None:
        """The root that protects a row, reached through immutable references."""
        self.locks[root_path(start)].add(record_id)

    def lock_key(self, key: Key) -> None:
        """The key itself, so that nobody else makes a row with it meanwhile."""
        self.key_locks.add(key.lock)

    @property
    def locking(self) -> bool:
        return bool(self.locks or self.key_locks or self.position_locks)

    @property
    def empty(self) -> bool:
        return not self.locking and not self.arms

    def merge(self, other: Reading) -> None:
        self.key_locks |= other.key_locks
        self.position_locks |= other.position_locks
        for path, ids in other.locks.items():
            self.locks[path] |= ids
        for arm, keys in other.arms.items():
            self.arms[arm] |= keys


@lru_cache(maxsize=256)
def root_path(start: Noun) -> Path:
    """From a noun to the noun that is locked for it: FulfillmentOrderLineItem → … → OrderSummary."""
    via: Path | None = None
    current = start
    while current.root is not None:
        attribute, parent = current.root
        target = noun(parent)
        if target is None or target is current:
            break
        via = Path(current.table, attribute.replace("_", ""), (via,) if via else ())
        current = target
    return Path(current.table, "id", (via,) if via else ())


NAMED_MAX = 200
"""As many of the rows with one key as are told: more than one is too many."""
PROMISES_MAX = 200

_IS_POSITION = f"{is_key('t.sku', 'k.s')} AND t.location = k.l"
_FIRST_LOCKED = "order"  # everyone who holds an order's family came by the Order first


@lru_cache(maxsize=512)
def lock_statement(paths: tuple[Path, ...]) -> str:
    """Locks every root in id order, table by table; answers (table, id).

    Several ways to one table are gathered into one array first: joined by OR, each row of the table would be
    held against every way.
    """
    by_key: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for number, path in enumerate(paths, 1):
        by_key[path.table, path.column].append(_roots(path, number))
    parts, answers = [], []
    for number, (table, key) in enumerate(sorted(by_key, key=lambda one: (one[0] != _FIRST_LOCKED, one))):
        ids = " UNION ALL ".join(by_key[table, key])
        parts.append(
            f'l{number} AS MATERIALIZED (SELECT t.{key} FROM "{table}" t WHERE {is_any_of(f"t.{key}", ids)} '
            f"ORDER BY t.{key} FOR NO KEY UPDATE)"
        )
        answers.append(f"SELECT '{table}'::text, {key} FROM l{number}")
    return f"WITH {', '.join(parts)} {' UNION ALL '.join(answers)}"


def _roots(path: Path, parameter: int) -> str:
    """The ids a way leads to; without steps, the keys themselves."""
    return _ids(path.via[0], parameter) if path.via else f"SELECT unnest(${parameter}::text[])"


@lru_cache(maxsize=512)
def read_statement(arms: tuple[Arm, ...], locking: bool) -> str:
    """One arm per noun and key; answers (arm number, id, row as JSON)."""
    parts, parameter, locked = [], 1, []
    for number, (kind, path) in enumerate(arms):
        if kind == "positions":
            source = "position"
            if locking:  # the guard refused once: this time nobody may move them meanwhile
                locked.append(_position_lock(parameter))
                source = "held"
            parts.append(
                f"SELECT {number}, NULL::text, row_to_json(t) FROM {source} t "
                f"JOIN {_position_keys(parameter)} ON {_IS_POSITION}"
            )
            parameter += 2
            continue
        if kind == "promises":
            parts.append(_promises_arm(number, parameter))
            parameter += 2
            continue
        if kind == "keys":
            parts.append(_named_arm(number, path, parameter))
            parameter += 1
            continue
        shown = "row_to_json(t)" if kind == "rows" else "NULL::json"
        alive = "" if kind == "rows" else " AND NOT t.isdeleted"
        condition = _keys(f"t.{path.column}", path.via, parameter) + alive
        parts.append(f'SELECT {number}, t.id, {shown} FROM "{path.table}" t WHERE {condition}')
        parameter += 1
    prefix = f"WITH {', '.join(locked)} " if locked else ""
    return prefix + " UNION ALL ".join(parts)


def _named_arm(number: int, path: Path, parameter: int) -> str:
    """Answers the key as it was asked for with each id; text is compared as the index of its column does.

    Each key is looked up by itself (LIMIT keeps the join from being turned round): a plan made while the table
    was empty stays right.
    """
    shape = noun(path.table)
    folds = shape is not None and not shape.by_name[path.column].case_sensitive
    column, key = (f"lower(t.{path.column})", "lower(k.k)") if folds else (f"t.{path.column}", "k.k")
    return (
        f"SELECT {number}, f.id, to_json(k.k) FROM unnest(${parameter}::text[]) k(k) CROSS JOIN LATERAL "
        f'(SELECT t.id FROM "{path.table}" t WHERE {column} = {key} AND NOT t.isdeleted LIMIT {NAMED_MAX}) f'
    )


def _promises_arm(number: int, parameter: int) -> str:
    """By the ledger, whose index knows what was promised last."""
    of_line = f"SELECT r.* FROM reservation r WHERE {is_key('r.id', 'l.because')}"
    of_position = is_key("l.subject", "k.s || '@' || k.l")
    return (
        f"SELECT {number}, f.id, json_build_array(f.id, f.sku, f.location, f.quantity) "
        f"FROM {_position_keys(parameter)} CROSS JOIN LATERAL (SELECT r.* FROM ledger l "
        f"CROSS JOIN LATERAL ({of_line}) r WHERE {of_position} "
        "AND l.debit = 'Reserved' AND r.sku = k.s AND r.location = k.l "
        f"ORDER BY l.id DESC LIMIT {PROMISES_MAX}) f"
    )


def _position_lock(parameter: int) -> str:
    return (
        f"held AS MATERIALIZED (SELECT t.* FROM {_position_keys(parameter)} JOIN position t ON {_IS_POSITION} "
        'ORDER BY k.s COLLATE "C", k.l COLLATE "C" FOR NO KEY UPDATE OF t)'
    )


def _position_keys(parameter: int) -> str:
    return f"unnest(${parameter}::text[], ${parameter + 1}::text[]) k(s, l)"


LOCK_KEYS = "SELECT pg_advisory_xact_lock(k.k) FROM (SELECT k FROM unnest($1::bigint[]) k ORDER BY k) k"
"""In one order, so that two who want the same keys wait for each other only once."""
OPEN_POSITIONS = f"""
INSERT INTO position (sku, location) SELECT k.s, k.l FROM {_position_keys(1)}
ORDER BY k.s COLLATE "C", k.l COLLATE "C"
ON CONFLICT DO NOTHING RETURNING sku, location
"""
LOCK_POSITIONS = f"WITH {_position_lock(1)} SELECT count(*) FROM held"
"""In a later statement: one that waited for another's new position does not see it itself."""


def position_arguments(keys: Iterable[tuple[str, str]]) -> list[list[str]]:
    """SKUs and locations, in one order."""
    pairs = sorted(keys)
    return [[sku for sku, _ in pairs], [location for _, location in pairs]]


def read_arguments(arms: Iterable[tuple[Arm, set[Any]]]) -> list[list[str]]:
    """The array parameters of `read_statement`, in its order."""
    arguments: list[list[str]] = []
    for arm, keys in arms:
        if arm.kind in ("positions", "promises"):
            arguments += position_arguments(keys)
        else:
            arguments.append(list(keys))
    return arguments
