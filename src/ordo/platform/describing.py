"""What `describe` tells of the nouns, drawn from their declarations.

A description says what its caller may do: it depends on the version asked for, the caller's role and a few
options, and on nothing else, so its bytes are made once. What Ordo does not serve (layouts, search, undelete …)
is described as not there.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, NamedTuple

from ordo.platform import wire
from ordo.platform.describing_fields import field_description
from ordo.platform.fields import Field
from ordo.platform.options import Options
from ordo.platform.records import Noun, children_of, nouns
from ordo.platform.roles import PERMISSIONS, Right, Role
from ordo.platform.verbs import RefusedOutside, guard_of

BATCH_SIZE_MAX = 200
MASTER_RECORD_TYPE = "012000000000000AAA"
_HELD_MAX = 256  # descriptions of up to 200 kB
_ENTRY_NOT_HERE: dict[str, object] = {
    "activateable": False,
    "associateEntityType": None,
    "associateParentEntity": None,
    "custom": False,
    "customSetting": False,
    "deepCloneable": False,
    "deprecatedAndHidden": False,
    "feedEnabled": False,
    "hasSubtypes": False,
    "isInterface": False,
    "isSubtype": False,
    "layoutable": False,
    "mergeable": False,
    "mruEnabled": False,
    "replicateable": False,
    "searchable": False,
    "triggerable": False,
    "undeletable": False,
}
_NOT_HERE: dict[str, object] = {
    "actionOverrides": [],
    "compactLayoutable": False,
    "defaultImplementation": None,
    "extendedBy": None,
    "extendsInterfaces": None,
    "implementedBy": None,
    "implementsInterfaces": None,
    "listviewable": None,
    "lookupLayoutable": None,
    "namedLayoutInfos": [],
    "networkScopeFieldName": None,
    "searchLayoutable": False,
}
_MASTER = {
    "active": True,
    "available": True,
    "defaultRecordTypeMapping": True,
    "developerName": "Master",
    "master": True,
    "name": "Master",
    "recordTypeId": MASTER_RECORD_TYPE,
    "urls": {},
}


class Sight(NamedTuple):
    """All that a description depends on besides the declarations. `own_values` are the picklist values that the
    organisation added, by option."""

    version: str
    role: Role
    person_accounts: bool
    own_values: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, version: str, role: Role, options: Options) -> Sight:
        own_values = tuple((name, tuple(getattr(options, name))) for name in _options_with_values())
        return cls(version, role, options.person_accounts, own_values)

    def may(self, right: Right, shape: Noun) -> bool:
        return PERMISSIONS[self.role].may(right, shape.api)

    def shows(self, shape: Noun, field: Field) -> bool:
        return shape.shows(field, self.version, self.person_accounts)


@cache
def _options_with_values() -> tuple[str, ...]:
    return tuple(sorted({field.option for shape in nouns() for field in shape.fields.values() if field.option}))


@lru_cache(maxsize=_HELD_MAX)
def all_described(sight: Sight) -> bytes:
    """The global describe (6.1): every object that may be read."""
    listed = [_entry(shape, sight) for shape in nouns() if sight.may(Right.READ, shape)]
    return wire.encode({"encoding": "UTF-8", "maxBatchSize": BATCH_SIZE_MAX, "sobjects": listed})


@lru_cache(maxsize=_HELD_MAX)
def outlined(shape: Noun, sight: Sight) -> bytes:
    """The basic information (6.2). No query is FOR VIEW here, so no item is recent."""
    return wire.encode({"objectDescribe": _entry(shape, sight), "recentItems": []})


@lru_cache(maxsize=_HELD_MAX)
def described(shape: Noun, sight: Sight) -> bytes:
    """The whole description of an object (6.3)."""
    entry = _entry(shape, sight)
    own_values = dict(sight.own_values)
    fields = [
        field_description(
            shape,
            field,
            createable=entry["createable"],
            updateable=entry["updateable"],
            own_values=own_values.get(field.option, ()),
        )
        for field in shape.fields.values()
        if sight.shows(shape, field)
    ]
    told = {
        **_NOT_HERE,
        **entry,
        "childRelationships": _children(shape, sight),
        "fields": fields,
        "recordTypeInfos": [_MASTER],
        "supportedScopes": _scopes(shape),
    }
    return wire.encode(dict(sorted(told.items())))


def _entry(shape: Noun, sight: Sight) -> dict[str, Any]:
    guard = guard_of(shape.record)
    refused = {Right.CREATE: guard.create, Right.UPDATE: guard.update, Right.DELETE: guard.delete}

    def may(call: str, right: Right) -> bool:
        is_open = not isinstance(refused.get(right), RefusedOutside)
        return call in shape.calls and is_open and sight.may(right, shape)

    told = {
        **_ENTRY_NOT_HERE,
        "createable": may("create", Right.CREATE),
        "deletable": may("delete", Right.DELETE),
        "keyPrefix": shape.prefix,
        "label": shape.label,
        "labelPlural": shape.plural,
        "name": shape.api,
        "queryable": may("query", Right.READ),
        "retrieveable": may("retrieve", Right.READ),
        "updateable": may("update", Right.UPDATE),
        "urls": _urls(shape, sight.version),
    }
    return dict(sorted(told.items()))


def _urls(shape: Noun, version: str) -> dict[str, str]:
    url = f"/services/data/v{version}/sobjects/{shape.api}"
    return {"rowTemplate": f"{url}/{{ID}}", "describe": f"{url}/describe", "sobject": url}


def _children(shape: Noun, sight: Sight) -> list[dict[str, Any]]:
    """The relationships a query can follow from this object to others that may be read."""
    return [
        {
            "cascadeDelete": field.cascade,
            "childSObject": child.api,
            "deprecatedAndHidden": False,
            "field": field.api,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": field.children,
            "restrictedDelete": False,
        }
        for child, field in children_of(shape)
        if sight.may(Right.READ, child) and sight.shows(child, field)
    ]


def _scopes(shape: Noun) -> list[dict[str, str]]:
    """What USING SCOPE tells apart."""
    plural = shape.plural.lower()
    mine = [{"label": f"My {plural}", "name": "mine"}] if "owner_id" in shape.fields else []
    return [{"label": f"All {plural}", "name": "everything"}, *mine]
