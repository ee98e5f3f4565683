"""Laws of money, on random lives: parts of random orders are sent, taken back, invoiced, paid, declined, lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk import Desk, bodies
from tests.laws.test_stock_and_ledger import ORDERS, Made, nodes_of
from tests.life import allocated_items, check_laws, did, do, move, paid, parcels, promised, summary_of

from ordo.domain.ports import GatewayResult
from ordo.journeys.ensure_funds import PaymentSequence
from ordo.kernel.money import digits
from ordo.providers.simulated.faults import Faults, Loss
from ordo.providers.simulated.payment_gateway import SimulatedGateway

WEATHER = (
    Faults(),
    Faults(result_shares={GatewayResult.DECLINE: 0.6}),
    Faults(result_shares={GatewayResult.INDETERMINATE: 0.5, GatewayResult.PERMANENT_FAIL: 0.3}),
    Faults(loss_shares={Loss.AFTER_ACTING: 0.6, Loss.BEFORE_ACTING: 0.2}),
    Faults(down=True),
)


class Step(NamedTuple):
    """What is done next; the numbers choose of what, and how much."""

    act: str
    which: int
    much: int


class Purse(NamedTuple):
    is_sale: bool
    share: int


ACTS = (
    "allocate", "allocate", "close", "close", "close", "settle", "settle", "ensure", "invoice", "cancel", "reject",
    "weather", "later", "later",
)  # fmt: skip
STEPS = st.builds(Step, st.sampled_from(ACTS), st.integers(0, 9), st.integers(0, 9))
PURSES = st.lists(
    st.builds(Purse, st.sampled_from([False, False, False, True]), st.integers(1, 9)), min_size=1, max_size=4
)


DUE = "UPDATE job SET due = '-infinity' WHERE due < 'infinity'"


@settings(
    max_examples=30, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    made=ORDERS,
    purses=PURSES,
    weather=st.sampled_from(WEATHER[1:]),
    steps=st.lists(STEPS, min_size=12, max_size=24),
)
async def test_random_lives(
    desk: Desk,
    gateway: SimulatedGateway,
    *,
    made: Made,
    purses: list[Purse],
    weather: Faults,
    steps: list[Step],
) -> None:
    """S0-58, S1-14, S1-28, S1-30, S3-11: the laws hold after every step; in the end all that left is paid."""
    if not await desk.rows("SELECT 1 FROM position"):
        await desk.stock("DC1", shirt=100_000, hat=100_000)
    await desk.route_to()
    gateway.faults = Faults()
    life = Life(desk, gateway, await sold(desk, made, purses))
    gateway.faults = weather
    await life.allocate(steps[0])
    for step in steps:
        await getattr(life, step.act)(step)
        await check_laws(desk)
    await life.end()
    await check_books(desk, gateway)


async def sold(desk: Desk, made: Made, purses: list[Purse]) -> dict[str, Any]:
    """The order, its money spread over several methods: what its lines cost, and a little more. A line that costs
    less than nothing lends nothing to the others: each parcel is paid for by itself."""
    unit = Decimal(1).scaleb(-digits(made.currency))
    nodes = [one for one in nodes_of(desk, made) if one["referenceId"] not in ("card", "authorization")]
    activate = nodes.pop()
    costs = [
        line.amount + line.tax
        + (line.discount + line.discount_tax if line.discount else 0)
        + (line.header + line.header_tax if line.header else 0)
        for line in made.lines
    ]  # fmt: skip
    minor, shares = sum(max(0, cost) for cost in costs) + 100, sum(purse.share for purse in purses)
    parts = [minor * purse.share // shares for purse in purses]
    parts[0] += minor - sum(parts)
    for number, (purse, part) in enumerate(zip(purses, parts, strict=True)):
        nodes += (paid if purse.is_sale else promised)(desk, number, str(part * unit))
    graph = await desk.graph(*nodes, activate)
    assert graph["isSuccessful"] is True, graph
    await desk.settle()
    return await summary_of(desk, bodies(graph)["order"]["id"])


class Life:
    """One order and what may happen to it; a step that has nothing to act on does nothing."""

    def __init__(self, desk: Desk, gateway: SimulatedGateway, summary: dict[str, Any]) -> None:
        self._desk = desk
        self._gateway = gateway
        self._summary = summary

    async def allocate(self, step: Step) -> None:
        """Some units of some lines."""
        open_items = await self._desk.rows(
            "SELECT id, quantityavailabletofulfill::int AS n FROM orderitemsummary "
            "WHERE ordersummaryid = $1 AND quantityavailabletofulfill > 0 ORDER BY id", self._summary["Id"],
        )  # fmt: skip
        some = [row for place, row in enumerate(open_items) if place % 2 == step.which % 2] or open_items
        units = {row["id"]: 1 + step.much % row["n"] for row in some}
        if units:
            await allocated_items(self._desk, self._summary, "DC1", units)

    async def _go(self, step: Step, status: str) -> None:
        under_way = [
            one for one in await parcels(self._desk, self._summary)
            if one["StatusCategory"] in ("ACTIVATED", "FULFILLING")
        ]  # fmt: skip
        if under_way:
            chosen = under_way[step.which % len(under_way)]
            answer = await move(self._desk, chosen["Id"], status)
            stands = chosen["InvoiceId"] is not None and status != "Fulfilled"
            assert answer.status_code == (400 if stands else 204), answer.text

    async def close(self, step: Step) -> None:
        await self._go(step, "Fulfilled")

    async def cancel(self, step: Step) -> None:
        await self._go(step, "Cancelled")

    async def reject(self, step: Step) -> None:
        await self._go(step, "Rejected")

    async def invoice(self, step: Step) -> None:
        found = await parcels(self._desk, self._summary)
        if found:
            chosen = found[step.which % len(found)]
            entry = await do(self._desk, "create-invoice", fulfillment_order_id=chosen["Id"])
            is_due = chosen["InvoiceId"] is None and chosen["ItemCount"] > 0
            assert (entry.error is None) is is_due, entry.error

    async def ensure(self, step: Step) -> None:
        """With wishes or without, in part or whole."""
        invoices = await self._desk.query(
            f"SELECT Id FROM Invoice WHERE ReferenceEntityId = '{self._summary['Id']}' ORDER BY DocumentNumber"
        )
        methods = await self._desk.query(
            f"SELECT Id FROM OrderPaymentSummary WHERE OrderSummaryId = '{self._summary['Id']}' ORDER BY Method"
        )
        if invoices:
            wishes = [PaymentSequence(one["Id"], Decimal(step.much)) for one in methods[: step.much % 3]] * 2
            await did(
                self._desk, "ensure-funds", order_summary_id=self._summary["Id"],
                invoice_id=invoices[step.which % len(invoices)]["Id"], sequences=wishes,
                is_allow_partial=step.which % 2 == 0,
            )  # fmt: skip

    async def settle(self, _: Step) -> None:
        await self._desk.settle()

    async def weather(self, step: Step) -> None:
        self._gateway.faults = WEATHER[step.which % len(WEATHER)]

    async def later(self, _: Step) -> None:
        await self._desk.rows(DUE)
        await self._desk.settle()

    async def end(self) -> None:
        """The weather clears, everybody answers, and what was declined is asked for once more."""
        self._gateway.faults = Faults()
        for _ in range(2):
            for one in await parcels(self._desk, self._summary):
                if one["StatusCategory"] == "CLOSED":
                    told = {"fulfillment_order_id": one["Id"], "order_summary_id": self._summary["Id"]}
                    await did(self._desk, "collect-payment", **told)
            await self._desk.rows(DUE)
            await self._desk.settle()
        await check_laws(self._desk)
        assert await self._desk.rows("SELECT * FROM job") == []
        for one in await parcels(self._desk, self._summary):
            if one["StatusCategory"] == "CLOSED":
                row = await self._desk.get("Invoice", one["InvoiceId"])
                assert row["Balance"] == min(0, one["GrandTotalAmount"])


async def check_books(desk: Desk, gateway: SimulatedGateway) -> None:
    """The gateway took what we say it took, under our keys, and nothing else."""
    ours = await desk.rows("SELECT id, amount FROM payment WHERE type = 'Capture' AND status = 'Processed'")
    assert {row["id"]: row["amount"] for row in ours} == {line.key: line.amount.amount for line in gateway.books}
    assert len({line.key for line in gateway.books}) == len(gateway.books)
