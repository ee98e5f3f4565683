"""`ordo job`: what waits is listed with its reason, what was parked is released, and no money is taken twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.desk import Desk
from tests.faces.asserted import census, growth
from tests.life import check_laws, did, parcels, promised, sold_for
from tests.rooms.conftest import Ordo

from ordo.platform.jobs import ATTEMPTS_MAX
from ordo.providers.simulated.faults import Faults, Loss
from ordo.providers.simulated.payment_gateway import SimulatedGateway

NO_OUTCOME = "There is no outcome yet."


async def parked(desk: Desk, gateway: SimulatedGateway, faults: Faults) -> dict[str, Any]:
    """A capture that nobody answers, tried as often as it may be; its order summary."""
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    summary = await sold_for(desk, [("shirt", 1, "10.00")], promised(desk, 0, "10.00"))
    [order] = await parcels(desk, summary)
    gateway.faults = faults
    await did(desk, "collect-payment", fulfillment_order_id=order["Id"], order_summary_id=summary["Id"])
    await desk.settle()
    gateway.faults = Faults(down=True)
    await desk.rows("UPDATE job SET due = '-infinity', attempts = $1", ATTEMPTS_MAX - 1)
    await desk.settle()
    return summary


async def listed(ordo: Ordo, *words: str) -> list[dict[str, Any]]:
    answer = await ordo("job", "list", "--json", *words)
    assert answer.exit_code == 0
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


async def test_a_parked_job_is_listed(desk: Desk, ordo: Ordo, gateway: SimulatedGateway) -> None:
    assert await listed(ordo) == []
    summary = await parked(desk, gateway, Faults(down=True))
    [one] = await listed(ordo)
    assert (one["kind"], one["state"], one["attempts"], one["due"], one["reason"]) == (
        "capture-payments", "parked", ATTEMPTS_MAX, None, NO_OUTCOME,
    )  # fmt: skip
    assert one["body"]["order_summary_id"] == summary["Id"]
    assert await listed(ordo, "--state", "parked") == [one]
    for state in ("due", "later"):
        assert await listed(ordo, "--state", state) == []
    table = await ordo("job", "list", COLUMNS="40")
    assert one["id"] in table.stdout
    assert (await ordo("job", "list", "--state", "lost")).exit_code == 2


@pytest.mark.parametrize("loss", [Loss.AFTER_ACTING, Loss.BEFORE_ACTING])
async def test_a_released_capture_asks_first(
    desk: Desk, ordo: Ordo, gateway: SimulatedGateway, monkeypatch: pytest.MonkeyPatch, loss: Loss
) -> None:
    """S1-28: whether the gateway had taken the money and nobody heard of it or not, it is taken once."""
    await parked(desk, gateway, Faults(losses_every={1: loss}))
    assert len(gateway.books) == (loss is Loss.AFTER_ACTING)
    asked: list[str] = []
    find, capture = SimulatedGateway.find, SimulatedGateway.capture

    async def finding(self: SimulatedGateway, key: str) -> Any:
        asked.append("find")
        return await find(self, key)

    async def capturing(self: SimulatedGateway, request: Any) -> Any:
        asked.append("capture")
        return await capture(self, request)

    monkeypatch.setattr(SimulatedGateway, "find", finding)
    monkeypatch.setattr(SimulatedGateway, "capture", capturing)
    gateway.faults = Faults()
    [one] = await listed(ordo)
    answer = await ordo("job", "retry", one["id"][:15])
    assert (answer.exit_code, answer.stdout) == (0, "1 released.\n")
    [released] = await listed(ordo)
    assert (released["state"], released["attempts"], released["reason"]) == ("due", 1, NO_OUTCOME)
    await desk.settle()
    assert asked == (["find"] if loss is Loss.AFTER_ACTING else ["find", "capture"])
    assert await desk.query("SELECT Status FROM Payment") == [{"Status": "Processed"}]
    assert (len(gateway.books), await listed(ordo)) == (1, [])
    await check_laws(desk)


async def test_a_released_job_has_its_attempts_anew(desk: Desk, ordo: Ordo, gateway: SimulatedGateway) -> None:
    """Nobody is told a second time after one more failure; the job is put off."""
    await parked(desk, gateway, Faults(down=True))
    before = await census(desk)
    assert (await ordo("job", "retry", "--all")).stdout == "1 released.\n"
    assert growth(before, await census(desk)) == {}
    await desk.settle()
    [one] = await listed(ordo)
    assert (one["state"], one["attempts"]) == ("later", 2)
    assert await desk.query("SELECT COUNT(Id) n FROM ProcessException") == [{"n": 1}]
    assert await desk.query("SELECT Status FROM Payment") == [{"Status": "Pending"}]
    await check_laws(desk)


async def test_only_parked_jobs_are_released(desk: Desk, ordo: Ordo, gateway: SimulatedGateway) -> None:
    """One that a worker is doing, or will do, is not done beside it."""
    await parked(desk, gateway, Faults(down=True))
    await desk.rows("UPDATE job SET due = now() + interval '1 minute', attempts = 3")
    [one] = await listed(ordo)
    for job_id in (one["id"], "2Pj000000000000AAA", "nope"):
        answer = await ordo("job", "retry", job_id)
        assert (answer.exit_code, answer.stdout, answer.stderr) == (1, "", f"there is no parked job {job_id}\n")
    assert (await ordo("job", "retry", "--all")).stdout == "Nothing to release.\n"
    assert await listed(ordo) == [one]
    for words in ((), (one["id"], "--all")):
        answer = await ordo("job", "retry", *words)
        assert (answer.exit_code, answer.stderr) == (1, "Say either the ID of a job or --all.\n")


async def test_the_reason_is_that_of_the_last_attempt(desk: Desk, ordo: Ordo, gateway: SimulatedGateway) -> None:
    """A job nobody does, an outcome that the rules refuse; whatever others wrote in it."""
    await parked(desk, gateway, Faults(down=True))
    await desk.rows("UPDATE job SET due = '-infinity', attempts = 1, kind = 'newer'")
    await desk.settle()
    [one] = await listed(ordo)
    assert one["reason"] == "KindIsUnknown: no worker of this version does jobs of the kind newer"
    await desk.rows("UPDATE job SET due = '-infinity', kind = 'capture-payments', body = '{\"order_id\": \"a\"}'")
    await desk.settle()
    [one] = await listed(ordo)
    assert one["reason"].startswith("ValidationError: Object missing required field")


async def test_the_list_is_bounded(desk: Desk, ordo: Ordo) -> None:
    await desk.rows(
        "INSERT INTO job (id, kind, due, attempts, cause, depth, body) "
        "SELECT '2Pj0000000000' || lpad(n::text, 5, '0'), 'probe', 'infinity', 12, '', 0, '{}' "
        "FROM generate_series(1, 30) n"
    )
    assert [one["id"][-2:] for one in await listed(ordo, "--most", "3")] == ["01", "02", "03"]
    assert len(await listed(ordo)) == 30
    assert (await ordo("job", "list", "--most", "0")).exit_code == 2
