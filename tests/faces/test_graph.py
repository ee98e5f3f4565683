"""`POST composite/graph`: each graph all or nothing, in the order of its references."""

from __future__ import annotations

from typing import Any

import pytest
from tests.desk import Desk, bodies, node, statuses
from tests.faces.asserted import (
    HALTED,
    accounts,
    ask,
    assert_error,
    census,
    faulty,
    graphs,
    growth,
    only,
    order_of,
    payload,
)

NO_VALUE = (
    "Invalid reference specified. No value for {0} found in {1}. Provided referenceId ('{0}') must start with a "
    "letter or a number, and it can contain only letters, numbers and underscores ('_')."
)


async def test_a_tree_is_answered_node_by_node(desk: Desk) -> None:
    """S0-84, S0-89: 201 with Location for what was made, 204 for what was changed, in the order of the array."""
    before = await census(desk)
    answer = await desk.post("/composite/graph", payload({"order-1": desk.order_nodes([("shirt", 2, "20.00")])}))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    graph = only(answer.json()["graphs"])
    responses = graph["graphResponse"]["compositeResponse"]
    nouns = [
        "Order",
        "OrderDeliveryGroup",
        "OrderItem",
        "PaymentGroup",
        "CardPaymentMethod",
        "PaymentAuthorization",
    ]
    ids = [one["body"]["id"] for one in responses[:6]]
    references = ["order", "group", "item1", "payments", "card", "authorization"]
    assert [record_id[:3] for record_id in ids] == ["801", "2Dg", "802", "9zx", "03O", "0Xc"]
    assert graph == {
        "graphId": "order-1",
        "graphResponse": {
            "compositeResponse": [
                *(
                    {
                        "body": {"id": record_id, "success": True, "errors": []},
                        "httpHeaders": {"Location": f"/services/data/v60.0/sobjects/{noun}/{record_id}"},
                        "httpStatusCode": 201,
                        "referenceId": reference,
                    }
                    for record_id, noun, reference in zip(ids, nouns, references, strict=True)
                ),
                {"body": None, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": "activated"},
            ]
        },
        "isSuccessful": True,
    }
    grown = growth(before, await census(desk))
    assert {name: grown[name] for name in ("order", "orderitem", "ordersummary", "orderpaymentsummary")} == {
        "order": 1, "orderitem": 1, "ordersummary": 1, "orderpaymentsummary": 1,
    }  # fmt: skip


def _loose(desk: Desk) -> dict[str, dict[str, Any]]:
    """An order whose item is made without its delivery group; the link comes by PATCH."""
    order, group, item, *_ = desk.order_nodes([("shirt", 2, "20.00")], activate=False)
    del item["body"]["OrderDeliveryGroupId"]
    link = node("PATCH", "OrderItem/@{item1.id}", "link", OrderDeliveryGroupId="@{group.id}")
    return {"order": order, "group": group, "item": item, "link": link}


@pytest.mark.parametrize(
    "places",
    ["order group item link", "order item group link", "item group link order", "link item group order"],
)
async def test_items_and_delivery_groups_come_in_any_order(desk: Desk, places: str) -> None:
    """C22, S0-56, S0-84: the item before its group, the link set later in the same graph, then activation."""
    nodes = _loose(desk)
    activation = node("PATCH", "Order/@{order.id}", "activated", Status="Activated")
    graph = await desk.graph(*(nodes[name] for name in places.split()), activation)
    assert graph["isSuccessful"] is True, graph
    found = bodies(graph)
    item = await desk.get("OrderItem", found["item1"]["id"])
    assert item["OrderDeliveryGroupId"] == found["group"]["id"]
    summary = only(
        await desk.query("SELECT OrderDeliveryGroupSummary.OriginalOrderDeliveryGroupId FROM OrderItemSummary")
    )
    assert summary == {"OrderDeliveryGroupSummary": {"OriginalOrderDeliveryGroupId": found["group"]["id"]}}


async def test_the_link_may_be_set_by_a_later_request(desk: Desk) -> None:
    """C22: item, then group, then PATCH of the link, then activation, each a request of its own."""
    nodes = _loose(desk)
    found = bodies(await desk.graph(nodes["order"], nodes["item"], nodes["group"]))
    linked = await desk.patch("OrderItem", found["item1"]["id"], OrderDeliveryGroupId=found["group"]["id"])
    assert linked.status_code == 204
    assert (await desk.patch("Order", found["order"]["id"], Status="Activated")).status_code == 204
    assert len(await desk.rows("SELECT 1 FROM orderitemsummary")) == 1


async def test_of_two_graphs_the_good_one_is_committed(desk: Desk) -> None:
    """S0-84: graphs are independent of each other."""
    before = await census(desk)
    found = await graphs(
        desk,
        bad=[*accounts("one", "two"), node("POST", "Contact", "c", FirstName="no last name")],
        good=accounts("three"),
    )
    assert found["good"]["isSuccessful"] is True
    own = faulty(found["bad"])
    assert (own["referenceId"], own["httpStatusCode"]) == ("c", 400)
    assert_error(own["body"], "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName")
    assert growth(before, await census(desk)) == {"account": 1}
    assert await desk.query("SELECT Name FROM Account WHERE Name IN ('one', 'two', 'three')") == [
        {"Name": "three"}
    ]


_LAST = {
    "a bad line": node("POST", "OrderItem", "last", OrderId="@{order.id}", Quantity=1),
    "a refused activation": node("PATCH", "Order/@{order.id}", "last", Status="Activated", Description="too"),
    "a missing row": node("DELETE", "Account/001000000000001", "last"),
}


@pytest.mark.parametrize("last", _LAST)
async def test_a_failure_in_the_last_of_twelve_leaves_nothing(desk: Desk, last: str) -> None:
    """S0-84: zero rows, and eleven nodes that say they were rolled back."""
    nodes = desk.order_nodes([("hat", 1, "5.50")] * 6, activate=False)
    assert len(nodes) == 11
    before = await census(desk)
    graph = await desk.graph(*nodes, _LAST[last])
    responses = graph["graphResponse"]["compositeResponse"]
    assert len(responses) == 12
    assert faulty(graph)["referenceId"] == "last"
    assert [one["body"] for one in responses[:11]] == [[HALTED]] * 11
    assert await census(desk) == before


@pytest.mark.parametrize("name", ["acc.Id", "acc.name", "acc.errors", "nobody.id"])
async def test_a_reference_without_a_value_halts(desk: Desk, name: str) -> None:
    """S0-84: a create answers `id`, so `@{x.Id}` after a POST finds nothing."""
    before = await census(desk)
    graph = await desk.graph(
        node("POST", "Account", "acc", Name="Jo"),
        node("POST", "Contact", "c", LastName="Jo", AccountId=f"@{{{name}}}"),
    )
    own = faulty(graph)
    assert (own["referenceId"], own["httpStatusCode"]) == ("c", 400)
    assert own["body"] == [
        {"message": NO_VALUE.format(name, name.partition(".")[0]), "errorCode": "PROCESSING_HALTED"}
    ]
    assert await census(desk) == before


async def test_a_get_node_answers_from_the_same_graph(desk: Desk) -> None:
    """S0-84: with the sums of the lines posted before it, and the summary of the activation before it."""
    nodes = desk.order_nodes([("shirt", 2, "20.00"), ("hat", 1, "5.50")])
    draft = node("GET", "Order/@{order.id}?fields=TotalAmount,Status", "draft")
    after = node("GET", "Order/@{order.id}?fields=Status,ActivatedById", "after")
    graph = await desk.graph(*nodes[:-1], draft, nodes[-1], after)
    assert graph["isSuccessful"] is True, graph
    found = bodies(graph)
    order_id = found["order"]["id"]
    attributes = {"type": "Order", "url": f"/services/data/v60.0/sobjects/Order/{order_id}"}
    assert found["draft"] == {"attributes": attributes, "TotalAmount": 25.5, "Status": "Draft", "Id": order_id}
    assert found["after"]["Status"] == "Activated"
    assert found["after"]["ActivatedById"].startswith("005")
    assert statuses(graph)["draft"] == 200


async def test_a_field_that_was_read_can_be_referenced(desk: Desk) -> None:
    """S0-84: by its own name, into a body and into a URL; a null is a null."""
    ids = await order_of(desk)
    graph = await desk.graph(
        node("GET", f"Order/{ids['order']}", "read"),
        node("POST", "Contact", "c", LastName="of @{read.OrderNumber}", AccountId="@{read.AccountId}",
             Department="@{read.Description}"),
        node("GET", "Account/@{read.AccountId}?fields=Name", "account"),
    )  # fmt: skip
    assert graph["isSuccessful"] is True, graph
    contact = await desk.get("Contact", bodies(graph)["c"]["id"])
    number = (await desk.get("Order", ids["order"]))["OrderNumber"]
    assert (contact["LastName"], contact["AccountId"]) == (f"of {number}", desk.ids["account"])
    assert contact["Department"] is None
    assert bodies(graph)["account"]["Name"] == "Jo Example"


async def test_a_field_that_was_not_selected_cannot_be_referenced(desk: Desk) -> None:
    graph = await desk.graph(
        node("GET", f"Account/{desk.ids['account']}?fields=Name", "read"),
        node("POST", "Contact", "c", LastName="@{read.Type}"),
    )
    assert faulty(graph)["body"][0]["message"] == NO_VALUE.format("read.Type", "read")


async def test_a_graph_sees_its_own_changes_and_deletions(desk: Desk) -> None:
    """A row deleted in a graph is gone for the nodes behind it, and after it."""
    own = await desk.make("Account", Name="old")
    graph = await desk.graph(
        node("PATCH", f"Account/{own}", "change", Name="new"),
        node("GET", f"Account/{own}?fields=Name", "read"),
        node("DELETE", f"Account/{own}", "gone"),
    )
    assert statuses(graph) == {"change": 204, "read": 200, "gone": 204}
    assert bodies(graph)["read"]["Name"] == "new"
    refused = faulty(await desk.graph(node("POST", "Contact", "c", LastName="Jo", AccountId=own)))
    assert_error(refused["body"], "INVALID_CROSS_REFERENCE_KEY", None, "AccountId")
    before = await census(desk)
    again = await desk.graph(
        node("POST", "Account", "a", Name="x"),
        node("DELETE", "Account/@{a.id}", "d"),
        node("PATCH", "Account/@{a.id}", "p", Name="y"),
    )
    own_error = faulty(again)
    assert (own_error["referenceId"], own_error["httpStatusCode"]) == ("p", 404)
    assert_error(own_error["body"], "ENTITY_IS_DELETED", "entity is deleted")
    assert await census(desk) == before


@pytest.mark.parametrize(
    ("method", "record_id", "status", "code"),
    [
        ("PATCH", "001000000000001AAA", 404, "NOT_FOUND"),
        ("DELETE", "001000000000001AAA", 404, "NOT_FOUND"),
        ("GET", "001000000000001AAA", 404, "NOT_FOUND"),
        ("PATCH", "003000000000001AAA", 400, "MALFORMED_ID"),
        ("GET", "nonsense", 404, "NOT_FOUND"),
    ],
)
async def test_an_id_that_names_nothing(desk: Desk, method: str, record_id: str, status: int, code: str) -> None:
    before = await census(desk)
    graph = await desk.graph(*accounts("x"), node(method, f"Account/{record_id}", "n", **_body(method)))
    own = faulty(graph)
    assert (own["referenceId"], own["httpStatusCode"]) == ("n", status)
    assert_error(own["body"], code)
    assert await census(desk) == before


def _body(method: str) -> dict[str, Any]:
    return {"Name": "x"} if method == "PATCH" else {}


async def test_references_do_not_cross_graphs(desk: Desk) -> None:
    """S0-84: what one graph made is unknown to the next."""
    found = await graphs(
        desk, first=accounts("one"), second=[node("POST", "Contact", "c", LastName="Jo", AccountId="@{a0.id}")]
    )
    assert found["first"]["isSuccessful"] is True
    assert faulty(found["second"])["body"][0]["message"] == NO_VALUE.format("a0.id", "a0")
    assert await desk.rows("SELECT 1 FROM contact") == []


async def test_it_is_a_post_only(desk: Desk) -> None:
    answer = await ask(desk, "GET", "/composite/graph")
    assert answer.status_code == 405
    assert_error(answer.json(), "METHOD_NOT_ALLOWED", "HTTP Method 'GET' not allowed. Allowed are POST")
