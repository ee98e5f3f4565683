"""From shipment to capture the number of statements is constant too: lines, orders and payments do not count."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.counting import least_statements, statements
from tests.desk import Desk, bodies
from tests.life import check_laws, moved, parcels, promised, sold_for, summary_of

from ordo.platform.events import sequence

Line = tuple[str, int, str]


async def sent(desk: Desk, lines: list[Line], *, cards: int = 1) -> str:
    """A fulfillment order of these lines, paid for with so many cards."""
    whole = 10 * len(lines)
    parts = [whole // cards] * (cards - 1)
    parts.append(whole - sum(parts))
    money = [one for number, part in enumerate(parts) for one in promised(desk, number, str(part))]
    [order] = await parcels(desk, await sold_for(desk, lines, money))
    found: str = order["Id"]
    return found


async def orders(desk: Desk, count: int, lines: int) -> list[str]:
    """Fulfillment orders of so many orders, posted one after the other."""
    made = []
    for _ in range(count):
        graph = await desk.order(*[("shirt", 1, "10.00")] * lines)
        made.append(bodies(graph)["order"]["id"])
    await desk.settle()
    return [(await parcels(desk, await summary_of(desk, order)))[0]["Id"] for order in made]


async def test_a_fulfilled_order_of_forty_lines_costs_as_much_as_one_of_one(desk: Desk) -> None:
    """S1-27: the PATCH itself."""
    await desk.stock("DC1", shirt=1000)
    await desk.route_to("DC1")
    counts = []
    for lines in (1, 40):
        waiting = [await sent(desk, [("shirt", 1, "10.00")] * lines) for _ in range(3)]

        async def close(waiting: list[str] = waiting) -> None:
            await moved(desk, waiting.pop(), "Fulfilled")

        counts.append(await least_statements(close))
        await desk.settle()
    assert counts[0] == counts[1]
    await check_laws(desk)


async def test_a_worker_collects_for_twenty_orders_as_it_does_for_one(desk: Desk) -> None:
    """S1-26, S1-27: one step of the flows, one of the jobs; whatever the orders, lines and cards."""
    await desk.stock("DC1", shirt=5000)
    await desk.route_to("DC1")
    machine, flows, jobs = desk.face.machine, desk.face.flows, desk.face.jobs
    counts: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    for case in ((1, 1, 1), (1, 40, 1), (1, 1, 5), (20, 1, 1)):
        for _ in range(3):
            count, lines, cards = case
            if cards > 1:
                waiting = [await sent(desk, [("shirt", 1, "10.00")] * lines, cards=cards)]
            else:
                waiting = await orders(desk, count, lines)
            for one in waiting:
                await moved(desk, one, "Fulfilled")
            assert await sequence(machine.database) == count
            of_flows = await _counted(lambda: flows.step(machine.worker))
            of_jobs = await _counted(jobs.step)
            counts.setdefault(case, []).append((of_flows, of_jobs))
            await desk.settle()
    least = {case: tuple(map(min, zip(*found, strict=True))) for case, found in counts.items()}
    assert len(set(least.values())) == 1, least
    assert {row["status"] for row in await desk.rows("SELECT status FROM payment")} == {"Processed"}
    await check_laws(desk)


async def _counted(act: Callable[[], Awaitable[int]]) -> int:
    before = statements()
    assert await act() > 0
    return statements() - before
