"""A store associate meets the rows of its own store at every door; those of others are not there."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from tests.counting import least_statements
from tests.desk import Desk, bodies, node, statuses
from tests.faces.asserted import GRAPH, ask, assert_error, census, faulty, growth, only, payload, refused
from tests.faces.conftest import As
from tests.faces.test_connect import refused_with
from tests.life import allocated, move
from tests.rooms.test_create_invoice import rich

from ordo.kernel.problems import Problem
from ordo.platform.records import noun, nouns
from ordo.platform.roles import PERMISSIONS, Right, Role

DENIED = "insufficient access rights on object id"
NOWHERE = "The requested resource does not exist"
LOCATED = (
    "FulfillmentOrder", "FulfillmentOrderLineItem", "FulfillmentOrderItemAdjustment", "FulfillmentOrderItemTax",
    "Shipment", "ShipmentItem",
)  # fmt: skip
LINE = "FulfillmentOrderLineItem"
Ids = dict[str, list[str]]


class Stores(NamedTuple):
    """Who works at the first store, and the ids by object of the first and of the second."""

    associate: Desk
    own: Ids
    other: Ids

    def one(self, name: str) -> tuple[str, str]:
        return self.own[name][0], self.other[name][0]


async def _sent(desk: Desk, order_id: str) -> None:
    parcel = await desk.make("Shipment", FulfillmentOrderId=order_id, ShipToName="Jo", TrackingNumber="T1")
    await desk.make("ShipmentItem", ShipmentId=parcel, Quantity=1, Description="shirt")


async def _ids(desk: Desk, location: str) -> Ids:
    """As PostgreSQL knows them."""
    own = f"fulfilledfromlocationid = '{desk.ids[location]}'"
    parts = f"fulfillmentorderid IN (SELECT id FROM fulfillmentorder WHERE {own})"
    conditions = dict.fromkeys(LOCATED, parts)
    conditions["FulfillmentOrder"] = own
    conditions["ShipmentItem"] = f"shipmentid IN (SELECT id FROM shipment WHERE {parts})"
    return {
        name: [row["id"] for row in await desk.rows(f"SELECT id FROM {name} WHERE {condition} ORDER BY id")]
        for name, condition in conditions.items()
    }


@pytest.fixture
async def stores(desk: Desk, acting_as: As) -> Stores:
    """An order with discounts and taxes, sent in two parts from two stores."""
    summary = await rich(desk)
    for location, units in (("DC1", {"shirt": 1, "shipping": 1}), ("DC2", {"shirt": 2})):
        await _sent(desk, await allocated(desk, summary, location, **units))
    await desk.settle()
    stores = Stores(await acting_as(Role.STORE_ASSOCIATE, "DC1"), await _ids(desk, "DC1"), await _ids(desk, "DC2"))
    assert all(stores.own[name] and stores.other[name] for name in LOCATED)
    return stores


async def _found(desk: Desk, soql: str) -> list[str]:
    return [record["Id"] for record in await desk.query(soql)]


async def _total(desk: Desk, soql: str) -> int:
    answer = await desk.client.get("/services/data/v60.0/query", params={"q": soql})
    assert answer.status_code == 200, answer.text
    total: int = answer.json()["totalSize"]
    return total


# -- records --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOCATED)
async def test_a_record_of_another_store_is_not_there(desk: Desk, stores: Stores, name: str) -> None:
    """S0-110: read and changed in its own store; of the other, 404 as for an id of nothing."""
    own, other = stores.one(name)
    assert (await stores.associate.get(name, own))["Id"] == own
    path, before = f"/sobjects/{name}/{other}", await census(desk)
    unchanged = await desk.get(name, other)
    refused(await ask(stores.associate, "GET", path), 404, "NOT_FOUND", NOWHERE)
    may_update = Right.UPDATE in PERMISSIONS[Role.STORE_ASSOCIATE].nouns[name.lower()]
    status, code = (404, "NOT_FOUND") if may_update else (403, "INSUFFICIENT_ACCESS")
    refused(await ask(stores.associate, "PATCH", path, _change(name)), status, code)
    refused(await ask(stores.associate, "DELETE", path), 403, "INSUFFICIENT_ACCESS", DENIED)
    assert await census(desk) == before
    assert await desk.get(name, other) == unchanged
    if may_update:
        assert (await stores.associate.patch(name, own, **_change(name))).status_code == 204
        assert (await desk.get(name, own)).items() >= _change(name).items()


def _change(name: str) -> dict[str, Any]:
    return {"FulfilledToName": "Li"} if name == "FulfillmentOrder" else {"Description": "changed"}


async def test_a_deleted_record_of_another_store_is_not_told_as_deleted(desk: Desk, stores: Stores) -> None:
    """It is in the recycle bin for its own store only."""
    for record_id, code in zip(stores.one("Shipment"), ("ENTITY_IS_DELETED", "NOT_FOUND"), strict=True):
        path = f"/sobjects/Shipment/{record_id}"
        assert (await ask(desk, "DELETE", path)).status_code == 204
        refused(await ask(stores.associate, "PATCH", path, {"TrackingNumber": "T2"}), 404, code)


async def test_a_store_moves_its_own_orders_along(desk: Desk, stores: Stores) -> None:
    """S0-110, S0-128: by PATCH of the status; stock moves where it should, and nothing of the other store."""
    own, other = stores.one("FulfillmentOrder")
    for status in ("Pickpack", "Fulfilled"):
        assert (await move(stores.associate, own, status)).status_code == 204
        refused(await move(stores.associate, other, status), 404, "NOT_FOUND", NOWHERE)
    assert (await desk.get("FulfillmentOrder", own))["LastModifiedById"] == stores.associate.ids["user"]
    rows = await desk.rows("SELECT location, onhand::int, reserved::int FROM position ORDER BY location")
    assert {row.pop("location"): row for row in rows} == {
        desk.ids["DC1"]: {"onhand": 8, "reserved": 0},
        desk.ids["DC2"]: {"onhand": 9, "reserved": 2},
    }
    assert (await desk.get("FulfillmentOrder", other))["Status"] == "Allocated"


async def test_nothing_is_hung_below_another_store(desk: Desk, stores: Stores) -> None:
    """S0-66: an order or shipment of another store is an unknown reference, one of no store is not allowed."""
    associate, before = stores.associate, await census(desk)
    (own, other), (parcel, foreign) = stores.one("FulfillmentOrder"), stores.one("Shipment")
    unknown = "INVALID_CROSS_REFERENCE_KEY"
    shipments, items = "/sobjects/Shipment", "/sobjects/ShipmentItem"
    for method, path, body, status, code, field in (
        ("POST", shipments, {"FulfillmentOrderId": other, "ShipToName": "Jo"}, 400, unknown, "FulfillmentOrderId"),
        ("POST", items, {"ShipmentId": foreign, "Quantity": 1}, 400, unknown, "ShipmentId"),
        ("PATCH", f"{shipments}/{parcel}", {"FulfillmentOrderId": other}, 400, unknown, "FulfillmentOrderId"),
        ("POST", shipments, {"ShipToName": "Jo"}, 403, "INSUFFICIENT_ACCESS", None),
    ):
        answer = await ask(associate, method, path, body)
        refused(answer, status, code, None, *([field] if field else []))
    assert await census(desk) == before
    made = await associate.make("Shipment", FulfillmentOrderId=own, ShipToName="Jo")
    await associate.make("ShipmentItem", ShipmentId=made, Quantity=1)
    assert growth(before, await census(desk)) == {"shipment": 1, "shipmentitem": 1}


async def test_a_row_does_not_leave_its_store(desk: Desk, stores: Stores) -> None:
    own, _ = stores.one("FulfillmentOrder")
    before = await census(desk)
    for location in (desk.ids["DC2"], None):
        answer = await stores.associate.patch("FulfillmentOrder", own, FulfilledFromLocationId=location)
        refused(answer, 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    assert (await desk.get("FulfillmentOrder", own))["FulfilledFromLocationId"] == desk.ids["DC1"]
    assert await census(desk) == before


# -- graph ----------------------------------------------------------------------------------------


async def test_a_graph_ships_from_its_own_store(desk: Desk, stores: Stores) -> None:
    own, _ = stores.one("FulfillmentOrder")
    graph = await stores.associate.graph(
        node("POST", "Shipment", "parcel", FulfillmentOrderId=own, ShipToName="Jo"),
        node("POST", "ShipmentItem", "item", ShipmentId="@{parcel.id}", Quantity=1),
        node("GET", "ShipmentItem/@{item.id}", "seen"),
        node("PATCH", f"FulfillmentOrder/{own}", "done", Status="Fulfilled"),
    )
    assert statuses(graph) == {"parcel": 201, "item": 201, "seen": 200, "done": 204}
    assert bodies(graph)["seen"]["Quantity"] == 1.0


FOREIGN = {
    "a status": ("NOT_FOUND", "PATCH", "FulfillmentOrder/{order}", {"Status": "Fulfilled"}),
    "a part": ("NOT_FOUND", "PATCH", "ShipmentItem/{item}", {"Description": "x"}),
    "a look": ("NOT_FOUND", "GET", "ShipmentItem/{item}", {}),
    "a child": ("INVALID_CROSS_REFERENCE_KEY", "POST", "Shipment",
                {"FulfillmentOrderId": "{order}", "ShipToName": "x"}),
    "a parent": ("INVALID_CROSS_REFERENCE_KEY", "PATCH", "Shipment/@{{parcel.id}}",
                 {"FulfillmentOrderId": "{order}"}),
}  # fmt: skip


@pytest.mark.parametrize("case", FOREIGN)
async def test_a_graph_that_names_another_store_is_rolled_back(desk: Desk, stores: Stores, case: str) -> None:
    """With everything before it; a graph beside it is done."""
    code, method, path, body = FOREIGN[case]
    own, order = stores.one("FulfillmentOrder")
    ids = {"order": order, "item": stores.other["ShipmentItem"][0]}
    before = await census(desk)
    parcel = node("POST", "Shipment", "parcel", FulfillmentOrderId=own, ShipToName="Jo")
    told = {name: value.format(**ids) for name, value in body.items()}
    graphs = {"bad": [parcel, node(method, path.format(**ids), "it", **told)], "good": [parcel]}
    answer = (await stores.associate.post(GRAPH, payload(graphs))).json()["graphs"]
    fault = faulty(answer[0])
    assert (fault["referenceId"], fault["httpStatusCode"]) == ("it", 404 if code == "NOT_FOUND" else 400)
    assert_error(fault["body"], code)
    assert answer[1]["isSuccessful"] is True
    assert growth(before, await census(desk)) == {"shipment": 1}


# -- queries --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOCATED)
async def test_a_query_finds_the_rows_of_its_own_store(desk: Desk, stores: Stores, name: str) -> None:
    """Rows, counts, and asked for by id; queryAll too. An administrator still finds all."""
    own, other, associate = stores.own[name], stores.other[name], stores.associate
    soql = f"SELECT Id FROM {name} ORDER BY Id"
    assert await _found(associate, soql) == own
    assert await _found(desk, soql) == sorted(own + other)
    assert await _found(associate, f"SELECT Id FROM {name} WHERE Id = '{other[0]}' OR Id != null") == own
    assert await _total(associate, f"SELECT COUNT() FROM {name}") == len(own)
    assert await _total(desk, f"SELECT COUNT() FROM {name}") == len(own + other)
    assert await associate.query(f"SELECT COUNT(Id) n FROM {name}") == [{"n": len(own)}]
    answer = await ask(associate, "GET", f"/queryAll?q={soql.replace(' ', '+')}")
    assert [record["Id"] for record in answer.json()["records"]] == own


async def test_children_and_semi_joins_are_narrowed(desk: Desk, stores: Stores) -> None:
    """Below a row that everybody sees."""
    shirt = desk.ids["shirt"]
    nested = f"SELECT Id, (SELECT Id FROM FulfillmentOrderLineItems) FROM Product2 WHERE Id = '{shirt}'"
    for someone, sent in ((stores.associate, 1), (desk, 2)):
        assert len(only(await someone.query(nested))["FulfillmentOrderLineItems"]) == sent
    below = "SELECT Id, (SELECT Id FROM FulfillmentOrderShipments) FROM FulfillmentOrder"
    (order,) = await stores.associate.query(below)
    assert order["FulfillmentOrderShipments"] == [{"Id": stores.own["Shipment"][0]}]
    location = f"SELECT Id, (SELECT Id FROM FulfillmentOrders) FROM Location WHERE Id = '{desk.ids['DC2']}'"
    assert await stores.associate.query(location) == [{"Id": desk.ids["DC2"], "FulfillmentOrders": None}]
    sending = "SELECT Id FROM Location WHERE Id {} (SELECT FulfilledFromLocationId FROM FulfillmentOrder)"
    assert await _found(stores.associate, sending.format("IN")) == [desk.ids["DC1"]]
    assert await _found(stores.associate, sending.format("NOT IN")) == [desk.ids["DC2"]]


async def test_a_parent_of_another_store_is_null(desk: Desk, stores: Stores) -> None:
    """A row of one's own may lead to one of another store: its id is known, nothing else, and no condition on
    it tells more."""
    line, foreign = stores.one(LINE)
    await desk.face.machine.database.execute(
        f"UPDATE {LINE} SET mainfulfillmentorderlineitemid = $1 WHERE id = $2", foreign, line
    )
    soql = (
        f"SELECT MainFulfillmentOrderLineItemId, {LINE}.Quantity, {LINE}.FulfillmentOrder.Status "
        f"FROM {LINE} WHERE Id = '{line}'"
    )
    (seen,) = await _newest(desk, soql)
    assert (seen["MainFulfillmentOrderLineItemId"], seen[LINE]["Quantity"]) == (foreign, 2.0)
    assert seen[LINE]["FulfillmentOrder"]["Status"] == "Allocated"
    (seen,) = await _newest(stores.associate, soql)
    assert (seen["MainFulfillmentOrderLineItemId"], seen[LINE]) == (foreign, None)
    for condition, found in (
        (f"{LINE}.Quantity = 2", []),
        (f"{LINE}.Quantity = null AND MainFulfillmentOrderLineItemId != null", [line]),
    ):
        rows = await _newest(stores.associate, f"SELECT Id FROM {LINE} WHERE {condition}")
        assert [row["Id"] for row in rows] == found
    status = f"{LINE}.FulfillmentOrder.Status"
    grouped = f"SELECT {status} s, COUNT(Id) n FROM {LINE} WHERE Id = '{line}' GROUP BY {status}"
    (row,) = await _newest(stores.associate, grouped)
    assert (row["s"], row["n"]) == (None, 1)


async def _newest(desk: Desk, soql: str) -> list[dict[str, Any]]:
    """In a version that has the field."""
    answer = await ask(desk, "GET", f"/query?q={quote(soql)}", version="67.0")
    assert answer.status_code == 200, answer.text
    records: list[dict[str, Any]] = answer.json()["records"]
    return records


async def test_the_pages_of_a_locator_are_narrowed(desk: Desk, stores: Stores) -> None:
    own, other = stores.one("FulfillmentOrder")
    items = [node("POST", "Shipment", f"s{n}", FulfillmentOrderId=one, ShipToName="x")
             for n, one in enumerate([own] * 201 + [other] * 5)]  # fmt: skip
    assert (await desk.graph(*items))["isSuccessful"] is True
    path = "/query?q=SELECT+Id+FROM+Shipment"
    page = (await ask(stores.associate, "GET", path, Sforce_Query_Options="batchSize=200")).json()
    assert (page["totalSize"], page["done"], len(page["records"])) == (202, False, 200)
    rest = (await stores.associate.client.get(page["nextRecordsUrl"])).json()
    assert (rest["totalSize"], rest["done"], len(rest["records"])) == (202, True, 2)
    assert {one["Id"] for one in page["records"] + rest["records"]} == set((await _ids(desk, "DC1"))["Shipment"])


async def test_a_store_sees_what_two_plans_of_one_shape_answer(desk: Desk, stores: Stores, acting_as: As) -> None:
    """Plans are kept by shape: neither an administrator's nor that of another store answers for this one."""
    second = await acting_as(Role.STORE_ASSOCIATE, "DC2")
    soql = "SELECT Id FROM Shipment ORDER BY Id"
    for _ in range(2):
        assert len(await _found(desk, soql)) == 2
        assert await _found(stores.associate, soql) == stores.own["Shipment"]
        assert await _found(second, soql) == stores.other["Shipment"]


