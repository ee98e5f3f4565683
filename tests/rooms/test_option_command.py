"""`ordo option`: what is stored, what is refused with what is allowed, what is not shown."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from tests.desk import Desk
from tests.life import parcels, sold
from tests.rooms.conftest import Ordo

from ordo.cli.option import abouts
from ordo.journeys.option_values import masked
from ordo.platform import options
from ordo.platform.options import Options


async def stored(desk: Desk) -> dict[str, Any]:
    rows = await desk.rows("SELECT name, value FROM option ORDER BY name")
    return {row["name"]: json.loads(row["value"]) for row in rows}


async def test_options_are_listed_with_what_they_are_about(desk: Desk, ordo: Ordo) -> None:
    listed = json.loads((await ordo("option", "list", "--json")).stdout)
    assert [one["name"] for one in listed] == [field.name for field in msgspec.structs.fields(Options)]
    assert [one["name"] for one in listed if not (one["is_default"] and one["about"])] == []
    assert abouts()["person_accounts"] == "Whether an account can be one shopper."
    await ordo("option", "set", "currency", "EUR")
    table = [line for line in (await ordo("option", "list")).stdout.splitlines() if "currency" in line]
    assert "EUR" in table[0]
    assert "set" in table[0]
    assert (await ordo("option", "show", "currency")).stdout == "EUR\n"
    assert json.loads((await ordo("option", "show", "currency", "--json")).stdout) == {
        "name": "currency", "value": "EUR", "is_default": False, "about": abouts()["currency"],
    }  # fmt: skip


async def test_locations_by_name_or_id(desk: Desk, ordo: Ordo) -> None:
    """In the order they are told, each once."""
    first, second = desk.ids["DC1"], desk.ids["DC2"]
    for said, ids in (
        (("DC2", "DC1"), [second, first]),
        (("DC1",), [first]),
        (("[]",), []),
        (('["DC2"]',), [second]),
        ((first[:15], "DC2", "DC1"), [first, second]),
    ):
        assert (await ordo("option", "set", "routing_locations", *said)).exit_code == 0
        assert await stored(desk) == {"routing_locations": ids}


async def test_the_location_of_a_till_by_name_or_id(desk: Desk, ordo: Ordo) -> None:
    """What is stored is the id, as a sale needs it."""
    said = json.dumps({"POS": "DC1", "Web": desk.ids["DC2"][:15]})
    assert (await ordo("option", "set", "till_locations", said)).exit_code == 0
    assert await stored(desk) == {"till_locations": {"POS": desk.ids["DC1"], "Web": desk.ids["DC2"]}}


async def test_orders_are_routed_where_the_command_says(desk: Desk, ordo: Ordo) -> None:
    """S0-04: the default flow sends from where it is told, and workers follow."""
    summary = await sold(desk, ("shirt", 1, "10.00"), to=None)
    assert await parcels(desk, summary) == []
    await desk.stock("DC1", shirt=9)
    await ordo("option", "set", "routing_locations", "DC1")
    await desk.face.machine.refresh_options()
    graph = await desk.order(("shirt", 1, "10.00"))
    assert graph["isSuccessful"] is True
    await desk.settle()
    assert await desk.query("SELECT FulfilledFromLocationId FROM FulfillmentOrder") == [
        {"FulfilledFromLocationId": desk.ids["DC1"]}
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("curency", "EUR"), "there is no option curency; the nearest is currency"),
        (("currency", "EURO"), "currency: there is no currency EURO; it is an ISO 4217 code such as EUR"),
        (("currency", "EUR", "USD"), "currency: it is one value"),
        (("person_accounts", "1"), "person_accounts: it is true or false, not 1"),
        (("person_accounts", "null"), "person_accounts: it is true or false, not null"),
        (("routing_locations", "DC9"), "there is no Location DC9; there are DC1"),
        (("till_locations", '{"POS": "DC9"}'), "there is no Location DC9; there are DC1"),
        (("routing_locations", "[1]"), "routing_locations: Expected `str`, got `int`"),
        (("routing_locations", "["), "this is no JSON"),
        (("fulfillment_statuses", "Packed"), "this is no JSON"),
        (("fulfillment_statuses", "[]"), "fulfillment_statuses: Expected `object`, got `array`"),
        (
            ("fulfillment_statuses", '{"Packed": "PACKED"}'),
            "there is no category PACKED; there are ACTIVATED, CANCELLED, CLOSED, DRAFT, FULFILLING, REJECTED",
        ),
        (("fulfillment_statuses", '{"Fulfilled": "DRAFT"}'), "Fulfilled is CLOSED for everybody"),
        (("fulfillment_statuses", '{"": "DRAFT"}'), "a status has 1 to 40 characters"),
        (("fulfillment_statuses", '{"a\\u0000": "DRAFT"}'), "a status has 1 to 40 characters"),
        (("gateway_settings", '{"nope": {}}'), "there is no PaymentGateway nope; there are"),
        (("gateway_settings", '{"gateway": 7}'), "gateway_settings: Expected `object`, got `int`"),
    ],
)
async def test_a_wrong_value_is_refused(desk: Desk, ordo: Ordo, arguments: tuple[str, ...], sentence: str) -> None:
    """And says what is allowed; nothing is stored."""
    answer = await ordo("option", "set", *arguments)
    assert (answer.exit_code, answer.stdout, sentence in answer.stderr) == (1, "", True), answer.stderr
    assert await stored(desk) == {}


async def test_several_rows_of_a_name_need_an_id(desk: Desk, ordo: Ordo) -> None:
    await desk.make("Location", Name="DC1", LocationType="Store")
    answer = await ordo("option", "set", "routing_locations", "DC1")
    assert (answer.exit_code, answer.stderr) == (1, "several rows of Location have the Name DC1: say an id\n")
    gone = await desk.make("Location", Name="Gone", LocationType="Store")
    await desk.client.delete(f"/services/data/v60.0/sobjects/Location/{gone}")
    for said in ("Gone", gone):
        assert (await ordo("option", "set", "routing_locations", said)).exit_code == 1
    assert await stored(desk) == {}


async def test_booleans_and_statuses(desk: Desk, ordo: Ordo) -> None:
    """C10."""
    await ordo("option", "set", "person_accounts", "false")
    await ordo("option", "set", "fulfillment_statuses", "-", told='{"Packed": "FULFILLING"}')
    assert await stored(desk) == {"fulfillment_statuses": {"Packed": "FULFILLING"}, "person_accounts": False}
    assert (await ordo("option", "show", "person_accounts")).stdout == "false\n"


async def test_settings_of_a_gateway(desk: Desk, ordo: Ordo) -> None:
    """By its name, checked by its adapter."""
    gateway = desk.ids["gateway"]
    [row] = await desk.query("SELECT PaymentGatewayName FROM PaymentGateway")
    name = row["PaymentGatewayName"]
    settings = {"results": {"94001": "Decline"}, "loss_shares": {"BeforeActing": 0.05}}
    assert (await ordo("option", "set", "gateway_settings", json.dumps({name: settings}))).exit_code == 0
    assert await stored(desk) == {"gateway_settings": {gateway: settings}}
    wrong = await ordo("option", "set", "gateway_settings", json.dumps({gateway: {"results": {"1": "Decline"}}}))
    assert (wrong.exit_code, "the settings of adapter Simulated are invalid" in wrong.stderr) == (1, True)
    twice = await ordo("option", "set", "gateway_settings", json.dumps({gateway: {}, name: {}}))
    assert (twice.exit_code, "is there twice" in twice.stderr) == (1, True)
    assert await stored(desk) == {"gateway_settings": {gateway: settings}}


async def test_secrets_are_masked_and_kept(desk: Desk, ordo: Ordo, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was shown can be told again without what it did not show."""
    gateway = desk.ids["gateway"]
    before = {"api_key": "sk_live_1", "nested": {"Password": "p"}, "seed": 3, "tokens": ["a"]}
    await options.store(desk.face.machine.database, "gateway_settings", {gateway: before})
    for words in (
        ("list", "--json"),
        ("list",),
        ("show", "gateway_settings"),
        ("show", "gateway_settings", "--json"),
    ):
        shown = (await ordo("option", *words)).stdout
        assert ("********" in shown, "sk_live_1" in shown, '"p"' in shown, '"a"' in shown) == (True, *[False] * 3)

    async def fits(*_: object) -> None:
        """The adapter of this gateway would take them."""

    monkeypatch.setattr("ordo.journeys.option_values.check_settings", fits)
    shown = json.loads((await ordo("option", "show", "gateway_settings")).stdout)
    shown[gateway]["seed"] = 4
    assert (await ordo("option", "set", "gateway_settings", json.dumps(shown))).exit_code == 0
    assert await stored(desk) == {"gateway_settings": {gateway: before | {"seed": 4}}}
    shown[gateway]["other_secret"] = "********"
    answer = await ordo("option", "set", "gateway_settings", json.dumps(shown))
    assert (answer.exit_code, "stands for a value that is kept; there is none" in answer.stderr) == (1, True)
    assert await stored(desk) == {"gateway_settings": {gateway: before | {"seed": 4}}}


def test_what_is_masked() -> None:
    assert masked({"a": {"client_secret": "s", "key": None, "keys": {"id": "x", "token": "t"}}, "b": [1]}) == {
        "a": {"client_secret": "********", "key": None, "keys": {"id": "x", "token": "********"}}, "b": [1],
    }  # fmt: skip


async def test_an_option_that_cannot_be_read_can_be_set_anew(desk: Desk, ordo: Ordo) -> None:
    await desk.rows("INSERT INTO option (name, value) VALUES ('currency', '7')")
    answer = await ordo("option", "list")
    assert (answer.exit_code, answer.stdout, "stored options: " in answer.stderr) == (1, "", True)
    assert (await ordo("option", "set", "currency", "EUR")).exit_code == 0
    assert (await ordo("option", "show", "currency")).stdout == "EUR\n"
