"""What `describe` tells is what the API does, for every object, and what the object reference says of three."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.counting import statements
from tests.desk import Desk
from tests.faces.asserted import ask, census, only, refused
from tests.faces.conftest import As
from tests.life import parcel

from ordo.platform.records import Noun, children_of, nouns
from ordo.platform.roles import Role


def words(text: str) -> set[str]:
    return set(text.split())


ENTRY = words("""
    activateable associateEntityType associateParentEntity createable custom customSetting deepCloneable deletable
    deprecatedAndHidden feedEnabled hasSubtypes isInterface isSubtype keyPrefix label labelPlural layoutable
    mergeable mruEnabled name queryable replicateable retrieveable searchable triggerable undeletable updateable
    urls
""")
WHOLE = ENTRY | words("""
    actionOverrides childRelationships compactLayoutable defaultImplementation extendedBy extendsInterfaces fields
    implementedBy implementsInterfaces listviewable lookupLayoutable namedLayoutInfos networkScopeFieldName
    recordTypeInfos searchLayoutable supportedScopes
""")
FIELD = words("""
    aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive
    compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate
    dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo
    filterable filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup
    inlineHelpText label length mask maskType name nameField namePointing nillable permissionable picklistValues
    polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo relationshipName
    relationshipOrder restrictedDelete restrictedPicklist scale searchPrefilterable soapType sortable type unique
    updateable writeRequiresMasterRead
""")
CHILD = words("""
    cascadeDelete childSObject deprecatedAndHidden field junctionIdListNames junctionReferenceTo relationshipName
    restrictedDelete