# -- verbs ----------------------------------------------------------------------------------------


async def test_a_store_invoices_its_own_orders(desk: Desk, stores: Stores) -> None:
    """S1-14: another store's is an id of nothing, to the letter."""
    own, other = stores.one("FulfillmentOrder")
    path, before = "/commerce/fulfillment/fulfillment-orders/{}/actions/create-invoice", await census(desk)
    for unknown in (other, "0a3000000000001AAA"):
        answer = await stores.associate.post(path.format(unknown), {})
        refused_with(answer, 400, "INVALID_ID_FIELD", f"Invalid identifier: {unknown}", invoiceId=None)
    assert await census(desk) == before
    answer = await stores.associate.post(path.format(own), {})
    assert answer.status_code == 201, answer.text
    order = await desk.get("FulfillmentOrder", own)
    assert answer.json() == {"success": True, "errors": [], "invoiceId": order["InvoiceId"]}
    assert growth(before, await census(desk))["invoice"] == 1


# -- all of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
async def test_every_object_answers_as_the_table_of_roles_says(desk: Desk, acting_as: As, role: Role) -> None:
    """Each right at the records' door, reading at the queries' door too: 403 exactly where it is not given."""
    someone = await acting_as(role, "DC1" if PERMISSIONS[role].located else None)
    before = await census(desk)
    given, told = {}, {}
    for shape in nouns():
        path, nothing = f"/sobjects/{shape.api}", f"/sobjects/{shape.api}/{shape.prefix}000000000001"
        asked = {
            Right.CREATE: await ask(someone, "POST", path, {"No such": 1}),
            Right.READ: await ask(someone, "GET", nothing),
            Right.UPDATE: await ask(someone, "PATCH", nothing, {"No such": 1}),
            Right.DELETE: await ask(someone, "DELETE", nothing),
        }
        assert {answer.status_code for answer in asked.values()} <= {400, 403, 404}, shape.api
        found = await ask(someone, "GET", f"/query?q=SELECT+Id+FROM+{shape.api}+LIMIT+1")
        allowed = {right for right, answer in asked.items() if answer.status_code != 403}
        given[shape.api] = allowed, found.status_code != 403
        may = {right for right in Right if PERMISSIONS[role].allows(right, shape.api)}
        told[shape.api] = may, Right.READ in may or "query" not in shape.calls
    assert given == told
    assert await census(desk) == before


