"""`ordo flow`: what it prints, what it stores, what it refuses and with which exit code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.desk import Desk
from tests.rooms.conftest import Ordo, invoked
from typer.testing import Result

from ordo.flows import catalogue
from ordo.flows.flow import standard_texts
from ordo.platform import stored_flows

ROUTE = "route-new-orders"
OWN = """# ours
flow: route-large-orders
about: Routes
  large ones.
on: OrderSummaryCreated
do:
  - route-order: {order_summary_id: $OrderSummaryId}
"""

Write = Callable[[str], str]


def words(answer: Result) -> str:
    """Its lines, however wide its columns are."""
    return " ".join(answer.stdout.split())


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Writes a file of that text; its path. In latin-1, so that not every text is UTF-8."""

    def write(text: str) -> str:
        file = tmp_path / "own.yaml"
        file.write_text(text, encoding="latin-1")
        return str(file)

    return write


async def stored(desk: Desk) -> list[dict[str, object]]:
    return await desk.rows("SELECT name, text, is_active FROM flow ORDER BY name")


async def test_standard_flows_are_listed_and_shown(desk: Desk, ordo: Ordo) -> None:
    listed = await ordo("flow", "list")
    assert listed.exit_code == 0
    assert f"{ROUTE} standard on Gives every delivery group of a new order" in words(listed)
    assert len(listed.stdout.splitlines()) == len(standard_texts())

    shown = await ordo("flow", "show", ROUTE)
    assert shown.stdout == standard_texts()[ROUTE]
    assert await stored(desk) == []


async def test_a_standard_flow_is_switched(desk: Desk, ordo: Ordo) -> None:
    for state, is_active in (("off", False), ("off", False), ("on", True)):
        answer = await ordo("flow", state, ROUTE)
        assert (answer.exit_code, answer.stdout) == (0, "")
        assert await stored(desk) == [{"name": ROUTE, "text": None, "is_active": is_active}]
        rows = json.loads((await ordo("flow", "list", "--json")).stdout)
        assert [row["state"] for row in rows if row["name"] == ROUTE] == [state]


async def test_an_own_flow_is_put_replaced_switched_and_removed(desk: Desk, ordo: Ordo, written: Write) -> None:
    put = await ordo("flow", "put", written(OWN))
    assert (put.exit_code, put.stdout) == (0, "route-large-orders\n")
    assert (await ordo("flow", "show", "route-large-orders")).stdout == OWN
    rows = json.loads((await ordo("flow", "list", "--json")).stdout)
    assert rows[-1] == {
        "name": "route-large-orders", "kind": "own", "state": "on", "about": "Routes large ones.", "problem": "",
    }  # fmt: skip

    await ordo("flow", "off", "route-large-orders")
    changed = written(OWN.replace("ours", "changed"))
    assert (await ordo("flow", "put", changed)).exit_code == 0
    assert await stored(desk) == [
        {"name": "route-large-orders", "text": OWN.replace("ours", "changed"), "is_active": False}
    ]

    assert (await ordo("flow", "remove", "route-large-orders")).exit_code == 0
    assert await stored(desk) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "nope"], "there is no flow nope"),
        (["on", "nope"], "there is no flow nope"),
        (["off", "nope"], "there is no flow nope"),
        (["remove", "nope"], "there is no flow nope"),
        (["remove", ROUTE], f"{ROUTE} is a standard flow: switch it off, and put your own under another name"),
        (["off", "'; DROP TABLE flow; --"], "there is no flow '; DROP TABLE flow; --"),
    ],
)
async def test_a_wrong_name_is_refused(desk: Desk, ordo: Ordo, arguments: Sequence[str], sentence: str) -> None:
    answer = await ordo("flow", *arguments)
    assert (answer.exit_code, answer.stdout, answer.stderr) == (1, "", sentence + "\n")
    assert await stored(desk) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("route-large-orders", ROUTE), f"{ROUTE} is a standard flow"),
        (("- route-order", "- rout-order"), "route-large-orders: there is no verb rout-order"),
        (("{order_summary_id: $", "{order_id: $"), "route-large-orders: route-order: it takes no order_id"),
        (("$OrderSummaryId", "[1]"), "route-order: order_summary_id: Expected `str`, got `array`"),
        (("do:", "when: SELECT Id FROM Nope\ndo:"), "route-large-orders: when: SELECT Id FROM Nope"),
        (("do:", "when: SELECT [b]Id FROM Nope\ndo:"), "unexpected token: '['"),
        (("do:", "doo:"), "this is no flow: Object contains unknown field `doo`"),
        (("# ours", "{"), "this is no flow: while parsing a flow mapping"),
        (("# ours", "\xff"), "cannot be read: 'utf-8' codec can't decode byte 0xff"),
    ],
)
async def test_a_wrong_file_is_refused_whole(
    ordo: Ordo, written: Write, desk: Desk, change: tuple[str, str], sentence: str
) -> None:
    answer = await ordo("flow", "put", written(OWN.replace(*change)))
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert sentence in answer.stderr
    assert await stored(desk) == []


async def test_a_file_that_is_not_there_is_refused(ordo: Ordo) -> None:
    answer = await ordo("flow", "put", "nowhere.yaml")
    assert answer.exit_code == 2
    assert "does not exist" in answer.stderr


async def test_without_a_database_it_says_so(desk: Desk) -> None:
    none = await asyncio.to_thread(invoked, {"ORDO_DATABASE_URL": None}, "flow", "list")
    assert (none.exit_code, "ORDO_DATABASE_URL is not set" in none.stderr) == (2, True)
    away: dict[str, str | None] = {"ORDO_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    gone = await asyncio.to_thread(invoked, away, "flow", "list")
    assert (gone.exit_code, "The database is away" in gone.stderr) == (2, True)


async def test_a_stored_flow_that_cannot_run_parks_what_it_waits_for(desk: Desk, ordo: Ordo) -> None:
    """As after an update that took a verb away: no fact is passed over, and the list says it."""
    database = desk.face.machine.database
    await stored_flows.put(database, "route-large-orders", OWN.replace("route-order:", "route-it:"))
    await stored_flows.put(database, "unreadable", "flow: [")
    await desk.face.machine.refresh_flows()
    await desk.order(("shirt", 1, "10.00"))
    await desk.settle()

    assert await desk.query("SELECT Id FROM FulfillmentOrder") == []
    assert await desk.rows("SELECT kind, reason FROM parkedfact") == [
        {"kind": "OrderSummaryCreated", "reason": "BadFlow: route-large-orders: there is no verb route-it"}
    ]
    listed = await ordo("flow", "list")
    assert "route-large-orders own on broken: route-large-orders: there is no verb route-it" in words(listed)
    assert "unreadable own on broken: this is no flow: while parsing" in words(listed)
    assert len(listed.stdout.splitlines()) == len(standard_texts()) + 2


async def test_an_own_flow_keeps_its_name_from_a_later_standard_one(desk: Desk) -> None:
    """It was there first: the standard one is not run beside it."""
    database = desk.face.machine.database
    await stored_flows.put(database, ROUTE, OWN.replace("route-large-orders", ROUTE))
    found = await catalogue.found(database, ROUTE)
    assert (found.is_standard, found.text[:6]) == (False, "# ours")
    every = catalogue.listed(await stored_flows.load(database))
    assert [one.is_standard for one in every if one.name == ROUTE] == [False]
    await catalogue.remove(database, ROUTE)
    assert (await catalogue.found(database, ROUTE)).is_standard is True
