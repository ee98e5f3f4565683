"""The page at /: what is shown to whom, and what it costs."""

from __future__ import annotations

import asyncio
import html
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from tests.counting import least_statements
from tests.desk import Desk
from tests.faces.test_health import at_revision
from tests.life import moved, parcels, sold

from ordo.api.app import application
from ordo.bootstrap import Machine
from ordo.console import start_page
from ordo.console.last_orders import ORDERS_SHOWN
from ordo.console.start_page import Development, StartPage
from ordo.platform import readiness
from ordo.platform.database import Database
from ordo.platform.readiness import Readiness

HERE, ELSEWHERE = ("127.0.0.1", 5000), ("192.0.2.7", 5000)
ADDRESSES = {
    "base_url": "http://127.0.0.1:8080",
    "tls_url": "https://127.0.0.1:8443",
    "ca_file": "/home/jo/ca.pem",
}
POLICY = {
    "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'", "connect-src 'self'",
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
}  # fmt: skip
SHOWN_TO_NOBODY_ELSE = (
    "Last orders",
    "Kim Shopper",
    "credentials.json</code></p>",
    "/home/jo",
    "8443",
    "Worker",
    "Facts",
)


@asynccontextmanager
async def looking(
    machine: Machine,
    *,
    client: tuple[str, int] = HERE,
    is_development: bool = True,
    database: Database | None = None,
    public_url: str | None = None,
    addresses: dict[str, str] = ADDRESSES,
) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the page, of `ordo dev` unless told otherwise."""
    database = database or machine.database
    shown = (
        Development(database, addresses, machine.settings.home / "credentials.json") if is_development else None
    )
    page = StartPage(Readiness(database), public_url, shown)
    app = application(machine.parts(), page.routes())
    transport = httpx.ASGITransport(app, client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as visitor:
        yield visitor


async def page_of(desk: Desk) -> str:
    async with looking(desk.face.machine) as visitor:
        answer = await visitor.get("/")
    assert answer.status_code == 200
    return answer.text


async def kim_buys(desk: Desk) -> None:
    await desk.patch("Account", desk.ids["account"], Name="Kim Shopper")
    await sold(desk, ("shirt", 1, "10.00"))


def words(page: str) -> str:
    """Its text, without markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def timeline(page: str) -> list[str]:
    """The sentences of all timelines."""
    lists = re.findall(r'<ol class="timeline">.*?</ol>', page, re.DOTALL)
    return [words(one) for some in lists for one in re.findall(r"<span>(.*?)</span>", some, re.DOTALL)]


async def test_it_tells_a_newcomer_where_to_begin(desk: Desk) -> None:
    await desk.settle()
    await desk.face.machine.report()
    page = await page_of(desk)
    said = words(page)
    assert "Everything works. Process serves Database answers Migrations up to date Worker seen 0." in said
    assert "Facts none waiting Jobs none waiting" in said
    assert "No orders yet. The scripts in examples/ post one each" in said
    assert str(desk.face.machine.settings.home.absolute() / "credentials.json") in said
    assert all(address in said for address in ADDRESSES.values())


async def test_no_secret_is_on_it(desk: Desk) -> None:
    page = await page_of(desk)
    assert [name for name, secret in desk.face.app_secrets.items() if secret in page] == []


async def test_an_order_with_its_timeline(desk: Desk) -> None:
    summary = await sold(desk, ("shirt", 2, "20.00"), ("hat", 1, "5.50"))
    [parcel] = await parcels(desk, summary)
    await moved(desk, parcel["Id"], "Fulfilled")
    await desk.settle()
    page = await page_of(desk)
    [row] = re.findall(r"<summary>.*?</summary>", page, re.DOTALL)
    number = (await desk.get("OrderSummary", summary["Id"]))["OrderNumber"]
    fulfillment = (await desk.get("FulfillmentOrder", parcel["Id"]))["FulfillmentOrderNumber"]
    invoice = (await desk.query("SELECT DocumentNumber FROM Invoice"))[0]["DocumentNumber"]
    assert re.sub(r"just now|\d s ago", "AGO", words(row)) == (
        f"{number} AGO Jo Example POS Fulfilled 3 of 3 Total 25.50 EUR Captured 25.50 EUR"
    )
    assert timeline(page) == [
        "The order was activated", f"Order summary {number} was made",
        f"DC1 has fulfillment order {fulfillment}: Allocated",
        f"Fulfillment order {fulfillment} at DC1: Allocated → Fulfilled", f"Invoice {invoice} over 25.50 EUR",
        "25.50 EUR captured",
    ]  # fmt: skip
    assert "+0.0 s" in page