async def test_a_limit_costs_no_statement(desk: Desk, stores: Stores) -> None:
    """What tells a row's location is read with the row: one read, as for somebody without a limit."""
    counts = {}
    for name, someone in (("admin", desk), ("associate", stores.associate)):
        counts[name] = [
            await least_statements(lambda someone=someone, one=one: someone.get(one, stores.own[one][0]))  # type: ignore[misc]
            for one in LOCATED
        ] + [
            await least_statements(
                lambda someone=someone: someone.make(
                    "ShipmentItem", ShipmentId=stores.own["Shipment"][0], Quantity=1
                )  # type: ignore[misc]
            ),
            await least_statements(
                lambda someone=someone: someone.patch("ShipmentItem", stores.own["ShipmentItem"][0], Quantity=2)  # type: ignore[misc]
            ),
        ]
    assert counts["associate"] == counts["admin"]
    assert counts["admin"][: len(LOCATED)] == [1] * len(LOCATED)


async def test_an_associate_without_a_location_meets_no_row(desk: Desk, stores: Stores, acting_as: As) -> None:
    """Of those that are of a location: a location that is gone opens nothing."""
    lost = await acting_as(Role.STORE_ASSOCIATE, "DC1")
    await desk.face.machine.database.execute(
        "UPDATE credential SET location_id = NULL WHERE user_id = $1", lost.ids["user"]
    )
    for name in LOCATED:
        refused(await ask(lost, "GET", f"/sobjects/{name}/{stores.own[name][0]}"), 404, "NOT_FOUND", NOWHERE)
        assert await _found(lost, f"SELECT Id FROM {name}") == []


