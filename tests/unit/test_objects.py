"""The nouns: names, references, and what they accept."""

from __future__ import annotations

import msgspec
import pytest

import ordo.objects  # noqa: F401  declares the nouns
from ordo.platform.fields import Kind
from ordo.platform.records import Noun, changed, children_of, noun, noun_of_id, nouns

# objects.md 1: key prefix and name field.
NAMES = {
    "Account": ("001", "Name"),
    "AlternativePaymentMethod": ("8Z7", "AlternativePaymentMethodNumber"),
    "AssociatedLocation": ("0Kt", "AssociatedLocationNumber"),
    "CardPaymentMethod": ("03O", "CardPaymentMethodNumber"),
    "Contact": ("003", "Name"),
    "CreditMemo": ("50g", "DocumentNumber"),
    "CreditMemoLine": ("9yx", "Name"),
    "DigitalWallet": ("1DW", "DigitalWalletNumber"),
    "FulfillmentOrder": ("0a3", "FulfillmentOrderNumber"),
    "FulfillmentOrderItemAdjustment": ("0c4", "FulfillmentOrderItemAdjustmentNumber"),
    "FulfillmentOrderItemTax": ("0co", "FulfillmentOrderItemTaxNumber"),
    "FulfillmentOrderLineItem": ("0a4", "FulfillmentOrderLineItemNumber"),
    "Invoice": ("3tt", "DocumentNumber"),
    "InvoiceLine": ("5TV", "Name"),
    "Location": ("131", "Name"),
    "LocationGroup": ("0gh", "LocationGroupName"),
    "LocationGroupAssignment": ("0gx", "LocationGroupAssignment"),
    "Order": ("801", "OrderNumber"),
    "OrderAdjustmentGroup": ("0az", "Name"),
    "OrderAdjustmentGroupSummary": ("0aj", "Name"),
    "OrderDeliveryGroup": ("2Dg", "OrderDeliveryGroupNumber"),
    "OrderDeliveryGroupSummary": ("0ag", "OrderDeliveryGroupSummaryNumber"),
    "OrderDeliveryMethod": ("2Dm", "Name"),
    "OrderItem": ("802", "OrderItemNumber"),
    "OrderItemAdjustmentLineItem": ("3qZ", "Name"),
    "OrderItemAdjustmentLineSummary": ("0ah", "Name"),
    "OrderItemSummary": ("10u", "Name"),
    "OrderItemSummaryChange": ("1oc", "OrderItemSummaryChangeNumber"),
    "OrderItemTaxLineItem": ("0au", "Name"),
    "OrderItemTaxLineItemSummary": ("0ai", "Name"),
    "OrderPaymentSummary": ("0bM", "Method"),
    "OrderSummary": ("1Os", "OrderNumber"),
    "Organization": ("00D", "Name"),
    "Payment": ("0aQ", "PaymentNumber"),
    "PaymentAuthAdjustment": ("9tv", "PaymentAuthAdjustmentNumber"),
    "PaymentAuthorization": ("0Xc", "PaymentAuthorizationNumber"),
    "PaymentGateway": ("0b0", "PaymentGatewayName"),
    "PaymentGatewayLog": ("0Xt", "PaymentGatewayLogNumber"),
    "PaymentGatewayProvider": ("0cJ", "MasterLabel"),
    "PaymentGroup": ("9zx", "PaymentGroupNumber"),
    "PaymentLineInvoice": ("1PL", "PaymentLineInvoiceNumber"),
    "PaymentMethod": ("0aa", "Name"),
    "Pricebook2": ("01s", "Name"),
    "PricebookEntry": ("01u", "Name"),
    "Product2": ("01t", "Name"),
    "Refund": ("0cb", "RefundNumber"),
    "RefundLinePayment": ("0dR", "RefundLinePaymentNumber"),
    "SalesChannel": ("0bI", "SalesChannelName"),
    "Shipment": ("0OB", "ShipmentNumber"),
    "ShipmentItem": ("0ob", "ShipmentItemNumber"),
    "User": ("005", "Name"),
}


