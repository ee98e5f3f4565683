"""Flows on real rows: conditions in bulk, what is parked and why, one fact as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec
import pytest
from tests.counting import statements
from tests.desk import Desk
from tests.rooms.atoms import Do, work

from ordo.flows.engine import Flows
from ordo.flows.flow import BadFlow, Flow
from ordo.kernel.problems import FieldIntegrity
from ordo.objects.accounts import Account
from ordo.platform.events import BEHIND, Consumer, sequence
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit
from ordo.platform.verbs import Verb, no_needs, verbs

NAME = "tested"
IS_OPEN = "SELECT Id FROM Account WHERE Id = :AccountId AND Site = 'open'"


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class Noted(msgspec.Struct, frozen=True):
    account_id: str


class Rename(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account_id: str
    name: str


def note(unit: Unit, command: Note) -> Noted:
    """The effect of a flow: an account of that name."""
    if command.name == "refused":
        raise FieldIntegrity("not now")
    return Noted(unit.add(Account, name=command.name).id)


def pick(_: Unit, command: Note) -> Noted:
    """Answers what is already there."""
    return Noted(command.name)


def need_account(reading: Reading, commands: Sequence[Rename]) -> None:
    for command in commands:
        if not command.account_id:
            raise ValueError("which account?")
        reading.lock(Account, [command.account_id])
        reading.rows(Account, "id", [command.account_id])


def rename(unit: Unit, command: Rename) -> None:
    assert unit.holds(Account, command.account_id)
    account = unit.get(Account, command.account_id)
    assert account is not None
    unit.change(account, name=f"{account.name} {command.name}")


@pytest.fixture
async def bench(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Three verbs of our own, and a consumer that nobody else is."""
    monkeypatch.setitem(verbs(), "note", Verb("note", Note, note, no_needs))
    monkeypatch.setitem(verbs(), "pick", Verb("pick", Note, pick, no_needs))
    monkeypatch.setitem(verbs(), "rename", Verb("rename", Rename, rename, need_account))
    await desk.face.machine.database.execute("DELETE FROM consumercursor WHERE consumer = $1", NAME)
    yield desk
    await desk.face.machine.database.execute("DELETE FROM consumercursor WHERE consumer = $1", NAME)


def flow(do: str, *, name: str = "tested", when: str = "") -> Flow:
    asked = f'when: "{when}"\n' if when else ""
    return Flow.read(f"flow: {name}\non: Tested\n{asked}do:\n{do}")


async def happen(desk: Desk, *facts: Mapping[str, object]) -> None:
    """Facts in the feed, each of a root of its own unless it names one."""

    def act(unit: Unit) -> None:
        for number, fact in enumerate(facts):
            body = {name: value for name, value in fact.items() if name != "root"}
            unit.fact(str(fact.get("root", f"r{number}")), "Tested", **body)

    await work(desk, Do(act))
    await sequence(desk.face.machine.database)


async def passed(desk: Desk, *flows: Flow) -> int:
    """Statements that one step of the flows sends."""
    found, machine = Flows(flows), desk.face.machine
    consumer = Consumer(NAME, found.atoms, machine.organization.automation_id, found.admit)
    await consumer.register(machine.database)
    before = statements()
    await consumer.step(machine.worker)
    return statements() - before


async def names(desk: Desk) -> list[str]:
    rows = await desk.rows("SELECT name FROM account WHERE id <> $1 ORDER BY name", desk.ids["account"])
    return [row["name"] for row in rows]


async def parked(desk: Desk) -> list[tuple[str, int, str]]:
    rows = await desk.rows("SELECT root, number, reason FROM parkedfact ORDER BY root, number")
    return [(row["root"], row["number"], row["reason"]) for row in rows]


async def accounts(desk: Desk, *sites: str) -> list[str]:
    made: list[str] = []

    def act(unit: Unit) -> None:
        made.extend(unit.add(Account, name="shop", site=site).id for site in sites)

    await work(desk, Do(act))
    return made