""")
TYPES = {
    "id": "tns:ID", "reference": "tns:ID", "string": "xsd:string", "boolean": "xsd:boolean", "int": "xsd:int",
    "long": "xsd:long", "double": "xsd:double", "currency": "xsd:double", "percent": "xsd:double",
    "date": "xsd:date", "datetime": "xsd:dateTime", "time": "xsd:time", "picklist": "xsd:string",
    "multipicklist": "xsd:string", "textarea": "xsd:string", "email": "xsd:string", "phone": "xsd:string",
    "url": "xsd:string", "address": "urn:address", "location": "urn:location", "encryptedstring": "xsd:string",
}  # fmt: skip
EVERY = pytest.mark.parametrize("noun", nouns(), ids=lambda noun: noun.api)


async def described(desk: Desk, api: str, version: str = "67.0") -> dict[str, Any]:
    answer = await ask(desk, "GET", f"/sobjects/{api}/describe", version=version)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def by_name(description: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in description["fields"]}


async def listed(desk: Desk, version: str = "67.0") -> dict[str, dict[str, Any]]:
    answer = await ask(desk, "GET", "/sobjects", version=version)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (set(body), body["encoding"], body["maxBatchSize"]) == (
        {"encoding", "maxBatchSize", "sobjects"},
        "UTF-8",
        200,
    )
    return {entry["name"]: entry for entry in body["sobjects"]}


async def ask_soql(desk: Desk, soql: str) -> httpx.Response:
    return await ask(desk, "GET", f"/query?q={quote(soql)}", version="67.0")


# -- every object -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["48.0", "67.0"])
async def test_every_object_is_listed(desk: Desk, version: str) -> None:
    """S0-22, S0-23…S0-50: with every key, under the same URL and words as in its own description."""
    found = await listed(desk, version)
    assert list(found) == [noun.api for noun in nouns()]
    assert len({entry["keyPrefix"] for entry in found.values()}) == len(found)
    for name, entry in found.items():
        assert set(entry) == ENTRY, name
        url = f"/services/data/v{version}/sobjects/{name}"
        assert entry["urls"] == {"rowTemplate": f"{url}/{{ID}}", "describe": f"{url}/describe", "sobject": url}
        whole = (await desk.client.get(entry["urls"]["describe"])).json()
        assert {key: whole[key] for key in ENTRY} == entry
        basic = (await desk.client.get(entry["urls"]["sobject"])).json()
        assert basic == {"objectDescribe": entry, "recentItems": []}


@pytest.mark.parametrize("version", ["48.0", "67.0"])
@EVERY
async def test_every_object_is_described(desk: Desk, noun: Noun, version: str) -> None:
    """S0-22, S0-23…S0-50: every key of the platform; a field is there from its first version on."""
    found = await described(desk, noun.api.upper(), version)
    assert set(found) == WHOLE
    assert (found["name"], found["keyPrefix"]) == (noun.api, noun.prefix)
    fields = by_name(found)
    told = [f for f in noun.fields.values() if not f.hidden and f.since <= float(version)]
    assert list(fields) == [field.api for field in told]
    assert [name for name, field in fields.items() if set(field) != FIELD] == []
    assert {name: field["soapType"] for name, field in fields.items()} == {
        name: TYPES[field["type"]] for name, field in fields.items()
    }
    assert sum(field["nameField"] for field in fields.values()) == (noun.name_field is not None)
    assert [info["recordTypeId"] for info in found["recordTypeInfos"] if info["master"]] == ["012000000000000AAA"]
    assert all(set(child) == CHILD for child in found["childRelationships"])
    for name, field in fields.items():
        assert field["compoundFieldName"] is None or field["compoundFieldName"] in fields, name


async def test_relationships_are_described_from_both_ends(desk: Desk) -> None:
    """What a parent calls its children is a field of theirs that leads back to it, and all such are told."""
    whole = {noun.api: await described(desk, noun.api) for noun in nouns()}
    for noun in nouns():
        told = whole[noun.api]["childRelationships"]
        pairs = [(child.api, field.api) for child, field in children_of(noun) if not field.hidden]
        assert [(child["childSObject"], child["field"]) for child in told] == pairs
        for child in told:
            field = by_name(whole[child["childSObject"]])[child["field"]]
            assert noun.api in field["referenceTo"]
            assert field["cascadeDelete"] == child["cascadeDelete"]
        for name, field in by_name(whole[noun.api]).items():
            assert set(field["referenceTo"]) <= set(whole), name
            assert (field["relationshipName"] is None) == (not field["referenceTo"]), name
            several = len(field["referenceTo"]) > 1
            assert field["namePointing"] == field["polymorphicForeignKey"] == several, name


@EVERY
async def test_every_described_relationship_can_be_queried(desk: Desk, noun: Noun) -> None:
    """Down by the name a parent has for its children, up by the name of the relationship."""
    found = await described(desk, noun.api)
    if not found["queryable"]:
        return
    children = [child["relationshipName"] for child in found["childRelationships"]]
    parents = [field["relationshipName"] for field in found["fields"] if field["relationshipName"]]
    assert len(children) == len(set(children))
    for start in range(0, max(len(children), 1), 20):
        parts = [f"(SELECT Id FROM {name})" for name in children[start : start + 20]]
        answer = await ask_soql(desk, f"SELECT {', '.join(['Id', *parts])} FROM {noun.api} LIMIT 1")
        assert answer.status_code == 200, answer.text
    parts = ["Id", *(f"{name}.Id" for name in parents)]
    answer = await ask_soql(desk, f"SELECT {', '.join(parts)} FROM {noun.api} LIMIT 1")
    assert answer.status_code == 200, answer.text


@EVERY
async def test_what_is_not_createable_is_refused(desk: Desk, noun: Noun) -> None:
    """S0-22, S0-23…S0-50: by name where it is a field, as a whole where it is the object."""
    found = await described(desk, noun.api)
    before = await census(desk)
    path = f"/sobjects/{noun.api}"
    if not found["createable"]:
        assert not any(field["createable"] for field in found["fields"])
        refused(await ask(desk, "POST", path, {}), 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    for name, field in by_name(found).items():
        declared = noun.field(name)
        assert declared is not None
        if not field["createable"] and not declared.createable and name != "Id":
            answer = await ask(desk, "POST", path, {name: None})
            refused(answer, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", None, name)
    assert await census(desk) == before


@EVERY
async def test_what_is_not_updateable_is_refused(desk: Desk, noun: Noun) -> None:
    """S0-22, S0-23…S0-50: fields by name; fields and objects of which only actions say what they hold."""
    found = await described(desk, noun.api)
    row = await desk.rows(f'SELECT id FROM "{noun.table}" LIMIT 1')
    path = f"/sobjects/{noun.api}/{row[0]['id'] if row else noun.prefix + '000000000001'}"
    for name, field in by_name(found).items():
        declared = noun.field(name)
        assert declared is not None
        if not declared.updateable and name != "Id":
            assert field["updateable"] is False
            answer = await ask(desk, "PATCH", path, {name: None})
            refused(answer, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", None, name)
    if not found["updateable"]:
        refused(await ask(desk, "PATCH", path, {}), 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")


async def test_what_is_not_deletable_stays(desk: Desk) -> None:
    """S0-49, S0-50, S0-30…S0-34: of an order that is on its way, with its payment."""
    await parcel(desk, ("shirt", 1, "10.00"))
    before, kept = await census(desk), []
    for noun in nouns():
        rows = await desk.rows(f'SELECT id FROM "{noun.table}" ORDER BY id LIMIT 1')
        if rows and not (await described(desk, noun.api))["deletable"]:
            answer = await ask(desk, "DELETE", f"/sobjects/{noun.api}/{rows[0]['id']}")
            assert answer.status_code == 400, (noun.api, answer.text)
            kept.append(noun.api)
    assert set(kept) >= words("""
        FulfillmentOrder FulfillmentOrderLineItem OrderSummary OrderItemSummary OrderDeliveryGroupSummary
        OrderPaymentSummary Organization
    """)
    assert await census(desk) == before


@EVERY
async def test_what_is_required_is_missed(desk: Desk, noun: Noun) -> None:
    """S0-22, S0-23…S0-50: createable, not nillable and not defaulted: a create without them names them all."""
    found = await described(desk, noun.api)
    required = [
        name
        for name, field in by_name(found).items()
        if field["createable"] and not field["nillable"] and not field["defaultedOnCreate"]
    ]
    if noun.api == "Account":  # a person account is created without: its name is that of the person
        assert required == []
        required = ["Name"]
    answer = await ask(desk, "POST", f"/sobjects/{noun.api}", {})
    if not required and found["createable"]:
        assert answer.status_code == 201, answer.text
    elif required:
        refused(answer, 400, "REQUIRED_FIELD_MISSING", None, *required)


@EVERY
async def test_what_a_query_may_do_with_a_field(desk: Desk, noun: Noun) -> None:
    """S0-22, S0-23…S0-50: filter, sort, group, take the largest of: as described, all and no others."""
    fields = by_name(await described(desk, noun.api))
    ways = {
        "filterable": "SELECT Id FROM {of} WHERE {field} = null",
        "sortable": "SELECT Id FROM {of} ORDER BY {field} LIMIT 1",
        "groupable": "SELECT COUNT(Id) FROM {of} GROUP BY {field}",
        "aggregatable": "SELECT MAX({field}) FROM {of}",
    }
    for flag, soql in ways.items():
        answers = {name: await ask_soql(desk, soql.format(of=noun.api, field=name)) for name in fields}
        wrong = {
            name: answer.text
            for name, answer in answers.items()
            if answer.status_code != (200 if fields[name][flag] else 400)
        }
        assert wrong == {}, flag


async def test_some_fields_only_actions_write(desk: Desk) -> None:
    """S0-23, S0-33, S0-49: updateable on the platform, here said by what happened."""
    for api, name in (
        ("Order", "ActivatedDate"),
        ("OrderSummary", "RoutingAttempts"),
        ("FulfillmentOrder", "InvoiceId"),
        ("PaymentGroup", "SourceObjectId"),
    ):
        assert by_name(await described(desk, api))[name]["updateable"] is False, (api, name)
    order = await desk.make("Order", AccountId=desk.ids["account"], EffectiveDate="2026-01-31", Status="Draft",
                            Pricebook2Id=desk.ids["book"])  # fmt: skip
    answer = await desk.patch("Order", order, ActivatedDate="2026-01-31T10:00:00Z")
    refused(answer, 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", None, "ActivatedDate")
    assert (await desk.get("Order", order))["ActivatedDate"] is None


# -- three objects against the reference ------------------------------------------------------------------

# name: type, length, precision, scale, createable, updateable, nillable
REFERENCE: dict[str, dict[str, tuple[str, int, int, int, bool, bool, bool]]] = {
    "Order": {
        "Id": ("id", 18, 0, 0, False, False, False),
        "AccountId": ("reference", 18, 0, 0, True, True, True),
        "BillingAddress": ("address", 0, 0, 0, False, False, True),
        "BillingLatitude": ("double", 0, 18, 15, True, True, True),
        "BillingStreet": ("textarea", 255, 0, 0, True, True, True),
        "BillingEmailAddress": ("email", 80, 0, 0, True, True, True),
        "BillingPhoneNumber": ("phone", 40, 0, 0, True, True, True),
        "Description": ("textarea", 32000, 0, 0, True, True, True),
        "EffectiveDate": ("date", 0, 0, 0, True, True, False),
        "GrandTotalAmount": ("currency", 0, 18, 2, False, False, True),
        "IsReductionOrder": ("boolean", 0, 0, 0, True, False, False),
        "OrderNumber": ("string", 30, 0, 0, False, False, False),
        "OrderedDate": ("datetime", 0, 0, 0, True, True, True),
        "OwnerId": ("reference", 18, 0, 0, True, True, False),
        "PoNumber": ("string", 80, 0, 0, True, True, True),
        "Pricebook2Id": ("reference", 18, 0, 0, True, True, True),
        "RelatedOrderId": ("reference", 18, 0, 0, False, False, True),
        "Status": ("picklist", 100, 0, 0, True, True, False),
        "TotalAmount": ("currency", 0, 18, 2, False, False, False),
    },
    "OrderSummary": {
        "ActiveProcessExceptionCount": ("int", 0, 0, 0, False, False, True),
        "ExternalReferenceIdentifier": ("string", 80, 0, 0, False, True, True),
        "GrandTotalAmount": ("currency", 0, 18, 2, False, False, True),
        "OrderLifeCycleType": ("picklist", 255, 0, 0, False, False, False),
        "OriginalOrderId": ("reference", 18, 0, 0, False, False, False),
        "Status": ("picklist", 40, 0, 0, False, True, True),
    },
    "FulfillmentOrder": {
        "FulfilledToName": ("string", 255, 0, 0, True, True, False),
        "FulfillmentOrderNumber": ("string", 255, 0, 0, False, False, False),
        "IsSuspended": ("boolean", 0, 0, 0, True, True, False),
        "ItemCount": ("double", 0, 18, 0, False, False, True),
        "OrderSummaryId": ("reference", 18, 0, 0, True, False, True),
        "ProcessingTimeInMinutes": ("long", 0, 0, 0, True, True, True),
        "Status": ("picklist", 40, 0, 0, True, True, False),
        "StatusCategory": ("picklist", 255, 0, 0, False, False, False),
        "Type": ("picklist", 40, 0, 0, True, True, True),
    },
}
SHAPE = ("type", "length", "precision", "scale", "createable", "updateable", "nillable")


@pytest.mark.parametrize(
    ("api", "prefix", "label", "deletable"),
    [
        ("Order", "801", "Order", True),
        ("OrderSummary", "1Os", "Order Summary", False),
        ("FulfillmentOrder", "0a3", "Fulfillment Order", False),
    ],
)
async def test_as_the_object_reference_says(
    desk: Desk, api: str, prefix: str, label: str, deletable: bool
) -> None:
    """S0-23, S0-33, S0-49."""
    found = await described(desk, api)
    assert (found["keyPrefix"], found["label"], found["deletable"]) == (prefix, label, deletable)
    fields = by_name(found)
    told = {name: tuple(fields[name][key] for key in SHAPE) for name in REFERENCE[api]}
    assert told == REFERENCE[api]


def values(field: dict[str, Any]) -> list[str]:
    assert all(value["active"] and value["label"] == value["value"] for value in field["picklistValues"])
    return [value["value"] for value in field["picklistValues"]]


async def test_statuses_are_described(desk: Desk) -> None:
    """S0-23, S0-33, S0-49: the values of each object's status, and which of them is the default."""
    order = by_name(await described(desk, "Order"))
    assert values(order["Status"]) == ["Draft", "Activated"]
    assert order["Status"]["restrictedPicklist"] is True
    assert values(order["TaxLocaleType"]) == ["Net", "Gross", "Automatic"]
    summary = by_name(await described(desk, "OrderSummary"))
    assert values(summary["Status"]) == [
        "Created", "Approved", "Activated", "Waiting to Fulfill", "Fulfilled", "Returned", "Canceled",
    ]  # fmt: skip
    assert [value["value"] for value in summary["Status"]["picklistValues"] if value["defaultValue"]] == [
        "Created"
    ]
    assert summary["Status"]["restrictedPicklist"] is False
    assert values(summary["OrderLifeCycleType"]) == ["MANAGED", "UNMANAGED"]
    assert values(by_name(await described(desk, "FulfillmentOrder"))["StatusCategory"]) == [
        "DRAFT", "ACTIVATED", "FULFILLING", "CLOSED", "CANCELLED", "REJECTED",
    ]  # fmt: skip


