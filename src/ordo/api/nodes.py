"""A subrequest on a record, as a graph, a composite and the doors by key have it: what it needs, does, answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, unquote_plus

from ordo.api.edge import NEWEST, OLDEST
from ordo.api.references import Answers, holds_reference, referred
from ordo.kernel.ids import normalize
from ordo.kernel.problems import InvalidField, NotFound, Problem
from ordo.platform import generic, upserts, wire
from ordo.platform.auth import Caller, Right
from ordo.platform.fields import Field
from ordo.platform.keys import Key, NoSuchKey
from ordo.platform.reading import Reading
from ordo.platform.records import Noun, noun, noun_of_id
from ordo.platform.unit import Unit
from ordo.platform.values import key_of, typed
from ordo.platform.verbs import Values

_RIGHTS = {"POST": Right.CREATE, "GET": Right.READ, "PATCH": Right.UPDATE, "DELETE": Right.DELETE}
Response = dict[str, Any]


def answered(reference_id: str, status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    """A subresponse in the platform's shape."""
    return {"body": body, "httpHeaders": headers or {}, "httpStatusCode": status, "referenceId": reference_id}


@dataclass
class Node:
    """One subrequest: what it does to which noun.

    `target` is the record's id or, with `by`, the value of that field. `values` are the fields of the body that
    hold no reference, typed already; `open` are those that do, and with `by` the whole body, since only the key
    tells whether a row is made or changed. `problem` is what is wrong with the node: its own error, when its turn
    comes. `noun` is None where the URL names none that is served.
    """

    method: str
    version: str
    noun: Noun | None
    target: str | None
    reference_id: str
    values: Values
    open: Mapping[str, Any]
    depends: frozenset[str]
    fields: list[Field] | None = None
    problem: Problem | None = None
    by: str | None = None
    key: Key | None = None
    makes: bool = True
    may_make: bool = True

    @property
    def shape(self) -> Noun:
        if self.noun is None:
            raise NotFound
        return self.noun

    def require(self, caller: Caller) -> None:
        """InsufficientAccess (403). Whether an upsert makes a row shows when its key is looked up."""
        if self.noun is not None:
            caller.require(_RIGHTS[self.method], self.noun.api)
            self.may_make = caller.permission.allows(Right.CREATE, self.noun.api)

    def need(self, reading: Reading) -> None:
        """What is known to be needed before anything was answered."""
        if self.problem is not None:
            return
        if self.by is not None:
            if self.key is not None:
                upserts.need_named(reading, self.key)
            return
        if self.target is not None and "@{" not in self.target:
            record_id = normalize(self.target)
            if record_id is not None and noun_of_id(record_id) is self.shape:
                _NEEDS[self.method](reading, self.shape, record_id, self.values)
                return
        generic.need_references(reading, self.shape, self.values)

    def perform(self, unit: Unit, answers: Answers) -> Response:
        """The subresponse of a success; a refusal is raised as Problem."""
        if self.problem is not None:
            raise self.problem
        if self.by is not None:
            return self._by_key(unit, answers)
        if self.method == "POST":
            return self._made(generic.create(unit, self.shape, self._all_values(answers)).id)
        target = answers.filled(self.target)
        if target is None:
            raise NotFound
        record_id = upserts.record_id_of(self.shape, str(target))
        if self.method == "PATCH":
            generic.update(unit, self.shape, record_id, self._all_values(answers))
            return answered(self.reference_id, 204, None)
        return self._read_or_deleted(unit, record_id)

    def _all_values(self, answers: Answers) -> Values:
        """The typed body, references replaced by what earlier nodes answered."""
        values = dict(self.values)
        if self.open:
            values.update(typed(self.shape, answers.filled(self.open), creating=self.method == "POST"))
        return values

    def _by_key(self, unit: Unit, answers: Answers) -> Response:
        key = self.key or self._open_key(answers)
        if self.method == "POST":
            return self._made(upserts.create(unit, key, answers.filled(self.open)).id)
        if self.method != "PATCH":
            return self._read_or_deleted(unit, upserts.one(unit, key, self.version))
        body = answers.filled(self.open)
        record_id, made = upserts.upsert(unit, key, body, self.version, makes=self.makes, may_make=self.may_make)
        if made:
            return self._made(record_id, created=True)
        said = {"id": record_id, "success": True, "errors": [], "created": False}
        return answered(self.reference_id, 200, said)

    def _open_key(self, answers: Answers) -> Key:
        value = answers.filled(self.target)
        if value is None:
            raise NotFound
        return key_of(self.shape, self.by or "", str(value))

    def _made(self, record_id: str, **more: object) -> Response:
        headers = {"Location": wire.location(self.version, self.shape.api, record_id)}
        return answered(self.reference_id, 201, {"id": record_id, "success": True, "errors": [], **more}, headers)

    def _read_or_deleted(self, unit: Unit, record_id: str) -> Response:
        if self.method == "DELETE":
            generic.delete(unit, self.shape, record_id)
            return answered(self.reference_id, 204, None)
        unit.settle()  # sums of what earlier nodes wrote
        found = generic.read(unit, self.shape, record_id)
        return answered(self.reference_id, 200, wire.document(found, self.version, self.fields))


