"""What a Work has read: an identity map, one row per id, that knows what it does not know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from ordo.platform.keys import Key
from ordo.platform.positions import Demand, Position, Reservation
from ordo.platform.reading import LOGINS, Arm, Path, Reading
from ordo.platform.records import Noun, Record, noun

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class NotLoaded(Exception):  # noqa: N818  asks the Work for one more read, it is no fault
    """The unit was asked for rows that were not read yet."""

    def __init__(self, reading: Reading) -> None:
        super().__init__("not loaded")
        self.reading = reading


class Index:
    """The rows at hand of one noun by the value of an attribute, texts folded if asked for."""

    __slots__ = ("_attribute", "_folds", "ids")

    def __init__(self, attribute: str, rows: Iterable[Record], *, folds: bool = False) -> None:
        self._attribute = attribute
        self._folds = folds
        self.ids: defaultdict[Any, dict[str, None]] = defaultdict(dict)
        for record in rows:
            self.place(record)

    def place(self, record: Record) -> None:
        value = getattr(record, self._attribute)
        self.ids[value.lower() if self._folds and value else value][record.id] = None

    def remove(self, record: Record) -> None:
        value = getattr(record, self._attribute)
        self.ids[value.lower() if self._folds and value else value].pop(record.id, None)

    def move(self, before: Record, after: Record) -> None:
        if getattr(before, self._attribute) != getattr(after, self._attribute):
            self.remove(before)
            self.place(after)


class Loaded:
    """Loaded rows + added − deleted. Nothing here does I/O: what is missing raises NotLoaded."""

    def __init__(self) -> None:
        self._rows: dict[str, Record] = {}
        self._by_class: defaultdict[type[Record], dict[str, Record]] = defaultdict(dict)
        self._index: defaultdict[type[Record], dict[tuple[str, bool], Index]] = defaultdict(dict)
        self._named: dict[tuple[str, str, str], list[str]] = {}
        self._covered: set[tuple[str, str, str]] = set()
        self._existing: dict[str, bool] = {}
        self._locked: set[tuple[str, str]] = set()
        self._positions: dict[tuple[str, str], Position | None] = {}
        self._promises: dict[tuple[str, str], list[Reservation]] = {}
        self._held_positions: set[tuple[str, str]] = set()
        self.opened_positions: set[tuple[str, str]] = set()
        self.added: dict[str, Record] = {}
        self.dirty: dict[str, set[str]] = {}
        self.demands: dict[tuple[str, str], Demand] = {}

    # -- what was read ------------------------------------------------------------------------

    def load(self, arm: Arm, keys: set[Any], rows: Sequence[tuple[str, Any]]) -> None:
        """Takes over one arm of the read; keys without rows are known to have none."""
        if arm.kind == "positions":
            self._positions.update(dict.fromkeys(keys))
            for _, position in rows:
                self._positions[position.sku, position.location] = self._as_moved(position)
            return
        if arm.kind == "promises":
            self._promises.update((key, []) for key in keys)
            for _, promise in rows:
                self._promises[promise.sku, promise.location].append(promise)
            return
        if arm.kind == "ids":
            self._existing.update(dict.fromkeys(keys, False))
            self._existing.update((record_id, True) for record_id, _ in rows)
            return
        if arm.kind == "keys":
            self._load_named(arm.path, keys, cast("Sequence[tuple[str, str]]", rows))
            return
        for record_id, row in rows:
            if record_id not in self._rows:
                self._place(record_id, cast(Record, row))
        known = keys if not arm.path.via else self._parents(arm.path.via[0], keys)
        self._covered.update((arm.path.table, arm.path.column, key) for key in known)

    def _load_named(self, path: Path, keys: set[Any], rows: Sequence[tuple[str, str]]) -> None:
        """Which ids have which key; they exist, so nobody needs to ask."""
        for key in keys:
            self._named[path.table, path.column, key] = []
        for record_id, key in rows:
            self._named[path.table, path.column, key].append(record_id)
            self._existing[record_id] = True

    def _parents(self, step: Path, keys: set[Any]) -> list[str]:
        """Ids of the rows that a step leads to, where they were all read before (see Reading.rows_below)."""
        shape = noun(step.table)
        if shape is None or step.column != "id" or not self._is_covered(step, keys):
            return []
        attribute = shape.by_name[step.key].attribute
        return [row_id for row_id, row in self._by_class[shape.record].items() if getattr(row, attribute) in keys]

    def _is_covered(self, step: Path, keys: set[Any]) -> bool:
        return all((step.table, step.key, key) in self._covered for key in keys)

    def _as_moved(self, position: Position) -> Position:
        demand = self.demands.get((position.sku, position.location))
        return position if demand is None else position.moved(demand)

    def locked(self, table: str, record_id: str) -> None:
        self._locked.add((table, record_id))

    def positions_locked(self, keys: Iterable[tuple[str, str]], opened: Iterable[tuple[str, str]]) -> None:
        self._held_positions.update(keys)
        self.opened_positions.update(opened)

    def forget_read(self) -> None:
        """Rows read before a lock may be older than it: all that nobody changed here are read anew."""
        for record_id in self._rows.keys() - self.added.keys() - self.dirty.keys():
            self._remove(record_id)
        self._covered.clear()
        self._existing.clear()
        self._named.clear()

    def _remove(self, record_id: str) -> None:
        record = self._rows.pop(record_id)
        del self._by_class[type(record)][record_id]
        for index in self._index[type(record)].values():
            index.remove(record)

    def _place(self, record_id: str, record: Record) -> None:
        self._rows[record_id] = record
        self._by_class[type(record)][record_id] = record
        for index in self._index[type(record)].values():
            index.place(record)

    # -- looking ------------------------------------------------------------------------------

    def get(self, cls: type[R], record_id: str) -> R | None:
        """The row as this Work sees it; None if there is none, it is deleted or of another noun."""
        record = self._rows.get(record_id)
        if record is None and record_id not in self.added:
            self._require(cls, "id", record_id)
        if record is None or not isinstance(record, cls) or record.is_deleted:
            return None
        return record

    def together(self, asks: Iterable[Callable[[], T]]) -> list[T]:
        """The answers of several questions; what they miss is read together, not one after the other."""
        answers: list[T] = []
        missing = Reading()
        for ask in asks:
            try:
                answers.append(ask())
            except NotLoaded as need:
                missing.merge(need.reading)
        if not missing.empty:
            raise NotLoaded(missing)
        return answers

    def get_all(self, cls: type[R], ids: Iterable[str]) -> dict[str, R | None]:
        """Several rows of a noun by id."""
        wanted = list(dict.fromkeys(ids))
        return dict(zip(wanted, self.together(partial(self.get, cls, one) for one in wanted), strict=True))

    def deleted(self, record_id: str) -> Record | None:
        """The row, if it is in the recycle bin."""
        record = self._rows.get(record_id)
        return record if record is not None and record.is_deleted else None

    def children(self, cls: type[R], attribute: str, parent_id: str) -> list[R]:
        """The rows of `cls` whose `attribute` is `parent_id`, in the order of their ids."""
        if parent_id not in self.added:
            self._require(cls, attribute, parent_id)
        return self.children_at_hand(cls, attribute, parent_id)

    def children_at_hand(self, cls: type[R], attribute: str, parent_id: str) -> list[R]:
        """Those of them that were read or made so far."""
        ids = self._indexed(cls, attribute).ids[parent_id]
        rows = [cast(R, self._rows[record_id]) for record_id in sorted(ids)]
        return [row for row in rows if not row.is_deleted]

    def _indexed(self, cls: type[Record], attribute: str, *, folds: bool = False) -> Index:
        index = self._index[cls].get((attribute, folds))
        if index is None:
            rows = self._by_class[cls].values()
            index = self._index[cls][attribute, folds] = Index(attribute, rows, folds=folds)
        return index

    def named(self, key: Key) -> list[str]:
        """The ids of the rows with this key as this Work sees them, deleted ones left out."""
        read = self._named.get(key.place)
        if read is None:
            reading = Reading()
            reading.named(key)
            raise NotLoaded(reading)
        folds = not key.field.case_sensitive
        at_hand = self._indexed(key.shape.record, key.field.attribute, folds=folds).ids.get(key.folded, ())
        alive = {record_id for record_id in at_hand if not self._rows[record_id].is_deleted}
        return sorted(alive.union(record_id for record_id in read if record_id not in self.dirty))

    def holds_key(self, key: Key) -> bool:
        """Whether nobody else can make a row with this key before this Work is written."""
        return ("", str(key.lock)) in self._locked

    def _require(self, cls: type[Record], attribute: str, value: str) -> None:
        field = cls.__fields__[attribute]
        if (cls.__noun__.table, field.column, value) not in self._covered:
            reading = Reading()
            reading.rows(cls, attribute, [value])
            raise NotLoaded(reading)

    def exists(self, target: Noun, record_id: str) -> bool:
        """Whether a row of that noun exists and is not deleted, this Work's own rows included."""
        record = self._rows.get(record_id)
        if record is not None:
            return record.__noun__ is target and not record.is_deleted
        known = self._existing.get(record_id)
        if known is None:
            if (target.table, "id", record_id) in self._covered:
                return False
            reading = Reading()
            reading.exist(target, [record_id])
            raise NotLoaded(reading)
        return known

    def holds(self, cls: type[Record], record_id: str) -> bool:
        """Whether nobody else can change the row: this Work made it or locked it."""
        return record_id in self.added or (cls.__noun__.table, record_id) in self._locked

    def hold(self, cls: type[Record], record_id: str) -> None:
        """Makes sure a root is locked before anything below it is decided on."""
        if self.holds(cls, record_id):
            return
        reading = Reading()
        reading.lock(cls, [record_id])
        raise NotLoaded(reading)

    def hold_login(self, user_id: str) -> None:
        """Makes sure that no session is opened for the user before this Work is written."""
        if (LOGINS.table, user_id) not in self._locked:
            reading = Reading()
            reading.lock_login([user_id])
            raise NotLoaded(reading)

    def positions(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Position | None]:
        """Several positions at once; what is missing is read together."""
        missing = [key for key in keys if key not in self._positions]
        if missing:
            reading = Reading()
            reading.positions(missing)
            raise NotLoaded(reading)
        return {key: self._positions[key] for key in keys}

    def held_position(self, sku: str, location: str) -> Position:
        """A position that nobody else moves before this Work is written; opened where there is none yet."""
        key = sku, location
        found = self._positions.get(key)
        if found is None or key not in self._held_positions:
            reading = Reading()
            reading.lock_positions([key])
            reading.positions([key])
            raise NotLoaded(reading)
        return found

    def promises(self, sku: str, location: str) -> list[Reservation]:
        """The latest reservations of a position, PROMISES_MAX at most, the last one first; it should be held."""
        found = self._promises.get((sku, location))
        if found is None:
            reading = Reading()
            reading.promises([(sku, location)])
            raise NotLoaded(reading)
        return sorted(found, key=lambda one: one.id, reverse=True)

    def position(self, sku: str, location: str) -> Position | None:
        """Stock of a SKU at a location as this Work leaves it so far; None where it was never stocked."""
        return self.positions([(sku, location)])[sku, location]