async def test_the_location_of_an_associate_is_an_id(desk: Desk, stores: Stores) -> None:
    """Of 15 or 18 characters; what is none is refused, and none at all."""
    administration, user_id = desk.face.machine.auth().administration, stores.associate.ids["user"]
    for location, code in ((None, "REQUIRED_FIELD_MISSING"), ("DC1", "MALFORMED_ID")):
        with pytest.raises(Problem) as problem:
            await administration.set_access(user_id, Role.STORE_ASSOCIATE, location)
        assert problem.value.code == code
    await administration.set_access(user_id, Role.STORE_ASSOCIATE, desk.ids["DC2"][:15])
    (row,) = await desk.rows("SELECT location_id FROM credential WHERE user_id = $1", user_id)
    assert row == {"location_id": desk.ids["DC2"]}


def test_no_limited_role_comes_round_to_located_rows_by_a_reference_to_several_objects() -> None:
    """SOQL shows such a parent by its id alone, without a look at its row."""
    for permission in PERMISSIONS.values():
        readable = [one for one in nouns() if permission.allows(Right.READ, one.api)]
        located = {one.api for name in permission.located if (one := noun(name)) is not None}
        several = [
            field.targets for shape in readable for field in shape.fields.values() if len(field.targets) > 1
        ]
        assert [targets for targets in several if located & set(targets)] == []


