"""A sale as a till posts it: one composite graph to v49.0, in the words of the till's integration guide."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.desk import Desk, bodies
from tests.faces.asserted import ask
from tests.life import summary_of

VERSION = "49.0"
SOLD_AT = "2021-01-03T19:48:20.790Z"


async def open_store(desk: Desk) -> None:
    """What the guide's tills sell with; ids `store`, `taken`, `later` (methods), `tea`, `cup`."""
    desk.ids["taken"] = await desk.make("OrderDeliveryMethod", Name="IN_STORE-DEFAULT")
    desk.ids["later"] = await desk.make("OrderDeliveryMethod", Name="IN_STORE-PICKUP_LATER")
    desk.ids["store"] = await desk.make("Location", Name="Main Street", LocationType="Retail Store")
    await desk.sell("tea", "20.00")
    await desk.sell("cup", "6.50")


class Sale:
    """The nodes of one order, added in the guide's order; `post` sends them and activates it.

    `place` is the reference of the delivery group that the lines added next belong to.
    """

    def __init__(self, desk: Desk, **more: Any) -> None:
        self._desk = desk
        self._nodes: list[dict[str, Any]] = []
        self._lines = 0
        self._money = 0
        self.place = ""
        ids = desk.ids
        order = {"AccountId": ids["account"], "Pricebook2Id": ids["book"], "SalesChannelId": ids["channel"]}
        order |= {"EffectiveDate": "2021-01-03", "Status": "Draft", "CurrencyIsoCode": "CAD"}
        self.add("Order", "order", **order | more)

    def add(self, noun: str, reference: str, **body: Any) -> str:
        """The reference, as later nodes write it."""
        self._nodes.append(self._node("POST", noun, reference, body))
        return f"@{{{reference}.id}}"

    def _node(self, method: str, path: str, reference: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"/services/data/v{VERSION}/sobjects/{path}"
        return {"method": method, "url": url, "referenceId": reference, "body": body}

    def group(self, method: str, **recipient: Any) -> Sale:
        """A delivery group; `method` is an id of the desk."""
        body = {"SourceObjectId": "@{order.id}", "OrderDeliveryMethodId": self._desk.ids[method]}
        self.place = self.add("OrderDeliveryGroup", method, **body | recipient)
        return self

    def line(self, sku: str, quantity: int, price: str, *, tax: str | None = None, **more: Any) -> str:
        """An order product, with its tax if it has one; its reference."""
        self._lines += 1
        item = {
            "OrderDeliveryGroupId": self.place, "OrderId": "@{order.id}", "LineNumber": self._lines,
            "PricebookEntryId": self._desk.ids[f"{sku}-price"], "Quantity": quantity,
            "UnitPrice": Decimal(price), "Type": "Order Product",
        }  # fmt: skip
        made = self.add("OrderItem", f"item{self._lines}", **item | more)
        if tax is not None:
            told = {"Name": "HST", "Amount": Decimal(tax), "Rate": 13.0, "TaxEffectiveDate": SOLD_AT}
            self.add("OrderItemTaxLineItem", f"tax{self._lines}", **told, OrderItemId=made, Type="Actual")
        return made

    def override(self, sku: str) -> None:
        """A price override on the whole order, without an amount."""
        name = f"PRICE_OVERRIDE_{sku}"
        told = {"Name": name, "OrderId": "@{order.id}", "Type": "Header", "Description": name}
        self.add("OrderItemAdjustmentLineItem", "override", **told)

    def promotion(self, name: str, **amounts: str) -> None:
        """One adjustment group, and an adjustment of each line named by its reference (`item1`)."""
        group = self.add("OrderAdjustmentGroup", "promotion", Name=name, OrderId="@{order.id}", Type="Header")
        for reference, amount in amounts.items():
            told = {"Name": name, "Amount": Decimal(amount), "OrderItemId": f"@{{{reference}.id}}"}
            self.add("OrderItemAdjustmentLineItem", f"less_{reference}", **told, OrderAdjustmentGroupId=group)

    def cash(self, amount: str) -> None:
        """Money in the drawer: a wallet of type Cash and its payment."""
        self._pay("DigitalWallet", "Payment", amount, Type="Cash")

    def card(self, amount: str) -> None:
        """Money that the till's own terminal took; the method carries the payment's fields, as in the guide."""
        told = {"Amount": Decimal(amount), "Status": "Processed", "Type": "Sale", "CardLastFour": 4242}
        self._pay("CardPaymentMethod", "Payment", amount, **told)

    def promise(self, amount: str) -> None:
        """A card to be captured when the goods are sent: only the method names the gateway."""
        told = {"CardType": "Visa", "CardLastFour": 1111, "ProcessingMode": "Salesforce"}
        self._pay("CardPaymentMethod", "PaymentAuthorization", amount, **told)

    def _pay(self, method: str, noun: str, amount: str, **of_method: Any) -> None:
        self._money += 1
        if self._money == 1:
            self.add("PaymentGroup", "payments", SourceObjectId="@{order.id}")
        both = {
            "ProcessingMode": of_method.get("ProcessingMode", "External"),
            "AccountId": self._desk.ids["account"],
        }
        gateway = {"PaymentGatewayId": self._desk.ids["gateway"]}
        known = self.add(method, f"method{self._money}", **both | gateway | {"Status": "Active"} | of_method)
        told = both | {"Status": "Processed", "Amount": Decimal(amount)}
        told |= gateway | {"Type": "Sale"} if noun == "Payment" else {}
        self.add(noun, f"money{self._money}", PaymentGroupId="@{payments.id}", PaymentMethodId=known, **told)

    async def post(self) -> dict[str, Any]:
        """Its summary (Id, OriginalOrderId), before anything was worked off."""
        last = self._node("PATCH", "Order/@{order.id}", "activated", {"Status": "Activated"})
        body = {"graphs": [{"graphId": "sale", "compositeRequest": [*self._nodes, last]}]}
        answer = await ask(self._desk, "POST", "/composite/graph", body, version=VERSION)
        assert answer.status_code == 200, answer.text
        (graph,) = answer.json()["graphs"]
        assert graph["isSuccessful"] is True, graph
        return await summary_of(self._desk, bodies(graph)["order"]["id"])

    async def sold(self) -> dict[str, Any]:
        """The same, after everything that follows by itself."""
        summary = await self.post()
        await self._desk.settle()
        return summary


async def books(desk: Desk) -> list[tuple[str, str, int, int]]:
    """(location's name, SKU, on hand, reserved) of every position."""
    rows = await desk.rows(
        "SELECT l.name, p.sku, p.onhand::int, p.reserved::int "
        "FROM position p JOIN location l ON l.id = p.location ORDER BY l.name, p.sku"
    )
    return [(row["name"], row["sku"], row["onhand"], row["reserved"]) for row in rows]


async def timeline(desk: Desk, summary: dict[str, Any]) -> list[str]:
    """The facts of an order, as they were said."""
    rows = await desk.rows(
        "SELECT kind, body->>'NewStatus' AS status FROM fact WHERE root = $1 ORDER BY number",
        summary["OriginalOrderId"],
    )
    return [f"{row['kind']} {row['status']}" if row["status"] else row["kind"] for row in rows]
