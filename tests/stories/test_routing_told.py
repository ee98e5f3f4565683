"""That an order could not be routed is told once, and no longer when it was routed."""

from __future__ import annotations

from typing import Any

from tests.desk import Desk
from tests.faces.asserted import only
from tests.life import allocated, check_laws, did, facts, sold

NOBODY = "Not routed: no location is configured."


async def suspend_and_release(desk: Desk, summary: dict[str, Any]) -> None:
    for is_suspended in (True, False):
        assert (await desk.patch("OrderSummary", summary["Id"], IsSuspended=is_suspended)).status_code == 204
        await desk.settle()


async def told(desk: Desk) -> list[tuple[str, str]]:
    """(message, status) of every exception, the earliest first."""
    rows = await desk.query("SELECT Message, Status FROM ProcessException ORDER BY ProcessExceptionNumber")
    return [(row["Message"], row["Status"]) for row in rows]


async def active(desk: Desk, summary: dict[str, Any]) -> int:
    count: int = (await desk.get("OrderSummary", summary["Id"]))["ActiveProcessExceptionCount"]
    return count


async def test_an_order_nobody_can_send_is_told_once(desk: Desk) -> None:
    """S1-25: however often it is tried; what a person made of the exception stays."""
    summary = await sold(desk, ("shirt", 1, "10.00"), to=None)
    exception = only(await desk.query("SELECT Id FROM ProcessException"))["Id"]
    assert (await desk.patch("ProcessException", exception, Status="Triaged")).status_code == 204
    for _ in range(3):
        await suspend_and_release(desk, summary)
    assert (await told(desk), await active(desk, summary)) == ([(NOBODY, "Triaged")], 1)
    assert (await facts(desk, "RoutingParked"), await facts(desk, "ProcessExceptionRaised")) == (4, 1)
    await check_laws(desk)


async def test_what_was_routed_after_all_is_told_no_longer(desk: Desk) -> None:
    """S1-25: other exceptions of the order stay."""
    summary = await sold(desk, ("shirt", 1, "10.00"), to=None)
    await desk.make(
        "ProcessException", AttachedToId=summary["Id"], OrderSummaryId=summary["Id"], Message="Call them",
        Category="Fulfillment",
    )  # fmt: skip
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    await suspend_and_release(desk, summary)
    assert await told(desk) == [(NOBODY, "Resolved"), ("Call them", "New")]
    assert await active(desk, summary) == 1
    assert (await desk.get("FulfillmentOrder", await one_parcel(desk)))["Status"] == "Allocated"
    await check_laws(desk)


async def one_parcel(desk: Desk) -> str:
    found: str = only(await desk.query("SELECT Id FROM FulfillmentOrder"))["Id"]
    return found


async def test_what_is_lacking_now_takes_the_place_of_what_was(desk: Desk) -> None:
    summary = await sold(desk, ("shirt", 1, "10.00"), to=None)
    await desk.stock("DC1")
    await desk.route_to("DC1")
    await suspend_and_release(desk, summary)
    assert await told(desk) == [(NOBODY, "Resolved"), ("Not routed: no location holds everything.", "New")]
    assert await active(desk, summary) == 1
    await check_laws(desk)


async def test_what_a_person_allocated_is_told_no_longer_once_routing_looks(desk: Desk) -> None:
    """Nothing of the order waits for a location."""
    summary = await sold(desk, ("shirt", 1, "10.00"), to=None)
    await desk.stock("DC1", shirt=9)
    await allocated(desk, summary, "DC1", shirt=1)
    await did(desk, "route-order", order_summary_id=summary["Id"])
    assert (await told(desk), await active(desk, summary)) == ([(NOBODY, "Resolved")], 0)
    await check_laws(desk)
