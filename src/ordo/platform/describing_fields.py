"""One field as `describe` tells it: every key of the platform, null or false where Ordo has no such thing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from ordo.platform.fields import TEXT_KINDS, Field, Kind
from ordo.platform.records import Noun, noun
from ordo.platform.verbs import is_held
from ordo.platform.wire import parts_of, shown

_UTF8_BYTES_MAX = 3  # of a UTF-16 unit, which is what lengths count on the platform
_PICKLISTS = frozenset({Kind.PICKLIST, Kind.MULTIPICKLIST})
_DECIMALS = frozenset({Kind.DOUBLE, Kind.CURRENCY, Kind.PERCENT})
_SOAP_TYPES = {
    Kind.ID: "tns:ID",
    Kind.REFERENCE: "tns:ID",
    Kind.BOOLEAN: "xsd:boolean",
    Kind.INT: "xsd:int",
    **dict.fromkeys(_DECIMALS, "xsd:double"),
    Kind.DATE: "xsd:date",
    Kind.DATETIME: "xsd:dateTime",
    Kind.TIME: "xsd:time",
    Kind.ADDRESS: "urn:address",
    Kind.LOCATION: "urn:location",
}
_NAME_PARTS = ("first_name", "last_name", "middle_name", "salutation", "suffix")
_NOT_HERE: dict[str, object] = {
    "aiPredictionField": False,
    "calculatedFormula": None,
    "controllerName": None,
    "custom": False,
    "defaultValueFormula": None,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "externalId": False,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "inlineHelpText": None,
    "mask": None,
    "maskType": None,
    "permissionable": False,
    "queryByDistance": False,
    "referenceTargetField": None,
    "relationshipOrder": None,
    "restrictedDelete": False,
    "searchPrefilterable": False,
    "writeRequiresMasterRead": False,
}


def field_description(
    shape: Noun, field: Field, *, createable: bool, updateable: bool, own_values: Iterable[str] = ()
) -> dict[str, Any]:
    """The description of a field (6.3). `createable` and `updateable` say what the caller may do to the object,
    `own_values` are those the organisation adds to a picklist."""
    told = {
        **_NOT_HERE,
        **_size(field),
        **_values(field, own_values),
        **_reference(field),
        **_queries(field),
        "autoNumber": field.autonumber,
        "calculated": "K" in field.flags,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": _compounds(shape).get(field.attribute),
        "createable": createable and field.createable,
        "defaultedOnCreate": field.defaulted,
        "extraTypeInfo": "plaintextarea" if field.kind is Kind.TEXTAREA else None,
        "idLookup": field.id_lookup,
        "label": field.label,
        "name": field.api,
        "nameField": field is shape.name_field,
        "nillable": field.nillable,
        "soapType": "xsd:long" if field.is_long else _SOAP_TYPES.get(field.kind, "xsd:string"),
        "type": "long" if field.is_long else field.kind.value,
        "unique": field.unique,
        "updateable": updateable and field.updateable and not is_held(shape.record, field.attribute),
    }
    return dict(sorted(told.items()))


def _size(field: Field) -> dict[str, Any]:
    """Characters and bytes of a text, all digits and those after the point of a decimal, digits of an integer."""
    length = field.length if field.kind in TEXT_KINDS or _SOAP_TYPES.get(field.kind) == "tns:ID" else 0
    is_decimal = field.kind in _DECIMALS
    return {
        "byteLength": length * _UTF8_BYTES_MAX if field.kind in TEXT_KINDS else length,
        "digits": field.digits if field.kind is Kind.INT else 0,
        "length": length,
        "precision": field.digits if is_decimal else 0,
        "scale": field.scale if is_decimal else 0,
    }


def _values(field: Field, own_values: Iterable[str]) -> dict[str, Any]:
    """A default that is a picklist value is marked in the list. A list without values restricts nothing."""
    listed = [*dict.fromkeys((*field.values, *own_values))] if field.kind in _PICKLISTS else []
    return {
        "defaultValue": None if listed else shown(field, field.default),
        "picklistValues": [
            {
                "active": True,
                "defaultValue": value == field.default,
                "label": value,
                "validFor": None,
                "value": value,
            }
            for value in listed
        ],
        "restrictedPicklist": field.restricted and bool(listed),
    }


def _reference(field: Field) -> dict[str, Any]:
    """Only objects that are there: a reference to any other is an id that no query follows."""
    targets = [target for target in field.targets if noun(target) is not None]
    return {
        "cascadeDelete": field.cascade,
        "namePointing": len(targets) > 1,
        "polymorphicForeignKey": len(targets) > 1,
        "referenceTo": targets,
        "relationshipName": field.relationship if targets else None,
    }


def _queries(field: Field) -> dict[str, bool]:
    return {
        "aggregatable": field.aggregatable,
        "filterable": field.filterable,
        "groupable": field.groupable,
        "sortable": field.sortable,
    }


@cache
def _compounds(shape: Noun) -> dict[str, str]:
    """The compound field that each part belongs to, by the part's attribute."""
    compounds = [field for field in shape.fields.values() if not field.stored]
    found = {part: field.api for field in compounds for part in parts_of(shape.fields, field).values()}
    if "last_name" in shape.fields and "name" in shape.fields:
        found |= {part: shape.fields["name"].api for part in _NAME_PARTS if part in shape.fields}
    return found