async def test_what_kind_of_reference_and_key_a_field_is(desk: Desk) -> None:
    """S0-23, S0-24, S0-35, S0-49."""
    order = by_name(await described(desk, "Order"))
    assert (order["AccountId"]["referenceTo"], order["AccountId"]["relationshipName"]) == (["Account"], "Account")
    assert (order["ContractId"]["referenceTo"], order["ContractId"]["relationshipName"]) == ([], None)
    assert order["OrderNumber"]["autoNumber"] is order["OrderNumber"]["nameField"] is True
    assert order["BillingStreet"]["compoundFieldName"] == "BillingAddress"
    assert order["GrandTotalAmount"]["calculated"] is True
    assert [name for name, field in order.items() if field["idLookup"]] == ["Id", "OrderNumber"]
    key = by_name(await described(desk, "OrderSummary"))["ExternalReferenceIdentifier"]
    assert (key["unique"], key["caseSensitive"], key["idLookup"], key["byteLength"]) == (True, True, True, 240)
    location = by_name(await described(desk, "Location"))
    assert location["Latitude"]["compoundFieldName"] == "Location"
    assert location["Location"]["type"] == "location"
    method = by_name(await described(desk, "PaymentAuthorization"))["PaymentMethodId"]
    assert method["referenceTo"] == ["CardPaymentMethod", "DigitalWallet", "AlternativePaymentMethod"]
    assert method["polymorphicForeignKey"] is True
    account = by_name(await described(desk, "Account"))
    assert account["LastName"]["compoundFieldName"] == "Name"
    assert (account["IsPersonAccount"]["defaultValue"], account["Name"]["defaultValue"]) == (False, None)


