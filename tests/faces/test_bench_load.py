"""The load generator: what it sends, what it makes of answers, and whole lives against a stub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from bench import stub
from bench.company import Company, record_id
from bench.lives import Lives, Until
from bench.load import Plan, Result, Run, fetch_token, percentile, request_headers
from bench.orders import (
    AnswerError,
    Basket,
    Line,
    baskets,
    check_graph,
    fulfillment_paths,
    order_graph,
    payment_paths,
    placed_order_id,
    shipment_graph,
)
from bench.wire import Pool, Receiver, WireError, get, join_chunks, parse_head, post

from ordo.kernel.ids import normalize

BASKET = Basket("run", 7, 3, (Line(1, 2), Line(60_000, 1)))
ORDERED_AT = "2026-01-31T10:15:30.000+0000"


def nodes_of(body: bytes) -> list[dict[str, Any]]:
    (graph,) = msgspec.json.decode(body)["graphs"]
    nodes: list[dict[str, Any]] = graph["compositeRequest"]
    return nodes


def test_order_graph_is_one_activated_order() -> None:
    nodes = nodes_of(order_graph(BASKET, ORDERED_AT))
    root = "/services/data/v60.0/sobjects/"
    assert [(node["method"], node["url"].removeprefix(root), node["referenceId"]) for node in nodes] == [
        ("POST", "Order", "order"),
        ("POST", "OrderDeliveryGroup", "group"),
        ("POST", "OrderItem", "item1"),
        ("POST", "OrderItem", "item2"),
        ("POST", "PaymentGroup", "payments"),
        ("POST", "CardPaymentMethod", "card"),
        ("POST", "PaymentAuthorization", "authorization"),
        ("PATCH", "Order/@{order.id}", "activated"),
    ]
    assert nodes[0]["body"]["EffectiveDate"] == "2026-01-31"
    assert nodes[0]["body"]["OrderReferenceNumber"] == "run-7"
    assert nodes[2]["body"]["TotalLineAmount"] == 10.02
    assert nodes[3]["body"]["UnitPrice"] == 35.0
    assert nodes[6]["body"]["Amount"] == 45.02
    assert nodes[7]["body"] == {"Status": "Activated"}


def test_shipment_graph_names_the_fulfillment_order() -> None:
    shipment, shipped = nodes_of(shipment_graph(BASKET, "0a3A", "1OsA"))
    assert shipment["body"]["FulfillmentOrderId"] == "0a3A"
    assert shipment["body"]["OrderSummaryId"] == "1OsA"
    assert shipment["body"]["TrackingNumber"] == "TRACK-run-7"
    assert shipped["url"] == "/services/data/v60.0/sobjects/FulfillmentOrder/0a3A"
    assert shipped["body"] == {"Status": "Fulfilled"}


def test_queries_list_their_ids_and_split_at_a_hundred() -> None:
    (path,) = fulfillment_paths(["801A", "801B"])
    assert unquote(path) == (
        "/services/data/v60.0/query?q=SELECT Id, OrderId, OrderSummaryId, Status, "
        "(SELECT Id, Quantity FROM FulfillmentOrderLineItems) "
        "FROM FulfillmentOrder WHERE OrderId IN ('801A','801B')"
    )
    assert " " not in path
    assert [path.count("%27") for path in payment_paths(str(number) for number in range(201))] == [
        200,
        200,
        2,
    ]
    assert list(payment_paths([])) == []


def test_baskets_repeat_with_their_seed_and_differ_without() -> None:
    company = Company(products=10, locations=1, accounts=2)
    first, again, other = (baskets("run", seed, company) for seed in (1, 1, 2))
    drawn = [next(first) for _ in range(100)]
    assert drawn == [next(again) for _ in range(100)]
    assert drawn != [next(other) for _ in range(100)]
    assert {basket.lines[0].product for basket in drawn} == {1, 2, 3, 4, 5}
    assert {basket.lines[1].product for basket in drawn} == {6, 7, 8, 9, 10}
    assert {line.quantity for basket in drawn for line in basket.lines} == {1, 2, 3}
    assert len({order_graph(basket, ORDERED_AT) for basket in drawn}) == 100


def test_record_ids_are_valid_and_distinct() -> None:
    ids = [record_id("product2", number) for number in (1, 61, 62, 100_000)]
    assert ids == [normalize(one[:15]) for one in ids]
    assert len({one.lower() for one in ids}) == 4
    assert ids[0].startswith("01t0000000")


@pytest.mark.parametrize(("percent", "value"), [(50, 2.0), (75, 3.0), (76, 4.0), (99, 4.0), (0, 1.0)])
def test_percentile_is_nearest_rank(percent: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == value


def test_percentile_of_nothing_is_zero() -> None:
    assert percentile([], 50) == 0.0


def test_requests_are_whole() -> None:
    headers = request_headers("http://127.0.0.1:80", "T")
    assert get("/p", headers) == b"GET /p HTTP/1.1\r\nHost: 127.0.0.1:80\r\nAuthorization: Bearer T\r\n\r\n"
    assert post("/p", b"", b"{}") == (
        b"POST /p HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )


def test_heads_and_chunks() -> None:
    assert parse_head(b"HTTP/1.1 200 OK\r\nContent-Length: 12") == (200, 12)
    assert parse_head(b"HTTP/1.1 204 No Content\r\nserver: x") == (204, 0)
    assert parse_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked") == (200, None)
    assert join_chunks(b"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n") == (b"abcd", 23)
    assert join_chunks(b"3\r\nabc\r\n0\r\n") is None
    with pytest.raises(WireError, match="no HTTP answer"):
        parse_head(b"SSH-2.0")


def test_a_failed_graph_is_refused_with_its_body() -> None:
    body = b'{"graphs":[{"graphResponse":{"compositeResponse":[]},"isSuccessful":false}]}'
    with pytest.raises(AnswerError) as refused:
        check_graph(body)
    assert str(refused.value) == body.decode()
    with pytest.raises(AnswerError):
        placed_order_id(body.replace(b"false", b"true"))


class Desk:
    """Takes requests in place of a pool; the test answers them."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, Receiver]] = []

    def send(self, request: bytes, receiver: Receiver, *, first: bool = False) -> None:
        self.asked.insert(0 if first else len(self.asked), (request, receiver))