async def test_keys_of_another_store_name_nothing(desk: Desk, stores: Stores) -> None:
    """By key, in a graph and in a composite: a row of the other store is not there, and nothing is changed."""
    numbers = {
        row["Id"]: row["FulfillmentOrderNumber"]
        for row in await desk.query("SELECT Id, FulfillmentOrderNumber FROM FulfillmentOrder")
    }
    own, other = (numbers[one] for one in stores.one("FulfillmentOrder"))
    path = "FulfillmentOrder/FulfillmentOrderNumber/"
    before = await census(desk)
    for method, body in (("GET", None), ("PATCH", {"FulfilledToName": "x"})):
        refused(await ask(stores.associate, method, f"/sobjects/{path}{other}", body), 404, "NOT_FOUND", NOWHERE)
        assert (await ask(stores.associate, method, f"/sobjects/{path}{own}", body)).status_code == 200
    parts = [
        node("PATCH", path + own, "own", FulfilledToName="y"),
        node("PATCH", path + other, "other", FulfilledToName="y"),
        {
            "method": "GET",
            "url": "/services/data/v60.0/query?q=SELECT+Id+FROM+FulfillmentOrder",
            "referenceId": "q",
        },
    ]
    own_error = faulty(await stores.associate.graph(*parts[:2]))
    assert (own_error["referenceId"], own_error["httpStatusCode"]) == ("other", 404)
    for together, expected in ((True, [400, 404, 400]), (False, [200, 404, 200])):
        answer = await stores.associate.post("/composite", {"allOrNone": together, "compositeRequest": parts})
        responses = answer.json()["compositeResponse"]
        assert [one["httpStatusCode"] for one in responses] == expected
    assert [row["Id"] for row in responses[2]["body"]["records"]] == stores.own["FulfillmentOrder"]
    parcel = {"FulfillmentOrder": {"FulfillmentOrderNumber": other}, "ShipToName": "Jo"}
    nothing = (
        f"Foreign key external ID: {other} not found for field FulfillmentOrderNumber in entity FulfillmentOrder"
    )
    answer = await stores.associate.post("/sobjects/Shipment", parcel)
    refused(answer, 400, "INVALID_FIELD", nothing, "FulfillmentOrderId")
    unknown = await ask(stores.associate, "PATCH", f"/sobjects/{path}FO-999999999", {"FulfilledToName": "x"})
    refused(unknown, 404, "NOT_FOUND", NOWHERE)
    [summary] = await desk.query("SELECT OrderNumber FROM OrderSummary")
    hidden = {"FulfillmentOrderId": stores.own["FulfillmentOrder"][0], "ShipToName": "Jo", "OrderSummary": summary}
    answer = await stores.associate.post("/sobjects/Shipment", hidden)
    refused(answer, 400, "INVALID_FIELD")
    assert "not found for field OrderNumber" in answer.text
    parcel["FulfillmentOrder"] = {"FulfillmentOrderNumber": own}
    assert (await stores.associate.post("/sobjects/Shipment", parcel)).status_code == 201
    assert growth(before, await census(desk))["shipment"] == 1
    names = {
        row["Id"]: row["FulfilledToName"]
        for row in await desk.query("SELECT Id, FulfilledToName FROM FulfillmentOrder")
    }
    assert [names[one] for one in stores.one("FulfillmentOrder")] == [
        "y",
        names[stores.one("FulfillmentOrder")[1]],
    ]
    assert "x" not in names.values()
