"""Jobs: claimed by one, performed until there is an outcome, which is written once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.desk import Desk, Face
from tests.life import check_laws, did, parcels, promised, sold_for
from tests.rooms.atoms import Do, work

from ordo.bootstrap import Machine, opened
from ordo.domain.ports import CaptureRequest, GatewayAnswer, GatewayResult
from ordo.journeys.capture_payments import CapturePayments
from ordo.kernel.problems import Problem
from ordo.objects.accounts import Account
from ordo.platform.jobs import (
    ATTEMPTS_MAX,
    HELD_SECONDS,
    JOBS_PER_STEP,
    LATER,
    Job,
    Runner,
    backoff_seconds,
    enqueue,
)
from ordo.platform.unit import Unit
from ordo.providers.simulated.faults import Faults, Loss
from ordo.providers.simulated.payment_gateway import SimulatedGateway

KIND = "probe"


class Body(msgspec.Struct, frozen=True):
    number: int


@dataclass
class Probe:
    """A handler that writes an account per outcome; `fault` may raise, `answer` may say LATER."""

    fault: Callable[[int], Awaitable[None]] | None = None
    refuse: Callable[[Unit, int], None] | None = None
    is_later: bool = False
    held_while: str = "false"
    performed: list[int] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    given_up: list[int] = field(default_factory=list)

    async def __call__(self, job: Job) -> Do:
        number = msgspec.json.decode(job.body, type=Body).number
        self.performed.append(number)
        self.attempts.append(job.attempts)
        if self.fault is not None:
            await self.fault(number)

        def act(unit: Unit) -> object:
            job.begin(unit)
            if self.is_later:
                return LATER
            if self.refuse is not None:
                self.refuse(unit, number)
            unit.add(Account, name=f"outcome {number}")
            job.finish(unit)
            return None

        return Do(act)

    def give_up(self, job: Job) -> Do:
        number = msgspec.json.decode(job.body, type=Body).number
        self.given_up.append(number)
        return Do(lambda unit: unit.add(Account, name=f"given up {number}"))


@pytest.fixture(scope="module")
async def other(database_url: str, face: Face) -> AsyncIterator[Machine]:
    """One more machine room on the same database, as another worker has."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(opened(face.machine.settings, database_url))


def runner(machine: Machine, probe: Probe) -> Runner:
    return Runner(machine.worker, {KIND: probe}, machine.organization.automation_id)


async def queued(desk: Desk, count: int = 1) -> None:
    for number in range(count):
        (entry,) = await work(desk, Do(lambda unit, n=number: enqueue(unit, KIND, Body(n))))  # type: ignore[misc]
        assert entry.error is None


async def outcomes(desk: Desk) -> list[str]:
    rows = await desk.rows("SELECT name FROM account WHERE name ~ '^(outcome|given)' ORDER BY name")
    return [row["name"] for row in rows]


async def left(desk: Desk) -> list[dict[str, Any]]:
    return await desk.rows("SELECT attempts, due = 'infinity' AS parked FROM job ORDER BY id")


async def due_now(desk: Desk, attempts: int | None = None) -> None:
    """As if time had passed; with `attempts`, as if it had been claimed so often."""
    await desk.rows("UPDATE job SET due = '-infinity', attempts = coalesce($1, attempts)", attempts)


async def test_two_runners_claim_each_job_once(desk: Desk, other: Machine) -> None:
    await queued(desk, 150)
    probe = Probe()
    runners = [runner(desk.face.machine, probe), runner(other, probe)]
    counts = [await asyncio.gather(*(one.step() for one in runners)) for _ in range(3)]
    assert sum(map(sum, counts)) == 150
    assert sorted(probe.performed) == list(range(150))
    assert len(await outcomes(desk)) == 150
    assert await left(desk) == []


async def test_a_job_whose_runner_died_is_taken_again_after_its_lease(desk: Desk, other: Machine) -> None:
    await queued(desk)
    reached = asyncio.Event()

    async def hang(_: int) -> None:
        reached.set()
        await asyncio.Event().wait()

    dying = asyncio.create_task(runner(desk.face.machine, Probe(hang)).step())
    await reached.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)

    probe = Probe()
    assert await runner(other, probe).step() == 0  # it is still the dead one's
    [lease] = await desk.rows("SELECT due - now() AS left FROM job")
    assert timedelta(seconds=50) < lease["left"] <= timedelta(seconds=60)
    await due_now(desk)
    assert await runner(other, probe).step() == 1
    assert (probe.attempts, await outcomes(desk), await left(desk)) == ([2], ["outcome 0"], [])


