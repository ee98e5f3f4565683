"""An order's external identity and its line numbers are unique; a repeat takes its whole graph back."""

from __future__ import annotations

from typing import Any

import pytest
from tests.desk import Desk, bodies, node
from tests.faces.asserted import (
    accounts,
    assert_error,
    census,
    faulty,
    graphs,
    growth,
    halted,
    only,
    order_of,
    refused,
)

FIELD = "ExternalReferenceIdentifier"
LINE = ("hat", 1, "5.50")


def _order(desk: Desk, reference: str) -> list[dict[str, Any]]:
    return desk.order_nodes([LINE], reference=reference)


async def _references(desk: Desk) -> list[str]:
    rows = await desk.query(f"SELECT {FIELD} FROM OrderSummary ORDER BY {FIELD}")
    return [row[FIELD] for row in rows]


def _on(summary_id: str) -> str:
    return f"duplicate value found: {FIELD} duplicates value on record with id: {summary_id}"


async def test_the_reference_becomes_the_summarys(desk: Desk) -> None:
    """S0-84: without one, the order's own id stands in."""
    await desk.order(LINE, reference="web-1")
    order_id = bodies(await desk.order(LINE))["order"]["id"]
    assert sorted(await _references(desk)) == sorted(["web-1", order_id])


async def test_a_repeat_in_a_later_request_is_refused_whole(desk: Desk) -> None:
    """S0-84: one order, however often it is posted."""
    await desk.order(LINE, reference="web-1")
    summary = only(await desk.query("SELECT Id FROM OrderSummary"))
    before = await census(desk)
    found = await graphs(desk, again=_order(desk, "web-1"), other=accounts("other"))
    own = faulty(found["again"])
    assert (own["referenceId"], own["httpStatusCode"]) == ("activated", 400)
    assert_error(own["body"], "DUPLICATE_VALUE", _on(summary["Id"]), FIELD)
    assert found["other"]["isSuccessful"] is True
    assert growth(before, await census(desk)) == {"account": 1}


async def test_a_repeat_in_the_same_payload_is_refused_whole(desk: Desk) -> None:
    """S0-84: the first is kept, all later ones are taken back, others stay."""
    references = {"a": "web-1", "b": "web-1", "c": "web-2", "d": "web-1"}
    nodes = {name: _order(desk, reference) for name, reference in references.items()}
    found = await graphs(desk, **nodes)
    assert [name for name, graph in found.items() if graph["isSuccessful"]] == ["a", "c"]
    for name in ("b", "d"):
        own = faulty(found[name])
        assert own["referenceId"] == "activated"
        assert_error(own["body"], "DUPLICATE_VALUE", None, FIELD)
    assert await _references(desk) == ["web-1", "web-2"]
    assert len(await desk.rows('SELECT 1 FROM "order"')) == 2


async def test_all_repeats_of_an_earlier_order_are_refused(desk: Desk) -> None:
    await desk.order(LINE, reference="web-1")
    before = await census(desk)
    found = await graphs(desk, **{f"g{n}": _order(desk, "web-1") for n in range(4)})
    assert [faulty(graph)["body"][0]["errorCode"] for graph in found.values()] == ["DUPLICATE_VALUE"] * 4
    assert await census(desk) == before


async def test_references_differ_by_case(desk: Desk) -> None:
    """The field is case-sensitive: Web-1 and web-1 are two orders, and a repeat names the right one."""
    found = await graphs(desk, a=_order(desk, "Web-1"), b=_order(desk, "web-1"))
    assert [graph["isSuccessful"] for graph in found.values()] == [True, True]
    ids = {row[FIELD]: row["Id"] for row in await desk.query(f"SELECT Id, {FIELD} FROM OrderSummary")}
    assert sorted(ids) == ["Web-1", "web-1"]
    for reference, summary_id in ids.items():
        own = faulty(await desk.graph(*_order(desk, reference)))
        assert_error(own["body"], "DUPLICATE_VALUE", _on(summary_id), FIELD)


async def test_a_repeat_does_not_take_one_of_another_case_with_it(desk: Desk) -> None:
    found = await graphs(desk, a=_order(desk, "web-1"), b=_order(desk, "WEB-1"), c=_order(desk, "web-1"))
    assert [graph["isSuccessful"] for graph in found.values()] == [True, True, False]
    assert sorted(await _references(desk)) == ["WEB-1", "web-1"]


