"""What a call costs, what there is a limit of, how many records there are, which resources are served."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from simple_salesforce.api import Salesforce
from tests.desk import Desk
from tests.faces.asserted import GRAPH, accounts, ask, payload, refused
from tests.faces.conftest import As

from ordo.kernel.clock import Clock
from ordo.platform import sizes
from ordo.platform.database import AWAY, Database
from ordo.platform.roles import Role
from ordo.platform.usage import Usage

HEADER = "sforce-limit-info"
NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def usage_of(answer: httpx.Response) -> tuple[int, int]:
    """(calls, maximum) as the answer tells."""
    match = re.fullmatch(r"api-usage=(\d+)/(\d+)", answer.headers[HEADER])
    assert match is not None
    return int(match[1]), int(match[2])


async def calls(desk: Desk) -> int:
    """How many there were before this one."""
    return usage_of(await ask(desk, "GET", "/limits"))[0] - 1


# -- the header -------------------------------------------------------------------------------------------


async def test_every_answer_to_a_known_caller_counts_as_one_call(desk: Desk, acting_as: As) -> None:
    """Whatever becomes of it; a graph of 25 nodes is one call."""
    associate = await acting_as(Role.STORE_ASSOCIATE, "DC1")
    asked: list[tuple[Desk, str, str, Any, int]] = [
        (desk, "GET", "", None, 200),
        (desk, "GET", "/sobjects", None, 200),
        (desk, "GET", "/sobjects/Account/describe", None, 200),
        (desk, "GET", "/limits", None, 200),
        (desk, "GET", "/query?q=SELECT+Id+FROM+Account", None, 200),
        (desk, "GET", "/query?q=nonsense", None, 400),
        (desk, "POST", "/sobjects/Account", {"Name": "x"}, 201),
        (desk, "POST", "/sobjects/Account", {"Nonsense": 1}, 400),
        (desk, "POST", "/sobjects/Account", b"{", 400),
        (desk, "PATCH", f"/sobjects/Account/{desk.ids['account']}", {"Name": "y"}, 204),
        (desk, "GET", "/sobjects/Account/001000000000001AAA", None, 404),
        (desk, "POST", GRAPH, payload({"g": accounts(*"x" * 25)}), 200),
        (desk, "POST", "/commerce/fulfillment/fulfillment-orders/x/actions/create-invoice", {}, 400),
        (associate, "GET", "/sobjects/Account/describe", None, 403),
        (associate, "GET", "/sobjects/Account/001000000000001AAA", None, 403),
    ]
    before = await calls(desk)
    for number, (who, method, path, body, status) in enumerate(asked, 2):
        answer = await ask(who, method, path, body)
        assert answer.status_code == status, answer.text
        assert usage_of(answer) == (before + number, 1_000_000), path


async def test_a_description_that_is_known_is_a_call_too(desk: Desk) -> None:
    first = await ask(desk, "GET", "/sobjects")
    again = await ask(desk, "GET", "/sobjects", If_Modified_Since=first.headers["last-modified"])
    assert again.status_code == 304
    assert usage_of(again)[0] == usage_of(first)[0] + 1


async def test_a_client_reads_the_header(desk: Desk) -> None:
    """As simple-salesforce does, after every call."""
    answer = await ask(desk, "GET", "/limits")
    read = Salesforce.parse_api_usage(answer.headers[HEADER])
    assert list(read) == ["api-usage"]
    assert tuple(read["api-usage"]) == usage_of(answer)


async def test_who_is_not_known_is_not_counted(desk: Desk) -> None:
    """Nor is the list of versions, nor the login, nor what no resource answered; but the usage is told below every
    version, except to nobody known."""
    before = await calls(desk)
    answers = [
        await desk.client.get("/services/data"),
        await desk.client.get("/healthz"),
        await desk.client.get("/services/oauth2/userinfo"),
        await ask(desk, "GET", "/limits", Authorization="Bearer nobody"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 401]
    assert [answer for answer in answers if HEADER in answer.headers] == []
    told = [
        await ask(desk, "GET", "/limits", version="12.0"),
        await ask(desk, "GET", "/nonsense"),
        await ask(desk, "GET", "/nonsense/", Authorization="Bearer nobody"),
        await ask(desk, "PUT", "/sobjects/Account"),
        await ask(desk, "HEAD", "/composite/graph"),
        await ask(desk, "GET", "/query?q=" + "x" * 16_384),
    ]
    assert [answer.status_code for answer in told] == [404, 404, 404, 405, 405, 414]
    assert [usage_of(answer) for answer in told] == [(before + 1, 1_000_000)] * 6
    assert await calls(desk) == before + 1


async def test_the_maximum_is_an_option_and_refuses_nobody(desk: Desk) -> None:
    await desk.option("daily_api_requests", 1)
    answer = await ask(desk, "GET", "/limits")
    assert answer.json()["DailyApiRequests"] == {"Max": 1, "Remaining": 0}
    used, most = usage_of(answer)
    assert most == 1
    assert used > 1


# -- the count of all processes ---------------------------------------------------------------------------


@pytest.fixture
async def database(desk: Desk) -> AsyncIterator[Database]:
    """With no count but those of the test."""
    database = desk.face.machine.database
    await database.execute("TRUNCATE apiusage")
    yield database
    await database.execute("TRUNCATE apiusage")


def at(moment: datetime) -> Clock:
    """A clock that stands there, but for the milliseconds a test takes."""
    return Clock(moment - datetime.now(UTC))


def counted(usage: Usage, times: int) -> None:
    for _ in range(times):
        usage.count()


async def test_processes_agree_once_they_are_flushed(database: Database) -> None:
    one, other = Usage(database, at(NOON)), Usage(database, at(NOON))
    counted(one, 3)
    counted(other, 4)
    assert (one.calls, other.calls) == (3, 4)
    await one.flush()
    await other.flush()
    assert (one.calls, other.calls) == (3, 7)
    await one.flush()
    assert (one.calls, other.calls) == (7, 7)
    counted(one, 1)
    assert one.calls == 8
    rows = await database.fetch("SELECT hour, calls FROM apiusage")
    assert [tuple(row) for row in rows] == [(NOON, 7)]


async def test_a_day_is_the_running_hour_and_the_23_before(database: Database) -> None:
    for hours, times in ((0, 1), (23, 10), (24, 100), (47, 1000), (49, 10_000)):
        earlier = Usage(database, at(NOON + timedelta(minutes=30) - timedelta(hours=hours)))
        counted(earlier, times)
        await earlier.flush()
    usage = Usage(database, at(NOON + timedelta(minutes=30)))
    await usage.flush()
    assert usage.calls == 11
    await usage.prune()
    rows = await database.fetch("SELECT calls FROM apiusage ORDER BY hour")
    assert [row["calls"] for row in rows] == [1000, 100, 10, 1]


async def test_a_database_that_is_away_loses_no_count(desk: Desk, database: Database, database_url: str) -> None:
    away = await Database.connect(database_url)
    usage = Usage(away, at(NOON))
    counted(usage, 2)
    await away.close()
    for _ in range(2):
        with pytest.raises(AWAY):
            await usage.flush()
        counted(usage, 1)
    assert usage.calls == 4
    usage._database = database  # it is back
    await usage.flush()
    assert usage.calls == 4
    assert (await desk.rows("SELECT calls FROM apiusage")) == [{"calls": 4}]


async def test_what_was_counted_is_kept_at_the_end(database: Database, desk: Desk) -> None:
    usage = Usage(database, at(NOON))
    await usage.close()
    assert await desk.rows("SELECT calls FROM apiusage") == []
    counted(usage, 5)
    await usage.close()
    assert await desk.rows("SELECT calls FROM apiusage") == [{"calls": 5}]


async def test_calls_of_this_application_reach_the_others(desk: Desk, database: Database) -> None:
    mine = desk.face.machine.usage
    await mine.flush()
    other = Usage(database)
    await other.flush()
    known = other.calls
    assert mine.calls == known
    for _ in range(3):
        await ask(desk, "GET", "/limits")
    await mine.flush()
    await other.flush()
    assert other.calls == mine.calls == known + 3


# -- limits -----------------------------------------------------------------------------------------------


async def test_limits_tell_what_remains(desk: Desk) -> None:
    answer = await ask(desk, "GET", "/limits/")
    used, most = usage_of(answer)
    row = (await desk.rows("SELECT pg_database_size(current_database()) AS bytes"))[0]
    body = answer.json()
    assert list(body) == ["DailyApiRequests", "DataStorageMB"]
    assert body["DailyApiRequests"] == {"Max": most, "Remaining": most - used}
    storage = body["DataStorageMB"]
    assert storage["Max"] == 100_000
    assert abs(storage["Max"] - storage["Remaining"] - row["bytes"] / 2**20) <= 1.5
    await desk.option("data_storage_megabytes", 1)
    assert (await ask(desk, "GET", "/limits")).json()["DataStorageMB"] == {"Max": 1, "Remaining": 0}


@pytest.mark.parametrize("option", ["daily_api_requests", "data_storage_megabytes"])
async def test_a_limit_of_nothing_is_no_option(desk: Desk, option: str) -> None:
    with pytest.raises(ValueError, match=option):
        await desk.option(option, 0)


# -- record counts ----------------------------------------------------------------------------------------


async def count_of(desk: Desk, names: str) -> list[tuple[str, int]]:
    answer = await ask(desk, "GET", f"/limits/recordCount?sObjects={names}")
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["sObjects"]
    return [(one["name"], one["count"]) for one in answer.json()["sObjects"]]


async def test_records_are_counted(desk: Desk) -> None:
    """Deleted ones are not; names have no case, count once, and unknown ones are left out."""
    gone = await desk.make("Account", Name="gone")
    assert await count_of(desk, "Account") == [("Account", 2)]
    await desk.client.delete(f"/services/data/v60.0/sobjects/Account/{gone}")
    expected = [("Product2", 2), ("Account", 1), ("Order", 0)]
    assert await count_of(desk, "Product2,Nonsense,account,%20Order,,ACCOUNT,x'--") == expected
    assert await count_of(desk, "Nonsense") == []
    assert await count_of(desk, "") == []


async def test_records_seen_as_one_are_counted_together(desk: Desk) -> None:
    for noun in ("CardPaymentMethod", "DigitalWallet"):
        await desk.make(
            noun, PaymentGatewayId=desk.ids["gateway"], AccountId=desk.ids["account"],
            ProcessingMode="External", Status="Active",
        )  # fmt: skip
    assert await count_of(desk, "PaymentMethod,CardPaymentMethod") == [
        ("PaymentMethod", 2),
        ("CardPaymentMethod", 1),
    ]


async def test_without_names_all_are_counted(desk: Desk, acting_as: As) -> None:
    body = (await ask(desk, "GET", "/limits/recordCount")).json()
    names = {one["name"] for one in (await ask(desk, "GET", "/sobjects")).json()["sobjects"]}
    assert {one["name"] for one in body["sObjects"]} == names
    associate = await acting_as(Role.STORE_ASSOCIATE, "DC1")
    assert await count_of(associate, "Account,Product2,FulfillmentOrder") == [("Product2", 2)]


async def test_very_many_records_are_estimated(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact as far as it is cheap; above it what the planner expects, never less than was counted."""
    many = 3_000
    rows = f"SELECT '001f' || lpad(n::text, 14, '0'), 'x' FROM generate_series(1, {many}) n"
    await desk.face.machine.database.execute(f"INSERT INTO account (id, name) {rows}")
    assert await count_of(desk, "Account") == [("Account", many + 1)]
    monkeypatch.setattr(sizes, "COUNTED_MAX", 1_000)
    [(_, estimated)] = await count_of(desk, "Account")
    assert estimated > 1_000
    await desk.face.machine.database.execute("ANALYZE account")
    assert await count_of(desk, "Account,Product2") == [("Account", many + 1), ("Product2", 2)]


# -- resources --------------------------------------------------------------------------------------------


async def test_only_what_is_served_is_listed(desk: Desk) -> None:
    body = (await ask(desk, "GET", "/", version="48.0")).json()
    identity = body.pop("identity")
    assert re.fullmatch(r"http://ordo\.test/id/00D\w{15}/005\w{15}", identity)
    assert (await desk.client.get(identity)).status_code == 200
    assert set(body) >= {"sobjects", "query", "queryAll", "composite", "limits", "commerce"}
    for name, url in body.items():
        assert url == f"/services/data/v48.0/{name}"
        if name != "commerce":  # what is below it is served, it is none itself
            assert (await desk.client.get(url)).status_code in (200, 400), name
    for path in ("/", "/composite", "/limits", "/limits/recordCount"):
        refused(await ask(desk, "GET", path, Authorization="Bearer nobody"), 401, "INVALID_SESSION_ID")


async def test_the_composite_family_is_listed(desk: Desk) -> None:
    body = (await ask(desk, "GET", "/composite")).json()
    assert body["graph"] == "/services/data/v60.0/composite/graph"
    for name, url in body.items():
        assert url == f"/services/data/v60.0/composite/{name}"
        answer = await desk.client.post(url, content=b"{", headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, (name, answer.text)
