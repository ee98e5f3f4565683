"""A fact that its flows could not work off is told on its order, and no longer when it took effect after all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from tests.desk import Desk
from tests.faces.asserted import only
from tests.life import facts, parcels, stock, summary_of
from tests.rooms.atoms import Do
from tests.rooms.conftest import Ordo, ordo  # noqa: F401  a fixture

from ordo.flows import catalogue
from ordo.journeys.parked_facts import ParkedFacts
from ordo.platform.events import Consumer, FeedFact, Tell, sequence
from ordo.platform.parked import parked, release
from ordo.platform.unit import Unit
from ordo.platform.work import Atom

BROKEN = """
flow: invoice-at-once
on: OrderSummaryCreated
do:
  - create-invoice: {fulfillment_order_id: $OrderSummaryId}
"""


async def follow(desk: Desk, *, broken: bool) -> None:
    """Puts the broken flow in, or switches it off."""
    database = desk.face.machine.database
    if broken:
        await catalogue.put(database, BROKEN)
    else:
        await catalogue.switch(database, "invoice-at-once", is_active=False)
    await desk.face.machine.refresh_flows()


async def sold(desk: Desk) -> dict[str, Any]:
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    graph = await desk.order(("shirt", 1, "10.00"))
    await desk.settle()
    return await summary_of(desk, graph["graphResponse"]["compositeResponse"][0]["body"]["id"])


async def told(desk: Desk) -> list[dict[str, Any]]:
    return await desk.query(
        "SELECT AttachedToId, OrderSummaryId, Message, Description, Category, Status, ExternalReference "
        "FROM ProcessException ORDER BY ProcessExceptionNumber"
    )


async def active(desk: Desk, summary: dict[str, Any]) -> int:
    count: int = (await desk.get("OrderSummary", summary["Id"]))["ActiveProcessExceptionCount"]
    return count


async def retry(desk: Desk) -> None:
    assert await release(desk.face.machine.database) == 1
    await desk.settle()


async def test_a_parked_fact_is_told_on_its_order(desk: Desk) -> None:
    """Once, in the write that parks it; with the flows that wait for it, and how to go on."""
    await follow(desk, broken=True)
    summary = await sold(desk)

    order_id = summary["OriginalOrderId"]
    [fact] = await desk.rows("SELECT id FROM fact WHERE root = $1 AND kind = 'OrderSummaryCreated'", order_id)
    assert await told(desk) == [
        {
            "AttachedToId": summary["Id"], "OrderSummaryId": summary["Id"], "Category": "Fulfillment",
            "Message": f"A flow could not go on: Invalid identifier: {summary['Id']}",
            "Description": "OrderSummaryCreated, fact 2 of the order, is parked; what happened to the order since "
            "waits behind it. Held up: fulfill-goods-taken-along, route-new-orders, invoice-at-once. "
            f"When the reason is gone: ordo flow retry --root {order_id}",
            "Status": "New", "ExternalReference": fact["id"],
        }
    ]  # fmt: skip
    assert await active(desk, summary) == 1
    assert (await parcels(desk, summary), await stock(desk)) == ([], [("shirt", 9, 0)])
    waiting = await parked(desk.face.machine.database)
    assert [(one.root, one.number, one.kind) for one in waiting] == [(order_id, 2, "OrderSummaryCreated")]
    [said] = await desk.rows("SELECT root, cause, depth FROM fact WHERE kind = 'ProcessExceptionRaised'")
    assert said == {"root": fact["id"], "cause": fact["id"], "depth": 1}  # flows that wait for it get it at once


async def test_refused_again_it_is_the_same_exception(desk: Desk) -> None:
    """Whoever resolved it too early finds it open again; nothing is said or made a second time."""
    await follow(desk, broken=True)
    summary = await sold(desk)
    [before] = await told(desk)
    await retry(desk)
    assert (await told(desk), await active(desk, summary)) == ([before], 1)
    [row] = await desk.query("SELECT Id FROM ProcessException")
    assert (await desk.patch("ProcessException", row["Id"], Status="Resolved")).status_code == 204
    assert await active(desk, summary) == 0
    await retry(desk)
    assert (await told(desk), await active(desk, summary)) == ([before], 1)
    assert await facts(desk, "ProcessExceptionRaised") == 1


async def test_when_it_took_effect_the_exception_is_resolved(desk: Desk, ordo: Ordo) -> None:  # noqa: F811
    """With the command that its description names; others of the order stay open."""
    await follow(desk, broken=True)
    summary = await sold(desk)
    other = await desk.make(
        "ProcessException", AttachedToId=summary["Id"], OrderSummaryId=summary["Id"], Message="Call them"
    )
    await follow(desk, broken=False)
    command = only([one for one in await told(desk) if one["Description"]])["Description"].split("ordo ")[1]
    answer = await ordo(*command.split())
    assert (answer.exit_code, answer.stdout) == (0, "1 released.\n")
    assert await active(desk, summary) == 2  # not before it took effect
    await desk.settle()

    assert only(await parcels(desk, summary))["Status"] == "Allocated"
    assert [(one["Message"][:11], one["Status"]) for one in await told(desk)] == [
        ("A flow coul", "Resolved"), ("Call them", "New"),
    ]  # fmt: skip
    assert (await desk.get("ProcessException", other))["StatusCategory"] == "ACTIVE"
    assert await active(desk, summary) == 1
    assert await parked(desk.face.machine.database) == []


async def test_what_waits_behind_is_not_told(desk: Desk) -> None:
    """The reason is the one before; each order has its own."""
    await follow(desk, broken=True)
    first, second = await sold(desk), await sold(desk)
    for summary in (first, first, second):
        assert (await desk.patch("OrderSummary", summary["Id"], IsSuspended=summary is second)).status_code == 204
        assert (
            await desk.patch("OrderSummary", summary["Id"], Status=f"Seen by {len(summary)}")
        ).status_code == 204
    await desk.settle()
    assert [one["OrderSummaryId"] for one in await told(desk)] == [first["Id"], second["Id"]]
    assert [one.is_behind for one in await parked(desk.face.machine.database)].count(True) == 3
    await follow(desk, broken=False)
    assert await release(desk.face.machine.database) == 2
    await desk.settle()
    assert [one["Status"] for one in await told(desk)] == ["Resolved", "Resolved"]
    assert [await active(desk, one) for one in (first, second)] == [0, 0]


# -- a consumer of its own ---------------------------------------------------------------------------

NAME = "telling"
SECRET = "postgresql://ordo:hunter2@db"


@pytest.fixture
async def passed(desk: Desk) -> AsyncIterator[Desk]:
    """With a consumer that has passed all there is."""
    await desk.settle()
    (row,) = await desk.rows("SELECT coalesce(max(replayid), 0) AS newest FROM feed")
    await Consumer(NAME, lambda _: [], "").register(desk.face.machine.database, after=row["newest"])
    yield desk
    await desk.face.machine.database.execute("DELETE FROM consumercursor WHERE consumer = $1", NAME)


def _crash(_: Unit) -> None:
    raise ValueError(SECRET)


def _break(unit: Unit) -> None:
    unit.row("option", name=None, value=1)  # the database refuses it and names nobody


async def take(desk: Desk, act: Any, tell: Tell | None = None) -> None:
    """Everything the consumer has not passed, with `act` for each OrderSummaryCreated."""

    def atoms(fact: FeedFact) -> Sequence[Atom]:
        return [Do(act)] if fact.kind == "OrderSummaryCreated" else []

    machine = desk.face.machine
    teller = tell or ParkedFacts(lambda _: ["mine"]).tell
    consumer = Consumer(NAME, atoms, machine.organization.automation_id, None, teller)
    for _ in range(20):
        await sequence(machine.database)
        if not await consumer.step(machine.worker):
            return
    raise AssertionError("facts keep coming")


async def first_parked(desk: Desk) -> list[str]:
    """Why; what waits behind it is left out."""
    return [one.reason for one in await parked(desk.face.machine.database) if not one.is_behind]


@pytest.mark.parametrize(("act", "kind"), [(_crash, "ValueError"), (_break, "NotNullViolationError")])
async def test_an_error_of_ordos_own_tells_no_secret(passed: Desk, act: Any, kind: str) -> None:
    """Its words may hold anything: they are for the log and for who lists parked facts."""
    await sold(passed)
    await sold(passed)
    await take(passed, act)
    assert [one["Message"] for one in await told(passed)] == [
        f"A flow could not go on: an error of Ordo's own ({kind})"
    ] * 2
    assert all(
        "Held up: mine." in one["Description"] and SECRET not in one["Description"] for one in await told(passed)
    )
    assert len(await first_parked(passed)) == 2


def _failing(_: FeedFact, __: Exception | None) -> Atom:
    raise ValueError


TELLINGS: dict[str, Tell] = {
    "cannot be made": _failing,
    "is refused": lambda *_: Do(_crash),
    "is refused by the database": lambda *_: Do(_break),
    "names nobody to tell": lambda *_: None,
}


@pytest.mark.parametrize("name", TELLINGS)
async def test_a_telling_that_fails_keeps_nothing_from_being_parked_or_released(passed: Desk, name: str) -> None:
    await sold(passed)
    await sold(passed)
    await take(passed, _crash, TELLINGS[name])
    assert await told(passed) == []
    database = passed.face.machine.database
    assert await first_parked(passed) == [f"ValueError: {SECRET}"] * 2
    assert await release(database) == 2
    await take(passed, lambda _: None, TELLINGS[name])
    assert await parked(database) == []


async def test_a_root_that_is_no_order_is_told_to_nobody(passed: Desk) -> None:
    machine = passed.face.machine
    fact = FeedFact(1, 0, "r1", 1, "Tested", "2Pq", 0, b"{}")
    assert ParkedFacts(lambda _: []).tell(fact, ValueError()) is None
    assert ParkedFacts(machine.flows.names).tell(fact, None) is None
