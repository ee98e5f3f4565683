"""Upsert by external id and plain composite, called by unmodified simple-salesforce 1.12.10."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import requests
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_external_id
from tests.clients.adapter import by_app
from tests.faces.asserted import HALTED
from tests.processes import Running

ROOT = "/services/data/v59.0"
NAME = "Müller & Sons, 100 % wool + silk / linen?"


@pytest.fixture(scope="module")
def sf(running: Running, session: requests.Session) -> Any:
    return by_app(running, session)


def test_upsert_makes_then_changes(running: Running, sf: Any) -> None:
    """By the client's own way of writing an external id, and found again by its value."""
    where = format_external_id("SalesChannelName", NAME)
    assert sf.SalesChannel.upsert(where, {"Type": "B2B"}) == 201
    assert sf.SalesChannel.upsert(where, {"Type": "B2C"}) == 200
    found = sf.SalesChannel.get_by_custom_id("SalesChannelName", NAME)
    assert (found["SalesChannelName"], found["Type"]) == (NAME, "B2C")
    stored = running.rows("SELECT id, type FROM saleschannel WHERE saleschannelname = %s", NAME)
    assert stored == [(found["Id"], "B2C")]


def test_upsert_of_several_is_refused(running: Running, sf: Any) -> None:
    ids = [sf.SalesChannel.create({"SalesChannelName": "same"})["id"] for _ in range(2)]
    calls = (
        partial(sf.SalesChannel.get_by_custom_id, "SalesChannelName", "same"),
        partial(sf.SalesChannel.upsert, "SalesChannelName/same", {"Type": "B2B"}),
    )
    for call in calls:
        with pytest.raises(SalesforceMoreThanOneRecord) as several:
            call()
        content: Any = several.value.content
        assert sorted(content) == sorted(f"{ROOT}/sobjects/SalesChannel/{one}" for one in ids)
    written = "SELECT count(*) FROM saleschannel WHERE saleschannelname = 'same' AND type IS NOT NULL"
    assert running.rows(written) == [(0,)]


def test_what_cannot_be_a_key(sf: Any) -> None:
    with pytest.raises(SalesforceResourceNotFound):
        sf.SalesChannel.get_by_custom_id("SalesChannelName", "nowhere")
    with pytest.raises(SalesforceResourceNotFound):
        sf.SalesChannel.upsert("Nonsense/x", {"Type": "B2B"})
    with pytest.raises(SalesforceMalformedRequest):
        sf.SalesChannel.upsert("SalesChannelName/x", {"Type": "B2B", "SalesChannelName": "x"})


def part(method: str, path: str, reference: str, **body: object) -> dict[str, object]:
    found: dict[str, object] = {"method": method, "url": f"{ROOT}/{path}", "referenceId": reference}
    return found | ({"body": body} if body else {})


def test_calls_in_one_call(running: Running, sf: Any) -> None:
    """Upsert, create with a reference, and a read of both by SOQL; then a call of which nothing is left."""
    parts = [
        part("PATCH", "sobjects/SalesChannel/SalesChannelName/composite", "channel", Type="B2B"),
        part("POST", "sobjects/Account", "account", Name="composite account"),
        part("PATCH", "sobjects/Account/@{account.id}", "named", Phone="@{channel.id}"),
        part("GET", "query?q=SELECT+Phone+FROM+Account+WHERE+Name='composite+account'", "found"),
    ]
    answer = sf.restful("composite", method="POST", json={"allOrNone": True, "compositeRequest": parts})
    found = {one["referenceId"]: one for one in answer["compositeResponse"]}
    assert [one["httpStatusCode"] for one in found.values()] == [201, 201, 204, 200]
    (row,) = found["found"]["body"]["records"]
    assert row["Phone"] == found["channel"]["body"]["id"]

    bad = [part("POST", "sobjects/Account", "li", Name="composite Li"), part("POST", "sobjects/Account", "bad")]
    bad[1]["body"] = {"Nonsense": 1}
    answer = sf.restful("composite", method="POST", json={"allOrNone": True, "compositeRequest": bad})
    halted, refused = answer["compositeResponse"]
    assert (halted["httpStatusCode"], halted["body"]) == (400, [HALTED])
    assert refused["body"][0]["errorCode"] == "INVALID_FIELD"
    assert running.rows("SELECT count(*) FROM account WHERE name = 'composite Li'") == [(0,)]
