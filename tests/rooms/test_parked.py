"""Parked facts and their release: taken again in order, once, and nothing of their root overtakes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.desk import Desk
from tests.rooms.atoms import Do, facts, work
from typer.testing import CliRunner

from ordo.bootstrap import Machine, opened
from ordo.cli.main import app
from ordo.kernel.problems import FieldIntegrity
from ordo.objects.accounts import Account
from ordo.platform import feed
from ordo.platform.events import (
    BEHIND,
    FACTS_PER_SHARD,
    RELEASED_PER_SHARD,
    Consumer,
    FeedFact,
    sequence,
)
from ordo.platform.parked import parked, release
from ordo.platform.unit import Unit
from ordo.platform.work import Atom

NAME = "patient"
STEPS_MAX = 400


@dataclass
class Bench:
    """One consumer that refuses the facts in `poison`, and writes a row for every other."""

    desk: Desk
    poison: set[tuple[str, int]] = field(default_factory=set)
    reason: str = "not now"
    met: list[FeedFact] = field(default_factory=list)

    def consumer(self) -> Consumer:
        return Consumer(NAME, self._atoms, self.desk.face.machine.organization.automation_id)

    def _atoms(self, fact: FeedFact) -> Sequence[Atom]:
        self.met.append(fact)
        return [Do(self._effect(fact))]

    def _effect(self, fact: FeedFact) -> Callable[[Unit], object]:
        def act(unit: Unit) -> None:
            if fact.key in self.poison:
                raise FieldIntegrity(self.reason)
            unit.add(Account, name=f"{fact.root}-{fact.number}")

        return act

    async def happen(self, root: str, count: int = 1) -> None:
        await work(self.desk, facts(*[root] * count))

    async def step(self) -> int:
        await sequence(self.desk.face.machine.database)
        return await self.consumer().step(self.desk.face.machine.worker)

    async def settle(self) -> int:
        """Steps until one takes nothing; how many it were."""
        for steps in range(STEPS_MAX):
            if not await self.step():
                return steps
        raise AssertionError("facts keep coming")

    async def effects(self, root: str) -> list[int]:
        """Numbers of the facts that took effect, in that order."""
        return (await self.all_effects()).get(root, [])

    async def all_effects(self) -> dict[str, list[int]]:
        rows = await self.desk.rows("SELECT name FROM account WHERE name ~ '^r[0-9]+-' ORDER BY createddate, id")
        found: dict[str, list[int]] = {}
        for row in rows:
            root, _, number = row["name"].partition("-")
            found.setdefault(root, []).append(int(number))
        return found

    async def waiting(self) -> list[tuple[str, int, str, bool]]:
        facts = await parked(self.desk.face.machine.database)
        return [(one.root, one.number, one.reason, one.is_behind) for one in facts]

    async def release(self, root: str | None = None) -> int:
        return await release(self.desk.face.machine.database, NAME, root)


@pytest.fixture
async def bench(desk: Desk) -> AsyncIterator[Bench]:
    """Nothing in the feed that the consumer has not passed."""
    await desk.settle()
    bench = Bench(desk)
    forget = "DELETE FROM consumercursor WHERE consumer = $1"
    await desk.face.machine.database.execute(forget, NAME)
    (row,) = await desk.rows("SELECT coalesce(max(replayid), 0) AS newest FROM feed")
    await bench.consumer().register(desk.face.machine.database, after=row["newest"])
    yield bench
    await desk.face.machine.database.execute(forget, NAME)


async def test_released_facts_take_effect_in_order_and_once(bench: Bench) -> None:
    bench.poison = {("r1", 1)}
    await bench.happen("r1", 3)
    await bench.happen("r2", 2)
    await bench.settle()
    assert await bench.waiting() == [
        ("r1", 1, "FieldIntegrity: not now", False), ("r1", 2, BEHIND, True), ("r1", 3, BEHIND, True),
    ]  # fmt: skip

    bench.poison = set()
    assert await bench.release("r1") == 1
    await bench.settle()

    assert await bench.all_effects() == {"r2": [1, 2], "r1": [1, 2, 3]}
    assert await bench.waiting() == []
    assert await bench.desk.rows("SELECT 1 FROM releasedroot") == []


async def test_nothing_is_taken_before_its_release(bench: Bench) -> None:
    bench.poison = {("r1", 1), ("r2", 1)}
    await bench.happen("r1")
    await bench.happen("r2")
    await bench.settle()
    bench.poison = set()

    assert await bench.settle() == 0
    assert await bench.release("r2") == 1
    await bench.settle()

    assert await bench.all_effects() == {"r2": [1]}
    assert await bench.waiting() == [("r1", 1, "FieldIntegrity: not now", False)]


async def test_what_is_refused_again_is_parked_with_its_new_reason(bench: Bench) -> None:
    bench.poison = {("r1", 1), ("r1", 3)}
    await bench.happen("r1", 4)
    await bench.settle()
    bench.poison, bench.reason = {("r1", 3)}, "still not"

    await bench.release("r1")
    await bench.settle()

    assert await bench.effects("r1") == [1, 2]
    assert await bench.waiting() == [("r1", 3, "FieldIntegrity: still not", False), ("r1", 4, BEHIND, True)]
    bench.poison = set()
    assert await bench.settle() == 0  # the release is over: it takes another one
    assert await bench.release("r1") == 1
    await bench.settle()
    assert await bench.effects("r1") == [1, 2, 3, 4]
    assert await bench.waiting() == []


async def test_a_fact_the_database_refuses_again_is_parked_alone(bench: Bench) -> None:
    """Found by halving among released facts as among those of the feed."""
    roots = [f"r{number}" for number in range(1, 8)]
    bench.poison = {(root, 1) for root in roots}
    for root in roots:
        await bench.happen(root, 2)
    await bench.settle()
    bench.poison = set()
    real = bench._effect

    def effect(fact: FeedFact) -> Callable[[Unit], object]:
        if fact.key == ("r4", 1):
            return lambda unit: unit.row("option", name=None, value=1)
        return real(fact)

    bench._effect = effect  # type: ignore[method-assign]
    assert await bench.release() == 7
    await bench.settle()

    assert await bench.all_effects() == {root: [1, 2] for root in roots if root != "r4"}
    (first, second) = await bench.waiting()
    assert (first[:2], first[2].split(":")[0]) == (("r4", 1), "NotNullViolationError")
    assert second == ("r4", 2, BEHIND, True)


async def test_a_long_queue_is_taken_in_several_steps(bench: Bench) -> None:
    """More facts behind than one batch takes, and new ones meanwhile: none overtakes, none is lost."""
    bench.poison = {("r1", 1)}
    many = 3 * RELEASED_PER_SHARD + 5
    await bench.happen("r1", many)
    await bench.settle()
    assert len(await bench.waiting()) == many
    bench.poison = set()
    await bench.release("r1")

    taken, left = many, many
    for _ in range(10):
        await bench.happen("r1", FACTS_PER_SHARD)
        taken += FACTS_PER_SHARD
        assert await bench.step() > 0
        done = await bench.effects("r1")
        assert done == list(range(1, len(done) + 1))
        left = max(FACTS_PER_SHARD, left - RELEASED_PER_SHARD + FACTS_PER_SHARD)
        assert len(await bench.waiting()) == left
    assert left == FACTS_PER_SHARD
    await bench.settle()

    assert await bench.effects("r1") == list(range(1, taken + 1))
    assert await bench.waiting() == []
    assert await bench.desk.rows("SELECT 1 FROM releasedroot") == []


async def test_a_new_fact_queues_behind_the_released_ones(bench: Bench) -> None:
    """It comes in the batch of the release, and takes effect after it, without another release."""
    bench.poison = {("r1", 1)}
    await bench.happen("r1", 2)
    await bench.settle()
    bench.poison = set()
    await bench.release("r1")
    await bench.happen("r1")

    await bench.step()
    assert await bench.effects("r1") == [1, 2]
    assert await bench.waiting() == [("r1", 3, BEHIND, False)]
    await bench.settle()

    assert await bench.effects("r1") == [1, 2, 3]
    assert await bench.waiting() == []


async def test_a_release_that_came_too_late_releases_nothing_later(bench: Bench) -> None:
    """Nothing is left when it is met: what is parked afterwards waits for its own."""
    await bench.desk.face.machine.database.execute(
        "INSERT INTO releasedroot SELECT $1, s, 'r1' FROM generate_series(0, 15) s", NAME
    )
    await bench.settle()
    assert await bench.desk.rows("SELECT 1 FROM releasedroot") == []
    bench.poison = {("r1", 1)}
    await bench.happen("r1")
    await bench.settle()
    bench.poison = set()
    assert await bench.settle() == 0
    assert await bench.effects("r1") == []


async def test_a_fact_keeps_its_replay_id_when_its_partition_is_gone(bench: Bench) -> None:
    bench.poison = {("r1", 1)}
    await bench.happen("r1")
    await bench.settle()
    await bench.desk.settle()  # the flows pass it too
    (before,) = {fact.replay_id for fact in bench.met}
    database = bench.desk.face.machine.database
    await database.execute("UPDATE feed SET at = now() - interval '80 hours'")
    for _ in range(3):
        await feed.tend(database)
    assert await bench.desk.rows("SELECT 1 FROM feed WHERE root = 'r1'") == []
    bench.poison, bench.met = set(), []

    await bench.release("r1")
    await bench.settle()

    assert await bench.effects("r1") == [1]
    assert {(fact.replay_id, fact.is_released) for fact in bench.met} == {(before, True)}


async def test_a_fact_with_two_atoms_takes_effect_as_a_whole(bench: Bench) -> None:
    """When one flow of a fact is refused, the other's effect must not be there twice after the release."""
    broken = [True]

    def refused(unit: Unit) -> None:
        if broken[0]:
            raise FieldIntegrity("not now")
        unit.add(Account, name="r2-1")

    def atoms(fact: FeedFact) -> Sequence[Atom]:
        return [Do(lambda unit: unit.add(Account, name="r1-1")), Do(refused)]

    bench._atoms = atoms  # type: ignore[method-assign]
    await bench.happen("r1")
    await bench.settle()
    assert await bench.all_effects() == {}
    assert await bench.waiting() == [("r1", 1, "FieldIntegrity: not now", False)]

    broken[0] = False
    await bench.release("r1")
    await bench.settle()
    assert await bench.all_effects() == {"r1": [1], "r2": [1]}