def _need_read(reading: Reading, shape: Noun, record_id: str, _: Values) -> None:
    reading.rows(shape.record, "id", [record_id])


def _need_family(reading: Reading, shape: Noun, record_id: str, _: Values) -> None:
    generic.need_family(reading, shape, record_id)


_NEEDS = {"GET": _need_read, "DELETE": _need_family, "PATCH": generic.need_change}


# -- from method, URL and body ------------------------------------------------------------------


class Place(NamedTuple):
    """What a URL below `/sobjects` names: `first` and `second` are its further segments, as they came."""

    version: str
    noun: str
    first: str = ""
    second: str = ""
    query: str = ""

    def fits(self, method: str) -> bool:
        """POST makes a record, or one with a key; the others need an id or a key."""
        if self.second:
            return True
        if method == "POST":
            return not self.first or unquote(self.first).lower() == "id"
        return bool(self.first)


def node_of(method: str, place: Place, reference: str, body: dict[str, Any]) -> Node:
    """The node; what is wrong with it refuses it alone, when its turn comes."""
    served = OLDEST <= int(place.version[:2]) <= NEWEST
    shape = noun(unquote(place.noun)) if served else None
    by, target = (unquote(place.first), _value(place)) if place.second else (None, _record(method, place))
    held = body if by else {name: value for name, value in body.items() if holds_reference(value)}
    node = Node(method, place.version, shape, target, reference, {}, held, referred(target, held), by=by)
    try:
        _complete(node, place, body)
    except Problem as problem:
        node.problem = problem
    return node


def _record(method: str, place: Place) -> str | None:
    return None if method == "POST" else unquote(place.first)


_FORM = re.compile(r"(?!.*%20)[A-Za-z0-9_.~%+-]*")


def _value(place: Place) -> str:
    """A bare plus is a blank where nothing speaks against quote_plus, with which simple-salesforce reads by key.
    Beside `%20`, or a sign that would have been coded, it is a plus: so come its upserts, `jo+x@example.com`."""
    decode = unquote_plus if _FORM.fullmatch(place.second) else unquote
    return decode(place.second)


def _complete(node: Node, place: Place, body: dict[str, Any]) -> None:
    """Reads what can be read before anything was answered."""
    if place.query:
        query = dict(parse_qsl(place.query))
        if node.method == "GET" and query.get("fields"):
            node.fields = [wanted_field(node.shape, name) for name in query["fields"].split(",")]
        node.makes = query.get("updateOnly", "").lower() != "true"
    if node.by is None:
        plain = {name: value for name, value in body.items() if name not in node.open} if node.open else body
        node.values = typed(node.shape, plain, creating=node.method == "POST")
    elif "@{" not in (node.target or ""):
        node.key = key_of(node.shape, node.by, node.target or "")
    elif node.shape.field(node.by) is None:
        raise NoSuchKey(node.by)


def wanted_field(shape: Noun, name: str) -> Field:
    """A field named in `fields=`; INVALID_FIELD where there is none."""
    found = shape.field(name.strip())
    if found is None or found.hidden:
        raise InvalidField(f"No such column '{name.strip()}' on sobject of type {shape.api}")
    return found
