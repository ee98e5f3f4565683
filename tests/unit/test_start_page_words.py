"""What the start page says: facts, amounts, times and health in words, snippets with their file, who is near."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from starlette.requests import Request

from ordo.console import formats, health, sentences
from ordo.console.health import Line, State
from ordo.console.snippets import snippets
from ordo.console.visitors import is_on_this_machine
from ordo.platform.backlog import Backlog
from ordo.platform.readiness import Obstacle
from ordo.platform.timeline import TimedFact

NAMES = {"131a": "Main Street", "0a3a": "FO-1", "3tta": "DOC-1"}
PARCEL = {"FulfillmentOrderId": "0a3a", "LocationId": "131a", "NewStatus": "Allocated"}
LACKING = [{"LocationId": "131a", "Lacking": {"hat": "2", "shirt": "1"}}, {"LocationId": "131b", "Lacking": {}}]


def fact(kind: str, **body: Any) -> TimedFact:
    return TimedFact(None, "801a", "1", 1, kind, datetime(2026, 1, 31, tzinfo=UTC), body)


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (fact("OrderActivated"), "The order was activated"),
        (fact("OrderSummaryCreated", OrderNumber="00000007"), "Order summary 00000007 was made"),
        (fact("OrderSummaryStatusChanged", OldStatus="Created", NewStatus="Fulfilled"),
         "The order: Created → Fulfilled"),
        (fact("FulfillmentOrderStatusChanged", **PARCEL, OldStatus=None),
         "Main Street has fulfillment order FO-1: Allocated"),
        (fact("FulfillmentOrderStatusChanged", **PARCEL | {"NewStatus": "Picked"}, OldStatus="Allocated"),
         "Fulfillment order FO-1 at Main Street: Allocated → Picked"),
        (fact("RoutingParked", Reason="nothing is configured.", Candidates=[]),
         "Not routed: nothing is configured"),
        (fact("RoutingParked", Candidates=LACKING[:1]), "No location was found: Main Street lacks 2 hat, 1 shirt"),
        (fact("InvoiceCreated", InvoiceId="3tta", TotalAmountWithTax="1234.5", CurrencyIsoCode="EUR"),
         "Invoice DOC-1 over 1,234.50 EUR"),
        (fact("PaymentCaptured", Amount="1200", CurrencyIsoCode="JPY"), "1,200 JPY captured"),
        (fact("PaymentCaptureFailed", Amount="5.5", Decline="HARD_DECLINE"),
         "5.500 KWD not captured: HARD_DECLINE"),
        (fact("ProcessExceptionRaised", Message="Not routed: <b>."), "Somebody must look at it: Not routed: <b>"),
        (fact("StockCounted"), "Stock counted"),
        (fact("SomethingNobodyKnows", Amount={}), "Something nobody knows"),
        (fact("PaymentCaptured", Amount="much"), "– captured"),
        (fact("FulfillmentOrderStatusChanged"), "– has fulfillment order –: –"),
    ],
)  # fmt: skip
def test_a_fact_in_words(happened: TimedFact, said: str) -> None:
    """The order's currency is that of amounts without one."""
    assert sentences.sentence(happened, NAMES, "KWD") == said


def test_the_ids_whose_names_are_told() -> None:
    told = [fact("FulfillmentOrderStatusChanged", **PARCEL), fact("RoutingParked", Candidates=LACKING)]
    assert sentences.ids_told(told) == {"0a3a", "131a", "131b"}


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [
        ("1234567.5", "EUR", "1,234,567.50 EUR"), ("1234", "JPY", "1,234 JPY"), ("0.5", "KWD", "0.500 KWD"),
        ("-3", "EUR", "-3.00 EUR"), ("3.5", None, "3.5"), ("3.5", "nothing", "3.5"),
    ],
)  # fmt: skip
def test_amounts(value: str, currency: str | None, said: str) -> None:
    assert formats.amount(Decimal(value), currency) == said


@pytest.mark.parametrize(
    ("seconds", "lasting", "ago"),
    [
        (-1, "0.0 s", "just now"), (0, "0.0 s", "just now"), (3.25, "3.2 s", "3 s ago"),
        (59.96, "59.9 s", "59 s ago"), (125, "2 min 5 s", "2 min ago"), (3600, "1 h 0 min", "1 h ago"),
        (90_000, "1 d 1 h", "1 d ago"),
    ],
)  # fmt: skip
def test_times(seconds: float, lasting: str, ago: str) -> None:
    assert formats.lasting(seconds) == lasting
    assert formats.ago(timedelta(seconds=seconds)) == ago