@pytest.mark.parametrize("reference", ["a=(b)", "x, y", "k)=(v) already exists", "über 'x'", "a\nb", '"q"'])
async def test_a_repeat_is_recognised_whatever_it_is_called(desk: Desk, reference: str) -> None:
    """S0-84."""
    found = await graphs(desk, a=_order(desk, reference), b=_order(desk, "other"), c=_order(desk, reference))
    assert [graph["isSuccessful"] for graph in found.values()] == [True, True, False]
    assert faulty(found["c"])["body"][0]["errorCode"] == "DUPLICATE_VALUE"
    own = faulty(await desk.graph(*_order(desk, reference)))
    assert own["body"][0]["errorCode"] == "DUPLICATE_VALUE"
    assert len(await desk.rows("SELECT 1 FROM ordersummary")) == 2


async def test_a_reference_longer_than_the_summarys_field(desk: Desk) -> None:
    """The order takes 255 characters, the summary 80: refused by name, never cut, never a 5xx."""
    before = await census(desk)
    own = faulty(await desk.graph(*_order(desk, "w" * 81)))
    assert own["httpStatusCode"] == 400
    assert own["body"][0]["errorCode"] == "STRING_TOO_LONG"
    assert await census(desk) == before
    assert (await desk.graph(*_order(desk, "w" * 80)))["isSuccessful"] is True


async def test_a_line_number_names_one_line_of_an_order(desk: Desk) -> None:
    """S0-101: in one graph, and by a later request."""
    nodes = desk.order_nodes([LINE, LINE], activate=False)
    nodes[3]["body"]["LineNumber"] = 1
    before = await census(desk)
    own = faulty(await desk.graph(*nodes))
    assert own["referenceId"] == "item2"
    assert_error(own["body"], "DUPLICATE_VALUE", None, "LineNumber")
    assert await census(desk) == before

    ids = await order_of(desk, LINE)
    before = await census(desk)
    body = nodes[2]["body"] | {"OrderId": ids["order"], "OrderDeliveryGroupId": ids["group"]}
    refused(
        await desk.post("/sobjects/OrderItem", body), 400, "DUPLICATE_VALUE",
        f"duplicate value found: LineNumber 1 duplicates value on record with id: {ids['item1']}", "LineNumber",
    )  # fmt: skip
    assert await census(desk) == before


async def test_the_same_line_number_on_two_orders(desk: Desk) -> None:
    """S0-101: unique within the order only; several lines without one are no duplicates."""
    await order_of(desk, LINE)
    await order_of(desk, LINE)
    nodes = desk.order_nodes([LINE, LINE], activate=False)
    for item in nodes[2:4]:
        del item["body"]["LineNumber"]
    assert (await desk.graph(*nodes))["isSuccessful"] is True


@pytest.mark.parametrize("number", [0, -1])
async def test_line_numbers_count_from_one(desk: Desk, number: int) -> None:
    """S0-101."""
    nodes = desk.order_nodes([LINE], activate=False)
    nodes[2]["body"]["LineNumber"] = number
    assert_error(
        faulty(await desk.graph(*nodes))["body"],
        "FIELD_INTEGRITY_EXCEPTION", "LineNumber counts from 1", "LineNumber",
    )  # fmt: skip


async def test_one_price_per_product_and_book(desk: Desk) -> None:
    """S0-99: a second entry is a duplicate, alone and within one graph."""
    body = {"Pricebook2Id": desk.ids["book"], "Product2Id": desk.ids["hat"], "UnitPrice": 7}
    before = await census(desk)
    refused(await desk.post("/sobjects/PricebookEntry", body), 400, "DUPLICATE_VALUE")
    graph = await desk.graph(
        node("POST", "Product2", "p", Name="new"),
        node("POST", "PricebookEntry", "e1", **(body | {"Product2Id": "@{p.id}"})),
        node("POST", "PricebookEntry", "e2", **(body | {"Product2Id": "@{p.id}"})),
    )
    assert faulty(graph)["body"][0]["errorCode"] == "DUPLICATE_VALUE"
    assert not halted(graph)
    assert await census(desk) == before
