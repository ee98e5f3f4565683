"""The demo's story where Ordo does not go along: what is told, and how far each sale came."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import httpx
import pytest
from tests.company import load
from tests.desk import Face

from ordo.demo import story
from ordo.demo.client import App, Client, Refused
from ordo.demo.sales import Sale
from ordo.demo.story import Played, Step, Teller
from ordo.platform.rounds import Rounds


class Heard(Teller):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def begins(self, sale: Sale) -> None:
        self.told.append(sale.about.partition(":")[0])

    def step(self, step: Step) -> None:
        self.told.append(step.said)

    def ends(self, played: Played) -> None:
        self.told.append(played.problem or "done")


@pytest.fixture
async def till(face: Face) -> AsyncIterator[Client]:
    """The company in a database, and a session of the story's own."""
    await face.clear()
    await load(face.machine)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(face.app), base_url="http://ordo.test") as session:
        yield await Client.login(session, App(**face.app_secrets))
    await face.clear()


@pytest.fixture
async def worked_off(face: Face) -> AsyncIterator[None]:
    """A worker, for as long as the test lasts."""
    machine, stop = face.machine, asyncio.Event()
    rounds = Rounds(machine.database, machine.worker, [face.flows], face.jobs)
    task = asyncio.create_task(rounds.go(stop))
    yield
    stop.set()
    await task


async def test_nobody_works_off_what_is_sold(till: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """S1-25: without a worker the sales are in, and wait."""
    monkeypatch.setattr(story, "WAIT_SECONDS_MAX", 0.1)
    heard = Heard()
    told = await story.play(till, heard, began=0.0)
    assert (told.succeeded, told.first_paid_seconds, told.problem) == (False, None, None)
    waited = "waited 0.1 s until everything is with a location"
    assert [(one.sale, one.problem) for one in told.orders] == [(name, waited) for name in story.SALES]
    assert [one.total for one in told.orders] == [Decimal("58.16"), Decimal("171.54"), Decimal("212.03")]
    assert [(one.captured, one.fulfillment_orders, one.invoices) for one in told.orders] == [(None, [], [])] * 3
    assert heard.told[1].startswith("POS New York posts order ")
    assert heard.told.count(waited) == 3


async def test_the_story(till: Client, worked_off: None) -> None:
    """S0-07, S0-08, S0-09: what is told, sale by sale; the money is exact."""
    heard = Heard()
    told = await story.play(till, heard, began=0.0)
    assert told.succeeded is True
    assert [(one.captured, one.total) for one in told.orders] == [
        (Decimal("58.16"), Decimal("58.16")),
        (Decimal("171.54"), Decimal("171.54")),
        (Decimal("212.03"), Decimal("212.03")),
    ]
    in_store, endless_aisle, mixed_cart = (_without_numbers(one) for one in told.orders)
    assert in_store == [
        "POS New York posts order #: 2 lines, USD 58.16.",
        "New York handed over 1 × Glass Teapot 0.8 l and 2 × Earl Grey Blue, loose leaf 100 g (#).",
        "Invoice # over USD 58.16 is paid.",
        "All of it is paid: Cash USD 20.00, Visa - 4242 USD 38.16.",
    ]
    assert endless_aisle == [
        "POS London posts order #: 3 lines, GBP 171.54.",
        "Daventry DC gets # and keeps 1 × Duvet Cover, double, Cotswold stripe and 1 × Brown Betty Teapot 1.1 l.",
        "Daventry DC sends it to Amelia Hart, tracking number #.",
        "Invoice # over GBP 171.54 is paid.",
        "All of it is paid: Visa - 1111 GBP 171.54.",
    ]
    assert sorted(mixed_cart[3:]) == [
        "All of it is paid: Cash EUR 28.89, Visa - 1111 EUR 183.14.",
        "Invoice # over EUR 183.14 is paid.",
        "Invoice # over EUR 28.89 is paid.",
        "Kassel DC sends it to Jonas Brandt, tracking number #.",
    ]
    assert heard.told.count("done") == 3


def _without_numbers(played: Played) -> list[str]:
    return [re.sub(r"\b(FO-|DOC-|DEMO)?\d{8,}", "#", step.said) for step in played.steps]


async def test_goods_that_ran_out(
    till: Client, worked_off: None, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Ordo itself says about the order is told with it; what was taken along is there all the same."""
    monkeypatch.setattr(story, "WAIT_SECONDS_MAX", 1.0)
    await face.machine.database.execute("UPDATE position SET onhand = 0")
    told = await story.play(till, Teller(), began=0.0)
    assert told.succeeded is False
    assert [one.fulfillment_orders for one in told.orders[1:]] == [[], []]
    for one in told.orders[1:]:
        assert one.problem is not None
        waited, *said = one.problem.split("; ")
        assert waited == "waited 1 s until everything is with a location"
        mine = f"WHERE OrderSummaryId = '{one.order_summary_id}' ORDER BY ProcessExceptionNumber"
        rows = await till.query(f"SELECT Message FROM ProcessException {mine}")
        assert said == [row["Message"] for row in rows] != []


async def test_a_company_that_was_changed(till: Client, face: Face) -> None:
    """What a sale needs and does not find is named, and nothing is posted."""
    await face.machine.database.execute("UPDATE saleschannel SET saleschannelname = 'Old ' || saleschannelname")
    told = await story.play(till, Teller(), began=0.0)
    assert told.succeeded is False
    for one in told.orders:
        assert one.problem is not None
        assert one.problem.startswith(
            "the demo company has no channel any more: SELECT Id FROM SalesChannel WHERE"
        )
        assert (one.order_id, one.steps) == (None, [])
    assert await till.query("SELECT Id FROM Order") == []


async def test_a_refused_sale_is_told_with_its_reason(till: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all nodes that did not go in, the one that is at fault: here a till that uses a number twice."""
    monkeypatch.setattr(story, "WAIT_SECONDS_MAX", 0.1)
    monkeypatch.setattr(story, "uuid", SimpleNamespace(uuid4=lambda: UUID(int=1)))
    await story.play(till, Teller(), began=0.0)
    told = await story.play(till, Teller(), began=0.0)
    assert told.succeeded is False
    for one in told.orders:
        assert one.problem is not None
        assert one.problem.startswith("duplicate value found: ")
        assert (one.order_id, one.steps) == (None, [])
    assert len(await till.query("SELECT Id FROM Order")) == len(story.SALES)


async def test_a_wrong_login(face: Face) -> None:
    session = httpx.AsyncClient(transport=httpx.ASGITransport(face.app), base_url="http://ordo.test")
    with pytest.raises(Refused, match=r"^40[01] .*invalid_client"):
        await Client.login(session, App("nobody", "nothing"))