def test_health_when_all_is_well() -> None:
    found = health.of_backlog(Backlog(0, 0.0, 0, 0, 0, 1.25))
    assert (found.state, found.sentence) == (State.GOOD, "Everything works.")
    assert [(line.what, line.says) for line in found.lines] == [
        ("Process", "serves"), ("Database", "answers"), ("Migrations", "up to date"), ("Worker", "seen 1.2 s ago"),
        ("Facts", "none waiting"), ("Jobs", "none waiting"),
    ]  # fmt: skip


def test_health_when_things_wait() -> None:
    found = health.of_backlog(Backlog(3, 65.0, 2, 100_000, 1, None))
    assert (found.state, found.sentence) == (State.WAITS, "Orders are taken, but something waits.")
    assert found.lines[3:] == (
        Line(State.WAITS, "Worker", "never seen", "ordo worker"),
        Line(State.WAITS, "Facts", "3 waiting, the oldest for 1 min 5 s, 2 parked", "ordo flow parked"),
        Line(State.WAITS, "Jobs", "100,000 or more waiting, 1 given up", "ordo job list"),
    )
    assert found.for_anybody() == health.Health(State.GOOD, "Orders are taken.", ())


@pytest.mark.parametrize(
    ("waiting", "state"),
    [
        (Backlog(9, 29.0, 0, 9, 0, 19.0), State.GOOD),
        (Backlog(9, 31.0, 0, 9, 0, 19.0), State.WAITS),
        (Backlog(9, 29.0, 0, 9, 0, 21.0), State.WAITS),
    ],
)
def test_what_waits_for_a_moment_is_no_news(waiting: Backlog, state: State) -> None:
    assert health.of_backlog(waiting).state is state


@pytest.mark.parametrize(
    ("obstacle", "last"),
    [
        (Obstacle.AWAY, Line(State.BAD, "Database", "away")),
        (Obstacle.SILENT, Line(State.BAD, "Database", "no answer for 4 s")),
        (Obstacle.BEHIND, Line(State.BAD, "Migrations", "missing", "ordo db upgrade")),
    ],
)
def test_health_when_it_cannot_serve(obstacle: Obstacle, last: Line) -> None:
    found = health.of_obstacle(obstacle)
    assert (found.state, found.sentence) == (State.BAD, f"Orders cannot be taken: {obstacle}.")
    assert found.lines[-1] == last
    assert found.for_anybody() == found


def test_snippets_name_any_file() -> None:
    path = """it's "a\\b$(c)`d"/ü.json"""
    curl, python, node = (one.text for one in snippets(path, speaks_https=True))
    assert shlex.split(curl.splitlines()[0]) == [f"credentials={path}"]
    assert f"open({json.dumps(path, ensure_ascii=False)})" in python
    assert f"readFileSync({json.dumps(path, ensure_ascii=False)}, " in node
    assert [one.name for one in snippets(path, speaks_https=False)] == ["curl", "jsforce"]


def asking(client: str | None, *headers: tuple[str, str]) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return Request({"type": "http", "headers": raw, "client": None if client is None else (client, 5000)})


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "127.0.0.1", "127.9.9.9:1", "localhost:8080", "LOCALHOST", "[::1]:8443", "[::1]"]
)
@pytest.mark.parametrize("client", ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])
def test_who_is_on_this_machine(client: str, host: str) -> None:
    assert is_on_this_machine(asking(client, ("host", host), ("accept", "*/*")))


@pytest.mark.parametrize(
    "client", [None, "192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "2001:db8::1", "testclient", ""]
)
def test_whose_connection_comes_from_elsewhere(client: str | None) -> None:
    assert not is_on_this_machine(asking(client, ("host", "127.0.0.1:8080")))


@pytest.mark.parametrize(
    "host",
    ["", "shop.example", "127.0.0.1.shop.example", "localhost.shop.example", "2130706433", "0x7f000001", "0.0.0.0",
     "127.0.0.1:80@shop.example", "localhost:80:80", "[::1", "::1", "192.0.2.7:8080", "localhost:", "[::1]x"],
)  # fmt: skip
def test_who_asks_for_another_name(host: str) -> None:
    """DNS rebinding: the site's own name stays in the Host header."""
    assert not is_on_this_machine(asking("127.0.0.1", ("host", host)))


def test_who_names_no_host_or_two() -> None:
    assert not is_on_this_machine(asking("127.0.0.1"))
    assert not is_on_this_machine(asking("127.0.0.1", ("host", "localhost"), ("host", "shop.example")))


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-forwarded-host", "forwarded", "via", "x-real-ip"])
def test_who_comes_through_a_proxy(name: str) -> None:
    assert not is_on_this_machine(asking("127.0.0.1", ("host", "localhost"), (name, "127.0.0.1")))