async def test_a_release_is_for_one_consumer(bench: Bench) -> None:
    """Two read the same feed, side by side; what one is to take again, the other neither takes nor waits for."""
    machine, other = bench.desk.face.machine, "impatient"
    (row,) = await bench.desk.rows("SELECT min(replayid) AS passed FROM consumercursor WHERE consumer = $1", NAME)
    second = Consumer(other, bench._atoms, machine.organization.automation_id)
    await second.register(machine.database, after=row["passed"])
    try:
        bench.poison = {("r1", 1)}
        await bench.happen("r1", 2)
        await sequence(machine.database)
        await asyncio.gather(bench.step(), second.step(machine.worker))
        assert [one.consumer for one in await parked(machine.database)] == [other, other, NAME, NAME]

        bench.poison = set()
        assert await release(machine.database, other, "r1") == 1
        await asyncio.gather(bench.settle(), second.step(machine.worker))

        assert await bench.effects("r1") == [1, 2]
        assert [one.consumer for one in await parked(machine.database)] == [NAME, NAME]
        await bench.release("r1")
        await asyncio.gather(bench.settle(), second.step(machine.worker))
        assert await bench.effects("r1") == [1, 2, 1, 2]
    finally:
        await machine.database.execute("DELETE FROM consumercursor WHERE consumer = $1", other)