async def test_an_order_that_waits_says_why(desk: Desk) -> None:
    await desk.route_to("DC1")
    await desk.order(("shirt", 2, "20.00"))
    await desk.settle()
    page = await page_of(desk)
    assert "needs a look" in words(page)
    assert timeline(page)[2:] == [
        "Somebody must look at it: Not routed: no location holds everything",
        "No location was found: DC1 lacks 2 shirt",
    ]


async def test_a_rejection_and_a_suspension_are_told(desk: Desk) -> None:
    """S0-19."""
    summary = await sold(desk, ("shirt", 2, "20.00"))
    [parcel] = await parcels(desk, summary)
    assert (await desk.patch("OrderSummary", summary["Id"], IsSuspended=True)).status_code == 204
    assert (await desk.patch("OrderSummary", summary["Id"], IsSuspended=False)).status_code == 204
    await desk.settle()
    await moved(desk, parcel["Id"], "Rejected")
    await desk.settle()
    number = (await desk.get("FulfillmentOrder", parcel["Id"]))["FulfillmentOrderNumber"]
    assert timeline(await page_of(desk))[3:] == [
        "The order was suspended",
        "The order was released",
        f"Fulfillment order {number} at DC1: Allocated → Rejected",
        "Somebody must look at it: Not routed: no other location holds everything",
        "No location was found: DC1 rejected it",
    ]


async def test_markup_in_names_is_text(desk: Desk) -> None:
    """Names are what others wrote."""
    evil = "<script>alert(1)</script>\"'&amp;"
    await desk.patch("Account", desk.ids["account"], Name=evil)
    await desk.patch("SalesChannel", desk.ids["channel"], SalesChannelName="<img src=x>")
    await desk.patch("Location", desk.ids["DC1"], Name="<b>DC1</b>")
    await sold(desk, ("shirt", 1, "10.00"))
    page = await page_of(desk)
    assert f"<bdi>{html.escape(evil).replace('&quot;', '&#34;').replace('&#x27;', '&#39;')}</bdi>" in page
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "&lt;b&gt;DC1&lt;/b&gt; has fulfillment order " in page


async def test_it_costs_the_same_for_one_order_and_for_ten(desk: Desk) -> None:
    """Two for health; the orders, their facts, the names in them."""
    async with looking(desk.face.machine) as visitor:

        async def look() -> None:
            assert (await visitor.get("/")).status_code == 200

        assert await least_statements(look) == 2 + 1
        await desk.order(("shirt", 1, "10.00"))
        one = await least_statements(look)
        for _ in range(ORDERS_SHOWN + 2):
            await desk.order(("shirt", 1, "10.00"), ("hat", 2, "11.00"))
        many = await least_statements(look)
        page = (await visitor.get("/")).text
    assert (one, many) == (2 + 3, 2 + 3)
    assert page.count("<details") == ORDERS_SHOWN
    numbers = re.findall(r'class="number">(\d+)', page)
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        (ELSEWHERE, {}),
        (HERE, {"Host": "shop.example"}),
        (HERE, {"X-Forwarded-For": "127.0.0.1"}),
        (HERE, {"Forwarded": "for=127.0.0.1"}),
    ],
)
async def test_others_are_shown_no_order_and_no_path(
    desk: Desk, client: tuple[str, int], headers: dict[str, str]
) -> None:
    """Another machine, another name for this one (DNS rebinding), a proxy in between."""
    await kim_buys(desk)
    async with looking(desk.face.machine, client=client) as visitor:
        answer = await visitor.get("/", headers=headers)
    assert answer.status_code == 200
    assert [
        text for text in (*SHOWN_TO_NOBODY_ELSE, str(desk.face.machine.settings.home)) if text in answer.text
    ] == []
    assert "Health Orders are taken. First calls" in words(answer.text)
    assert "data-refresh-seconds" not in answer.text


async def test_a_server_of_production_shows_nobody_orders(desk: Desk) -> None:
    await kim_buys(desk)
    async with looking(desk.face.machine, is_development=False, public_url="https://oms.example") as visitor:
        page = (await visitor.get("/")).text
    assert [text for text in SHOWN_TO_NOBODY_ELSE if text in page] == []
    assert "Addresses https://oms.example First calls" in words(page)
    assert 'id="simple-salesforce"' in page


async def test_without_https_there_is_one_address_and_one_client_less(desk: Desk) -> None:
    """`ordo dev --no-tls`."""
    async with looking(desk.face.machine, addresses={"base_url": ADDRESSES["base_url"]}) as visitor:
        answer = await visitor.get("/")
    assert answer.status_code == 200
    assert f"Addresses {ADDRESSES['base_url']} Credentials" in words(answer.text)
    assert re.findall(r'<pre [^>]*id="([^"]*)"', answer.text) == ["curl", "jsforce"]
    assert "and with simple-salesforce where there is no https." in words(answer.text)


