"""Calls with a key that share a Work: whose answer is stored, and that none of them harms another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import asyncpg
import pytest
from tests.counting import least_statements
from tests.desk import Desk
from tests.rooms.atoms import Do

from ordo.kernel.problems import DuplicateValue, FieldIntegrity, Problem
from ordo.objects.accounts import Account, User
from ordo.platform.calls import Call, Entry, Once
from ordo.platform.idempotency import Answer, Key, KeyInUse, KeyUsedForAnotherRequest, claim
from ordo.platform.unit import Unit

Stored = dict[str, tuple[int, str]]


def told(entries: Sequence[Entry]) -> Answer:
    """What each atom answered, or the name of what refused it."""
    outcomes = [str(entry.answer) if entry.error is None else type(entry.error).__name__ for entry in entries]
    return Answer(200, {"x-atoms": str(len(entries))}, ",".join(outcomes).encode())


def call(desk: Desk, key: str | None, *atoms: Do, reply: Callable[[Sequence[Entry]], Answer] = told) -> Call:
    actor = desk.face.machine.organization.administrator_id
    once = Once(Key(actor, key, "request"), reply) if key else None
    made = Call([], asyncio.get_running_loop().create_future(), None, once)
    made.entries = [Entry(atom, actor, made) for atom in atoms]
    return made


async def work(desk: Desk, *calls: Call) -> None:
    """All of them in one Work."""
    await desk.face.machine.worker.run([entry for one in calls for entry in one.entries])


def found(made: Call) -> Answer | Problem | None:
    assert made.once is not None
    return made.once.found


async def stored(desk: Desk) -> Stored:
    rows = await desk.rows("SELECT key, status, body FROM idempotency")
    return {row["key"]: (row["status"], row["body"]) for row in rows}


async def names(desk: Desk) -> list[str]:
    rows = await desk.rows("SELECT name FROM account WHERE id <> $1 ORDER BY name", desk.ids["account"])
    return [row["name"] for row in rows]


def account(name: str) -> Do:
    def act(unit: Unit) -> str:
        return unit.add(Account, name=name).name or ""

    return Do(act)


def user(username: str, **more: object) -> Do:
    def act(unit: Unit) -> str:
        unit.add(User, username=username, last_name="X", alias="x", email="x@example.com", **more)
        return username

    return Do(act)


def refusal(_: Unit) -> None:
    raise FieldIntegrity("no")


@pytest.fixture
async def _no_users(desk: Desk) -> AsyncIterator[None]:
    yield
    await desk.face.machine.database.execute("DELETE FROM \"user\" WHERE alias = 'x'")


async def test_each_call_has_its_own_answer(desk: Desk) -> None:
    two, unkeyed = call(desk, "a", account("a"), account("b")), call(desk, None, account("c"))
    await work(desk, two, unkeyed, call(desk, "d", account("d")))
    assert await stored(desk) == {"a": (200, "a,b"), "d": (200, "d")}
    assert await names(desk) == ["a", "b", "c", "d"]


async def test_of_twins_in_one_work_one_is_done(desk: Desk) -> None:
    """A transaction does not exclude itself, so the claim does."""
    twins = [call(desk, "same", account("once")) for _ in range(3)]
    await work(desk, *twins, call(desk, "other", account("other")))
    assert found(twins[0]) is None
    assert [type(found(one)) for one in twins[1:]] == [KeyInUse, KeyInUse]
    assert [twin.entries[0].answer for twin in twins] == ["once", None, None]
    assert await names(desk) == ["once", "other"]
    assert await stored(desk) == {"same": (200, "once"), "other": (200, "other")}


async def test_a_repeat_runs_no_atom_and_the_others_are_done(desk: Desk) -> None:
    await work(desk, call(desk, "k", account("first")))
    never = account("never")
    repeat, other = call(desk, "k", never), call(desk, "new", account("new"))
    await work(desk, repeat, other)
    assert found(repeat) == Answer(200, {"x-atoms": "1"}, b"first")
    assert (found(other), never.runs) == (None, 0)
    assert await names(desk) == ["first", "new"]


async def test_another_request_with_the_key_is_refused_alone(desk: Desk) -> None:
    await work(desk, call(desk, "k", account("first")))
    actor, wrong = desk.face.machine.organization.administrator_id, call(desk, "k", account("never"))
    wrong.once = Once(Key(actor, "k", "another request"), told)
    await work(desk, wrong, call(desk, None, account("new")))
    assert isinstance(found(wrong), KeyUsedForAnotherRequest)
    assert await names(desk) == ["first", "new"]


@pytest.mark.usefixtures("_no_users")
async def test_the_answer_is_that_of_the_attempt_that_commits(desk: Desk) -> None:
    """The database refuses another call's atom: everything is decided again, and so is every answer."""
    await work(desk, call(desk, None, user("taken@example.com")))
    tries = Do(lambda unit: unit.add(Account, name=f"try {tries.runs}").name)
    mine = call(desk, "mine", tries)
    wrong = call(desk, "wrong", user("Taken@example.com"))
    await work(desk, mine, wrong, call(desk, None, account("other")))

    assert isinstance(wrong.entries[0].error, DuplicateValue)
    assert (found(wrong), found(mine), tries.runs) == (None, None, 2)
    assert await stored(desk) == {"mine": (200, "try 2")}
    assert await names(desk) == ["other", "try 2"]