@pytest.fixture(scope="module")
async def machines(database_url: str, face: Any) -> AsyncIterator[list[Machine]]:
    """Three machine rooms on one database, as three workers would have."""
    async with AsyncExitStack() as stack:
        settings = face.machine.settings
        more = [await stack.enter_async_context(opened(settings, database_url)) for _ in range(2)]
        yield [face.machine, *more]


async def test_releases_during_traffic_with_three_workers(bench: Bench, machines: list[Machine]) -> None:
    """Facts of 12 roots come in, every seventh is refused now and then, and releases come all the time: each
    takes effect once, in the order of its root."""
    roots = [f"r{number}" for number in range(1, 13)]
    ended, told, each = asyncio.Event(), 0, 30
    refusals: dict[tuple[str, int], int] = {}

    def effect(fact: FeedFact) -> Callable[[Unit], object]:
        def act(unit: Unit) -> None:
            if fact.number % 7 == 0 and refusals.setdefault(fact.key, 0) < 2:
                refusals[fact.key] += 1
                raise FieldIntegrity("not now")
            unit.add(Account, name=f"{fact.root}-{fact.number}")

        return act

    bench._effect = effect  # type: ignore[method-assign]

    async def tell() -> None:
        nonlocal told
        for _ in range(each):
            await asyncio.gather(*(bench.happen(root) for root in roots))
            told += 1
        ended.set()

    async def take(machine: Machine) -> None:
        while not ended.is_set():
            await sequence(machine.database)
            await bench.consumer().step(machine.worker)

    async def let_go() -> None:
        while not ended.is_set():
            await bench.release()

    await asyncio.gather(tell(), *(take(machine) for machine in machines), let_go())
    for _ in range(STEPS_MAX):
        released = await bench.release()
        if not released and not await bench.settle() and not await bench.waiting():
            break

    assert told == each
    assert await bench.all_effects() == {root: list(range(1, each + 1)) for root in roots}
    assert len(refusals) == len(roots) * (each // 7)
    assert await bench.waiting() == []


@pytest.mark.parametrize("columns", [200, 80, 40, 20])
async def test_the_list_never_cuts_a_root(bench: Bench, database_url: str, columns: int) -> None:
    """It is what `--root` is told next; what is long beside it goes on in the line below."""
    root = "801000000000001AAA"
    bench.poison, bench.reason = {(root, 1)}, "a reason that is far too long for what is left of a line"
    await bench.happen(root)
    await bench.settle()
    shown = (await ordo(database_url, "parked", columns=columns)).stdout
    assert root in shown
    assert "…" not in shown


async def test_the_command_lists_and_releases(bench: Bench, database_url: str) -> None:
    bench.poison, bench.reason = {("801000000000001AAA", 1), ("r2", 1)}, "[not] now"
    await bench.happen("801000000000001AAA", 2)
    await bench.happen("r2")
    await bench.settle()

    first, second, third = json.loads((await ordo(database_url, "parked", "--json")).stdout)
    assert (first["root"], first["number"], first["reason"]) == (
        "801000000000001AAA",
        1,
        "FieldIntegrity: [not] now",
    )
    assert (first["is_behind"], second["is_behind"], third["root"]) == (False, True, "r2")
    assert "[not]" in (await ordo(database_url, "parked")).stdout

    bench.poison = set()
    by_order = await ordo(database_url, "retry", "--root", "801000000000001")
    assert (by_order.exit_code, by_order.stdout) == (0, "1 released.\n")
    await bench.settle()
    assert [one[0] for one in await bench.waiting()] == ["r2"]

    rest = await ordo(database_url, "retry", "--all")
    assert (rest.exit_code, rest.stdout) == (0, "1 released.\n")
    await bench.settle()
    assert await bench.waiting() == []

    nothing = await ordo(database_url, "retry", "--all")
    assert (nothing.exit_code, nothing.stdout) == (0, "Nothing to release.\n")


@pytest.mark.parametrize("arguments", [[], ["--all", "--root", "r1"]])
async def test_the_command_asks_for_one_or_all(bench: Bench, database_url: str, arguments: list[str]) -> None:
    bench.poison = {("r1", 1)}
    await bench.happen("r1")
    await bench.settle()
    answer = await ordo(database_url, "retry", *arguments)
    assert (answer.exit_code, "--root ID or --all" in answer.output) == (1, True)
    assert await bench.desk.rows("SELECT 1 FROM releasedroot") == []


async def ordo(dsn: str, *arguments: str, columns: int = 80) -> Any:
    """`ordo flow …`, in a thread since it has an event loop of its own."""
    environment = {"ORDO_DATABASE_URL": dsn, "COLUMNS": str(columns)}
    return await asyncio.to_thread(CliRunner().invoke, app, ["flow", *arguments], env=environment)