async def test_names_have_no_case(desk: Desk) -> None:
    """C13: asked for as OrderLifecycleType or orderlifecycletype, told as the platform spells it."""
    found = await described(desk, "ordersummary")
    assert "OrderLifeCycleType" in by_name(found)
    for name in ("OrderLifeCycleType", "OrderLifecycleType", "orderlifecycletype"):
        answer = await ask_soql(desk, f"SELECT {name} FROM ORDERSUMMARY")
        assert answer.status_code == 200, answer.text


async def test_where_a_fulfillment_order_hangs(desk: Desk) -> None:
    """C14: under its summary, and its lines under the order lines too; test_what_objects_are_for follows both."""
    ways = {
        ("OrderSummary", "FulfillmentOrder", "OrderSummaryId"): "FulfillmentOrders",
        ("OrderItemSummary", "FulfillmentOrderLineItem", "OrderItemSummaryId"): "FulfillmentOrderLineItems",
        ("FulfillmentOrder", "FulfillmentOrderLineItem", "FulfillmentOrderId"): "FulfillmentOrderLineItems",
    }
    for (parent, child, field), name in ways.items():
        told = (await described(desk, parent))["childRelationships"]
        found = only([one for one in told if (one["childSObject"], one["field"]) == (child, field)])
        assert found["relationshipName"] == name
        up = by_name(await described(desk, child))[field]
        assert (up["referenceTo"], up["relationshipName"]) == ([parent], parent)
        assert parent == "OrderItemSummary" or found["cascadeDelete"] is (parent == "FulfillmentOrder")


