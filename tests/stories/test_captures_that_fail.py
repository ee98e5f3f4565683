"""Captures that fail: declined, without an answer, or nobody to ask. Told from shipment to the gateway's books."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.desk import Desk, bodies
from tests.rooms.conftest import invoked

from ordo.kernel.clock import Clock
from ordo.kernel.money import Money
from ordo.providers.simulated.faults import Faults, Loss
from ordo.providers.simulated.payment_gateway import SimulatedGateway

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "try-failures.md"


@pytest.fixture
def clock(desk: Desk) -> Iterator[Clock]:
    """The business time, which goes back to now."""
    clock = desk.face.machine.clock
    yield clock
    clock.offset = timedelta()


async def shipped(desk: Desk, amount: str = "20.00") -> str:
    """An order of one line that left the house; its order id."""
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    graph = await desk.order(("shirt", 1, amount))
    assert graph["isSuccessful"] is True, graph
    order_id: str = bodies(graph)["order"]["id"]
    await desk.settle()
    [parcel] = await desk.query(f"SELECT Id FROM FulfillmentOrder WHERE OrderId = '{order_id}'")
    assert (await desk.patch("FulfillmentOrder", parcel["Id"], Status="Fulfilled")).status_code == 204
    await desk.settle()
    return order_id


async def an_hour_later(desk: Desk, clock: Clock) -> None:
    """What was put off is due by then."""
    clock.offset += timedelta(hours=1)
    await desk.settle()
    clock.offset = timedelta()


async def payment(desk: Desk) -> dict[str, Any]:
    """The one payment there is, with what its summary and its authorization say about it."""
    [found] = await desk.query(
        "SELECT Status, Amount, SfResultCode, GatewayResultCode, GatewayResultCodeDescription, GatewayRefNumber, "
        "OrderPaymentSummary.CapturedAmount, OrderPaymentSummary.PendingCaptureAmount, "
        "PaymentAuthorization.TotalPaymentCaptureAmount FROM Payment"
    )
    summary = found.pop("OrderPaymentSummary")
    promise = found.pop("PaymentAuthorization")
    return found | {
        "Captured": summary["CapturedAmount"],
        "Pending": summary["PendingCaptureAmount"],
        "Promised": promise["TotalPaymentCaptureAmount"],
    }


async def said(desk: Desk) -> list[tuple[str, str | None]]:
    """The gateway log: status and result of every exchange."""
    logs = await desk.query(
        "SELECT InteractionStatus, SfResultCode FROM PaymentGatewayLog ORDER BY PaymentGatewayLogNumber"
    )
    return [(log["InteractionStatus"], log["SfResultCode"]) for log in logs]


async def operation(desk: Desk) -> tuple[str, str | None]:
    [found] = await desk.query("SELECT Status, Error FROM BackgroundOperation")
    return found["Status"], found["Error"]


async def told(desk: Desk) -> list[str]:
    """What a person is shown."""
    return [one["Message"] for one in await desk.query("SELECT Message FROM ProcessException")]


def taken(gateway: SimulatedGateway) -> list[Money]:
    return [line.amount for line in gateway.books]


UNANSWERED = {
    "Status": "Pending", "Amount": 20, "SfResultCode": None, "GatewayResultCode": None,
    "GatewayResultCodeDescription": None, "GatewayRefNumber": None,
    "Captured": 0, "Pending": 20, "Promised": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "booked"), [(Loss.BEFORE_ACTING, []), (Loss.AFTER_ACTING, [Money(20_00, "EUR")])]
)
async def test_a_gateway_that_hangs_is_asked_again_and_captures_once(
    desk: Desk, gateway: SimulatedGateway, clock: Clock, loss: Loss, booked: list[Money]
) -> None:
    """S1-28: neither success nor failure is assumed; later it has captured once."""
    gateway.faults = Faults(losses_every={1: loss})
    await shipped(desk)
    assert await payment(desk) == UNANSWERED
    assert taken(gateway) == booked
    assert await said(desk) == [("Timeout", None)]
    assert await operation(desk) == ("Waiting", None)

    gateway.faults = Faults()
    await an_hour_later(desk, clock)

    assert await payment(desk) == UNANSWERED | {
        "Status": "Processed", "SfResultCode": "Success", "GatewayResultCode": "approved",
        "GatewayRefNumber": gateway.books[0].reference, "Captured": 20, "Pending": 0, "Promised": 20,
    }  # fmt: skip
    assert taken(gateway) == [Money(20_00, "EUR")]
    assert await said(desk) == [("Timeout", None), ("Success", "Success")]
    assert await operation(desk) == ("Complete", None)
    assert await told(desk) == []
    assert await desk.rows("SELECT * FROM job") == []


async def test_a_gateway_that_is_away_changes_nothing(desk: Desk, gateway: SimulatedGateway, clock: Clock) -> None:
    """S1-28."""
    gateway.faults = Faults(down=True)
    await shipped(desk)
    await an_hour_later(desk, clock)
    assert await payment(desk) == UNANSWERED
    assert set(await said(desk)) == {("Timeout", None)}
    assert taken(gateway) == []

    gateway.faults = Faults()
    clock.offset += timedelta(hours=1)
    await an_hour_later(desk, clock)
    assert (await payment(desk))["Status"] == "Processed"
    assert taken(gateway) == [Money(20_00, "EUR")]


@pytest.mark.parametrize(
    ("result", "code", "told_as"),
    [
        ("Decline", "insufficient_funds", "SOFT_DECLINE: The account does not hold the amount"),
        ("PermanentFail", "stolen_card", "HARD_DECLINE: The card is reported stolen"),
    ],
)
async def test_a_decline_is_told_and_takes_nothing(
    desk: Desk, gateway: SimulatedGateway, result: str, code: str, told_as: str
) -> None:
    """S3-11, C15: the operation ends, the log shows the decline; settings are the gateway's own."""
    await desk.option("gateway_settings", {desk.ids["gateway"]: {"results": {"94001": result}}})
    await shipped(desk, "940.01")
    found = await payment(desk)
    assert found.pop("GatewayRefNumber").startswith("sim-")
    assert found == {
        "Status": "Failed", "Amount": 940.01, "SfResultCode": result, "GatewayResultCode": code,
        "GatewayResultCodeDescription": told_as.partition(":")[0], "Captured": 0, "Pending": 0, "Promised": 0,
    }  # fmt: skip
    assert await said(desk) == [("Failed", result)]
    assert await operation(desk) == ("Complete", told_as)
    assert await told(desk) == [told_as]
    assert taken(gateway) == []  # the gateway without settings is another one


