"""What one life says and hears: request bodies from a drawn basket, and answers read back. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from bench.company import CURRENCY, Company, record_id, unit_price_cents

ROOT = "/services/data/v60.0"
GRAPH_PATH = f"{ROOT}/composite/graph"
IDS_PER_QUERY = 100

_encode = msgspec.json.Encoder().encode


class AnswerError(Exception):
    """The server did not do what was asked; the text is its body."""


class Line(NamedTuple):
    product: int
    quantity: int

    @property
    def cents(self) -> int:
        return self.quantity * unit_price_cents(self.product)


class Basket(NamedTuple):
    """One life's order. `run` keeps the references of two runs on one database apart."""

    run: str
    number: int
    account: int
    lines: tuple[Line, Line]

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def cents(self) -> int:
        return sum(line.cents for line in self.lines)

    @property
    def reference(self) -> str:
        return f"{self.run}-{self.number}"


def baskets(run: str, seed: int, company: Company) -> Iterator[Basket]:
    """Endless baskets, the same for the same seed: one product of each half, one to three pieces of each."""
    random = Random(seed)
    half = company.products // 2
    number = 0
    while True:
        number += 1
        first = Line(1 + int(random.random() * half), 1 + int(random.random() * 3))
        second = Line(1 + half + int(random.random() * half), 1 + int(random.random() * 3))
        yield Basket(run, number, 1 + int(random.random() * company.accounts), (first, second))


def _node(method: str, path: str, reference: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"method": method, "url": f"{ROOT}/sobjects/{path}", "referenceId": reference, "body": body}


def _graph(name: str, nodes: list[dict[str, Any]]) -> bytes:
    return _encode({"graphs": [{"graphId": name, "compositeRequest": nodes}]})


def _money(cents: int) -> float:
    return cents / 100  # the nearest double prints as the two digits it came from


def order_graph(basket: Basket, ordered_at: str) -> bytes:
    """The order with its delivery group, lines and authorized payment, activated by the last node."""
    account = record_id("account", basket.account)
    nodes = [_order(basket, account, ordered_at), _delivery_group(basket)]
    nodes += [_item(at, line) for at, line in enumerate(basket.lines, 1)]
    nodes += _payment(basket, account)
    nodes.append(_node("PATCH", "Order/@{order.id}", "activated", {"Status": "Activated"}))
    return _graph(f"order-{basket.number}", nodes)


def _order(basket: Basket, account: str, ordered_at: str) -> dict[str, Any]:
    body = {
        "AccountId": account,
        "Pricebook2Id": _PRICEBOOK,
        "EffectiveDate": ordered_at[:10],
        "Status": "Draft",
        "CurrencyIsoCode": CURRENCY,
        "OrderedDate": ordered_at,
        "BillingEmailAddress": f"shopper{basket.account}@example.com",
        "SalesChannelId": _SALES_CHANNEL,
        "OrderReferenceNumber": basket.reference,
    }
    return _node("POST", "Order", "order", body)


def _delivery_group(basket: Basket) -> dict[str, Any]:
    body = {
        "OrderId": "@{order.id}",
        "OrderDeliveryMethodId": _DELIVERY_METHOD,
        "DeliverToName": f"Shopper {basket.account}",
        "DeliverToStreet": f"{basket.number} Example Street",
        "DeliverToCity": "Town",
        "DeliverToPostalCode": f"{10_000 + basket.number % 90_000}",
        "DeliverToCountry": "DE",
        "EmailAddress": f"shopper{basket.account}@example.com",
    }
    return _node("POST", "OrderDeliveryGroup", "group", body)


def _item(at: int, line: Line) -> dict[str, Any]:
    body = {
        "OrderId": "@{order.id}",
        "OrderDeliveryGroupId": "@{group.id}",
        "PricebookEntryId": record_id("pricebookentry", line.product),
        "Product2Id": record_id("product2", line.product),
        "Quantity": line.quantity,
        "UnitPrice": _money(unit_price_cents(line.product)),
        "TotalLineAmount": _money(line.cents),
        "LineNumber": at,
        "Type": "Order Product",
    }
    return _node("POST", "OrderItem", f"item{at}", body)


def _payment(basket: Basket, account: str) -> list[dict[str, Any]]:
    common = {"PaymentGatewayId": _GATEWAY, "AccountId": account, "ProcessingMode": "Salesforce"}
    card = {"Status": "Active", "CardLastFour": 1000 + basket.number % 9000, "CardType": "Visa"}
    authorization = {
        "PaymentGroupId": "@{payments.id}",
        "PaymentMethodId": "@{card.id}",
        "Amount": _money(basket.cents),
        "Status": "Processed",
        "GatewayRefNumber": f"auth-{basket.reference}",
    }
    return [
        _node("POST", "PaymentGroup", "payments", {"SourceObjectId": "@{order.id}"}),
        _node("POST", "CardPaymentMethod", "card", common | card),
        _node("POST", "PaymentAuthorization", "authorization", common | authorization),
    ]


