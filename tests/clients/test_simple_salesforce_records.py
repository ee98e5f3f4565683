"""Unmodified simple-salesforce 1.12.10 on real processes: records, queries and sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql
from tests.clients.adapter import by_app, by_soap
from tests.clients.ended import let_expire, opened, revoke
from tests.processes import Running


@pytest.fixture(scope="module")
def sf(running: Running, session: requests.Session) -> Any:
    return by_app(running, session)


WORDS = [
    "O'Hara", 'a "b"', "back\\slash", "two\nlines", "tab\there", "100 %", "under_score", "Grüße, 東京 🎁",
    "\\' OR Id != '",
]  # fmt: skip


def plain(records: list[Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if name != "attributes"} for one in records]


def test_a_record_from_creation_to_deletion(running: Running, sf: Any) -> None:
    """S0-24: ids, status codes, and what the client makes of a record that is gone."""
    created = sf.Account.create({"Name": "Jo", "Phone": "1"})
    record_id = created["id"]
    assert created == {"id": record_id, "success": True, "errors": []}
    read = sf.Account.get(record_id)
    url = f"/services/data/v59.0/sobjects/Account/{record_id}"
    assert read["attributes"] == {"type": "Account", "url": url}
    assert (read["Id"], read["Name"], read["Phone"]) == (record_id, "Jo", "1")
    assert sf.Account.update(record_id, {"Phone": None}) == 204
    assert sf.Account.get(record_id[:15])["Phone"] is None
    assert sf.Account.delete(record_id) == 204
    for call in (sf.Account.get, sf.Account.delete):
        with pytest.raises(SalesforceResourceNotFound) as gone:
            call(record_id)
        assert gone.value.status == 404
    assert running.rows("SELECT isdeleted FROM account WHERE id = %s", record_id) == [(True,)]


def test_more_rows_than_a_page(sf: Any, many: list[str]) -> None:
    """All at once, one by one, page by page."""
    soql = "SELECT ProductCode FROM Product2 WHERE Family = 'Many' ORDER BY ProductCode"
    everything = sf.query_all(soql)
    assert (everything["totalSize"], everything["done"]) == (len(many), True)
    assert [one["ProductCode"] for one in everything["records"]] == many
    assert [one["ProductCode"] for one in sf.query_all_iter(soql)] == many

    page = sf.query(soql)
    assert (page["totalSize"], page["done"], len(page["records"])) == (len(many), False, 2000)
    rest = sf.query_more(page["nextRecordsUrl"], identifier_is_url=True)
    assert (rest["totalSize"], rest["done"], "nextRecordsUrl" in rest) == (len(many), True, False)
    assert [one["ProductCode"] for one in page["records"] + rest["records"]] == many


def test_deleted_rows_are_there_for_who_asks(sf: Any) -> None:
    kept, gone = (sf.Account.create({"Name": f"bin {word}"})["id"] for word in ("kept", "gone"))
    sf.Account.delete(gone)
    soql = "SELECT Id, IsDeleted FROM Account WHERE Name LIKE 'bin %' ORDER BY Name DESC"
    assert plain(sf.query_all(soql)["records"]) == [{"Id": kept, "IsDeleted": False}]
    assert plain(sf.query_all(soql, include_deleted=True)["records"]) == [
        {"Id": kept, "IsDeleted": False}, {"Id": gone, "IsDeleted": True},
    ]  # fmt: skip


def test_quoted_values_find_exactly_what_they_say(sf: Any) -> None:
    """Everything `format_soql` escapes comes back as it was."""
    ids = {word: sf.Account.create({"Name": word, "Site": "quoted"})["id"] for word in WORDS}
    for word, record_id in ids.items():
        found = sf.query(format_soql("SELECT Id, Name FROM Account WHERE Site = 'quoted' AND Name = {}", word))
        assert plain(found["records"]) == [{"Id": record_id, "Name": word}]
    several = sf.query(format_soql("SELECT Id FROM Account WHERE Site = 'quoted' AND Name IN {}", WORDS[:3]))
    assert {one["Id"] for one in several["records"]} == {ids[word] for word in WORDS[:3]}
    like = format_soql("SELECT Name FROM Account WHERE Site = 'quoted' AND Name LIKE '{:like}%'", "under_")
    assert plain(sf.query(like)["records"]) == [{"Name": "under_score"}]
    percent = format_soql("SELECT Name FROM Account WHERE Site = 'quoted' AND Name LIKE '%{:like}'", "%")
    assert plain(sf.query(percent)["records"]) == [{"Name": "100 %"}]


def test_moments_and_nulls_are_literals(sf: Any) -> None:
    record_id = sf.Account.create({"Name": "moment"})["id"]
    soql = "SELECT Id FROM Account WHERE Name = 'moment' AND CreatedDate > {} AND Phone = {}"
    now = datetime.now(UTC)
    for since, found in ((now - timedelta(hours=1), [{"Id": record_id}]), (now + timedelta(hours=1), [])):
        assert plain(sf.query(format_soql(soql, since, None))["records"]) == found


def test_this_is_no_sandbox(sf: Any) -> None:
    assert sf.is_sandbox() is False


@pytest.mark.parametrize("end", [revoke, let_expire])
@pytest.mark.parametrize("login", [by_soap, by_app])
def test_a_session_that_ends_is_followed_by_one_login(
    running: Running, session: requests.Session, login: Callable[..., Any], end: Callable[..., None]
) -> None:
    """S0-21: the call that met the 401 succeeds, and it was made once."""
    sf = login(running, session)
    ended, before = sf.session_id, opened(running)
    end(running, ended)
    created = sf.Account.create({"Name": f"after {ended[-8:]}"})
    assert created["success"] is True
    assert (sf.session_id != ended, opened(running) - before) == (True, 1)
    assert sf.query("SELECT Name FROM Organization")["totalSize"] == 1
    assert opened(running) - before == 1
    assert running.rows("SELECT count(*) FROM account WHERE name = %s", f"after {ended[-8:]}") == [(1,)]


def test_a_token_alone_cannot_log_in_again(running: Running, session: requests.Session) -> None:
    token = running.token()
    sf: Any = Salesforce(instance_url=running.base_url, session_id=token, session=session)
    let_expire(running, token)
    with pytest.raises(SalesforceExpiredSession) as expired:
        sf.query("SELECT Id FROM Account")
    content: Any = expired.value.content
    assert content == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_refusals_are_raised_by_their_status(sf: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        sf.query("SELECT Nonsense FROM Account")
    content: Any = refused.value.content
    assert (refused.value.status, content[0]["errorCode"]) == (400, "INVALID_FIELD")
    with pytest.raises(SalesforceResourceNotFound):
        sf.Nonsense.create({"Name": "x"})
    with pytest.raises(SalesforceResourceNotFound):
        sf.restful("nonsense")
