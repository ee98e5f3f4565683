"""`ordo check`: laws that hold, one that is broken, one that takes too long; nothing is written."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from rich.console import Console
from tests.conftest import ADMIN, named
from tests.desk import Desk
from tests.faces.asserted import census
from tests.life import parcel
from tests.rooms.conftest import Ordo, invoked

from ordo.cli import check
from ordo.journeys.checking import judged, snapshot
from ordo.journeys.laws import LAWS, Law

POSITION = "nothing is oversold, and what is reserved is the sum of reservations and of entries"
TAKES_LONG = Law("it takes long", "SELECT pg_sleep(30)::text")


def states(stdout: str) -> dict[str, Any]:
    return {one["law"]: one for one in json.loads(stdout)}


async def test_all_laws_hold(desk: Desk, ordo: Ordo) -> None:
    await parcel(desk, ("shirt", 2, "20.00"))
    before = await census(desk)
    answer = await ordo("check")
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout == f"{len(LAWS)} laws: {len(LAWS)} hold, 0 broken, 0 not checked.\n"
    found = states((await ordo("check", "--json")).stdout)
    assert list(found) == [law.name for law in LAWS]
    assert {(one["state"], one["count"], *one["examples"]) for one in found.values()} == {("holds", 0)}
    assert await census(desk) == before


async def test_a_terminal_shows_how_far_it_is(desk: Desk, ordo: Ordo, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=150)
    monkeypatch.setattr(check, "console", screen)
    answer = await ordo("check")
    assert (answer.exit_code, len(answer.stdout.splitlines())) == (0, 1)
    assert isinstance(screen.file, io.StringIO)
    assert f"{len(LAWS)}/{len(LAWS)}" in screen.file.getvalue()
    assert LAWS[-1].name in screen.file.getvalue()


async def test_a_broken_law_is_told_with_examples(desk: Desk, ordo: Ordo) -> None:
    """Its rows by id, as many as asked for, and how many there are; exit code 1."""
    await desk.stock("DC1", shirt=9, hat=9)
    await desk.rows("UPDATE position SET reserved = 1")
    where = desk.ids["DC1"]
    answer = await ordo("check", "--examples", "1")
    assert (answer.exit_code, answer.stderr) == (1, "")
    assert answer.stdout == (
        f"broken: {POSITION}: 2, such as hat@{where}\n"
        f"{len(LAWS)} laws: {len(LAWS) - 1} hold, 1 broken, 0 not checked.\n"
    )
    listed = await ordo("check", "--json")
    found = states(listed.stdout)[POSITION]
    assert (listed.exit_code, found["state"], found["count"], found["examples"]) == (
        1, "broken", 2, [f"hat@{where}", f"shirt@{where}"],
    )  # fmt: skip
    none = await ordo("check", "--examples", "0")
    assert none.stdout.startswith(f"broken: {POSITION}: 2\n")


async def test_a_law_that_takes_too_long_is_not_checked(
    ordo: Ordo, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, unless another law is broken; the laws after it are asked all the same."""
    monkeypatch.setattr(check, "LAWS", (TAKES_LONG, *LAWS))
    answer = await ordo("check", "--seconds", "1")
    assert (answer.exit_code, answer.stderr) == (2, "")
    assert answer.stdout == (
        "not checked: it takes long: it took more than 1 s\n"
        f"{len(LAWS) + 1} laws: {len(LAWS)} hold, 0 broken, 1 not checked.\n"
    )
    await desk.stock("DC1", shirt=9)
    await desk.rows("UPDATE position SET reserved = 1")
    both = await ordo("check", "--seconds", "1", "--json")
    found = states(both.stdout)
    assert (both.exit_code, found["it takes long"]["state"], found[POSITION]["state"]) == (
        1, "not checked", "broken",
    )  # fmt: skip


async def test_all_laws_see_one_moment(desk: Desk) -> None:
    """What others commit meanwhile is not seen; nothing can be written."""
    names = Law("accounts", "SELECT name FROM account WHERE name LIKE 'probe%'")
    async with snapshot(desk.face.machine.database, 5) as connection:
        first = await judged(connection, names, seconds=5, examples=5)
        await desk.make("Account", Name="probe")
        second = await judged(connection, names, seconds=5, examples=5)
        with pytest.raises(Exception, match="read-only transaction"):
            await connection.execute("DELETE FROM account")
    assert (first.count, second.count) == (0, 0)
    async with snapshot(desk.face.machine.database, 5) as connection:
        assert (await judged(connection, names, seconds=5, examples=5)).examples == ["probe"]


@pytest.mark.parametrize("options", [("--seconds", "0"), ("--examples", "-1"), ("--seconds", "soon")])
async def test_wrong_options_are_refused(ordo: Ordo, options: tuple[str, str]) -> None:
    assert (await ordo("check", *options)).exit_code == 2


ASKING = [
    ("check",), ("query", "SELECT Id FROM Account"), ("act", "create-invoice", "{}"), ("user", "list"),
    ("user", "add", "jo@probe.example", "--role", "integration"), ("app", "list"), ("option", "list"),
    ("option", "set", "currency", "EUR"), ("job", "list"), ("job", "retry", "--all"),
]  # fmt: skip


@pytest.fixture(scope="module")
def empty_url(worker_id: str) -> Iterator[str]:
    """A database without tables."""
    admin, name = os.environ[ADMIN], f"ordo_empty_{worker_id}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield named(admin, name)
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


@pytest.mark.parametrize("arguments", ASKING)
async def test_a_database_without_tables_is_not_up_to_date(empty_url: str, arguments: tuple[str, ...]) -> None:
    answer = await asyncio.to_thread(invoked, {"ORDO_DATABASE_URL": empty_url}, *arguments)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == "The database is not up to date: `ordo db upgrade`.\n"


@pytest.mark.parametrize("arguments", ASKING)
async def test_without_a_database_nothing_can_be_asked(arguments: tuple[str, ...]) -> None:
    away: dict[str, str | None] = {"ORDO_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    gone = await asyncio.to_thread(invoked, away, *arguments)
    assert (gone.exit_code, gone.stdout, "The database is away" in gone.stderr) == (2, "", True)


@pytest.mark.parametrize(
    ("law", "sql"),
    [
        ("an order summary is the sum of its lines", "UPDATE ordersummary SET totaladjustedproducttaxamount = 1"),
        ("an order summary is the sum of its lines", "UPDATE ordersummary SET grandtotalamount = 1"),
        (
            "the taxes of such a line are those of its fulfillment order lines",
            "INSERT INTO orderitemtaxlineitemsummary SELECT "
            "(json_populate_record(NULL::orderitemtaxlineitemsummary, json_build_object('id', 'x', "
            "'orderitemsummaryid', i.id, 'ordersummaryid', i.ordersummaryid, 'amount', 1, 'name', 'VAT', "
            "'type', 'Actual', 'isdeleted', false))).* FROM orderitemsummary i",
        ),
    ],
)
async def test_a_law_notices(desk: Desk, ordo: Ordo, law: str, sql: str) -> None:
    """S0-51: the laws that came with the command see what breaks them."""
    await parcel(desk, ("shirt", 2, "20.00"))
    async with desk.face.machine.database.reader() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(sql)
        (found,) = [await judged(connection, one, seconds=5, examples=5) for one in LAWS if one.name == law]
        await transaction.rollback()
    assert (found.state, found.count) == ("broken", 1)
