"""`ordo act`: verbs by name, one command or many, what they answer and what refuses them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.desk import Desk
from tests.faces.asserted import census, growth
from tests.life import check_laws, parcel, parcels, sold
from tests.rooms.conftest import Ordo

from ordo.api.connect.inputs import read
from ordo.cli import act, verb_list
from ordo.kernel.problems import RequiredFieldMissing
from ordo.platform.verbs import verbs

STATUS = "change-fulfillment-order-status"


def command(parcel_id: str, status: str = "Fulfilled") -> str:
    return json.dumps({"fulfillment_order_id": parcel_id, "status": status})


async def test_one_command(desk: Desk, ordo: Ordo) -> None:
    """S0-04: what it says is worked off as always; whoever did it is the first administrator."""
    parcel_id = await parcel(desk, ("shirt", 2, "20.00"))
    answer = await ordo("act", STATUS, command(parcel_id))
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert json.loads(answer.stdout) == {
        "success": True, "answer": {"status": "Fulfilled", "status_category": "CLOSED"}, "errors": [],
    }  # fmt: skip
    [row] = await desk.query("SELECT Status, LastModifiedById, InvoiceId FROM FulfillmentOrder")
    administrator = desk.face.machine.organization.administrator_id
    assert row == {"Status": "Fulfilled", "LastModifiedById": administrator, "InvoiceId": None}
    await desk.settle()
    assert await desk.query("SELECT COUNT(Id) n FROM Invoice") == [{"n": 1}]
    await check_laws(desk)


@pytest.mark.parametrize("way", ["file", "stdin"])
async def test_many_commands_are_one_call(desk: Desk, ordo: Ordo, tmp_path: Path, way: str) -> None:
    """Each by itself: the wrong ones are refused with code, message and fields, the others are done."""
    parcel_id = await parcel(desk, ("shirt", 2, "20.00"))
    commands = [
        {"fulfillment_order_id": parcel_id, "status": "Nope"},
        {"fulfillmentOrderId": parcel_id[:15], "status": "Assigned"},
        {"fulfillment_order_id": parcel_id},
        {"fulfillment_order_id": parcel_id, "status": "Assigned", "statuss": 1},
        {"fulfillment_order_id": parcel_id, "fulfillmentOrderId": parcel_id, "status": "Assigned"},
        {"fulfillment_order_id": "0a3000000000000AAA"[:15], "status": "Assigned"},
        {"fulfillment_order_id": parcel_id, "status": "As\0signed"},
        7,
    ]
    text = json.dumps(commands)
    (tmp_path / "commands.json").write_text(text)
    said, told = (f"@{tmp_path / 'commands.json'}", None) if way == "file" else ("-", text)
    answer = await ordo("act", STATUS, said, told=told)
    results = json.loads(answer.stdout)
    assert (answer.exit_code, answer.stderr) == (1, "")
    assert [one["success"] for one in results] == [False, True, False, False, False, False, False, False]
    errors = [(*one["errors"][0].values(),) for one in results if one["errors"]]
    assert errors[:4] == [
        ("Status: Nope belongs to no status category", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Status"]),
        ("Required fields are missing: [status]", "REQUIRED_FIELD_MISSING", ["status"]),
        ('Unrecognized field "statuss"', "JSON_PARSER_ERROR", ["statuss"]),
        ('Duplicate field "fulfillmentOrderId"', "JSON_PARSER_ERROR", ["fulfillmentOrderId"]),
    ]
    assert [error[1] for error in errors[4:]] == ["NOT_FOUND", "JSON_PARSER_ERROR", "JSON_PARSER_ERROR"]
    assert await desk.query("SELECT Status FROM FulfillmentOrder") == [{"Status": "Assigned"}]


async def test_a_long_list_is_done_in_parts(desk: Desk, ordo: Ordo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(act, "COMMANDS_PER_WORK", 2)
    parcel_id = await parcel(desk, ("shirt", 2, "20.00"))
    statuses = ["Assigned", "Nope", "Pickpack", "Fulfilled", "Cancelled"]
    commands = [{"fulfillment_order_id": parcel_id, "status": status} for status in statuses]
    answer = await ordo("act", STATUS, json.dumps(commands))
    assert [one["success"] for one in json.loads(answer.stdout)] == [True, False, True, True, False]
    assert answer.exit_code == 1
    assert await desk.query("SELECT Status FROM FulfillmentOrder") == [{"Status": "Fulfilled"}]


async def test_amounts_are_exact(desk: Desk, ordo: Ordo) -> None:
    """S1-30: a number is what was written, not the nearest float; what is finer than the currency is refused."""
    await desk.stock("DC1", shirt=9)
    summary = await sold(desk, ("shirt", 2, "20.00"))
    [order] = await parcels(desk, summary)
    invoice = json.loads(
        (await ordo("act", "create-invoice", json.dumps({"fulfillment_order_id": order["Id"]}))).stdout
    )["answer"]["invoice_id"]
    [purse] = await desk.query("SELECT Id FROM OrderPaymentSummary")

    def wish(amount: str) -> str:
        sequences = f'[{{"order_payment_summary_id": "{purse["Id"]}", "amount": {amount}}}]'
        ids = f'"order_summary_id": "{summary["Id"]}", "invoice_id": "{invoice}"'
        return f'{{{ids}, "sequences": {sequences}, "is_allow_partial": true}}'

    refused = await ordo("act", "ensure-funds", wish("10.000000000000000001"))
    assert refused.exit_code == 1
    [error] = json.loads(refused.stdout)["errors"]
    assert error["fields"] == ["amount"]
    assert "10.000000000000000001 is no amount of EUR" in error["message"]
    done = await ordo("act", "ensure-funds", wish("10.10"))
    assert (done.exit_code, list(json.loads(done.stdout)["answer"])) == (0, ["background_operation_id"])
    assert await desk.query("SELECT Amount FROM Payment") == [{"Amount": 10.1}]


async def test_another_actor(desk: Desk, ordo: Ordo, tidy: None) -> None:
    await ordo("user", "add", "care@probe.example", "--role", "service agent")
    [user] = await desk.query("SELECT Id FROM User WHERE Username = 'care@probe.example'")
    parcel_id = await parcel(desk, ("shirt", 2, "20.00"))
    answer = await ordo("act", STATUS, command(parcel_id), "--as", "CARE@probe.example")
    assert answer.exit_code == 0
    assert await desk.query("SELECT LastModifiedById FROM FulfillmentOrder") == [{"LastModifiedById": user["Id"]}]
    await ordo("user", "off", "care@probe.example")
    for name, sentence in (("care@probe.example", "is off"), ("no@probe.example", "there is no user")):
        refused = await ordo("act", STATUS, command(parcel_id), "--as", name)
        assert (refused.exit_code, refused.stdout, sentence in refused.stderr) == (1, "", True)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("create-invoices", "{}"), 1, "there is no verb create-invoices; the nearest is create-invoice"),
        (("create-invoice", "{"), 1, "this is no JSON: Input data was truncated"),
        (("create-invoice", "[" * 5000), 1, "this is no JSON: "),
        (("create-invoice", "@nowhere.json"), 1, "@nowhere.json cannot be read: [Errno 2]"),
        (("create-invoice",), 2, "Say a verb and its command"),
        ((), 2, "Say a verb and its command"),
    ],
)
async def test_what_cannot_be_done_is_told(
    desk: Desk, ordo: Ordo, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    before = await census(desk)
    answer = await ordo("act", *arguments)
    assert (answer.exit_code, answer.stdout, sentence in answer.stderr) == (code, "", True)
    assert growth(before, await census(desk)) == {}


async def test_an_empty_list_is_done(ordo: Ordo, desk: Desk) -> None:
    answer = await ordo("act", STATUS, "[]")
    assert (answer.exit_code, answer.stdout) == (0, "[]\n")


async def test_verbs_are_listed(ordo: Ordo, desk: Desk) -> None:
    told = {one["name"]: one for one in json.loads((await ordo("act", "--list", "--json")).stdout)}
    assert told.keys() == {name for name, verb in verbs().items() if verb.run.__module__.startswith("ordo.")}
    fields: list[dict[str, Any]] = told["create-fulfillment-orders"]["fields"]
    [groups] = [field for field in fields if field["name"] == "fulfillment_groups"]
    assert (groups["type"], groups["is_required"], [one["name"] for one in groups["fields"]]) == (
        "array of objects", True,
        ["fulfilled_from_location_id", "fulfillment_type", "order_item_summaries", "reference_id"],
    )  # fmt: skip
    assert told["create-invoice"]["answers"] == ["invoice_id"]
    lines = (await ordo("act", "--list")).stdout.splitlines()
    place = lines.index("create-invoice")
    assert lines[place + 2] == "    fulfillment_order_id: string"


@pytest.mark.parametrize("name", [verb.name for verb in verb_list.listed()])
def test_every_command_can_be_read_from_json(name: str) -> None:
    """Each type of its fields is one that a JSON body is checked for."""
    with contextlib.suppress(RequiredFieldMissing):
        read(verbs()[name].command, {})
