"""The unit: what one Work sees and changes, in memory, one row per id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar, cast

import msgspec

from ordo.kernel.ids import IdMaker
from ordo.platform.facts import Fact
from ordo.platform.fields import Field
from ordo.platform.limits import Limit
from ordo.platform.loaded import Loaded
from ordo.platform.numbers import Numbers
from ordo.platform.options import Options
from ordo.platform.positions import Demand, Movement, Position, Reservation, movement, subject
from ordo.platform.records import Noun, Record, changed, values_of

R = TypeVar("R", bound=Record)
NOTHING = Decimal()
OUTSIDE = "outside"  # the account every balance comes from and goes to


class Unit(Loaded):
    """What was read, as it stands now, with everything the one write will carry.

    `mark` and `undo` take one atom back.
    """

    def __init__(self, ids: IdMaker, numbers: Numbers, now: datetime, options: Options) -> None:
        super().__init__()
        self.now = now
        self.options = options
        self.actor = ""
        self.limit: Limit | None = None
        self.cause = ""
        self.depth = 0
        self.owner = 0
        self.step = ""  # what the atom is at: see _taken_back
        self._taken_back: dict[tuple[int, str, str], list[tuple[str, Any]]] = {}
        self._ids = ids
        self._numbers = numbers
        self._as_read: dict[str, Record] = {}
        self._undo: list[Callable[[], object]] = []
        self._later: dict[tuple[Callable[[Unit, str], None], str], None] = {}
        self._written: list[tuple[str, int, set[str] | None]] = []  # row, atom, attributes; None: it was added
        self.sought: dict[str, str] = {}  # rows added since none had their key: the column of that key
        self.facts: list[Fact] = []
        self.logins: list[tuple[str, bool]] = []
        self.movements: list[Movement] = []
        self.reservations: dict[str, Reservation] = {}
        self.removed: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.progress: dict[tuple[str, str], list[dict[str, object]]] = {}  # a consumer's: (table, action)
        self.rows_for: defaultdict[str, list[Mapping[str, object]]] = defaultdict(list)

    def admits(self, row: Record) -> bool:
        """Whether the row is there for whoever acts. Rules see all rows; doors ask this of what they are told."""
        return self.limit is None or self.limit.admits(self, row)

    # -- changing -----------------------------------------------------------------------------

    def add(self, cls: type[R], **fields: Any) -> R:
        """A new row with id, autonumber, system fields and derived fields; `fields` are attributes."""
        shape = cls.__noun__
        place = (self.owner, self.step, shape.table)
        record_id = self._as_before(place, shape, fields) if self._taken_back else None
        number = _autonumber(shape)
        if number is not None and fields.get(number.attribute) is None:
            fields[number.attribute] = number.number_format.format(self._numbers.take(shape.table))
        record = cls(
            id=record_id or self._ids.make(shape.prefix),
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
        self._written.append((record.id, self.owner, None))
        self._place(record.id, record)
        self._undo.append(lambda: self._take_back(record.id, place))
        return record

    def _as_before(self, place: tuple[int, str, str], shape: Noun, fields: dict[str, Any]) -> str | None:
        """The id that the row had before its atom was taken back to be run again, and in `fields` its autonumber:
        what is looked up by them stays the same."""
        before = self._taken_back.get(place)
        if not before:
            return None
        record_id, told = before.pop()
        number = _autonumber(shape)
        if number is not None and fields.get(number.attribute) is None:
            fields[number.attribute] = told
        return record_id

    def _take_back(self, record_id: str, place: tuple[int, str, str]) -> None:
        record = self.added.pop(record_id)
        self._written.pop()
        number = _autonumber(record.__noun__)
        told = None if number is None else getattr(record, number.attribute)
        self._taken_back.setdefault(place, []).append((record_id, told))
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
        self._written.append((record.id, self.owner, differing))
        self._undo.append(lambda: self._restore(record.id, before, dirty_before))
        return cast(R, after)

    def _put(self, record_id: str, before: Record, after: Record) -> None:
        self._rows[record_id] = after
        self._by_class[type(after)][record_id] = after
        if record_id in self.added:
            self.added[record_id] = after
        for index in self._index[type(after)].values():
            index.move(before, after)

    def _restore(self, record_id: str, before: Record, dirty: set[str] | None) -> None:
        self._put(record_id, self._rows[record_id], before)
        self._written.pop()
        if dirty is not None:
            self.dirty[record_id] = dirty
        else:
            self.dirty.pop(record_id, None)

    def writer(self, record_id: str, attributes: set[str]) -> int | None:
        """The atom that gave the row the values it has there; None if they are as they were read."""
        for written_id, owner, differing in reversed(self._written):
            if written_id == record_id and (differing is None or differing & attributes):
                return owner
        return None

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
        accounts = after.__noun__.ledger
        if not accounts:
            return
        now = values_of(accounts)(after)
        was = values_of(accounts)(before) if before else (NOTHING,) * len(accounts)
        if now == was:
            return
        for account, amount, earlier in zip(accounts, now, was, strict=True):
            if amount != earlier:
                yield movement(after.id, after.__fields__[account].api, OUTSIDE, amount - earlier, "")

    def delete(self, record: Record) -> None:
        """Into the recycle bin: the row stays, IsDeleted is set."""
        self.change(record, is_deleted=True)

    def fact(self, root: str, kind: str, **body: object) -> None:
        """Says that something happened; in the write that caused it."""
        self.facts.append(Fact(self._ids.make("2Pq"), root, kind, body, self.cause, self.depth))
        self._undo.append(self.facts.pop)

    def _move(self, subject_id: str, debit: str, credit: str, amount: Decimal, because: str) -> None:
        if amount:
            self.movements.append(movement(subject_id, debit, credit, amount, because))
            self._undo.append(self.movements.pop)

    def let_in(self, user_id: str, may: bool) -> None:
        """Whether the user may log in from now on; one who may not loses all sessions. See `hold_login`."""
        self.logins.append((user_id, may))
        self._undo.append(self.logins.pop)

    def make_id(self, prefix: str) -> str:
        """For rows of the machine room that are named like records."""
        return self._ids.make(prefix)

    def row(self, table: str, **columns: object) -> None:
        """A row of a machine-room table (jobs, operations): written with the rest."""
        self.rows_for[table].append(columns)
        self._undo.append(self.rows_for[table].pop)

    def remove(self, table: str, row_id: str) -> None:
        """Takes a row of a machine-room table away."""
        self.removed[table][row_id] = None
        self._undo.append(lambda: self.removed[table].pop(row_id))

    # -- stock --------------------------------------------------------------------------------

    def move_stock(
        self,
        sku: str,
        location: str,
        because: str,
        *,
        on_hand: Decimal = NOTHING,
        reserved: Decimal = NOTHING,
        short: Decimal = NOTHING,
    ) -> None:
        """Adds to a position; the write's guard refuses what would oversell, but for `short` more units."""
        key = (sku, location)
        before, demand = self._positions.get(key), self.demands.get(key)
        if before is not None:
            self._positions[key] = before.moved(Demand(on_hand, reserved, short))
        so_far = demand or Demand(NOTHING, NOTHING, NOTHING)
        self.demands[key] = Demand(so_far.on_hand + on_hand, so_far.reserved + reserved, so_far.short + short)
        self._undo.append(lambda: self._stock_back(key, before, demand))
        name = subject(sku, location)
        self._move(name, "Reserved", OUTSIDE, reserved, because)
        self._move(name, "OnHand", OUTSIDE, on_hand, because)

    def _stock_back(self, key: tuple[str, str], before: Position | None, demand: Demand | None) -> None:
        if before is not None:
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

    def free(self, line_id: str, sku: str, location: str, quantity: Decimal) -> None:
        """Takes a promise back: the units may be promised again."""
        self.move_stock(sku, location, line_id, reserved=-quantity)
        self._end_reservation(line_id)

    def consume(self, line_id: str, sku: str, location: str, quantity: Decimal) -> None:
        """Promised units leave the location."""
        self.move_stock(sku, location, line_id, on_hand=-quantity, reserved=-quantity)
        self._end_reservation(line_id)

    def _end_reservation(self, line_id: str) -> None:
        made = self.reservations.pop(line_id, None)
        if made is not None:  # in this very Work
            self._undo.append(lambda: self.reservations.__setitem__(line_id, made))
            return
        self.remove("reservation", line_id)

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

    def forget(self) -> None:
        """It was written: nothing will be taken back. What would take it back holds the unit, so that without
        this every unit would wait for the collector."""
        self._undo.clear()

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