async def test_later_backs_off(desk: Desk) -> None:
    """Longer each time, and never due at once; an hour at most."""
    await queued(desk)
    probe = Probe(is_later=True)
    one = runner(desk.face.machine, probe)
    for attempt in range(1, 5):
        await due_now(desk)
        before = datetime.now(UTC)
        assert await one.step() == 1
        [row] = await desk.rows("SELECT due, attempts FROM job")
        whole = timedelta(seconds=2.0 ** (attempt - 1))
        assert row["attempts"] == attempt
        assert whole / 2 <= row["due"] - before <= whole + timedelta(seconds=5)
        assert await one.step() == 0
    assert probe.attempts == [1, 2, 3, 4]
    assert {1800.0 <= backoff_seconds(30) <= 3600.0 for _ in range(50)} == {True}
    assert (await outcomes(desk), probe.given_up) == ([], [])


async def test_a_held_job_waits_and_uses_up_no_attempt(desk: Desk) -> None:
    """Looked at again a few seconds later; a batch of them keeps no others from being done."""
    await queued(desk, JOBS_PER_STEP + 2)
    probe = Probe(held_while=f"(j.body->>'number')::int < {JOBS_PER_STEP}")
    one = runner(desk.face.machine, probe)
    clock = desk.face.machine.clock
    before = clock.now()
    assert [await one.step() for _ in range(3)] == [JOBS_PER_STEP, 2, 0]
    assert sorted(probe.performed) == [JOBS_PER_STEP, JOBS_PER_STEP + 1]
    rows = await desk.rows("SELECT DISTINCT attempts, reason FROM job")
    assert rows == [{"attempts": 0, "reason": "It waits until what it is for is released."}]
    [row] = await desk.rows("SELECT min(due) AS first, max(due) AS last, count(*) AS count FROM job")
    seconds = timedelta(seconds=HELD_SECONDS)
    assert before + seconds <= row["first"] <= row["last"] <= clock.now() + seconds
    assert row["count"] == JOBS_PER_STEP

    await due_now(desk)
    assert await runner(desk.face.machine, Probe(held_while="NULL::boolean")).step() == JOBS_PER_STEP
    assert (len(await outcomes(desk)), await left(desk)) == (JOBS_PER_STEP + 2, [])


async def test_a_job_that_was_tried_is_held_no_longer(desk: Desk) -> None:
    """It may have reached the outside: what became of it is found out in any case."""
    await queued(desk)
    await due_now(desk, 1)
    probe = Probe(held_while="true")
    assert await runner(desk.face.machine, probe).step() == 1
    assert (probe.attempts, await outcomes(desk), await left(desk)) == ([2], ["outcome 0"], [])


async def test_an_unexpected_exception_leaves_the_others_alone(desk: Desk) -> None:
    await queued(desk, 5)

    async def fail(number: int) -> None:
        if number == 2:
            raise KeyError("nobody expected that")

    probe = Probe(fail)
    one = runner(desk.face.machine, probe)
    assert await one.step() == 5
    assert await outcomes(desk) == [f"outcome {number}" for number in (0, 1, 3, 4)]
    assert await left(desk) == [{"attempts": 1, "parked": False}]
    probe.fault = None
    await due_now(desk)
    assert await one.step() == 1
    assert (len(await outcomes(desk)), await left(desk), probe.given_up) == (5, [], [])