async def test_what_is_asked_of_browsers(desk: Desk) -> None:
    async with looking(desk.face.machine) as visitor:
        answer = await visitor.get("/")
    assert set(answer.headers["Content-Security-Policy"].split("; ")) == POLICY
    told = {name: answer.headers[name] for name in ("X-Content-Type-Options", "Referrer-Policy", "Cache-Control")}
    assert told == {
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    }  # fmt: skip
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert re.findall(r"""\s(?:style|on\w+)=|<style|javascript:""", answer.text) == []
    assert [
        url for url in re.findall(r'(?:src|href)="([^"]*)"', answer.text) if not url.startswith(("/", "#"))
    ] == []


async def test_its_files_are_served_for_good_under_what_they_hold(desk: Desk) -> None:
    async with looking(desk.face.machine) as visitor:
        page = (await visitor.get("/")).text
        urls = sorted(set(re.findall(r'"(/console/static/[^"]+)"', page)))
        answers = [await visitor.get(url) for url in urls]
        other = [
            await visitor.get(url)
            for url in (urls[0].replace("ordo.svg", "none.svg"), "/console/static/0/page.css")
        ]
    assert [(one.status_code, one.headers["Content-Type"]) for one in answers] == [
        (200, "image/svg+xml"), (200, "text/css; charset=utf-8"), (200, "text/javascript; charset=utf-8"),
    ]  # fmt: skip
    static = Path(start_page.__file__).parent / "static"
    assert [one.content for one in answers] == [(static / url.rsplit("/", 1)[1]).read_bytes() for url in urls]
    assert {one.headers["Cache-Control"] for one in answers} == {"public, max-age=31536000, immutable"}
    assert {one.headers["X-Content-Type-Options"] for one in answers} == {"nosniff"}
    assert [one.status_code for one in other] == [404, 404]


async def test_it_is_read_only(desk: Desk) -> None:
    async with looking(desk.face.machine) as visitor:
        assert (await visitor.head("/")).status_code == 200
        refused = [await visitor.request(method, "/") for method in ("POST", "PUT", "PATCH", "DELETE")]
    assert [one.status_code for one in refused] == [405] * 4
    assert {one.headers["Allow"] for one in refused} == {"GET, HEAD"}


async def test_a_database_that_is_away_is_told(desk: Desk, database_url: str) -> None:
    away = await Database.connect(database_url, readers=1, writers=1)
    await away.close()
    async with looking(desk.face.machine, database=away) as visitor:
        answer = await visitor.get("/")
    assert answer.status_code == 503
    said = words(answer.text)
    assert "Orders cannot be taken: the database is away. Process serves Database away Addresses" in said
    assert "The orders could not be read." in said


async def test_missing_migrations_are_told(desk: Desk) -> None:
    async with at_revision(desk.face.machine, "0001"), looking(desk.face.machine) as visitor:
        answer = await visitor.get("/")
    assert answer.status_code == 503
    assert "Orders cannot be taken: migrations are missing." in words(answer.text)
    assert "Migrations missing ordo db upgrade" in words(answer.text)


@pytest.mark.parametrize(("table", "status"), [("alembic_version", 503), ("ordersummary", 200)])
async def test_a_database_that_does_not_answer_holds_nobody_up(
    desk: Desk, database_url: str, monkeypatch: pytest.MonkeyPatch, table: str, status: int
) -> None:
    """Neither at the question whether it serves nor at that for orders; however many ask, one connection waits."""
    assert readiness.READY_SECONDS_MAX < start_page.PAGE_SECONDS_MAX < 5
    monkeypatch.setattr(readiness, "READY_SECONDS_MAX", 0.3)
    monkeypatch.setattr(start_page, "PAGE_SECONDS_MAX", 0.6)
    holder = await asyncpg.connect(database_url)
    waits = "SELECT count(*) FROM pg_locks WHERE relation = $1::text::regclass AND NOT granted"
    try:
        async with holder.transaction(), looking(desk.face.machine) as visitor:
            await holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            begun = time.monotonic()
            answers = await asyncio.gather(*(visitor.get("/") for _ in range(6)))
            seconds = time.monotonic() - begun
            waiting = await holder.fetchval(waits, table)
    finally:
        await holder.close()
    assert {one.status_code for one in answers} == {status}
    assert all("The orders could not be read." in one.text for one in answers)
    assert seconds < 4
    assert waiting == 1


async def test_a_credentials_file_that_was_removed_is_told(desk: Desk) -> None:
    path = desk.face.machine.settings.home / "credentials.json"
    kept = path.read_bytes()
    path.unlink()
    try:
        said = words(await page_of(desk))
    finally:
        path.write_bytes(kept)
    assert f"{path.absolute()} is not there any more. ordo app add makes another login." in said