BROKEN = {"sku": "x", "location": "y", "onhand": -1, "reserved": 0, "future": 0, "short": 0}


@pytest.mark.usefixtures("_no_users")
@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("named", [True, False])
async def test_beside_a_repeat_the_guilty_is_refused_and_nobody_else(desk: Desk, place: int, named: bool) -> None:
    """Wherever the repeat stands, and whether the database names the culprit or halves find it."""
    await work(desk, call(desk, "k", account("first")), call(desk, None, user("taken@example.com")))
    broken = Do(lambda unit: unit.row("position", **BROKEN))
    guilty = call(desk, None, user("taken@example.com") if named else broken)
    never = account("never")
    repeat, others = call(desk, "k", never), [call(desk, None, account("a")), call(desk, "b", account("b"))]
    calls = [*others, guilty]
    calls.insert(place, repeat)
    await work(desk, *calls)

    assert isinstance(guilty.entries[0].error, DuplicateValue if named else FieldIntegrity)
    assert found(repeat) == Answer(200, {"x-atoms": "1"}, b"first")
    assert [other.entries[0].error for other in others] == [None, None]
    assert never.runs == 0
    assert await names(desk) == ["a", "b", "first"]
    assert await stored(desk) == {"k": (200, "first"), "b": (200, "b")}


@pytest.mark.usefixtures("_no_users")
async def test_a_call_refused_in_part_is_stored_whole(desk: Desk) -> None:
    """By a rule and by the database; one of which nothing is left is not stored."""
    await work(desk, call(desk, None, user("taken@example.com")))
    part = call(desk, "part", account("good"), Do(refusal), user("taken@example.com"))
    none = call(desk, "none", Do(refusal), user("taken@example.com"))
    await work(desk, part, none)
    assert await stored(desk) == {"part": (200, "good,FieldIntegrity,DuplicateValue")}
    assert [type(entry.error) for entry in none.entries] == [FieldIntegrity, DuplicateValue]
    assert await names(desk) == ["good"]


async def test_a_culprit_nobody_can_name_harms_no_key(desk: Desk) -> None:
    """Halves are tried and rolled back: no answer is made of half a call, nor stored by a trial."""
    asked: list[int] = []

    def reply(entries: Sequence[Entry]) -> Answer:
        asked.append(sum(entry.error is None for entry in entries))
        return told(entries)

    broken = Do(lambda unit: unit.row("position", **BROKEN))
    first = call(desk, "first", *(account(f"a{n}") for n in range(3)), reply=reply)
    second = call(desk, "second", broken, account("b"), reply=reply)
    await work(desk, first, second)

    assert await stored(desk) == {"first": (200, "a0,a1,a2"), "second": (200, "FieldIntegrity,b")}
    assert asked == [3, 2, 3, 1]  # before the refused write, and before the one that was committed
    assert await names(desk) == ["a0", "a1", "a2", "b"]


