"""What the guard on stock refuses for good: units that are not there, whoever asks for them and with whom."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from structlog.testing import capture_logs
from tests.counting import statements
from tests.desk import Desk
from tests.faces.asserted import census, growth
from tests.life import check_laws, did, facts, move, parcels, sold, stock
from tests.rooms.atoms import Do, work

from ordo.kernel.problems import FieldIntegrity
from ordo.platform.unit import Unit

ONE = Decimal(1)


async def counted_short(desk: Desk, orders: int, on_hand: int) -> list[str]:
    """Fulfillment orders of one shirt each, reserved at DC1, where a count finds fewer units than that."""
    found = [await parcels(desk, await sold(desk, ("shirt", 1, "10.00"))) for _ in range(orders)]
    told = {"stock_keeping_unit": "shirt", "location_id": desk.ids["DC1"], "on_hand": Decimal(on_hand)}
    await did(desk, "set-stock", **told)
    return [parcel["Id"] for [parcel] in found]


async def test_units_that_are_not_there_cannot_leave(desk: Desk) -> None:
    """S1-30: a refusal that no repetition changes says what is there; nothing is written, nobody is alarmed."""
    [first, second] = await counted_short(desk, 2, 1)
    assert (await move(desk, first, "Fulfilled")).status_code == 204
    await desk.settle()
    before, sent = await census(desk), statements()
    with capture_logs() as logs:
        answer = await move(desk, second, "Fulfilled")
    assert (answer.status_code, answer.json()) == (
        400,
        [
            {
                "message": f"not enough stock: shirt at {desk.ids['DC1']} has 0 on hand and 1 reserved, "
                "which would become -1 and 0",
                "errorCode": "FIELD_INTEGRITY_EXCEPTION",
            }
        ],
    )
    assert [line for line in logs if line["log_level"] == "error"] == []
    assert statements() - sent <= 12  # two tries and no more: the second one is under lock
    assert growth(before, await census(desk)) == {}
    assert (await desk.get("FulfillmentOrder", second))["Status"] == "Allocated"
    await check_laws(desk)


async def test_all_at_once_send_what_is_there(desk: Desk) -> None:
    """S1-30: of eight that ask at once for five units, five are sent and three refused for good."""
    orders = await counted_short(desk, 8, 5)
    answers = await asyncio.gather(*(move(desk, order, "Fulfilled") for order in orders))
    assert sorted(answer.status_code for answer in answers) == [204] * 5 + [400] * 3
    codes = {answer.json()[0]["errorCode"] for answer in answers if answer.status_code == 400}
    assert codes == {"FIELD_INTEGRITY_EXCEPTION"}
    assert ("shirt", 0, 3) in await stock(desk)
    await desk.settle()
    await check_laws(desk)


async def test_one_work_sends_what_is_there(desk: Desk) -> None:
    """The atoms of one Work are served in their order: who is refused is told what all before him took."""
    await desk.stock("DC1", shirt=3, hat=1)

    def takes(sku: str) -> Do:
        def act(unit: Unit) -> None:
            unit.move_stock(sku, desk.ids["DC1"], "test", on_hand=-ONE)
            unit.fact(desk.ids["account"], "Taken")

        return Do(act)

    entries = await work(
        desk, *[takes(sku) for sku in ("shirt", "shirt", "hat", "shirt", "hat", "shirt", "shirt")]
    )
    assert [type(entry.error) for entry in entries[:4]] == [type(None)] * 4
    assert all(isinstance(entry.error, FieldIntegrity) for entry in entries[4:])
    said = [str(entry.error).partition(" has ")[2] for entry in entries[4:]]
    assert (
        said
        == ["1 on hand and 0 reserved, which would become -1 and 0"]
        + ["3 on hand and 0 reserved, which would become -1 and 0"] * 2
    )
    assert await stock(desk) == [("hat", 0, 0), ("shirt", 0, 0)]
    assert await facts(desk, "Taken") == 4