async def test_the_pages_settings_reach_the_gateway(
    desk: Desk, gateway: SimulatedGateway, database_url: str
) -> None:
    """C15: the command of docs/how-to/try-failures.md, to the letter."""
    [command] = re.findall(r"^ordo (.*)$", PAGE.read_text(), re.MULTILINE)
    gateway_id = desk.ids["gateway"]
    assert (await desk.patch("PaymentGateway", gateway_id, PaymentGatewayName="Test cards")).status_code == 204
    environment: dict[str, str | None] = {"ORDO_DATABASE_URL": database_url}
    answer = await asyncio.to_thread(invoked, environment, *shlex.split(command))
    assert (answer.exit_code, answer.stderr) == (0, "")
    await desk.face.machine.refresh_options()
    await shipped(desk, "940.01")
    assert (await payment(desk))["SfResultCode"] == "Decline"
    assert taken(gateway) == []


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("Stripe", {}, "there is no PaymentGateway adapter named 'Stripe'; there are: Simulated"),
        ("Simulated", {"delay": 1}, "the settings of adapter Simulated are invalid: "
         "Object contains unknown field `delay`"),
    ],
)  # fmt: skip
async def test_a_gateway_nobody_can_ask_fails_when_it_is_used(
    desk: Desk, gateway: SimulatedGateway, name: str, settings: dict[str, Any], message: str
) -> None:
    """Any adapter may be named; that it is not there is said when money is due."""
    assert (
        await desk.patch("PaymentGatewayProvider", desk.ids["provider"], DeveloperName=name)
    ).status_code == 204
    await desk.option("gateway_settings", {desk.ids["gateway"]: settings})
    await shipped(desk)
    found = await payment(desk)
    assert (found["Status"], found["SfResultCode"], found["Pending"]) == ("Failed", "ValidationError", 0)
    assert await operation(desk) == ("Complete", f"ValidationError: {message}")
    assert await told(desk) == [f"ValidationError: {message}"]
    assert taken(gateway) == []


async def test_a_gateway_closed_after_a_lost_answer_is_asked_once_it_is_open_again(
    desk: Desk, gateway: SimulatedGateway, clock: Clock
) -> None:
    """S1-28: that nobody can be asked now does not say that nothing was taken before."""
    gateway.faults = Faults(losses_every={1: Loss.AFTER_ACTING})
    await shipped(desk)
    assert (await desk.patch("PaymentGateway", desk.ids["gateway"], Status="Inactive")).status_code == 204
    await an_hour_later(desk, clock)
    assert await payment(desk) == UNANSWERED
    assert taken(gateway) == [Money(20_00, "EUR")]

    assert (await desk.patch("PaymentGateway", desk.ids["gateway"], Status="Active")).status_code == 204
    clock.offset += timedelta(hours=1)
    await an_hour_later(desk, clock)
    assert (await payment(desk))["Status"] == "Processed"
    assert taken(gateway) == [Money(20_00, "EUR")]


async def test_many_payments_through_a_bad_line(desk: Desk, gateway: SimulatedGateway, clock: Clock) -> None:
    """S1-28: a third of the calls is lost; in the end the gateway's books are ours, to the cent."""
    gateway.faults = Faults(losses_every={3: Loss.AFTER_ACTING, 5: Loss.BEFORE_ACTING})
    for number in range(8):
        await shipped(desk, f"20.{number:02d}")
    for hours in range(4):
        clock.offset = timedelta(hours=hours)
        await an_hour_later(desk, clock)
    ours = await desk.query("SELECT Id, Amount, Status, GatewayRefNumber FROM Payment")
    assert {one["Status"] for one in ours} == {"Processed"}
    assert sorted((one["Id"], Decimal(str(one["Amount"])), one["GatewayRefNumber"]) for one in ours) == sorted(
        (line.key, line.amount.amount, line.reference) for line in gateway.books
    )
    assert len(ours) == 8
    assert ("Timeout", None) in await said(desk)
