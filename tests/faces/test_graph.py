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


# -- by key -------------------------------------------------------------------------------------


async def test_upserts_in_a_graph(desk: Desk) -> None:
    """9.5: made, changed, read and deleted by key; references from their answers, and into the value of a key."""
    before = await census(desk)
    graph = await desk.graph(
        node("PATCH", "Account/Name/New%20one", "made", Type="Shop"),
        node("PATCH", "Account/name/new+one", "again", Site="@{made.id}"),
        node("GET", "Account/Name/NEW%20ONE/?fields=Type,Site", "read"),
        node("POST", "Contact", "contact", LastName="of @{read.Type}", AccountId="@{again.id}"),
        node("PATCH", "Account/Name/@{made.id}", "other", Type="@{read.Type}"),
        node("POST", "Contact", "second", LastName="x", Account={"Name": "@{made.id}"}),
        node("PATCH", "Account/Id/@{other.id}", "by_id", Site="y"),
        node("POST", "Account/Id", "third", Name="z"),
        node("POST", "Account/Name/fourth", "fourth", Type="x"),
        node("DELETE", "Account/Name/fourth", "gone"),
        node("PATCH", "Account/Name/fourth", "fifth", Type="x"),
    )
    assert graph["isSuccessful"] is True, graph
    assert statuses(graph) == {
        "made": 201, "again": 200, "read": 200, "contact": 201, "other": 201, "second": 201, "by_id": 200,
        "third": 201, "fourth": 201, "gone": 204, "fifth": 201,
    }  # fmt: skip
    found = bodies(graph)
    made, other = found["made"]["id"], found["other"]["id"]
    assert found["made"] == {"id": made, "success": True, "errors": [], "created": True}
    assert found["again"] == {"id": made, "success": True, "errors": [], "created": False}
    assert found["by_id"] == {"id": other, "success": True, "errors": [], "created": False}
    assert found["third"] == {"id": found["third"]["id"], "success": True, "errors": []}
    headers = {one["referenceId"]: one["httpHeaders"] for one in graph["graphResponse"]["compositeResponse"]}
    assert headers["made"] == {"Location": f"/services/data/v60.0/sobjects/Account/{made}"}
    assert headers["again"] == {}
    assert (found["read"]["Type"], found["read"]["Site"]) == ("Shop", made)
    assert (await desk.get("Contact", found["contact"]["id"]))["AccountId"] == made
    assert (await desk.get("Contact", found["second"]["id"]))["AccountId"] == other
    row = await desk.get("Account", other)
    assert (row["Name"], row["Type"], row["Site"]) == (made, "Shop", "y")
    assert growth(before, await census(desk)) == {"account": 5, "contact": 2}


async def test_an_order_with_its_customer_and_catalogue_by_name(desk: Desk) -> None:
    """S0-84, S0-88: a till that knows names only; the second order finds the customer whom the first made."""
    customer = node("PATCH", "Account/Name/jo%40example.com", "customer", Type="Shopper")
    made = []
    for _ in range(2):
        nodes = desk.order_nodes([("shirt", 2, "20.00")])
        order = nodes[0]["body"]
        del order["Pricebook2Id"]
        order |= {"AccountId": "@{customer.id}", "Pricebook2": {"Name": "shop-en-GB"}}
        graph = await desk.graph(*nodes, customer)
        assert graph["isSuccessful"] is True, graph
        made.append(bodies(graph)["customer"]["created"])
    assert made == [True, False]
    assert len(await desk.query("SELECT Id FROM OrderSummary WHERE Account.Name = 'jo@example.com'")) == 2
    assert len(await desk.query("SELECT Id FROM Account WHERE Name = 'jo@example.com'")) == 1


