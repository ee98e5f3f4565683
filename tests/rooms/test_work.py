"""One Work, tried with small atoms: what a refusal leaves alone, what a repeat reads, what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from tests.counting import least_statements, statements
from tests.desk import Desk, bodies
from tests.rooms.atoms import Do, work

from ordo.kernel.problems import DuplicateValue, FieldIntegrity, InvalidCrossReference, Problem
from ordo.objects.accounts import Account, Contact, User
from ordo.objects.orders import OrderDeliveryGroup
from ordo.objects.payments import PaymentGateway
from ordo.platform.numbers import BLOCK, NumbersExhausted
from ordo.platform.reading import Reading
from ordo.platform.statement import write_of
from ordo.platform.unit import Unit
from ordo.platform.work import Attempt, Entry, RowsMissingError

ONE = Decimal(1)


def account(name: str) -> Do:
    return Do(lambda unit: unit.add(Account, name=name).id)


def put_off(unit: Unit, _: str) -> None:
    unit.add(Account, name="put off")


def refusal(_: Unit) -> None:
    raise FieldIntegrity("no", fields=("Name",))


async def names(desk: Desk) -> list[str]:
    rows = await desk.rows("SELECT name FROM account WHERE id <> $1 ORDER BY name", desk.ids["account"])
    return [row["name"] for row in rows]


# -- refusals -------------------------------------------------------------------------------------


async def test_a_refused_atom_leaves_the_others(desk: Desk) -> None:
    def written_then_refused(unit: Unit) -> None:
        unit.add(Account, name="refused")
        refusal(unit)

    first, refused, last = await work(desk, account("a"), Do(written_then_refused), account("b"))

    assert isinstance(refused.error, FieldIntegrity)
    assert refused.answer is None
    with pytest.raises(FieldIntegrity):
        refused.result()
    assert await names(desk) == ["a", "b"]
    rows = await desk.rows("SELECT id FROM account WHERE name IN ('a', 'b') ORDER BY name")
    assert [first.result(), last.result()] == [row["id"] for row in rows]


async def test_a_fault_in_one_atom_touches_no_other(desk: Desk) -> None:
    """What nobody expected is its own caller's error, not everybody's."""

    def fault(unit: Unit) -> None:
        unit.add(Account, name="faulty")
        raise ZeroDivisionError

    entries = await work(desk, account("a"), Do(fault), account("b"))

    assert [type(entry.error) for entry in entries] == [type(None), ZeroDivisionError, type(None)]
    assert await names(desk) == ["a", "b"]


async def test_a_fault_while_needs_are_named_touches_no_other(desk: Desk) -> None:
    def broken(_: Reading) -> None:
        raise KeyError("needs")

    never = Do(lambda unit: unit.add(Account, name="never").id, needs=broken)
    entries = await work(desk, account("a"), never)

    assert [type(entry.error) for entry in entries] == [type(None), KeyError]
    assert never.runs == 0
    assert await names(desk) == ["a"]


async def test_a_rule_that_never_has_its_rows_is_refused_alone(desk: Desk) -> None:
    """Whoever shares its Work is written."""
    ids = desk.face.machine.worker.ids

    def never_satisfied(unit: Unit) -> None:
        unit.get(Account, ids.make("001"))  # another id each time it is run

    entries = await work(desk, account("a"), Do(never_satisfied), account("b"))

    assert [type(entry.error) for entry in entries] == [type(None), RowsMissingError, type(None)]
    assert await names(desk) == ["a", "b"]


async def test_an_undone_atom_leaves_nothing(desk: Desk) -> None:
    """No row, change, fact, ledger row, reservation or stock demand of it; only numbers may be missing."""
    await desk.stock("DC1", shirt=5)
    location, root = desk.ids["DC1"], desk.ids["account"]
    positions, kept = [("shirt", location)], await desk.get("Account", root)

    def everything(unit: Unit) -> None:
        mine = unit.get(Account, root)
        assert mine is not None
        unit.change(mine, name="changed")
        unit.delete(mine)
        unit.add(Contact, last_name="Gone", account_id=root)
        unit.fact(root, "SomethingHappened", Why="no reason")
        unit.reserve("0a4000000000001AAA", "shirt", location, ONE)
        unit.move_stock("shirt", location, "test", on_hand=ONE)
        unit.row("option", name="undone", value=1)
        unit.later(put_off, root)
        refusal(unit)

    def needs(reading: Reading) -> None:
        reading.rows(Account, "id", [root])
        reading.positions(positions)

    refused, other = await work(desk, Do(everything, needs), account("other"))

    assert isinstance(refused.error, FieldIntegrity)
    assert other.error is None
    assert await names(desk) == ["other"]
    assert await desk.get("Account", root) == kept
    for table in ("contact", "fact", "factinbox", "ledger", "reservation"):
        assert (table, await desk.rows(f'SELECT * FROM "{table}"')) == (table, [])
    assert await desk.rows("SELECT 1 FROM option WHERE name = 'undone'") == []
    (position,) = await desk.rows("SELECT onhand, reserved FROM position")
    assert (position["onhand"], position["reserved"]) == (5, 0)


async def test_a_later_atom_does_not_see_what_was_undone(desk: Desk) -> None:
    await desk.stock("DC1", shirt=1)
    key, root = ("shirt", desk.ids["DC1"]), desk.ids["account"]

    def takes_all(unit: Unit) -> None:
        unit.move_stock(*key, "test", reserved=ONE)
        unit.change(_account(unit, root), name="mine")
        unit.add(Contact, last_name="Gone", account_id=root)
        refusal(unit)

    def looks(unit: Unit) -> tuple[Any, ...]:
        position = unit.position(*key)
        assert position is not None
        contacts = unit.children(Contact, "account_id", root)
        return position.available, _account(unit, root).name, len(contacts)

    def needs(reading: Reading) -> None:
        reading.positions([key])
        reading.rows(Account, "id", [root])
        reading.rows(Contact, "account_id", [root])

    refused, seen = await work(desk, Do(takes_all, needs), Do(looks, needs))

    assert isinstance(refused.error, Problem)
    assert seen.result() == (1, "Jo Example", 0)


def _account(unit: Unit, record_id: str) -> Account:
    found = unit.get(Account, record_id)
    assert found is not None
    return found


# -- what the database refuses --------------------------------------------------------------------


def user(username: str, **more: object) -> Do:
    def act(unit: Unit) -> str:
        return unit.add(User, username=username, last_name="X", alias="x", email="x@example.com", **more).id

    return Do(act)


@pytest.fixture
async def _no_users(desk: Desk) -> AsyncIterator[None]:
    yield
    await desk.face.machine.database.execute("DELETE FROM \"user\" WHERE alias = 'x'")


@pytest.mark.usefixtures("_no_users")
async def test_a_duplicate_between_two_atoms_refuses_the_second_only(desk: Desk) -> None:
    entries = await work(desk, user("twice@example.com"), user("Twice@Example.com"), account("a"))

    assert [type(entry.error) for entry in entries] == [type(None), DuplicateValue, type(None)]
    rows = await desk.rows("SELECT id, username FROM \"user\" WHERE alias = 'x'")
    assert [(row["id"], row["username"]) for row in rows] == [(entries[0].result(), "twice@example.com")]
    assert await names(desk) == ["a"]


@pytest.mark.usefixtures("_no_users")
async def test_a_duplicate_of_a_stored_row_refuses_every_atom_that_has_it(desk: Desk) -> None:
    (stored,) = await work(desk, user("stored@example.com"))
    refused = [user("STORED@example.com"), user("stored@example.com")]
    entries = await work(desk, refused[0], account("a"), refused[1])

    assert [type(entry.error) for entry in entries] == [DuplicateValue, type(None), DuplicateValue]
    for entry in (entries[0], entries[2]):
        assert isinstance(entry.error, Problem)
        assert entry.error.fields == ("Username",)
        assert entry.error.message == (
            f"duplicate value found: Username duplicates value on record with id: {stored.result()}"
        )
    assert await names(desk) == ["a"]


@pytest.mark.usefixtures("_no_users")
async def test_a_key_that_knows_case_blames_only_its_own_spelling(desk: Desk) -> None:
    """`K-1` stands; a Work with `k-1` and `K-1` refuses the second and keeps the first."""
    (stored,) = await work(desk, user("one@example.com", federation_identifier="K-1"))
    other, same = await work(
        desk,
        user("two@example.com", federation_identifier="k-1"),
        user("three@example.com", federation_identifier="K-1"),
    )

    assert other.error is None
    assert isinstance(same.error, DuplicateValue)
    assert same.error.message.endswith(f"record with id: {stored.result()}")


@pytest.mark.usefixtures("_no_users")
async def test_the_innocent_spelling_after_the_duplicate_is_kept(desk: Desk) -> None:
    await work(desk, user("one@example.com", federation_identifier="K-1"))
    same, other = await work(
        desk,
        user("two@example.com", federation_identifier="K-1"),
        user("three@example.com", federation_identifier="k-1"),
    )
    assert (type(same.error), other.error) == (DuplicateValue, None)


async def test_a_missing_parent_refuses_its_atom_only(desk: Desk) -> None:
    """The rule forgot to look; the key in the database did not."""
    orphan = Do(lambda unit: unit.add(OrderDeliveryGroup, order_id="801000000000001AAA").id)
    entries = await work(desk, account("a"), orphan, account("b"))

    assert [type(entry.error) for entry in entries] == [type(None), InvalidCrossReference, type(None)]
    assert await names(desk) == ["a", "b"]


async def test_an_atom_undone_earlier_is_not_blamed_for_what_another_writes(desk: Desk) -> None:
    """Both touch the same loaded row; the first was refused by its own rule and keeps that answer."""
    gateway = await desk.make(
        "PaymentGateway", PaymentGatewayName="Two", PaymentGatewayProviderId=desk.ids["provider"],
        Status="Active", MerchantCredentialId="0XA000000000002", ExternalReference="taken",
    )  # fmt: skip
    free = desk.ids["gateway"]

    def renamed(unit: Unit) -> None:
        row = unit.get(PaymentGateway, free)
        assert row is not None
        unit.change(row, external_reference="TAKEN")

    def renamed_and_refused(unit: Unit) -> None:
        renamed(unit)
        refusal(unit)

    def needs(reading: Reading) -> None:
        reading.rows(PaymentGateway, "id", [free])

    undone, guilty = await work(desk, Do(renamed_and_refused, needs), Do(renamed, needs))

    assert type(undone.error) is FieldIntegrity
    assert isinstance(guilty.error, DuplicateValue)
    assert gateway in guilty.error.message


async def test_oversold_stock_is_decided_again_under_lock(desk: Desk) -> None:
    """The position was read without a lock and changed meanwhile: the guard refuses, the second try decides."""
    await desk.stock("DC1", shirt=1)
    key = ("shirt", desk.ids["DC1"])
    seen: list[Decimal] = []

    def act(unit: Unit) -> str:
        position = unit.position(*key)
        assert position is not None
        seen.append(position.available)
        if position.available < 1:
            return "none left"
        unit.move_stock(*key, "test", reserved=ONE)
        return "reserved"

    machine = desk.face.machine
    entry = Entry(Do(act), machine.organization.administrator_id)
    async with machine.database.write.acquire() as connection:
        attempt = Attempt(machine.worker, connection, [entry], locking=False)

        async def sold() -> None:
            await machine.database.execute("UPDATE position SET reserved = 1 WHERE sku = 'shirt'")

        await attempt._resolve_and_run()
        await sold()
        with pytest.raises(asyncpg.PostgresError) as refused:
            await attempt._write()
    assert refused.value.sqlstate == "OR001"
    await machine.worker.run([entry])
    assert entry.result() == "none left"
    assert seen == [1, 0]


# -- what is read and sent ------------------------------------------------------------------------


async def test_missing_rows_in_the_middle_run_the_atom_again_with_them(desk: Desk) -> None:
    """The atom wrote before it knew it lacked a row: what it wrote is undone, and written once."""

    def act(unit: Unit) -> str | None:
        unit.add(Account, name="once")
        unit.fact(desk.ids["account"], "Looked")
        return _account(unit, desk.ids["account"]).name

    atom = Do(act)
    before = statements()
    (entry,) = await work(desk, atom)

    assert (entry.result(), atom.runs) == ("Jo Example", 2)
    assert await names(desk) == ["once"]
    assert len(await desk.rows("SELECT * FROM fact")) == 1
    assert statements() - before <= 5  # the read, the write, and what this test asked


async def test_all_missing_rows_of_a_pass_are_one_read(desk: Desk) -> None:
    """Twenty atoms that each miss another row: one read for all, then one write."""
    ids = [str((await work(desk, account(f"a{number:02}")))[0].result()) for number in range(20)]

    def changing(one: str) -> Do:
        return Do(lambda unit: unit.change(_account(unit, one), site="x"))

    atoms = [changing(one) for one in ids]

    sent = await least_statements(lambda: work(desk, *atoms))

    assert {atom.runs % 2 for atom in atoms} == {0}
    assert sent == 2 + 2  # BEGIN, the read, the write, COMMIT
    rows = await desk.rows("SELECT site FROM account WHERE name LIKE 'a__'")
    assert [row["site"] for row in rows] == ["x"] * 20


async def test_numbers_of_more_than_one_block_come_from_several(desk: Desk) -> None:
    """An atom may need more numbers than a block holds; none is given twice."""
    order = bodies(await desk.order(("shirt", 1, "10.00"), activate=False))["order"]["id"]
    wanted = BLOCK + BLOCK // 2

    def act(unit: Unit) -> None:
        for _ in range(wanted):
            unit.add(OrderDeliveryGroup, order_id=order)

    atom = Do(act)
    await asyncio.wait_for(work(desk, atom), 60)

    (row,) = await desk.rows(
        "SELECT count(*) AS n, count(DISTINCT orderdeliverygroupnumber) AS d FROM orderdeliverygroup"
    )
    assert (row["n"], row["d"]) == (wanted + 1, wanted + 1)
    assert atom.runs <= 4


async def test_a_block_used_up_is_followed_by_another(desk: Desk) -> None:
    order = bodies(await desk.order(("shirt", 1, "10.00"), activate=False))["order"]["id"]
    table, numbers = "orderdeliverygroup", desk.face.machine.worker.numbers
    while True:
        try:
            numbers.take(table)
        except NumbersExhausted:
            break

    await work(desk, *[Do(lambda unit: unit.add(OrderDeliveryGroup, order_id=order)) for _ in range(3)])

    rows = await desk.rows("SELECT orderdeliverygroupnumber AS n FROM orderdeliverygroup ORDER BY 1")
    given = [int(row["n"].removeprefix("ODG-")) for row in rows]
    assert len(given) == 4
    assert given[2] - given[1] == given[3] - given[2] == 1
    (stored,) = await desk.rows("SELECT last FROM autonumber WHERE name = $1", table)
    assert given[3] <= stored["last"]


async def test_a_row_added_and_changed_is_one_insert(desk: Desk) -> None:
    parts: list[str] = []

    def act(unit: Unit) -> str:
        row = unit.add(Account, name="first")
        unit.change(unit.change(row, name="second"), site="x")
        return row.id

    machine = desk.face.machine
    entry = Entry(Do(act), machine.organization.administrator_id)
    async with machine.database.write.acquire() as connection:

        def look(unit: Unit) -> None:
            write = write_of(unit)
            assert write is not None
            parts.append(write.sql)

        await Attempt(machine.worker, connection, [entry], locking=False).perform(look)

    (sql,) = parts
    assert (sql.count("INSERT INTO"), sql.count("UPDATE")) == (1, 0)
    (row,) = await desk.rows("SELECT name, site, xmax::text FROM account WHERE id = $1", entry.result())
    assert (row["name"], row["site"], row["xmax"]) == ("second", "x", "0")


async def test_a_work_that_changes_nothing_sends_nothing(desk: Desk) -> None:
    unread = await least_statements(lambda: work(desk, Do(lambda _: None)))
    same = Do(lambda unit: _account(unit, desk.ids["account"]).name)
    same.needs = lambda reading: reading.rows(Account, "id", [desk.ids["account"]])
    looked = await least_statements(lambda: work(desk, same))
    assert (unread, looked) == (0, 1)


async def test_a_refused_work_sends_nothing(desk: Desk) -> None:
    assert await least_statements(lambda: work(desk, Do(refusal), Do(refusal))) == 0