async def test_a_condition_is_asked_of_the_rows_as_they_are(bench: Desk) -> None:
    first, second, third = await accounts(bench, "open", "shut", "open")
    await bench.patch("Account", third, Site="shut")
    await happen(bench, *({"AccountId": one, "Name": one} for one in (first, second, third)))

    await passed(bench, flow("- note: {name: $Name}", when=IS_OPEN))

    assert await names(bench) == [first, "shop", "shop", "shop"]
    assert await parked(bench) == []


async def test_thirty_facts_ask_by_one_statement(bench: Desk) -> None:
    """S1-26: and a flow without a condition asks none."""
    ids = await accounts(bench, *("open" if number % 2 else "shut" for number in range(30)))
    conditioned, plain = flow("- note: {name: $Name}", when=IS_OPEN), flow("- note: {name: $Name}")
    sent = {}
    for label, made, count in (("plain", plain, 1), ("one", conditioned, 1), ("thirty", conditioned, 30)):
        least = []
        for _ in range(3):
            await happen(bench, *({"AccountId": one, "Name": label} for one in ids[1 : count + 1]))
            least.append(await passed(bench, made))
        sent[label] = min(least)

    assert sent["one"] == sent["thirty"] == sent["plain"] + 1
    effects = await names(bench)
    assert {label: effects.count(label) for label in sent} == {"plain": 3, "one": 3, "thirty": 45}


async def test_a_value_of_a_fact_stays_a_value(bench: Desk) -> None:
    """What would end a literal, begin a comment or be a pattern finds nothing; what is no id parks its fact."""
    (shop,) = await accounts(bench, "open")
    by_name = flow("- note: {name: found}", when="SELECT Id FROM Account WHERE Name = :Name")
    evil = ["' OR Name != '", "shop' --", "sho%", "\\", "$1", ":Name", "shop'; DELETE FROM account; --", ""]
    await happen(bench, *({"Name": name} for name in evil))
    await passed(bench, by_name)
    assert await names(bench) == ["shop"]

    await happen(bench, {"AccountId": "' OR Id != '", "root": "r8"},
                 {"AccountId": shop, "root": "s1"}, {"AccountId": None, "root": "s2"})  # fmt: skip
    await passed(bench, flow("- note: {name: found}", when=IS_OPEN))
    assert await names(bench) == ["found", "shop"]
    assert await parked(bench) == [
        ("r8", 1, "UnfitBind: :AccountId: invalid ID field: ' OR Id != '"),
    ]


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        ("NumberOfEmployees = :Value", 7, True),
        ("NumberOfEmployees > :Value", 7, False),
        ("AnnualRevenue = :Value", "12.50", True),
        ("AnnualRevenue IN (:Value, 3)", 12.5, True),
        ("AnnualRevenue < :Value", 13, True),
        ("CreatedDate < :Value", "2026-01-31T10:00:00Z", False),
        ("IsDeleted = :Value", False, True),
        ("Site != :Value", "open", False),
        ("Site != :Value", "elsewhere", True),
        ("NOT Site = :Value", "elsewhere", True),
        ("Site = :Value", "OPEN", True),
        ("Owner.Alias = :Value", "admin", True),
        ("Id IN (SELECT AccountId FROM Contact WHERE LastName = :Value)", "Nobody", False),
    ],
)
async def test_values_of_every_type(bench: Desk, condition: str, value: object, holds: bool) -> None:
    await bench.make("Account", Name="shop", Site="open", NumberOfEmployees=7, AnnualRevenue=12.5)
    await happen(bench, {"Value": value})
    await passed(
        bench, flow("- note: {name: x}", when=f"SELECT Id FROM Account WHERE {condition} AND Name = 'shop'")
    )
    assert await parked(bench) == []
    assert await names(bench) == (["shop", "x"] if holds else ["shop"])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("many", "Expected `int`, got `str`"),
        (2**63, "Expected `int` <= 9223372036854775807"),
        (True, "Expected `int`, got `bool`"),
    ],
)
async def test_a_value_of_the_wrong_type_parks_its_fact_alone(bench: Desk, value: object, reason: str) -> None:
    await happen(bench, {"Value": value, "root": "a"}, {"Value": None, "root": "a"}, {"Value": 1, "root": "b"})
    await bench.make("Account", Name="shop", NumberOfEmployees=1)
    await passed(bench, flow("- note: {name: x}", when="SELECT Id FROM Account WHERE NumberOfEmployees = :Value"))
    assert await parked(bench) == [("a", 1, f"UnfitBind: :Value: {reason}"), ("a", 2, BEHIND)]
    assert await names(bench) == ["shop", "x"]


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ("SELECT Id FROM Nowhere", "sObject type 'Nowhere' is not supported."),
        ("SELECT Id FROM Account WHERE Nope = :A", "No such column 'Nope' on entity 'Account'."),
        ("SELECT Nope FROM Account", "No such column 'Nope' on entity 'Account'."),
        ("SELECT Id FROM Account WHERE Id = :", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Id = ':A'", "invalid ID field: :A"),
        ("SELECT Id FROM Account WHERE Name LIKE :A", "a bind variable cannot be compared with LIKE"),
        ("SELECT Id FROM Account WHERE Id IN :A", "unexpected token: ':'"),
        ("SELECT COUNT() FROM Account", "a condition selects rows: no aggregates, LIMIT or OFFSET"),
        ("SELECT count(Id) n FROM Account", "a condition selects rows: no aggregates, LIMIT or OFFSET"),
        ("SELECT Id FROM Account LIMIT 1", "a condition selects rows: no aggregates, LIMIT or OFFSET"),
        ("DELETE FROM account", "unexpected token: 'DELETE'"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-02-31T00:00:00Z", "Invalid dateTime"),
    ],
)
def test_a_wrong_condition_is_refused_when_it_is_loaded(when: str, sentence: str) -> None:
    made = Flow("tested", "Tested", [{"route-order": {"order_summary_id": "x"}}])
    with pytest.raises(BadFlow) as refused:
        Flows([msgspec.structs.replace(made, when=when)])
    assert refused.value.message.startswith("tested: when: ")
    assert sentence in refused.value.message