_BAD_KEYS = {
    "no key": (node("PATCH", "Account/Type/x", "bad"), 404, "NOT_FOUND"),
    "no field": (node("GET", "Account/Nome/x", "bad"), 404, "NOT_FOUND"),
    "nobody": (node("GET", "Account/Name/nobody", "bad"), 404, "NOT_FOUND"),
    "nobody to delete": (node("DELETE", "Account/Name/nobody", "bad"), 404, "NOT_FOUND"),
    "only an update": (node("PATCH", "Account/Name/nobody?updateOnly=true", "bad"), 404, "NOT_FOUND"),
    "a key in the body": (node("PATCH", "Account/Name/x", "bad", name="x"), 400, "INVALID_FIELD"),
    "several": (node("PATCH", "Account/Name/twin", "bad"), 300, None),
    "several to delete": (node("DELETE", "Account/Name/twin", "bad"), 300, None),
    "a null for a key": (node("GET", "Account/Name/@{read.Type}", "bad"), 404, "NOT_FOUND"),
    "no value": (node("PATCH", "Account/Name/@{read.Site}", "bad"), 400, "PROCESSING_HALTED"),
    "too long": (node("PATCH", f"Account/Name/{'x' * 256}", "bad"), 400, "STRING_TOO_LONG"),
    "what only actions make": (
        node("PATCH", "OrderSummary/ExternalReferenceIdentifier/x", "bad", Status="x"), 400,
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    ),
    "an unknown reference": (
        node("PATCH", "Contact/Email/x%40example.com", "bad", LastName="x", Account={"Name": "nobody"}), 400,
        "INVALID_FIELD",
    ),
    "a reference to several": (
        node("POST", "Contact", "bad", LastName="x", Account={"Name": "twin"}), 400, "DUPLICATE_EXTERNAL_ID",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", _BAD_KEYS)
async def test_a_bad_key_takes_its_graph_back(desk: Desk, case: str) -> None:
    bad, status, code = _BAD_KEYS[case]
    twins = sorted([await desk.make("Account", Name="twin"), await desk.make("Account", Name="twin")])
    before = await census(desk)
    read = node("GET", f"Account/{desk.ids['account']}?fields=Type", "read")
    graph = await desk.graph(*accounts("x"), read, bad, node("PATCH", "Account/Name/new", "new"))
    own = faulty(graph)
    assert (own["referenceId"], own["httpStatusCode"]) == ("bad", status), own
    if code is None:
        assert own["body"] == [f"/services/data/v60.0/sobjects/Account/{one}" for one in twins]
    else:
        assert_error(own["body"], code)
    assert await census(desk) == before


async def test_keys_that_follow_from_what_was_made(desk: Desk) -> None:
    """A hundred of them side by side, and a row of fifteen, each named by the one before: never too many reads."""
    side = [
        one
        for number in range(100)
        for one in (
            node("POST", "Account", f"a{number}", Name="x"),
            node("PATCH", f"Account/Name/@{{a{number}.id}}", f"b{number}", Type="y"),
        )
    ]
    row = [node("POST", "Account", "c0", Name="x")]
    row += [node("PATCH", f"Account/Name/@{{c{n}.id}}", f"c{n + 1}", Type="z") for n in range(14)]
    before = await census(desk)
    for nodes in (side, row):
        graph = await desk.graph(*nodes)
        assert set(statuses(graph).values()) == {201}
    assert growth(before, await census(desk)) == {"account": 215}


async def test_rows_that_are_found_by_what_was_read(desk: Desk) -> None:
    """Seventy accounts read, and a contact changed for each: what the nodes miss is read together."""
    ids = [await desk.make("Account", Name=f"n{number}") for number in range(70)]
    for number, record_id in enumerate(ids):
        await desk.make("Contact", LastName=f"n{number}", AccountId=record_id)
    graph = await desk.graph(
        *(node("GET", f"Account/{record_id}", f"r{n}") for n, record_id in enumerate(ids)),
        *(node("PATCH", f"Contact/Name/@{{r{n}.Name}}", f"c{n}", Department=f"@{{r{n}.Id}}") for n in range(70)),
    )
    assert graph["isSuccessful"] is True, graph["graphResponse"]["compositeResponse"][70:72]
    rows = await desk.query("SELECT AccountId, Department FROM Contact WHERE LastName LIKE 'n%'")
    assert [row["AccountId"] == row["Department"] for row in rows] == [True] * 70