def one_life(desk: Desk, errors: list[Exception], now: list[float], until: Until) -> Lives:
    drawn = iter([BASKET])
    clock, void = now.copy, errors.append
    lives = Lives(desk, drawn, lambda: clock()[-1], void, headers=b"", ordered_at=ORDERED_AT, until=until)
    lives.begin(1)
    lives.close()
    return lives


def answer(desk: Desk, company: stub.Company) -> str:
    """Let the stub answer the oldest request; returns its path."""
    request, receiver = desk.asked.pop(0)
    head, _, body = request.partition(b"\r\n\r\n")
    path = head.split(b" ")[1].decode()
    status, document = company.answer(path, body)
    receiver(status, msgspec.json.encode(document))
    return path


def test_a_life_step_by_step() -> None:
    desk, company, errors, now = Desk(), stub.Company(), list[Exception](), [10.0]
    lives = one_life(desk, errors, now, Until.CAPTURE)
    lives.poll()
    assert len(desk.asked) == 1  # nothing waits yet, so the poll asked nothing
    answer(desk, company)
    lives.poll()
    lives.poll()  # the first question is still under way
    assert len(desk.asked) == 1
    assert "FulfillmentOrder" in answer(desk, company)
    assert answer(desk, company).endswith("/composite/graph")
    lives.poll()
    now.append(12.5)
    assert "OrderPaymentSummary" in answer(desk, company)
    assert lives.finished.seconds == [2.5]
    assert (lives.placed, lives.units, lives.cents, lives.finished.polls) == (1, 3, 4502, 2)
    assert (lives.flying, desk.asked, errors) == ({}, [], [])


def test_a_life_until_fulfillment_ends_there() -> None:
    desk, company, errors = Desk(), stub.Company(), list[Exception]()
    lives = one_life(desk, errors, [0.0], Until.FULFILLMENT)
    answer(desk, company)
    lives.poll()
    answer(desk, company)
    assert (lives.finished.seconds, lives.flying, desk.asked, errors) == ([0.0], {}, [], [])