async def test_a_field_the_fact_does_not_have_parks_it(bench: Desk) -> None:
    await happen(bench, {"Name": "a"})
    await passed(bench, flow("- note: {name: x}", when=IS_OPEN))
    assert await parked(bench) == [
        ("r0", 1, "UnknownFactField: the fact has no field AccountId; it has Name, Root")
    ]
    assert await names(bench) == []


async def test_a_later_step_works_on_what_an_earlier_one_made(bench: Desk) -> None:
    do = "- note: {name: $Name}\n- rename: {account_id: $note.account_id, name: again}"
    await happen(bench, {"Name": "a"}, {"Name": "b"})
    one = await passed(bench, flow(do))
    assert await names(bench) == ["a again", "b again"]

    await happen(bench, *({"Name": "c", "root": f"s{number}"} for number in range(30)))
    assert await passed(bench, flow(do)) == one
    assert await names(bench) == ["a again", "b again", *["c again"] * 30]


async def test_what_an_earlier_step_answers_is_locked_before_the_later_one_decides(bench: Desk) -> None:
    """`rename` leaves that to its needs, which are asked again once the answer is known."""
    do = "- pick: {name: $AccountId}\n- rename: {account_id: $pick.account_id, name: again}"
    ids = await accounts(bench, *["open"] * 20)
    await happen(bench, {"AccountId": ids[0]})
    one = await passed(bench, flow(do))
    await happen(bench, *({"AccountId": account} for account in ids[1:]))
    assert await passed(bench, flow(do)) == one
    assert await names(bench) == ["shop again"] * 20
    assert await parked(bench) == []


async def test_a_fact_takes_effect_whole(bench: Desk) -> None:
    """Of two flows one is refused: the other does nothing either, so that the fact can be tried again."""
    good, bad = flow("- note: {name: good}", name="good"), flow("- note: {name: $Name}", name="bad")
    await happen(bench, {"Name": "refused", "root": "a"}, {"Name": "fine", "root": "b"})
    await passed(bench, good, bad)
    assert await names(bench) == ["fine", "good"]
    assert await parked(bench) == [("a", 1, "FieldIntegrity: not now")]
