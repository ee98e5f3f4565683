"""One Work, tried with small atoms: what a refusal leaves alone, what a repeat reads, what is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from prometheus_client import Counter
from tests.desk import Desk

from ordo.kernel.problems import DuplicateValue, FieldIntegrity, InvalidCrossReference, Problem
from ordo.objects.accounts import Account, Contact, User
from ordo.objects.orders import OrderDeliveryGroup
from ordo.platform.database import STATEMENTS
from ordo.platform.numbers import BLOCK
from ordo.platform.reading import Reading
from ordo.platform.statement import write_of
from ordo.platform.unit import Unit
from ordo.platform.work import Attempt, Entry

ONE = Decimal(1)


@dataclass
class Do:
    """An atom made of a function; counts how often it was run."""

    act: Callable[[Unit], object]
    needs: Callable[[Reading], None] = lambda _: None
    runs: int = 0

    def prefetch(self, reading: Reading) -> None:
        self.needs(reading)

    def run(self, unit: Unit) -> object:
        self.runs += 1
        return self.act(unit)


def account(name: str) -> Do:
    return Do(lambda unit: unit.add(Account, name=name).id)


def refusal(_: Unit) -> None:
    raise FieldIntegrity("no", fields=("Name",))


async def work(desk: Desk, *atoms: Do) -> list[Entry]:
    """One Work over the atoms, each an entry of its own."""
    machine = desk.face.machine
    entries = [Entry(atom, machine.organization.administrator_id) for atom in atoms]
    await machine.worker.run(entries)
    return entries


async def names(desk: Desk) -> list[str]:
    rows = await desk.rows("SELECT name FROM account WHERE id <> $1 ORDER BY name", desk.ids["account"])
    return [row["name"] for row in rows]


def total(counter: Counter) -> float:
    (family,) = counter.collect()
    return next(sample.value for sample in family.samples if sample.name.endswith("_total"))


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
        unit.later(lambda unit, _: unit.add(Account, name="later") and None, root)
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
async def _no_users(desk: Desk) -> Any:
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
    reverse = await work(
        desk,
        user("four@example.com", federation_identifier="K-1"),
        user("five@example.com", federation_identifier="kK-1"),
        user("six@example.com", federation_identifier="K-2"),
    )

    assert other.error is None
    assert isinstance(same.error, DuplicateValue)
    assert same.error.message.endswith(f"record with id: {stored.result()}")
    assert [type(entry.error) for entry in reverse] == [DuplicateValue, type(None), type(None)]


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
    from ordo.objects.payments import PaymentGateway

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

    class Late(Do):
        def run(self, unit: Unit) -> object:
            answer = super().run(unit)
            if self.runs == 2:  # the first run only found out that the position was not read
                raise AssertionError("unreachable")
            return answer

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
