"""Unmodified jsforce 3.10.26 on Node against real processes; what it does is in the scripts beside it."""

from __future__ import annotations

import json
from typing import Any

from tests.clients.ended import is_live, let_expire, opened
from tests.clients.node import SCRIPTS, ran
from tests.processes import Running
from tests.shop import LINES, TOTAL, Shop


def published() -> Any:
    return json.loads((SCRIPTS / "package.json").read_text())["dependencies"]


def test_every_login_says_who_one_is(running: Running) -> None:
    """S0-21, S0-139: SOAP, password grant, client credentials, a token that is there already."""
    found = ran("logins", running, token=running.token())
    assert found["version"] == published()["jsforce"]
    assert list(found["ways"]) == ["soap", "password", "client_credentials", "token"]
    ((organization, user),) = running.rows(
        'SELECT o.id, u.id FROM organization o, "user" u WHERE u.username = %s', running.credentials["username"]
    )
    who = {"user_id": user, "organization_id": organization, "username": running.credentials["username"]}
    for way, told in found["ways"].items():
        info = told.pop("userInfo")
        assert told == {"instanceUrl": running.base_url, **who}, way
        if way != "token":
            url = f"{running.base_url}/id/{organization}/{user}"
            assert info == {"id": user, "organizationId": organization, "url": url}, way


def test_wrong_secrets_are_told_as_the_platform_tells_them(running: Running) -> None:
    """S0-139."""
    before = opened(running)
    found = ran("refused_logins", running)
    assert {way: told["message"] for way, told in found.items()} == {
        "soap": "INVALID_LOGIN: Invalid username, password, security token; or user locked out.",
        "password": "authentication failure",
        "client_credentials": "invalid client credentials",
    }
    assert opened(running) == before
    logs = running.server.log.read_text()
    assert [word for word in ("wrong-word", "wrong-secret") if word in logs] == []


def test_a_record_from_creation_to_deletion(running: Running) -> None:
    """S0-24."""
    found = ran("records", running)
    record_id = found["created"]["id"]
    assert found["created"] == {"id": record_id, "success": True, "errors": []}
    assert found["first"] == {
        "attributes": {"type": "Account", "url": f"/services/data/v60.0/sobjects/Account/{record_id}"},
        "Id": record_id, "Name": "Jo", "Phone": "1",
    }  # fmt: skip
    assert found["updated"] == found["destroyed"] == {"id": record_id, "success": True, "errors": []}
    assert found["second"] == {"Name": "Jo", "Phone": None, "Website": "https://jo.example"}
    assert found["gone"]["errorCode"] in ("NOT_FOUND", "ENTITY_IS_DELETED")
    assert running.rows("SELECT isdeleted, phone FROM account WHERE id = %s", record_id) == [(True, None)]


def test_more_rows_than_a_page(running: Running, many: list[str]) -> None:
    found = ran("query", running)
    assert found["pages"] == [
        {"totalSize": len(many), "done": False, "codes": many[:2000]},
        {"totalSize": len(many), "done": True, "codes": many[2000:]},
    ]
    assert found["all"] == many
    assert found["streamed"] == many


def test_a_session_that_ends_is_followed_by_one_login(running: Running) -> None:
    """S0-21: revoked or unused too long, the call that met the 401 succeeds."""
    expired = running.token()
    let_expire(running, expired)
    before = opened(running)
    found = ran("sessions", running, token=expired)
    for way in ("soap", "password", "expired"):
        assert found[way] == {"totalSize": 1, "created": True, "refreshed": 1, "changed": True}, way
    assert found["alone"]["errorCode"] == "INVALID_SESSION_ID"
    assert found["alone"]["message"] == "Session expired or invalid"
    assert opened(running) - before == 5  # two logins, three after a 401
    assert running.rows("SELECT count(*) FROM account WHERE name = 'after 1'") == [(3,)]


def test_refusals_arrive_with_their_code(running: Running) -> None:
    with running.client(running.token()) as client:
        account = Shop(client).ids["account"]
    counts = 'SELECT (SELECT count(*) FROM "order"), (SELECT count(*) FROM product2)'
    before = running.rows(counts)
    found = ran("errors", running, account=account)
    assert {name: told["errorCode"] for name, told in found.items()} == {
        "required": "REQUIRED_FIELD_MISSING",
        "picklist": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "soql": "INVALID_FIELD",
        "unknown": "NOT_FOUND",
        "object": "NOT_FOUND",
        "resource": "NOT_FOUND",
        "method": "METHOD_NOT_ALLOWED",
        "verbs": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    }
    assert found["required"]["data"]["fields"] == ["EffectiveDate"]
    assert found["resource"]["message"] == "The requested resource does not exist"
    assert running.rows(counts) == before


def test_an_order_is_followed_to_its_captured_money(running: Running) -> None:
    """S0-01, S0-08, S0-57, S0-58, S0-66, S0-84, S0-128, S1-14."""
    with running.client(running.token()) as client:
        sale = Shop(client).order("jsforce-1")
    found = ran("order", running, sale=sale, total=TOTAL)

    (posted,) = found["posted"]["graphs"]
    assert posted["isSuccessful"] is True
    parts = posted["graphResponse"]["compositeResponse"]
    assert [(one["referenceId"], one["httpStatusCode"]) for one in parts][-2:] == [
        ("authorization", 201), ("activated", 204),
    ]  # fmt: skip
    ((order,), (ended,)) = found["routed"]["records"], found["ended"]["records"]
    assert (order["Status"], order["GrandTotalAmount"], ended["Status"]) == ("Allocated", TOTAL, "Fulfilled")
    (shipped,) = found["shipped"]["graphs"]
    assert [one["httpStatusCode"] for one in shipped["graphResponse"]["compositeResponse"]] == [201, 204]
    (purse,) = found["captured"]["records"]
    purse.pop("attributes")
    assert purse == {"AuthorizationAmount": TOTAL, "CapturedAmount": TOTAL, "PendingCaptureAmount": 0.0}
    assert [
        (item["StockKeepingUnit"], item["Status"], item["QuantityFulfilled"]) for item in found["items"]["records"]
    ] == [(sku, "FULFILLED", quantity) for sku, quantity, _ in LINES]
    stock = {sku: 100 - quantity for sku, quantity, _ in LINES}
    assert running.rows(
        "SELECT sku, onhand::int, reserved::int FROM position WHERE sku LIKE 'kept-%%' ORDER BY 1"
    ) == [(sku, units, 0) for sku, units in sorted(stock.items())]


def test_after_logout_the_token_is_worth_nothing(running: Running) -> None:
    """S0-21: by the SOAP call and by revoking."""
    assert is_live(running, running.token()) is True
    found = ran("logout", running)
    assert list(found) == ["soap", "password", "client_credentials"]
    for way, told in found.items():
        assert told["left"] is None, way
        assert is_live(running, told["token"]) is False, way