async def test_a_call_that_cannot_answer_is_refused_alone(desk: Desk) -> None:
    """Nothing of it is written: nobody could say what it did."""

    def mute(_: Sequence[Entry]) -> Answer:
        raise ZeroDivisionError

    silent = call(desk, "silent", account("a"), account("b"), reply=mute)
    other = call(desk, "other", account("c"))
    await work(desk, silent, other, call(desk, None, account("d")))
    assert [type(entry.error) for entry in silent.entries] == [ZeroDivisionError] * 2
    assert await stored(desk) == {"other": (200, "c")}
    assert await names(desk) == ["c", "d"]


async def test_a_twin_that_was_faster_between_two_attempts_is_repeated(desk: Desk) -> None:
    """The claim ends with a refused attempt. Whoever comes in between is done, and the second attempt finds it."""
    twin_runs: list[str] = []
    machine = desk.face.machine

    class Overtaken(Do):
        def run(self, unit: Unit) -> object:
            super().run(unit)
            if self.runs == 1:
                unit.row("position", **BROKEN)
            return "mine"

    blame = machine.worker.blame

    async def overtaken(*given: Any) -> bool:
        if not twin_runs:
            twin_runs.append("done")
            await work(desk, call(desk, "k", account("twin")))
        await blame(*given)
        return True  # as after contention: decided again

    mine = call(desk, "k", Overtaken(lambda unit: unit.add(Account, name="mine").name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine.worker, "blame", overtaken)
        await work(desk, mine)
    assert found(mine) == Answer(200, {"x-atoms": "1"}, b"twin")
    assert (mine.entries[0].error, twin_runs) == (None, ["done"])
    assert await names(desk) == ["twin"]


async def test_a_lock_that_its_holder_left_shows_the_holders_answer(desk: Desk) -> None:
    """In a transaction that has begun before."""
    database, key = desk.face.machine.database, Key("u", "k", "r")
    row = "INSERT INTO idempotency VALUES ('u', 'k', 'r', 200, '{}', 'x', now())"
    slow = "SELECT pg_advisory_xact_lock($1)"
    async with database.write.acquire() as first, database.write.acquire() as second:
        transaction = first.transaction()
        await transaction.start()
        await first.fetch(slow, key.lock)
        await first.execute(row)
        async with second.transaction():
            (busy,) = await claim(second, [key])
            await transaction.commit()
            (seen,) = await claim(second, [key])
    assert isinstance(busy, KeyInUse)
    assert seen == Answer(200, {}, b"x")


async def test_an_answer_is_stored_once(desk: Desk) -> None:
    """What the locks promise, the key of the table makes sure of."""
    database = desk.face.machine.database
    row = "INSERT INTO idempotency VALUES ('u', 'k', 'r', 200, '{}', 'x', now())"
    await database.execute(row)
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.execute(row)


async def test_twenty_keys_are_claimed_by_one_statement(desk: Desk) -> None:
    """BEGIN, the claim, the write, COMMIT; without keys the write alone."""
    number = iter(range(1000))

    async def calls(count: int, *, keyed: bool) -> None:
        made = [call(desk, f"k{next(number)}" if keyed else None, account("x")) for _ in range(count)]
        await work(desk, *made)

    counts = {
        (count, keyed): await least_statements(lambda count=count, keyed=keyed: calls(count, keyed=keyed))  # type: ignore[misc]
        for count in (1, 20)
        for keyed in (False, True)
    }
    assert counts == {(1, False): 1, (20, False): 1, (1, True): 4, (20, True): 4}