# -- who asks, which version, which organisation ----------------------------------------------------------


async def test_a_description_tells_what_its_caller_may_do(desk: Desk, acting_as: As) -> None:
    agent = await acting_as(Role.SERVICE_AGENT)
    assert list(await listed(agent)) == list(await listed(desk))
    for api, flags in {"Product2": (False, False, False), "Account": (True, True, False)}.items():
        found = await described(agent, api)
        assert (found["createable"], found["updateable"], found["deletable"]) == flags
        name = by_name(found)["Name"]
        assert (name["createable"], name["updateable"]) == flags[:2]
    till = await acting_as(Role.INTEGRATION)
    assert (await described(till, "PaymentGateway"))["createable"] is False
    assert (await described(till, "Account"))["deletable"] is True
    assert (await described(desk, "PaymentGateway"))["createable"] is True


async def test_what_may_not_be_read_is_neither_listed_nor_described(desk: Desk, acting_as: As) -> None:
    """As its records are: 403. Who has no session hears nothing; what is not there is 404."""
    associate = await acting_as(Role.STORE_ASSOCIATE, "DC1")
    found = await listed(associate)
    assert "Product2" in found
    assert "Account" not in found
    for noun in nouns():
        readable = (await ask(associate, "GET", f"/sobjects/{noun.api}/{noun.prefix}000000000001")).status_code
        assert (readable == 404) == (noun.api in found), noun.api
        for path in (f"/sobjects/{noun.api}", f"/sobjects/{noun.api}/describe"):
            answer = await ask(associate, "GET", path)
            if noun.api in found:
                assert answer.status_code == 200
            else:
                refused(answer, 403, "INSUFFICIENT_ACCESS", "insufficient access rights on object id")
    children = (await described(associate, "Product2"))["childRelationships"]
    assert {child["childSObject"] for child in children} <= set(found)
    for path in ("/sobjects/Nonsense", "/sobjects/Nonsense/describe"):
        refused(await ask(desk, "GET", path), 404, "NOT_FOUND", "The requested resource does not exist")
    for path in ("/sobjects", "/sobjects/Account", "/sobjects/Account/describe", "/sobjects/Nonsense/describe"):
        answer = await ask(desk, "GET", path, Authorization="Bearer nobody")
        refused(answer, 401, "INVALID_SESSION_ID", "Session expired or invalid")
        refused(await ask(desk, "GET", path, version="47.0"), 404, "NOT_FOUND")


