"""Consumers of the feed: a fact that fails is parked, what follows it waits, everything else goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.desk import Desk
from tests.rooms.atoms import Do, work

from ordo.kernel.problems import FieldIntegrity, Unavailable
from ordo.objects.accounts import Account
from ordo.platform.database import Connection
from ordo.platform.events import BEHIND, Admit, Consumer, FeedFact, sequence
from ordo.platform.rounds import Rounds
from ordo.platform.unit import Unit
from ordo.platform.work import Atom

NAME = "tested"
Act = Callable[[FeedFact], Callable[[Unit], object] | None]


def made(fact: FeedFact) -> Callable[[Unit], object]:
    """The effect of a fact: a row with its root and number."""
    return lambda unit: unit.add(Account, name=f"{fact.root}-{fact.number}")


def handler(act: Act) -> Callable[[FeedFact], Sequence[Atom]]:
    def atoms(fact: FeedFact) -> Sequence[Atom]:
        found = act(fact)
        return [Do(found)] if found else []

    return atoms


@pytest.fixture
async def facts(desk: Desk) -> AsyncIterator[Desk]:
    """Three facts of one root and two of another, in the feed, and nobody who has read them."""
    await desk.face.machine.database.execute("DELETE FROM consumercursor WHERE consumer = $1", NAME)

    def happen(unit: Unit) -> None:
        for root, number in (("r1", 1), ("r2", 1), ("r1", 2), ("r2", 2), ("r1", 3)):
            unit.fact(root, "Tested", Number=number)

    await work(desk, Do(happen))
    await sequence(desk.face.machine.database)
    yield desk
    await desk.face.machine.database.execute("DELETE FROM consumercursor WHERE consumer = $1", NAME)


async def passed(desk: Desk, act: Act, admit: Admit | None = None) -> int:
    consumer = Consumer(NAME, handler(act), desk.face.machine.organization.automation_id, admit)
    await consumer.register(desk.face.machine.database)
    return await consumer.step(desk.face.machine.worker)


async def effects(desk: Desk) -> list[str]:
    rows = await desk.rows("SELECT name FROM account WHERE name LIKE 'r_-_' ORDER BY name")
    return [row["name"] for row in rows]


async def parked(desk: Desk) -> list[tuple[str, int, str]]:
    rows = await desk.rows("SELECT root, number, reason FROM parkedfact ORDER BY root, number")
    return [(row["root"], row["number"], row["reason"]) for row in rows]


async def test_each_fact_takes_effect_once(facts: Desk) -> None:
    assert await passed(facts, made) == 5
    assert await passed(facts, made) == 0
    assert await effects(facts) == ["r1-1", "r1-2", "r1-3", "r2-1", "r2-2"]
    assert await parked(facts) == []


async def test_what_follows_a_refused_fact_of_its_root_waits(facts: Desk) -> None:
    """All five are in one batch: the effect of the third of r1 must not come before that of the second."""

    def act(fact: FeedFact) -> Callable[[Unit], object]:
        def refused(_: Unit) -> None:
            raise FieldIntegrity("not now")

        return refused if (fact.root, fact.number) == ("r1", 2) else made(fact)

    assert await passed(facts, act) == 5
    assert await effects(facts) == ["r1-1", "r2-1", "r2-2"]
    assert await parked(facts) == [("r1", 2, "FieldIntegrity: not now"), ("r1", 3, BEHIND)]


async def test_a_fact_its_consumer_cannot_read_is_parked(facts: Desk) -> None:
    """The others of the batch go on; the consumer does not meet it again and again."""

    def act(fact: FeedFact) -> Callable[[Unit], object]:
        if (fact.root, fact.number) == ("r2", 1):
            raise KeyError("OrderSummaryId")
        return made(fact)

    assert await passed(facts, act) == 5
    assert await effects(facts) == ["r1-1", "r1-2", "r1-3"]
    assert await parked(facts) == [("r2", 1, "KeyError: 'OrderSummaryId'"), ("r2", 2, BEHIND)]


async def test_a_write_the_database_refuses_parks_its_fact_alone(facts: Desk) -> None:
    """A poison fact nothing names is found by halving."""

    def act(fact: FeedFact) -> Callable[[Unit], object]:
        def poison(unit: Unit) -> None:
            unit.row("option", name=None, value=1)  # a required column without a value

        return poison if (fact.root, fact.number) == ("r1", 3) else made(fact)

    steps = [await passed(facts, act) for _ in range(6)]
    assert sum(steps) == 5
    assert await effects(facts) == ["r1-1", "r1-2", "r2-1", "r2-2"]
    ((root, number, reason),) = await parked(facts)
    assert (root, number, reason.split(":")[0]) == ("r1", 3, "NotNullViolationError")


async def test_stock_that_is_not_there_parks_its_fact_alone(facts: Desk) -> None:
    """S1-30: it is no contention that ends by itself: the other root goes on, and nothing is tried for ever."""
    await facts.stock("DC1", shirt=1)

    def act(fact: FeedFact) -> Callable[[Unit], object]:
        def takes(unit: Unit) -> None:
            made(fact)(unit)
            unit.move_stock("shirt", facts.ids["DC1"], "test", on_hand=Decimal(-1))

        return takes if (fact.root, fact.number) in (("r1", 1), ("r1", 3)) else made(fact)

    assert await passed(facts, act) > 0
    for _ in range(5):
        await passed(facts, act)
    assert await effects(facts) == ["r1-1", "r1-2", "r2-1", "r2-2"]
    location = facts.ids["DC1"]
    said = f"not enough stock: shirt at {location} has 0 on hand and 0 reserved, which would become -1 and 0"
    assert await parked(facts) == [("r1", 3, f"StockDoesNotAllow: {said}")]


async def test_later_facts_of_a_parked_root_queue_behind_it(facts: Desk) -> None:
    def act(fact: FeedFact) -> Callable[[Unit], object]:
        def refused(_: Unit) -> None:
            raise FieldIntegrity("not now")

        return refused if fact.root == "r1" else made(fact)

    await passed(facts, act)
    await work(facts, Do(lambda unit: unit.fact("r1", "Tested", Number=4)))
    await sequence(facts.face.machine.database)

    assert await passed(facts, made) == 1
    assert await effects(facts) == ["r2-1", "r2-2"]
    assert (await parked(facts))[-1] == ("r1", 4, BEHIND)


async def test_what_is_not_admitted_takes_no_effect_and_is_passed(facts: Desk) -> None:
    """What admits the atoms is asked for the whole batch at once, in the consumer's transaction."""
    asked: list[tuple[int, bool, datetime]] = []

    async def admit(connection: Connection, atoms: Sequence[Atom], now: datetime) -> Sequence[bool]:
        asked.append((len(atoms), connection.is_in_transaction(), now))
        return [place % 2 == 0 for place in range(len(atoms))]

    before = facts.face.machine.clock.now()
    assert await passed(facts, made, admit) == 5
    assert [(count, inside) for count, inside, _ in asked] == [(5, True)]
    assert before <= asked[0][2] <= facts.face.machine.clock.now()
    assert len(await effects(facts)) == 3
    assert await parked(facts) == []
    assert await passed(facts, made, admit) == 0


