"""The unit: what one Work sees and changes, in memory, one row per id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar, cast

import msgspec

from ordo.kernel.ids import IdMaker
from ordo.platform.facts import Fact
from ordo.platform.fields import Field
from ordo.platform.numbers import Numbers
from ordo.platform.options import Options
from ordo.platform.positions import Demand, Movement, Position, Reservation, subject
from ordo.platform.reading import Arm, Reading
from ordo.platform.records import Noun, Record, changed

R = TypeVar("R", bound=Record)
T = TypeVar("T")
NOTHING = Decimal()
OUTSIDE = "outside"  # the account every balance comes from and goes to


class NotLoaded(Exception):  # noqa: N818  asks the Work for one more read, it is no fault
    """The unit was asked for rows that were not read yet."""

    def __init__(self, reading: Reading) -> None:
        super().__init__("not loaded")
        self.reading = reading


class Unit:
    """Loaded rows + added − deleted, with everything the one write will carry.

    Nothing here does I/O: what is missing raises NotLoaded. `mark` and `undo` take one atom back.
    """

    def __init__(self, ids: IdMaker, numbers: Numbers, now: datetime, options: Options) -> None:
        self.now = now
        self.options = options
        self.actor = ""
        self.cause = ""
        self.depth = 0
        self.owner = 0
        self._ids = ids
        self._numbers = numbers
        self._rows: dict[str, Record] = {}
        self._by_class: defaultdict[type[Record], dict[str, Record]] = defaultdict(dict)
        self._index: defaultdict[type[Record], dict[str, defaultdict[Any, dict[str, None]]]] = defaultdict(dict)
        self._covered: set[tuple[str, str, str]] = set()
        self._existing: dict[str, bool] = {}
        self._as_read: dict[str, Record] = {}
        self._locked: set[tuple[str, str]] = set()
        self._positions: dict[tuple[str, str], Position | None] = {}
        self._undo: list[Callable[[], object]] = []
        self._later: dict[tuple[Callable[[Unit, str], None], str], None] = {}
        self.added: dict[str, Record] = {}
        self.dirty: dict[str, set[str]] = {}
        self.owners: defaultdict[str, set[int]] = defaultdict(set)
        self.facts: list[Fact] = []
        self.movements: list[Movement] = []
        self.demands: dict[tuple[str, str], Demand] = {}
        self.reservations: dict[str, Reservation] = {}
        self.released: dict[str, None] = {}
        self.progress: dict[tuple[str, str], list[dict[str, object]]] = {}  # a consumer's: (table, action)
        self.rows_for: defaultdict[str, list[Mapping[str, object]]] = defaultdict(list)

    # -- what was read ------------------------------------------------------------------------

    def load(self, arm: Arm, keys: set[Any], rows: Sequence[tuple[str, Record | Position | None]]) -> None:
        """Takes over one arm of the read; keys without rows are known to have none."""
        if arm.kind == "positions":
            self._positions.update(dict.fromkeys(keys))
            for _, position in rows:
                found = cast(Position, position)
                self._positions[found.sku, found.location] = self._as_moved(found)
            return
        if arm.kind == "ids":
            self._existing.update(dict.fromkeys(keys, False))
            self._existing.update((record_id, True) for record_id, _ in rows)
            return
        self._covered.update((arm.path.table, arm.path.column, key) for key in keys)
        for record_id, row in rows:
            if record_id not in self._rows:
                self._place(record_id, cast(Record, row))

    def _as_moved(self, position: Position) -> Position:
        demand = self.demands.get((position.sku, position.location))
        if demand is None:
            return position
        return msgspec.structs.replace(
            position,
            on_hand=position.on_hand + demand.on_hand,
            reserved=position.reserved + demand.reserved,
        )

    def locked(self, table: str, record_id: str) -> None:
        self._locked.add((table, record_id))

    def forget_read(self) -> None:
        """Rows read before a lock may be older than it: all that nobody changed here are read anew."""
        for record_id in self._rows.keys() - self.added.keys() - self.dirty.keys():
            self._remove(record_id)
        self._covered.clear()
        self._existing.clear()

    def _remove(self, record_id: str) -> None:
        record = self._rows.pop(record_id)
        del self._by_class[type(record)][record_id]
        for attribute, index in self._index[type(record)].items():
            index[getattr(record, attribute)].pop(record_id, None)

    def _place(self, record_id: str, record: Record) -> None:
        self._rows[record_id] = record
        self._by_class[type(record)][record_id] = record
        for attribute, index in self._index[type(record)].items():
            index[getattr(record, attribute)][record_id] = None

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

    def was_deleted(self, record_id: str) -> bool:
        """Whether the row is there, in the recycle bin."""
        record = self._rows.get(record_id)
        return record is not None and record.is_deleted

    def children(self, cls: type[R], attribute: str, parent_id: str) -> list[R]:
        """The rows of `cls` whose `attribute` is `parent_id`, in the order of their ids."""
        if parent_id not in self.added:
            self._require(cls, attribute, parent_id)
        index = self._index[cls].get(attribute)
        if index is None:
            index = self._index[cls][attribute] = defaultdict(dict)
            for record_id, record in self._by_class[cls].items():
                index[getattr(record, attribute)][record_id] = None
        rows = [cast(R, self._rows[record_id]) for record_id in sorted(index[parent_id])]
        return [row for row in rows if not row.is_deleted]

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

    def positions(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Position | None]:
        """Several positions at once; what is missing is read together."""
        missing = [key for key in keys if key not in self._positions]
        if missing:
            reading = Reading()
            reading.positions(missing)
            raise NotLoaded(reading)
        return {key: self._positions[key] for key in keys}

    def position(self, sku: str, location: str) -> Position | None:
        """Stock of a SKU at a location as this Work leaves it so far; None where it was never stocked."""
        return self.positions([(sku, location)])[sku, location]

    # -- changing -----------------------------------------------------------------------------

    def add(self, cls: type[R], **fields: Any) -> R:
        """A new row with id, autonumber, system fields and derived fields; `fields` are attributes."""
        shape = cls.__noun__
        number = _autonumber(shape)
        if number is not None and fields.get(number.attribute) is None:
            fields[number.attribute] = number.number_format.format(self._numbers.take(shape.table))
        record = cls(
            id=self._ids.make(shape.prefix),
            created_date=self.now,
            created_by_id=self.actor,
            last_modified_date=self.now,
            last_modified_by_id=self.actor,
            system_modstamp=self.now,
            **fields,
        )
        derived = record.derived()
        if derived:
            record = msgspec.structs.replace(record, **derived)
        self.added[record.id] = record
        self.owners[record.id].add(self.owner)
        self._place(record.id, record)
        self._undo.append(lambda: self._take_back(record.id))
        return record

    def _take_back(self, record_id: str) -> None:
        del self.added[record_id]
        self._remove(record_id)

    def change(self, record: R, **fields: object) -> R:
        """The row with `fields` set and its derived fields up to date. The only way a row changes."""
        before = self._rows[record.id]
        if record.id not in self.added:
            self._as_read.setdefault(record.id, before)
        fields.update(last_modified_date=self.now, last_modified_by_id=self.actor, system_modstamp=self.now)
        after, differing = changed(before, fields)
        dirty_before = self.dirty.get(record.id)
        self._put(record.id, before, after)
        if record.id not in self.added:
            self.dirty[record.id] = (dirty_before or set()) | differing
        self.owners[record.id].add(self.owner)
        self._undo.append(lambda: self._restore(record.id, before, dirty_before))
        return cast(R, after)

    def _put(self, record_id: str, before: Record, after: Record) -> None:
        self._rows[record_id] = after
        self._by_class[type(after)][record_id] = after
        if record_id in self.added:
            self.added[record_id] = after
        for attribute, index in self._index[type(after)].items():
            if getattr(before, attribute) != getattr(after, attribute):
                index[getattr(before, attribute)].pop(record_id, None)
                index[getattr(after, attribute)][record_id] = None

    def _restore(self, record_id: str, before: Record, dirty: set[str] | None) -> None:
        self._put(record_id, self._rows[record_id], before)
        if dirty is not None:
            self.dirty[record_id] = dirty
        else:
            self.dirty.pop(record_id, None)

    def changes(self) -> Iterator[tuple[Record, set[str]]]:
        """Loaded rows that differ from what was read, with the attributes that do."""
        for record_id, attributes in self.dirty.items():
            if attributes:
                yield self._rows[record_id], attributes

    def ledger(self) -> list[Movement]:
        """All movements of this Work: of stock, and of every field whose noun keeps a ledger of it."""
        movements = list(self.movements)
        for record in self.added.values():
            movements += self._differences(None, record)
        for record, _ in self.changes():
            movements += self._differences(self._as_read[record.id], record)
        return movements

    def _differences(self, before: Record | None, after: Record) -> Iterator[Movement]:
        for attribute in after.__noun__.ledger:
            amount = getattr(after, attribute) - (getattr(before, attribute) if before else NOTHING)
            if amount:
                account = after.__fields__[attribute].api
                yield self.movement(after.id, account, OUTSIDE, amount, "")

    def delete(self, record: Record) -> None:
        """Into the recycle bin: the row stays, IsDeleted is set."""
        self.change(record, is_deleted=True)

    def fact(self, root: str, kind: str, **body: object) -> None:
        """Says that something happened; in the write that caused it."""
        self.facts.append(Fact(self._ids.make("2Pq"), root, kind, body, self.cause, self.depth))
        self._undo.append(self.facts.pop)

    def _move(self, subject_id: str, debit: str, credit: str, amount: Decimal, because: str) -> None:
        if amount:
            self.movements.append(self.movement(subject_id, debit, credit, amount, because))
            self._undo.append(self.movements.pop)

    def movement(self, subject_id: str, debit: str, credit: str, amount: Decimal, because: str) -> Movement:
        """A ledger row; a negative amount goes the other way."""
        if amount < 0:
            debit, credit, amount = credit, debit, -amount
        return Movement(subject_id, self._ids.make("2Pl"), debit, credit, amount, because)

    def row(self, table: str, **columns: object) -> None:
        """A row of a machine-room table (jobs, operations): written with the rest."""
        self.rows_for[table].append(columns)
        self._undo.append(self.rows_for[table].pop)

    # -- stock --------------------------------------------------------------------------------

    def move_stock(
        self,
        sku: str,
        location: str,
        because: str,
        *,
        on_hand: Decimal = NOTHING,
        reserved: Decimal = NOTHING,
    ) -> None:
        """Adds to a position that was looked at; the write's guard refuses what would oversell."""
        key = (sku, location)
        before, demand = self._positions[key], self.demands.get(key)
        if before is None:
            raise KeyError(key)
        self._positions[key] = msgspec.structs.replace(
            before, on_hand=before.on_hand + on_hand, reserved=before.reserved + reserved
        )
        so_far = demand or Demand(NOTHING, NOTHING)
        self.demands[key] = Demand(so_far.on_hand + on_hand, so_far.reserved + reserved)
        self._undo.append(lambda: self._stock_back(key, before, demand))
        name = subject(sku, location)
        self._move(name, "Reserved", OUTSIDE, reserved, because)
        self._move(name, "OnHand", OUTSIDE, on_hand, because)

    def _stock_back(self, key: tuple[str, str], before: Position, demand: Demand | None) -> None:
        self._positions[key] = before
        if demand is None:
            del self.demands[key]
        else:
            self.demands[key] = demand

    def reserve(self, line_id: str, sku: str, location: str, quantity: Decimal) -> None:
        """Promises units of a position to a fulfillment order line."""
        self.move_stock(sku, location, line_id, reserved=quantity)
        self.reservations[line_id] = Reservation(line_id, sku, location, quantity)
        self._undo.append(lambda: self.reservations.pop(line_id))

    def later(self, rule: Callable[[Unit, str], None], record_id: str) -> None:
        """Runs once at the end of the atom, however often it is asked for: sums of a root."""
        if (rule, record_id) not in self._later:
            self._later[rule, record_id] = None
            self._undo.append(lambda: self._later.pop((rule, record_id), None))

    def settle(self) -> None:
        """Runs what was put off; a rule that needs the sums calls it first."""
        while self._later:
            rule, record_id = next(iter(self._later))
            del self._later[rule, record_id]
            rule(self, record_id)

    # -- atoms --------------------------------------------------------------------------------

    def mark(self) -> int:
        return len(self._undo)

    def undo(self, mark: int) -> None:
        """Takes back everything since `mark`, last first."""
        self._later.clear()
        while len(self._undo) > mark:
            self._undo.pop()()


_AUTONUMBERS: dict[str, Field | None] = {}


def _autonumber(shape: Noun) -> Field | None:
    try:
        return _AUTONUMBERS[shape.table]
    except KeyError:
        found = next((field for field in shape.fields.values() if field.autonumber), None)
        _AUTONUMBERS[shape.table] = found
        return found