async def test_a_field_is_described_from_its_first_version_on(desk: Desk) -> None:
    for version, there in (("48.0", False), ("60.0", False), ("61.0", True), ("67.0", True)):
        assert ("ClosedDate" in by_name(await described(desk, "FulfillmentOrder", version))) is there, version


async def test_without_person_accounts_nothing_of_a_person(desk: Desk) -> None:
    """As in a query."""
    before = set(by_name(await described(desk, "Account")))
    await desk.option("person_accounts", False)
    after = set(by_name(await described(desk, "Account")))
    assert before - after == {name for name in before if name.startswith("Person") or name == "IsPersonAccount"}
    assert "PersonEmail" in before
    assert after < before
    assert (await ask_soql(desk, "SELECT PersonEmail FROM Account")).status_code == 400


async def test_statuses_of_the_merchants_own_are_described(desk: Desk) -> None:
    """C10."""
    shipped = values(by_name(await described(desk, "FulfillmentOrder"))["Status"])
    await desk.option("fulfillment_statuses", {"Waiting for the bus": "FULFILLING", "Assigned": "FULFILLING"})
    told = values(by_name(await described(desk, "FulfillmentOrder"))["Status"])
    assert told == [*shipped, "Waiting for the bus"]


# -- what has not changed ---------------------------------------------------------------------------------

PATHS = ["/sobjects", "/sobjects/Order", "/sobjects/Order/describe"]


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_known_is_not_sent_again(desk: Desk, path: str) -> None:
    first = await ask(desk, "GET", path)
    modified = first.headers["last-modified"]
    assert modified.endswith(" GMT")
    assert first.headers["vary"] == "Authorization"
    again = await ask(desk, "GET", path, If_Modified_Since=modified)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["last-modified"] == modified
    for older in (
        "Sat, 01 Jan 2000 00:00:00 GMT",
        "Sat, 01 Jan 2000 00:00:00",
        "yesterday",
        "",
        "1",
        "1 Jan 99999999999999999999",
    ):
        full = await ask(desk, "GET", path, If_Modified_Since=older)
        assert (full.status_code, full.content) == (200, first.content), older
    head = await ask(desk, "HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(first.content))


@pytest.mark.parametrize("path", PATHS)
async def test_an_option_makes_descriptions_new(desk: Desk, path: str) -> None:
    known = (await ask(desk, "GET", path)).headers["last-modified"]
    desk.face.machine.changed_at = desk.face.machine.changed_at.replace(year=2020)
    old = (await ask(desk, "GET", path)).headers["last-modified"]
    await desk.face.machine.refresh_options()
    assert (await ask(desk, "GET", path, If_Modified_Since=old)).status_code == 304
    await desk.option("person_accounts", False)
    assert (await ask(desk, "GET", path, If_Modified_Since=old)).status_code == 200
    assert old != known


async def test_a_description_asks_the_database_nothing(desk: Desk) -> None:
    first = await described(desk, "Order")
    before = statements()
    for path in PATHS:
        assert (await ask(desk, "GET", path, version="67.0")).status_code == 200
    assert statements() == before
    assert await described(desk, "Order") == first