async def test_what_cannot_be_admitted_parks_its_fact_alone(facts: Desk) -> None:
    poisoned: list[object] = []

    def act(fact: FeedFact) -> Callable[[Unit], object]:
        found = made(fact)
        if (fact.root, fact.number) == ("r1", 2):
            poisoned.append(found)
        return found

    async def admit(connection: Connection, atoms: Sequence[Atom], _: datetime) -> Sequence[bool]:
        if any(atom.act in poisoned for atom in atoms):  # type: ignore[attr-defined]
            await connection.execute("SELECT 1 / 0")
        return [True] * len(atoms)

    steps = [await passed(facts, act, admit) for _ in range(6)]
    assert sum(steps) == 5
    assert await effects(facts) == ["r1-1", "r2-1", "r2-2"]
    assert await parked(facts) == [("r1", 2, "DivisionByZeroError: division by zero"), ("r1", 3, BEHIND)]


async def test_a_round_that_fails_does_not_end_the_pump(facts: Desk, monkeypatch: Any) -> None:
    machine, stop = facts.face.machine, asyncio.Event()
    consumer = Consumer(NAME, handler(made), machine.organization.automation_id)
    await consumer.register(machine.database)
    steps, real = [0], consumer.step

    async def step(worker: Any) -> int:
        steps[0] += 1
        if steps[0] == 1:
            raise RuntimeError("nobody expected this")
        found = await real(worker)
        if steps[0] > 2:
            stop.set()
        return found

    monkeypatch.setattr(consumer, "step", step)
    rounds = Rounds(machine.database, machine.worker, [consumer], machine.jobs())
    await asyncio.wait_for(rounds.go(stop), 20)

    assert await effects(facts) == ["r1-1", "r1-2", "r1-3", "r2-1", "r2-2"]


async def test_a_process_without_a_number_works_nothing_off(facts: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of a lost process number could meet those of its next holder: the facts wait, none is parked."""
    monkeypatch.setattr(facts.face.machine.worker, "may_make_ids", lambda: False)
    with pytest.raises(Unavailable):
        await passed(facts, made)
    assert await effects(facts) == []
    assert await facts.rows("SELECT 1 FROM parkedfact WHERE consumer = $1", NAME) == []

    monkeypatch.undo()
    assert await passed(facts, made) == 5
    assert await effects(facts) == ["r1-1", "r1-2", "r1-3", "r2-1", "r2-2"]