def declared(api: str) -> Noun:
    found = noun(api)
    assert found is not None
    return found


# S0-23 … S0-50, S0-76 … S0-83: the objects exist under their names.
@pytest.mark.parametrize(("api", "prefix", "name"), [(api, *names) for api, names in NAMES.items()])
def test_a_noun_has_the_prefix_and_the_name_field_of_the_reference(api: str, prefix: str, name: str) -> None:
    shape = declared(api)
    assert shape.prefix == prefix
    assert noun_of_id(prefix + "000000000001") is shape
    assert shape.name_field is not None
    assert shape.name_field.api == name


def test_prefixes_are_told_apart_by_case() -> None:
    prefixes = [prefix for prefix, _ in NAMES.values()]
    assert len(set(prefixes)) == len(prefixes)


@pytest.mark.parametrize("shape", [shape for shape in nouns() if shape.api in NAMES], ids=lambda shape: shape.api)
def test_what_a_noun_refers_to_is_declared_soundly(shape: Noun) -> None:
    for field in shape.fields.values():
        assert field.kind is not Kind.REFERENCE or field.targets, field.api
        assert not field.children or field.kind is Kind.REFERENCE, field.api
        assert field.default is None or not field.values or field.default in field.values, field.api
    if shape.root is not None:
        attribute, parent = shape.root
        assert parent in shape.fields[attribute].targets


@pytest.mark.parametrize("shape", [shape for shape in nouns() if shape.api in NAMES], ids=lambda shape: shape.api)
def test_no_two_child_relationships_of_a_parent_share_a_name(shape: Noun) -> None:
    names = [field.children for _, field in children_of(shape)]
    assert sorted(set(names), key=str) == sorted(names, key=str)


@pytest.mark.parametrize("shape", [shape for shape in nouns() if shape.api in NAMES], ids=lambda shape: shape.api)
def test_a_blank_row_survives_the_wire_and_derives(shape: Noun) -> None:
    row = shape.record(id="x")
    again, _ = changed(msgspec.json.decode(msgspec.json.encode(row), type=shape.record), {})
    assert set(again.derived()) <= {field.attribute for field in shape.stored}


def test_children_hang_under_their_reference_names() -> None:
    found = {(child.api, field.children) for child, field in children_of(declared("Order"))}
    assert found >= {
        ("OrderItem", "OrderItems"),
        ("OrderDeliveryGroup", "OrderDeliveryGroups"),
        ("PaymentGroup", "PaymentGroups"),
        ("OrderSummary", "OrderSummaries"),
    }


@pytest.mark.parametrize(
    ("api", "alias", "attribute"),
    [
        ("OrderDeliveryGroup", "SourceObjectId", "order_id"),  # S0-93
        ("SalesChannel", "saleschannel", "sales_channel_name"),  # S0-91
        ("OrderItemSummary", "DeliveryEstimationReference", "estimated_delivery_reference"),
        ("FulfillmentOrder", "ActiveDate", "activated_date"),
    ],
)
def test_a_field_answers_to_its_other_names(api: str, alias: str, attribute: str) -> None:
    field = declared(api).field(alias)
    assert field is not None
    assert field.attribute == attribute


def test_tills_may_send_what_the_reference_does_not_list() -> None:
    """S0-93, S0-95, S0-97, S0-106."""
    sent = {
        "PaymentGroup": ["SourceObjectId"],
        "CardPaymentMethod": ["PaymentGroupId", "PaymentMethodId", "Amount", "Type"],
        "DigitalWallet": ["Type"],
        "OrderItemAdjustmentLineItem": ["OrderId", "Type", "Name", "Description"],
    }
    for api, names in sent.items():
        fields = [declared(api).field(name) for name in names]
        assert all(field is not None and field.createable for field in fields), api
    adjustment = declared("OrderItemAdjustmentLineItem")
    assert {field.api for field in adjustment.fields.values() if field.required} == {"Name"}