def test_a_life_that_stands_still_voids_the_run() -> None:
    desk, errors, now = Desk(), list[Exception](), [0.0]
    lives = one_life(desk, errors, now, Until.CAPTURE)
    now.append(61.0)
    lives.poll()
    assert [str(error) for error in errors] == ["life run-7 is placing after 61 s"]


@pytest.mark.parametrize(
    ("status", "body"), [(503, b"no"), (200, b"{"), (200, b"{}"), (200, b'{"graphs":[]}'), (201, b"[]")]
)
def test_a_bad_answer_voids_the_run(status: int, body: bytes) -> None:
    desk, errors = Desk(), list[Exception]()
    one_life(desk, errors, [0.0], Until.CAPTURE)
    desk.asked.pop()[1](status, body)
    (error,) = errors
    assert isinstance(error, AnswerError)
    assert body.decode() in str(error)


@pytest.mark.parametrize("quantities", [[2.0], [1.0, 1.0], [2.0, 1.0, 1.0]])
def test_a_fulfillment_order_without_every_piece_voids_the_run(quantities: list[float]) -> None:
    desk, company, errors = Desk(), stub.Company(), list[Exception]()
    lives = one_life(desk, errors, [0.0], Until.CAPTURE)
    answer(desk, company)
    for order_id in company.lines:
        company.lines[order_id] = quantities
    lives.poll()
    answer(desk, company)
    assert [str(error)[:24] for error in errors] == ["ordered [1, 2], fulfilled"[:24]]


def test_a_capture_above_the_total_voids_the_run() -> None:
    desk, company, errors = Desk(), stub.Company(), list[Exception]()
    lives = one_life(desk, errors, [0.0], Until.CAPTURE)
    for _ in range(2):
        answer(desk, company)
        lives.poll()
    answer(desk, company)
    company.totals = dict.fromkeys(company.totals, 45.03)
    lives.poll()
    answer(desk, company)
    assert [str(error)[:28] for error in errors] == ["ordered for 4502 cents, capt"]


@pytest.fixture
async def company() -> AsyncIterator[tuple[stub.Company, str]]:
    behind = stub.Company()
    server = await stub.serve(behind)
    async with server:
        yield behind, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def run(base_url: str, until: Until) -> Result:
    plan = Plan(base_url, "run", until, warm_up_seconds=0.05, window_seconds=0.15)
    return await Run(plan).go(request_headers(base_url, "token"))


@pytest.mark.parametrize("until", list(Until))
async def test_whole_lives_over_eight_connections(company: tuple[stub.Company, str], until: Until) -> None:
    behind, base_url = company
    assert await fetch_token(base_url, "id", "secret") == "token"
    measured = await run(base_url, until)
    assert measured.backlog == 64
    assert measured.placed == len(behind.totals)
    assert measured.cents == round(100 * sum(behind.totals.values()))
    assert measured.units == sum(sum(quantities) for quantities in behind.lines.values())
    assert len(behind.shipped) == (measured.placed if until is Until.CAPTURE else 0)
    assert measured.lives > 0
    assert measured.lives_per_s == measured.lives / measured.window_seconds
    assert 0 < measured.p50_ms <= measured.p95_ms <= measured.p99_ms < 1000
    assert measured.polls < measured.requests <= len(behind.requests)


async def test_a_closed_connection_voids_the_run() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        with pytest.raises(WireError, match="closed a keep-alive connection"):
            await run(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", Until.CAPTURE)


async def test_a_pool_sends_one_request_a_connection_at_a_time(company: tuple[stub.Company, str]) -> None:
    behind, base_url = company
    lost: list[Exception] = []
    pool = Pool(lost.append)
    await pool.open("127.0.0.1", int(base_url.rpartition(":")[2]), 1)
    order: list[str] = []
    done = asyncio.Event()
    for name in ("a", "b", "c"):
        pool.send(get("/query?q=", b""), lambda *_, name=name: order.append(name))
    pool.send(get("/query?q=", b""), lambda *_: order.append("first"), first=True)
    pool.send(get("/query?q=", b""), lambda *_: done.set())
    await asyncio.wait_for(done.wait(), 5)
    pool.close()
    assert (order, pool.requests, len(behind.requests), lost) == (["a", "first", "b", "c"], 5, 5, [])
