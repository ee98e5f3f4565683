"""A small shop that sells over HTTP to real processes: what the kill tests keep asking for."""

from __future__ import annotations

from typing import Any

import httpx

DATA = "/services/data/v60.0"
LINES = (("kept-shirt", 2, 20.0), ("kept-hat", 1, 5.5))
TOTAL = sum(amount for _, _, amount in LINES)


class Shop:
    """The ids of what is sold, to whom; every order has the two lines of LINES and one authorization."""

    def __init__(self, client: httpx.Client) -> None:
        make = self._make
        self._client = client
        self.ids = {
            "account": make("Account", Name="Jo Example"),
            "book": make("Pricebook2", Name="shop", IsActive=True),
            "method": make("OrderDeliveryMethod", Name="ONLINE-DEFAULT", IsActive=True),
            "provider": make("PaymentGatewayProvider", DeveloperName="Simulated", MasterLabel="Sim"),
        }
        self.ids["gateway"] = make(
            "PaymentGateway", PaymentGatewayName="Sim", PaymentGatewayProviderId=self.ids["provider"],
            Status="Active", MerchantCredentialId="0XA000000000001",
        )  # fmt: skip
        for sku, quantity, amount in LINES:
            product = make("Product2", Name=sku, StockKeepingUnit=sku, IsActive=True)
            self.ids[sku] = make(
                "PricebookEntry", Pricebook2Id=self.ids["book"], Product2Id=product, UnitPrice=amount / quantity,
                IsActive=True,
            )  # fmt: skip

    def _make(self, noun: str, **body: object) -> str:
        answer = self._client.post(f"{DATA}/sobjects/{noun}", json=body)
        assert answer.status_code == 201, answer.text
        record_id: str = answer.json()["id"]
        return record_id

    def order(self, reference: str, *, activate: bool = True) -> dict[str, Any]:
        """The body of one graph call."""
        ids = self.ids
        nodes = [
            _node("POST", "Order", "order", AccountId=ids["account"], Pricebook2Id=ids["book"], Status="Draft",
                  EffectiveDate="2026-01-31", CurrencyIsoCode="EUR",
                  OrderManagementReferenceIdentifier=reference),
            _node("POST", "OrderDeliveryGroup", "group", OrderId="@{order.id}",
                  OrderDeliveryMethodId=ids["method"], DeliverToName="Jo Example"),
            *(
                _node("POST", "OrderItem", f"item{number}", OrderId="@{order.id}", Quantity=quantity,
                      OrderDeliveryGroupId="@{group.id}", PricebookEntryId=ids[sku], LineNumber=number,
                      UnitPrice=amount / quantity, TotalLineAmount=amount, Type="Order Product")
                for number, (sku, quantity, amount) in enumerate(LINES, 1)
            ),
            _node("POST", "PaymentGroup", "payments", SourceObjectId="@{order.id}"),
            _node("POST", "CardPaymentMethod", "card", PaymentGatewayId=ids["gateway"], CardLastFour=1111,
                  AccountId=ids["account"], ProcessingMode="Salesforce", Status="Active", CardType="Visa"),
            _node("POST", "PaymentAuthorization", "authorization", PaymentGroupId="@{payments.id}",
                  PaymentMethodId="@{card.id}", PaymentGatewayId=ids["gateway"], AccountId=ids["account"],
                  Amount=TOTAL, ProcessingMode="Salesforce", Status="Processed"),
        ]  # fmt: skip
        if activate:
            nodes.append(_node("PATCH", "Order/@{order.id}", "activated", Status="Activated"))
        return {"graphs": [{"graphId": "sale", "compositeRequest": nodes}]}


def _node(method: str, path: str, reference: str, **body: object) -> dict[str, Any]:
    return {"method": method, "url": f"{DATA}/sobjects/{path}", "referenceId": reference, "body": body}