def shipment_graph(basket: Basket, fulfillment_order_id: str, order_summary_id: str) -> bytes:
    """The parcel and the word that its fulfillment order is done."""
    shipment = {
        "FulfillmentOrderId": fulfillment_order_id,
        "OrderSummaryId": order_summary_id,
        "TrackingNumber": f"TRACK-{basket.reference}",
        "ShipToName": f"Shopper {basket.account}",
        "ShipToStreet": f"{basket.number} Example Street",
        "ShipToCity": "Town",
        "ShipToPostalCode": f"{10_000 + basket.number % 90_000}",
        "ShipToCountry": "DE",
    }
    shipped = {"Status": "Fulfilled"}
    nodes = [
        _node("POST", "Shipment", "shipment", shipment),
        _node("PATCH", f"FulfillmentOrder/{fulfillment_order_id}", "shipped", shipped),
    ]
    return _graph(f"shipment-{basket.number}", nodes)


_PRICEBOOK = record_id("pricebook2", 1)
_SALES_CHANNEL = record_id("saleschannel", 1)
_DELIVERY_METHOD = record_id("orderdeliverymethod", 1)
_GATEWAY = record_id("paymentgateway", 1)


def fulfillment_paths(order_ids: Iterable[str]) -> Iterator[str]:
    """Queries for the fulfillment orders of these orders, with their lines."""
    lines = "(SELECT Id, Quantity FROM FulfillmentOrderLineItems)"
    select = f"SELECT Id, OrderId, OrderSummaryId, Status, {lines} FROM FulfillmentOrder WHERE OrderId IN "
    return _query_paths(select, order_ids)


def payment_paths(order_summary_ids: Iterable[str]) -> Iterator[str]:
    """Queries for what was captured on these order summaries."""
    fields = "Id, OrderSummaryId, CapturedAmount"
    select = f"SELECT {fields} FROM OrderPaymentSummary WHERE OrderSummaryId IN "
    return _query_paths(select, order_summary_ids)


def _query_paths(select: str, ids: Iterable[str]) -> Iterator[str]:
    every = list(ids)
    for at in range(0, len(every), IDS_PER_QUERY):
        listed = ",".join(f"'{one}'" for one in every[at : at + IDS_PER_QUERY])
        yield f"{ROOT}/query?q={quote(f'{select}({listed})', safe='')}"


class _Node(msgspec.Struct):
    body: msgspec.Raw
    reference_id: str = msgspec.field(name="referenceId")


class _Nodes(msgspec.Struct):
    nodes: list[_Node] = msgspec.field(name="compositeResponse")


class _Graph(msgspec.Struct):
    response: _Nodes = msgspec.field(name="graphResponse")
    is_successful: bool = msgspec.field(name="isSuccessful")


class _Graphs(msgspec.Struct):
    graphs: list[_Graph]


class _Created(msgspec.Struct):
    id: str


class LineItem(msgspec.Struct, rename="pascal"):
    id: str
    quantity: Decimal


class LineItems(msgspec.Struct):
    records: list[LineItem]


class FulfillmentOrder(msgspec.Struct, rename="pascal"):
    id: str
    order_id: str
    order_summary_id: str
    status: str
    fulfillment_order_line_items: LineItems | None

    @property
    def lines(self) -> list[LineItem]:
        return self.fulfillment_order_line_items.records if self.fulfillment_order_line_items else []


class PaymentSummary(msgspec.Struct, rename="pascal"):
    id: str
    order_summary_id: str
    captured_amount: Decimal | None


class _FulfillmentOrders(msgspec.Struct):
    done: bool
    records: list[FulfillmentOrder]


class _PaymentSummaries(msgspec.Struct):
    done: bool
    records: list[PaymentSummary]


_decode_graphs = msgspec.json.Decoder(_Graphs).decode
_decode_created = msgspec.json.Decoder(_Created).decode
_decode_fulfillment_orders = msgspec.json.Decoder(_FulfillmentOrders).decode
_decode_payment_summaries = msgspec.json.Decoder(_PaymentSummaries).decode


def _done_nodes(body: bytes) -> list[_Node]:
    graphs = _decode_graphs(body).graphs
    if len(graphs) != 1 or not graphs[0].is_successful:
        raise AnswerError(body.decode(errors="replace"))
    return graphs[0].response.nodes


def check_graph(body: bytes) -> None:
    """Raises AnswerError unless the one graph succeeded."""
    _done_nodes(body)


def placed_order_id(body: bytes) -> str:
    """The order's id from the answer to its graph. Raises AnswerError."""
    for node in _done_nodes(body):
        if node.reference_id == "order":
            return _decode_created(node.body).id
    raise AnswerError(body.decode(errors="replace"))


def fulfillment_orders(body: bytes) -> list[FulfillmentOrder]:
    answer = _decode_fulfillment_orders(body)
    if not answer.done:
        raise AnswerError("the fulfillment orders came in pages")
    return answer.records


def payment_summaries(body: bytes) -> list[PaymentSummary]:
    answer = _decode_payment_summaries(body)
    if not answer.done:
        raise AnswerError("the payment summaries came in pages")
    return answer.records
