"""Laws of money, quantities and stock, on orders that hypothesis makes up and the real face takes in."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk import Desk, bodies, node
from tests.life import check_laws
from tests.rooms.atoms import Do, work

from ordo.journeys.create_fulfillment_orders import Allocation, make_fulfillment_order, need_summary
from ordo.kernel.money import digits
from ordo.objects.summaries import OrderDeliveryGroupSummary, OrderItemSummary, OrderSummary
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit

ON_HAND = 60
LAW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Line(NamedTuple):
    """Amounts in minor units: of the line, its tax, its own discount with tax, its share of the order's."""

    sku: str
    kind: str
    quantity: int
    amount: int
    tax: int
    discount: int
    discount_tax: int
    header: int
    header_tax: int


class Made(NamedTuple):
    currency: str
    lines: list[Line]


@st.composite
def _lines(draw: Any) -> Line:
    amount = draw(st.integers(0, 50_000))
    discount = draw(st.integers(0, amount))
    header = draw(st.integers(0, amount - discount))
    return Line(
        sku=draw(st.sampled_from(["shirt", "hat"])),
        kind=draw(st.sampled_from(["Order Product"] * 4 + ["Delivery Charge", "Fee"])),
        quantity=draw(st.integers(1, 7)),
        amount=amount,
        tax=draw(st.integers(0, 5000)),
        discount=-discount,
        discount_tax=-draw(st.integers(0, 500)),
        header=-header,
        header_tax=-draw(st.integers(0, 500)),
    )


ORDERS = st.builds(Made, st.sampled_from(["EUR", "JPY", "KWD"]), st.lists(_lines(), min_size=1, max_size=4))


def nodes_of(desk: Desk, made: Made) -> list[dict[str, Any]]:
    def money(minor: int) -> Decimal:
        return Decimal(minor).scaleb(-digits(made.currency))

    lines = [(line.sku, line.quantity, str(money(line.amount))) for line in made.lines]
    posted = desk.order_nodes(lines, currency=made.currency)
    last = posted.pop()
    posted.append(
        node("POST", "OrderAdjustmentGroup", "header", Name="Order", OrderId="@{order.id}", Type="Header")
    )
    for number, line in enumerate(made.lines, 1):
        item = next(one for one in posted if one["referenceId"] == f"item{number}")
        item["body"]["Type"] = line.kind
        posted += _tax(f"tax{number}", number, money(line.tax))
        posted += _adjustment(f"own{number}", number, money(line.discount), money(line.discount_tax))
        group = {"OrderAdjustmentGroupId": "@{header.id}"}
        posted += _adjustment(f"all{number}", number, money(line.header), money(line.header_tax), **group)
    return [*posted, last]


def _tax(reference: str, number: int, amount: Decimal, **more: str) -> list[dict[str, Any]]:
    return [
        node("POST", "OrderItemTaxLineItem", reference, Name="VAT", OrderItemId=f"@{{item{number}.id}}",
             Amount=amount, TaxEffectiveDate="2026-01-31", Type="Actual", **more)
    ]  # fmt: skip


def _adjustment(reference: str, number: int, amount: Decimal, tax: Decimal, **more: str) -> list[dict[str, Any]]:
    if not amount:
        return []
    return [
        node("POST", "OrderItemAdjustmentLineItem", reference, Name=reference, Amount=amount,
             OrderItemId=f"@{{item{number}.id}}", **more),
        *_tax(f"{reference}tax", number, tax, OrderItemAdjustmentLineItemId=f"@{{{reference}.id}}"),
    ]  # fmt: skip


async def posted(desk: Desk, made: Made) -> str:
    """Posts the order through the face; its id."""
    graph = await desk.graph(*nodes_of(desk, made))
    assert graph["isSuccessful"] is True, graph["graphResponse"]["compositeResponse"]
    order_id: str = bodies(graph)["order"]["id"]
    return order_id


@LAW
@given(made=ORDERS)
async def test_totals_stock_and_ledger_agree(desk: Desk, made: Made) -> None:
    """S0-51, S0-65, S1-12, S1-30: after every order that was posted and settled, on all rows there are.

    Examples share the company, so that stock runs out on the way and later orders are parked.
    """
    if not await desk.rows("SELECT 1 FROM position"):
        await desk.stock("DC1", shirt=ON_HAND, hat=ON_HAND)
        await desk.route_to("DC1")
    order = await posted(desk, made)
    await desk.settle()

    await check_totals(desk, order, made)
    await check_laws(desk)


