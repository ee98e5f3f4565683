"""Verbs called for somebody who is bound to a location: what a command names must be of that location."""

from __future__ import annotations

from typing import Any

import pytest
from tests.counting import least_statements
from tests.desk import Desk
from tests.faces.asserted import census, growth
from tests.life import allocated
from tests.rooms.test_create_fulfillment_orders import Sold, command, group, sold
from tests.rooms.test_create_invoice import rich

from ordo.api.sobjects import Create, Update
from ordo.journeys.create_fulfillment_orders import create_fulfillment_orders
from ordo.journeys.create_invoice import CreateInvoice, create_invoice
from ordo.kernel.problems import InvalidIdentifier
from ordo.objects.inventory import AssociatedLocation
from ordo.platform.limits import Limit, way_of
from ordo.platform.records import noun
from ordo.platform.roles import PERMISSIONS, InsufficientAccess, Role
from ordo.platform.verbs import VerbAtom
from ordo.platform.work import Entry

LOCATED = PERMISSIONS[Role.STORE_ASSOCIATE].located


def entry_of(desk: Desk, atom: VerbAtom[Any], location: str | None) -> Entry:
    """By somebody of a location, or of none."""
    limit = Limit(LOCATED, desk.ids[location]) if location else None
    return Entry(atom, desk.face.machine.organization.administrator_id, limit=limit)


@pytest.fixture
async def it(desk: Desk) -> Sold:
    await desk.stock("DC1", shirt=5)
    await desk.stock("DC2", shirt=5)
    await desk.route_to()
    return await sold(desk)


async def test_no_command_acts_at_another_location(desk: Desk, it: Sold) -> None:
    """However deep in the command it is named; nobody else's limit counts in the same Work."""
    before = await census(desk)
    at_both = command(it, group(desk, (it["shirts"], 1)), group(desk, (it["shirts"], 1), location="DC2"))
    entries = [
        entry_of(desk, VerbAtom(create_fulfillment_orders, told), location)
        for told, location in (
            (at_both, "DC1"), (at_both, "DC2"), (at_both, None),
            (command(it, group(desk, (it["shirts"], 1), location="DC2")), "DC2"),
        )
    ]  # fmt: skip
    await desk.face.machine.worker.run(entries)
    errors = [entry.error and type(entry.error) for entry in entries]
    assert errors == [InsufficientAccess, InsufficientAccess, None, None]
    assert growth(before, await census(desk))["fulfillmentorder"] == 3


async def test_callers_of_several_locations_share_a_work(desk: Desk) -> None:
    """Each meets its own rows in it, and a limit asks for no further statement."""
    summary = await rich(desk)
    first, second = [await allocated(desk, summary, location, shirt=1) for location in ("DC1", "DC2")]
    told = [(first, "DC2"), (second, "DC2"), (second, "DC1")]
    entries = [entry_of(desk, VerbAtom(create_invoice, CreateInvoice(one)), location) for one, location in told]
    await desk.face.machine.worker.run(entries)
    assert [type(entry.error) for entry in entries] == [InvalidIdentifier, type(None), InvalidIdentifier]
    assert (await desk.get("FulfillmentOrder", first))["InvoiceId"] is None

    async def refused(location: str | None) -> None:
        again = entry_of(desk, VerbAtom(create_invoice, CreateInvoice(second)), location)
        await desk.face.machine.worker.run([again])
        assert "has its invoice" in str(again.error)

    assert await least_statements(lambda: refused("DC2")) == await least_statements(lambda: refused(None))


async def test_what_is_written_stays_at_the_location(desk: Desk) -> None:
    """Whatever noun is declared as of a location: none is made elsewhere and none moves away, or all is undone."""
    limit = Limit({"associatedlocation": "LocationId"}, desk.ids["DC1"])
    here, there = desk.ids["DC1"], desk.ids["DC2"]
    row = await desk.make("AssociatedLocation", LocationId=here, ParentRecordId=desk.ids["account"])
    values = {"parent_record_id": desk.ids["account"], "location_id": there}
    before = await census(desk)
    shape = AssociatedLocation.__noun__
    for atom, error in (
        (Create(shape, values), InsufficientAccess),
        (Update(shape, row, {"location_id": there, "type": "Ship To"}), InsufficientAccess),
        (Update(shape, row, {"type": "Bill To"}), type(None)),
    ):
        entry = Entry(atom, desk.face.machine.organization.administrator_id, limit=limit)
        await desk.face.machine.worker.run([entry])
        assert type(entry.error) is error
    found = await desk.get("AssociatedLocation", row)
    assert (found["LocationId"], found["Type"]) == (here, "Bill To")
    assert await census(desk) == before


def test_every_way_to_a_location_is_one() -> None:
    """What the table of roles says leads from each noun to a Location; a path that does not is no way."""
    ends = {}
    for name, path in LOCATED.items():
        shape = noun(name)
        assert shape is not None
        ends[shape.api] = way_of(shape, path).end.targets
    assert ends == dict.fromkeys(ends, ("Location",))
    assert len(ends) == 6
    shipment = noun("Shipment")
    assert shipment is not None
    for path in ("Nothing.Id", "FulfillmentOrder.Nothing", "ReturnOrder.Id"):
        with pytest.raises(LookupError):
            way_of(shipment, path)
