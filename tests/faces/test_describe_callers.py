"""Who is told what by `describe`: roles, versions, options; and what has not changed is not sent again."""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime

import pytest
from tests.counting import statements
from tests.desk import Desk
from tests.faces.asserted import ask, refused
from tests.faces.conftest import As
from tests.faces.test_describe import ask_soql, by_name, described, listed, values

from ordo.platform.records import nouns
from ordo.platform.roles import Role

# -- who asks, which version, which organisation ----------------------------------------------------------


async def test_a_description_tells_what_its_caller_may_do(desk: Desk, acting_as: As) -> None:
    agent = await acting_as(Role.SERVICE_AGENT)
    assert list(await listed(agent)) == list(await listed(desk))
    for api, flags in {"Product2": (False, False, False), "Account": (True, True, False)}.items():
        found = await described(agent, api)
        assert (found["createable"], found["updateable"], found["deletable"]) == flags
        name = by_name(found)["Name"]
        assert (name["createable"], name["updateable"]) == flags[:2]
    till = await acting_as(Role.INTEGRATION)
    assert (await described(till, "PaymentGateway"))["createable"] is False
    assert (await described(till, "Account"))["deletable"] is True
    assert (await described(desk, "PaymentGateway"))["createable"] is True


async def test_what_may_not_be_read_is_neither_listed_nor_described(desk: Desk, acting_as: As) -> None:
    """As its records are: 403. Who has no session hears nothing; what is not there is 404."""
    associate = await acting_as(Role.STORE_ASSOCIATE, "DC1")
    found = await listed(associate)
    assert "Product2" in found
    assert "Account" not in found
    for noun in nouns():
        readable = (await ask(associate, "GET", f"/sobjects/{noun.api}/{noun.prefix}000000000001")).status_code
        assert (readable == 404) == (noun.api in found), noun.api
        for path in (f"/sobjects/{noun.api}", f"/sobjects/{noun.api}/describe"):
            answer = await ask(associate, "GET", path)
            if noun.api in found:
                assert answer.status_code == 200
            else:
                refused(answer, 403, "INSUFFICIENT_ACCESS", "insufficient access rights on object id")
    children = (await described(associate, "Product2"))["childRelationships"]
    assert {child["childSObject"] for child in children} <= set(found)
    for path in ("/sobjects/Nonsense", "/sobjects/Nonsense/describe"):
        refused(await ask(desk, "GET", path), 404, "NOT_FOUND", "The requested resource does not exist")
    for path in ("/sobjects", "/sobjects/Account", "/sobjects/Account/describe", "/sobjects/Nonsense/describe"):
        answer = await ask(desk, "GET", path, Authorization="Bearer nobody")
        refused(answer, 401, "INVALID_SESSION_ID", "Session expired or invalid")
        refused(await ask(desk, "GET", path, version="47.0"), 404, "NOT_FOUND")


async def test_a_field_is_described_from_its_first_version_on(desk: Desk) -> None:
    for version, there in (("48.0", False), ("60.0", False), ("61.0", True), ("67.0", True)):
        assert ("ClosedDate" in by_name(await described(desk, "FulfillmentOrder", version))) is there, version


async def test_without_person_accounts_nothing_of_a_person(desk: Desk) -> None:
    """As in a query."""
    before = set(by_name(await described(desk, "Account")))
    await desk.option("person_accounts", False)
    after = set(by_name(await described(desk, "Account")))
    assert before - after == {name for name in before if name.startswith("Person") or name == "IsPersonAccount"}
    assert "PersonEmail" in before
    assert after < before
    assert (await ask_soql(desk, "SELECT PersonEmail FROM Account")).status_code == 400


async def test_statuses_of_the_merchants_own_are_described(desk: Desk) -> None:
    """C10."""
    shipped = values(by_name(await described(desk, "FulfillmentOrder"))["Status"])
    await desk.option("fulfillment_statuses", {"Waiting for the bus": "FULFILLING", "Assigned": "FULFILLING"})
    told = values(by_name(await described(desk, "FulfillmentOrder"))["Status"])
    assert told == [*shipped, "Waiting for the bus"]


# -- what has not changed ---------------------------------------------------------------------------------

PATHS = ["/sobjects", "/sobjects/Order", "/sobjects/Order/describe"]


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_known_is_not_sent_again(desk: Desk, path: str) -> None:
    first = await ask(desk, "GET", path)
    modified = first.headers["last-modified"]
    assert modified.endswith(" GMT")
    assert first.headers["vary"] == "Authorization"
    again = await ask(desk, "GET", path, If_Modified_Since=modified)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["last-modified"] == modified
    for older in (
        "Sat, 01 Jan 2000 00:00:00 GMT",
        "Sat, 01 Jan 2000 00:00:00",
        "yesterday",
        "",
        "1",
        "1 Jan 99999999999999999999",
    ):
        full = await ask(desk, "GET", path, If_Modified_Since=older)
        assert (full.status_code, full.content) == (200, first.content), older
    head = await ask(desk, "HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(first.content))


@pytest.mark.parametrize("path", PATHS)
async def test_an_option_makes_descriptions_new(desk: Desk, path: str) -> None:
    desk.face.machine.changed_at = desk.face.machine.changed_at.replace(year=2020)
    old = (await ask(desk, "GET", path)).headers["last-modified"]
    await desk.face.machine.refresh_options()
    assert (await ask(desk, "GET", path, If_Modified_Since=old)).status_code == 304
    await desk.option("person_accounts", False)
    assert (await ask(desk, "GET", path, If_Modified_Since=old)).status_code == 200


@pytest.mark.parametrize("path", PATHS)
async def test_what_was_told_before_the_session_does_not_count(desk: Desk, acting_as: As, path: str) -> None:
    """It may have been told to another role: a user who gets one logs in anew."""
    desk.face.machine.changed_at = desk.face.machine.changed_at.replace(year=2020)
    agent = await acting_as(Role.SERVICE_AGENT)
    (session,) = await desk.rows("SELECT max(created) AS at FROM session")
    before = format_datetime(session["at"].astimezone(UTC), usegmt=True)
    told = await ask(agent, "GET", path, If_Modified_Since=before)
    assert told.status_code == 200
    again = await ask(agent, "GET", path, If_Modified_Since=told.headers["last-modified"])
    assert again.status_code == 304


async def test_a_description_asks_the_database_nothing(desk: Desk) -> None:
    first = await described(desk, "Order")
    before = statements()
    for path in PATHS:
        assert (await ask(desk, "GET", path, version="67.0")).status_code == 200
    assert statements() == before
    assert await described(desk, "Order") == first