@LAW
@given(made=ORDERS, data=st.data())
async def test_shares_of_any_split_add_up(desk: Desk, made: Made, data: st.DataObject) -> None:
    """S0-58, S1-01: an order's lines go, in random parts, on several fulfillment orders; nothing is lost."""
    if not await desk.rows("SELECT 1 FROM position"):
        await desk.stock("DC1", shirt=100_000, hat=100_000)
        await desk.route_to()
    order = await posted(desk, made)
    await desk.settle()
    (summary,) = await desk.rows("SELECT id FROM ordersummary WHERE originalorderid = $1", order)
    items = await desk.rows(
        "SELECT id, quantityordered::int AS n FROM orderitemsummary WHERE ordersummaryid = $1 ORDER BY id",
        summary["id"],
    )
    parts = [(item["id"], part) for item in items for part in data.draw(_parts(item["n"]), label="parts")]
    cut = data.draw(st.integers(0, len(parts)), label="cut")
    for some in (parts[:cut], parts[cut:]):
        if some:
            (entry,) = await work(desk, _fulfilled(summary["id"], desk.ids["DC1"], some))
            assert entry.error is None, entry.error

    rows = await desk.rows(
        "SELECT quantityavailabletofulfill AS n, status FROM orderitemsummary WHERE ordersummaryid = $1",
        summary["id"],
    )
    assert {(row["n"], row["status"]) for row in rows} == {(Decimal(), "ALLOCATED")}
    await check_laws(desk)


@st.composite
def _parts(draw: Any, whole: int) -> list[int]:
    """Positive parts that add up to the whole."""
    cuts = sorted(draw(st.sets(st.integers(1, whole - 1)))) if whole > 1 else []
    return [high - low for low, high in zip([0, *cuts], [*cuts, whole], strict=True)]


def _fulfilled(summary_id: str, location: str, parts: Sequence[tuple[str, int]]) -> Do:
    """One fulfillment order of each part of a line after the other, in one Work."""

    def act(unit: Unit) -> None:
        (group,) = unit.children(OrderDeliveryGroupSummary, "order_summary_id", summary_id)
        assert unit.get(OrderSummary, summary_id) is not None
        for item_id, quantity in parts:
            item = unit.get(OrderItemSummary, item_id)
            assert item is not None
            make_fulfillment_order(unit, group, location, [Allocation(item, Decimal(quantity))])

    return Do(act, lambda reading: _needs(reading, summary_id, location))


def _needs(reading: Reading, summary_id: str, location: str) -> None:
    need_summary(reading, summary_id)
    reading.positions([("shirt", location), ("hat", location)])


async def check_totals(desk: Desk, order: str, made: Made) -> None:
    """The items are what was ordered, to the last minor unit, and the order's totals are its summary's."""
    (summary,) = await desk.rows("SELECT * FROM ordersummary WHERE originalorderid = $1", order)
    items = await desk.rows(
        "SELECT * FROM orderitemsummary WHERE ordersummaryid = $1 ORDER BY linenumber", summary["id"]
    )
    assert len(items) == len(made.lines)
    scale = digits(made.currency)
    for item, line in zip(items, made.lines, strict=True):
        own_tax = line.discount_tax if line.discount else 0
        all_tax = line.header_tax if line.header else 0
        minor = {
            "totallineamount": line.amount, "totallinetaxamount": line.tax,
            "totallineadjustmentamount": line.discount, "totallineadjustmenttaxamount": own_tax,
            "totaladjustmentdistamount": line.header, "totaladjustmentdisttaxamount": all_tax,
            "totalprice": line.amount + line.discount + line.header,
            "totaltaxamount": line.tax + own_tax + all_tax,
        }  # fmt: skip
        assert {name: item[name].scaleb(scale) for name in minor} == minor
    (first,) = await desk.rows('SELECT totalamount, totaltaxamount FROM "order" WHERE id = $1', order)
    assert (first["totalamount"], first["totaltaxamount"]) == (summary["totalamount"], summary["totaltaxamount"])
