"""A count: what lies on the shelf is what was counted, whatever the books said before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

import msgspec

from ordo.journeys.process_exceptions import active_exceptions, raise_exception
from ordo.kernel.problems import InvalidCrossReference, Problem
from ordo.kernel.quantities import plain
from ordo.objects.catalog import Product2
from ordo.objects.fulfillment import FulfillmentOrder, FulfillmentOrderLineItem
from ordo.objects.inventory import Location
from ordo.objects.orders import Order
from ordo.objects.summaries import OrderSummary
from ordo.platform.keys import Key, SeveralNamed
from ordo.platform.positions import Position, Reservation, lacking, subject
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO
from ordo.platform.unit import Unit
from ordo.platform.values import NumberOutsideRange, StringTooLong
from ordo.platform.verbs import verb

ON_HAND_LIMIT = Decimal(10) ** 12
DECIMALS_MAX = 6
REASON_LENGTH_MAX = 255


class SetStock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`on_hand` in units, from 0 on, however many of them are reserved."""

    stock_keeping_unit: str
    location_id: str
    on_hand: Decimal
    reason: str = "Count"


class StockSet(msgspec.Struct, frozen=True):
    """In units; `outcome` is made, changed or unchanged."""

    outcome: str
    on_hand: Decimal
    reserved: Decimal
    short: Decimal


class NothingOfThatName(Problem):
    """Stock of what is in no catalog could never be sold: a slip of the pen."""

    code = "INVALID_CROSS_REFERENCE_KEY"

    def __init__(self, sku: str) -> None:
        super().__init__(f"no product has the StockKeepingUnit {sku}", fields=("StockKeepingUnit",))


def _key(sku: str) -> Key:
    return Key.by(Product2, "stock_keeping_unit", sku)


def _needs(reading: Reading, commands: Sequence[SetStock]) -> None:
    for command in commands:
        reading.named(_key(command.stock_keeping_unit))
        reading.rows(Location, "id", [command.location_id])


@verb(SetStock, _needs)
def set_stock(unit: Unit, command: SetStock) -> StockSet:
    """Sets how many units of a SKU lie at a location. Fewer than are reserved there are told of: the position is
    short of the rest, promises nothing more, and the orders promised last get a ProcessException each."""
    _check(command)
    location = unit.get(Location, command.location_id)
    if location is None:
        raise InvalidCrossReference("LocationId", command.location_id)
    sku = _spelled(unit, command.stock_keeping_unit)
    before = unit.held_position(sku, location.id)
    key = sku, location.id
    is_new = key in unit.opened_positions and key not in unit.demands
    if command.on_hand == before.on_hand and not is_new:
        return _answer("unchanged", before)
    short = lacking(command.on_hand, before.reserved, before.future)
    if short > before.short:
        _tell(unit, location, before, command.on_hand, short)
    unit.move_stock(
        sku, location.id, command.reason, on_hand=command.on_hand - before.on_hand,
        short=max(short - before.short, ZERO),
    )  # fmt: skip
    unit.fact(
        subject(sku, location.id), "StockCounted",
        StockKeepingUnit=sku, LocationId=location.id, OnHand=command.on_hand, OldOnHand=before.on_hand,
        Reserved=before.reserved, Short=short, Reason=command.reason,
    )  # fmt: skip
    after = unit.position(sku, location.id)
    assert after is not None
    return _answer("made" if is_new else "changed", after)


def _answer(outcome: str, position: Position) -> StockSet:
    return StockSet(outcome, position.on_hand, position.reserved, position.short)


def _check(command: SetStock) -> None:
    told = command.on_hand
    if not (told.is_finite() and 0 <= told < ON_HAND_LIMIT and told == round(told, DECIMALS_MAX)):
        raise NumberOutsideRange("OnHand")
    if len(command.reason) > REASON_LENGTH_MAX:
        raise StringTooLong(f"Reason: data value too large (max length={REASON_LENGTH_MAX})", fields=("Reason",))


def _spelled(unit: Unit, told: str) -> str:
    """As its product spells it, and so the order lines whose stock it is."""
    key = _key(told)
    ids = unit.named(key)
    rows = [row for row in unit.get_all(Product2, ids).values() if row is not None]
    spellings = {row.stock_keeping_unit or "" for row in rows}
    if told in spellings:
        return told
    if not spellings:
        raise NothingOfThatName(told)
    if len(spellings) > 1:
        raise SeveralNamed(key, ids, "StockKeepingUnit")
    return spellings.pop()


def _tell(unit: Unit, location: Location, before: Position, on_hand: Decimal, short: Decimal) -> None:
    """A person must see which orders lack units, and that once."""
    message = (
        f"A count leaves {plain(short)} too few of {before.sku[:80]} at {location.name[:80]}: "
        f"{plain(on_hand)} there, {plain(before.reserved)} promised."
    )
    found = unit.get_all(
        FulfillmentOrderLineItem,
        [one.id for one in _unkept(unit.promises(before.sku, location.id), before.short, short)],
    )
    order_ids = dict.fromkeys(line.fulfillment_order_id for line in found.values() if line is not None)
    orders = [one for one in unit.get_all(FulfillmentOrder, order_ids).values() if one is not None]
    summaries = unit.get_all(OrderSummary, [one.order_summary_id for one in orders if one.order_summary_id])
    concerned = [one for one in summaries.values() if one is not None]
    unit.together(partial(unit.hold, Order, one.original_order_id) for one in concerned)
    unit.together(partial(active_exceptions, unit, one) for one in concerned)
    for order in orders:
        summary = summaries.get(order.order_summary_id or "")
        if summary is not None:
            raise_exception(unit, summary, order.id, "OM Stock Count Failed", message, category="Fulfillment")


def _unkept(latest: Sequence[Reservation], told: Decimal, short: Decimal) -> Iterator[Reservation]:
    """The promises made last, until they hold the units that are lacking; without those told of before."""
    so_far = ZERO
    for promise in latest:
        if so_far >= short:
            return
        so_far += promise.quantity
        if so_far > told:
            yield promise