@pytest.mark.parametrize("by", ["rule", "fault", "database"])
async def test_an_outcome_that_is_refused(desk: Desk, by: str) -> None:
    """Nothing of it is written, others of the batch are; it is performed again."""
    await queued(desk, 5)

    def refuse(unit: Unit, number: int) -> None:
        if number != 3:
            return
        if by == "rule":
            raise Problem("not today")
        if by == "fault":
            raise ZeroDivisionError
        unit.add(Account, name="refused")
        unit.move_stock("shirt", "nowhere", "probe", on_hand=Decimal(-1))

    probe = Probe(refuse=refuse)
    one = runner(desk.face.machine, probe)
    assert await one.step() == 5
    assert await outcomes(desk) == [f"outcome {number}" for number in (0, 1, 2, 4)]
    assert await left(desk) == [{"attempts": 1, "parked": False}]
    assert await desk.rows("SELECT 1 FROM account WHERE name = 'refused'") == []
    probe.refuse = None
    await due_now(desk)
    await one.step()
    assert (len(await outcomes(desk)), await left(desk)) == (5, [])


@pytest.mark.parametrize("by", ["handler", "outcome"])
async def test_after_the_last_attempt_a_person_is_told(desk: Desk, by: str) -> None:
    """And the job is parked: nobody claims it again by itself."""
    await queued(desk)

    async def fail(_: int) -> None:
        raise KeyError

    def refuse(_: Unit, __: int) -> None:
        raise Problem("not today")

    probe = Probe(fault=fail) if by == "handler" else Probe(refuse=refuse)
    one = runner(desk.face.machine, probe)
    await due_now(desk, ATTEMPTS_MAX - 2)
    await one.step()
    assert (probe.given_up, await left(desk)) == ([], [{"attempts": ATTEMPTS_MAX - 1, "parked": False}])
    await due_now(desk)
    await one.step()
    assert (probe.given_up, await left(desk)) == ([0], [{"attempts": ATTEMPTS_MAX, "parked": True}])
    assert await outcomes(desk) == ["given up 0"]
    assert await one.step() == 0


async def test_a_kind_that_nobody_handles(desk: Desk) -> None:
    """A worker of another version may: it stays, and nothing else of the batch is kept from its outcome."""
    await queued(desk, 2)
    await desk.rows("UPDATE job SET kind = 'newer' WHERE id = (SELECT min(id) FROM job)")
    one = runner(desk.face.machine, Probe())
    assert await one.step() == 2
    assert (await outcomes(desk), await left(desk)) == (["outcome 1"], [{"attempts": 1, "parked": False}])
    await due_now(desk, ATTEMPTS_MAX - 1)
    await one.step()
    assert await left(desk) == [{"attempts": ATTEMPTS_MAX, "parked": True}]


# -- captures --------------------------------------------------------------------------------------


async def asked(desk: Desk, *amounts: str) -> dict[str, Any]:
    """An order whose money is about to be captured, an authorization per amount; its summary."""
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    money = [one for number, amount in enumerate(amounts) for one in promised(desk, number, amount)]
    total = sum(map(float, amounts))
    summary = await sold_for(desk, [("shirt", 1, f"{total:.2f}")], money)
    [order] = await parcels(desk, summary)
    told = {"fulfillment_order_id": order["Id"], "order_summary_id": summary["Id"]}
    await did(desk, "collect-payment", **told)
    return summary


async def operation(desk: Desk) -> tuple[str, str | None]:
    [found] = await desk.query("SELECT Status, Error FROM BackgroundOperation")
    return found["Status"], found["Error"]


async def exceptions(desk: Desk) -> list[str]:
    return [row["Message"] for row in await desk.query("SELECT Message FROM ProcessException")]


