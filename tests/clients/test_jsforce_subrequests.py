"""Upsert by external id and plain composite, called by unmodified jsforce 3.10.26."""

from __future__ import annotations

from tests.clients.node import ran
from tests.faces.asserted import HALTED
from tests.processes import Running


def test_upsert_makes_changes_and_asks_which(running: Running) -> None:
    found = ran("upsert", running)
    record_id = found["made"]["id"]
    assert found["made"] == {"id": record_id, "success": True, "errors": [], "created": True}
    assert found["changed"] == {"id": record_id, "success": True, "errors": [], "created": False}
    name = "Müller & Sons, 100 % wool"
    assert found["read"] == {"SalesChannelName": name, "Type": "B2C", "TypeCategory": "B2C"}
    assert found["several"]["errorCode"] == "MULTIPLE_CHOICES"
    root = "/services/data/v60.0/sobjects/SalesChannel/"
    twice = running.rows("SELECT id FROM saleschannel WHERE saleschannelname = 'twice' ORDER BY id")
    assert sorted(found["several"]["data"]) == [root + one for (one,) in twice]
    assert found["written"]["totalSize"] == 0
    assert running.rows("SELECT count(*) FROM saleschannel WHERE saleschannelname = %s", name) == [(1,)]


def test_calls_in_one_call(running: Running) -> None:
    """References, a read of what was just written, and a refusal that leaves nothing behind."""
    found = ran("composite", running)
    made = {one["referenceId"]: one for one in found["made"]["compositeResponse"]}
    record_id = made["jo"]["body"]["id"]
    url = f"/services/data/v60.0/sobjects/Account/{record_id}"
    assert [(name, one["httpStatusCode"]) for name, one in made.items()] == [
        ("jo", 201), ("phone", 204), ("read", 200), ("found", 200),
    ]  # fmt: skip
    assert made["jo"]["httpHeaders"] == {"Location": url}
    assert made["read"]["body"] == {
        "attributes": {"type": "Account", "url": url}, "Name": "composite Jo", "Phone": "1", "Id": record_id,
    }  # fmt: skip
    assert [one["Phone"] for one in made["found"]["body"]["records"]] == ["1"]
    li, bad = found["halted"]["compositeResponse"]
    assert (li["httpStatusCode"], li["body"]) == (400, [HALTED])
    assert (bad["httpStatusCode"], bad["body"][0]["errorCode"]) == (400, "INVALID_FIELD")
    assert found["left"] == ["composite Jo"]