@pytest.mark.parametrize("way", ["away", "adapter"])
async def test_a_capture_that_never_gets_an_answer(
    desk: Desk, gateway: SimulatedGateway, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """S1-28: parked after the last attempt with a ProcessException; the payment stays open, the money is not
    asked for under another key."""
    if way == "away":
        gateway.faults = Faults(down=True)
    else:

        async def broken(*_: object) -> None:
            raise KeyError("an adapter's fault")

        monkeypatch.setattr(SimulatedGateway, "capture", broken)
    summary = await asked(desk, "10.00")
    await due_now(desk, ATTEMPTS_MAX - 1)
    await desk.settle()
    assert await left(desk) == [{"attempts": ATTEMPTS_MAX, "parked": True}]
    assert await exceptions(desk) == ["The payment gateway does not say whether the money was taken."]
    assert (await desk.get("OrderSummary", summary["Id"]))["ActiveProcessExceptionCount"] == 1
    assert await desk.query("SELECT Status, Amount FROM Payment") == [{"Status": "Pending", "Amount": 10}]
    [order] = await parcels(desk, summary)
    await did(desk, "ensure-funds", order_summary_id=summary["Id"], invoice_id=order["InvoiceId"])
    await desk.settle()
    assert await desk.query("SELECT Status FROM Payment") == [{"Status": "Pending"}]
    await check_laws(desk)

    monkeypatch.undo()
    gateway.faults = Faults()
    await due_now(desk)  # a person had it tried again
    await desk.settle()
    assert await desk.query("SELECT Status FROM Payment") == [{"Status": "Processed"}]
    assert len(gateway.books) == 1
    await check_laws(desk)


async def test_one_adapters_fault_does_not_lose_the_others_answer(
    desk: Desk, gateway: SimulatedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two captures of one operation: what the one gateway answered is written, the other stays open."""
    capture = SimulatedGateway.capture

    async def broken(self: SimulatedGateway, request: CaptureRequest) -> GatewayAnswer:
        if request.amount.minor == 400:
            raise KeyError("an adapter's fault")
        return await capture(self, request)

    monkeypatch.setattr(SimulatedGateway, "capture", broken)
    await asked(desk, "6.00", "4.00")
    await desk.settle()
    assert await desk.query("SELECT Status, Amount FROM Payment ORDER BY Amount") == [
        {"Status": "Pending", "Amount": 4}, {"Status": "Processed", "Amount": 6},
    ]  # fmt: skip
    assert await operation(desk) == ("Waiting", None)
    await check_laws(desk)
    monkeypatch.undo()
    await due_now(desk)
    await desk.settle()
    assert await operation(desk) == ("Complete", None)
    assert len(gateway.books) == 2
    await check_laws(desk)


async def test_what_was_said_in_an_earlier_attempt_stays(desk: Desk, gateway: SimulatedGateway) -> None:
    """C15: one is declined at once, the other's answer comes later: the operation's detail still says so."""
    gateway.faults = Faults(results={"1001": GatewayResult.DECLINE}, losses={"2000": Loss.AFTER_ACTING})
    await asked(desk, "10.01", "20.00")
    await desk.settle()
    said = "SOFT_DECLINE: The account does not hold the amount"
    assert await operation(desk) == ("Waiting", said)
    await due_now(desk)
    await desk.settle()
    assert await operation(desk) == ("Complete", said)
    assert await exceptions(desk) == [said]
    await check_laws(desk)


async def test_a_late_performer_writes_nothing_twice(desk: Desk, gateway: SimulatedGateway) -> None:
    """S1-28: its lease ran out while it asked; whoever comes second finds it done."""
    gateway.faults = Faults(results={"1001": GatewayResult.DECLINE})
    await asked(desk, "10.01", "20.00")
    machine = desk.face.machine
    held, go_on = asyncio.Event(), asyncio.Event()
    capture = machine.jobs()._handlers["capture-payments"]
    assert isinstance(capture, CapturePayments)

    class Slow:
        held_while = capture.held_while

        async def __call__(self, job: Job) -> Any:
            outcome = await capture(job)
            held.set()
            await go_on.wait()
            return outcome

        def give_up(self, job: Job) -> Any:
            return capture.give_up(job)

    slow = Runner(machine.worker, {"capture-payments": Slow()}, machine.organization.automation_id)
    late = asyncio.create_task(slow.step())
    await held.wait()
    await due_now(desk)
    await desk.settle()
    tables = (
        "payment", "paymentgatewaylog", "paymentlineinvoice", "processexception", "fact", "ledger",
        "orderpaymentsummary", "job",
    )  # fmt: skip
    before = {table: await desk.rows(f"SELECT * FROM {table} ORDER BY id") for table in tables}
    assert before["job"] == []
    go_on.set()
    assert await late == 1
    assert {table: await desk.rows(f"SELECT * FROM {table} ORDER BY id") for table in tables} == before
    assert await operation(desk) == ("Complete", "SOFT_DECLINE: The account does not hold the amount")
    assert len(gateway.books) == 1
    await check_laws(desk)
