"""The payload of `POST composite`: checked as a whole and turned into subrequests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from ordo.api.connect.action import Action, resource_at
from ordo.api.connect.resource import Resource
from ordo.api.edge import NEWEST, OLDEST, MethodNotAllowed
from ordo.api.graph_payload import Told, told_of
from ordo.api.nodes import Node, Place, node_of
from ordo.api.question import Question
from ordo.api.references import check_unique, in_order, referred
from ordo.kernel.problems import InvalidInput, NotFound, ParserError, Problem
from ordo.platform.auth import Caller
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit

SUBREQUESTS_MAX = 25
QUESTIONS_MAX = 5
STRICT_SINCE = 52
"""From this version of the call on, a referenceId that nothing can refer to is refused with the whole call, and a
null that was read can be referred to."""

_METHODS = frozenset({"POST", "PUT", "PATCH", "GET", "DELETE"})
_URL = re.compile(r"/services/data/v(\d\d\.0)(/[^?]*)(?:\?(.*))?")
_RECORD = re.compile(r"/sobjects/([^/]+)(?:/([^/]+)(?:/([^/]+))?)?")
_QUERY = re.compile(r"/(query|queryAll)(?:/([^/]+))?")
_NO_HEADERS = frozenset({"accept", "authorization", "content-type"})


@dataclass
class Unserved:
    """A subrequest for what is not there, or not with this method."""

    reference_id: str
    depends: frozenset[str]
    problem: Problem

    def require(self, _: Caller) -> None:
        """Nothing is told of what is not there."""

    def need(self, _: Reading) -> None:
        """Nothing."""

    def perform(self, _: Unit, __: object) -> dict[str, Any]:
        raise self.problem


Part = Node | Question | Action | Unserved


class Composite(NamedTuple):
    """The subrequests in the order of the array, and in that of their references."""

    parts: list[Part]
    order: list[Part]
    all_or_none: bool
    is_old: bool

    @property
    def asks(self) -> bool:
        return any(isinstance(part, Question) for part in self.parts)


def composite_of(payload: object, version: str) -> Composite:
    """The subrequests of a request body. A Problem here refuses the whole payload."""
    if not isinstance(payload, dict) or not isinstance(payload.get("compositeRequest"), list):
        raise ParserError(
            "The request body must hold an array named compositeRequest", fields=("compositeRequest",)
        )
    all_or_none = _flag(payload, "allOrNone")
    _flag(payload, "collateSubrequests")
    is_old = int(version[:2]) < STRICT_SINCE
    raw = payload["compositeRequest"]
    if len(raw) > SUBREQUESTS_MAX:
        raise InvalidInput(f"The maximum number of subrequests per payload is {SUBREQUESTS_MAX}: {len(raw)}")
    parts = [_part(item, is_old=is_old) for item in raw]
    check_unique(parts)
    questions = sum(isinstance(part, Question) for part in parts)
    if questions > QUESTIONS_MAX:
        raise InvalidInput(f"The maximum number of queries per payload is {QUESTIONS_MAX}: {questions}")
    return Composite(parts, in_order(parts, SUBREQUESTS_MAX), all_or_none, is_old)


def _flag(payload: dict[str, Any], name: str) -> bool:
    value = payload.get(name)
    if value is not None and not isinstance(value, bool):
        raise ParserError(f"{name} must be true or false", fields=(name,))
    return bool(value)


def _part(raw: object, *, is_old: bool) -> Part:
    told = told_of(raw, _METHODS, any_reference=is_old)
    headers = _headers(raw)
    match = _URL.fullmatch(told.url)
    if match is None:
        raise InvalidInput(f"Invalid url for a composite: {told.url}", fields=("url",))
    version, path, query = match[1], match[2].rstrip("/"), match[3] or ""
    return _placed(told, version, path, query, headers)


def _headers(raw: Any) -> dict[str, str]:
    """By lower-case name. They hold for queries (`Sforce-Query-Options`); others are taken and do nothing."""
    told = raw.get("httpHeaders") or {}
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise ParserError("httpHeaders must be an object of texts", fields=("httpHeaders",))
    headers = {name.lower(): value for name, value in told.items()}
    refused = sorted(_NO_HEADERS & headers.keys())
    if refused:
        raise InvalidInput(f"A subrequest cannot have the header {refused[0]}", fields=("httpHeaders",))
    return headers


def _placed(told: Told, version: str, path: str, query: str, headers: dict[str, str]) -> Part:
    served = OLDEST <= int(version[:2]) <= NEWEST
    if served and (record := _RECORD.fullmatch(path)):
        noun, first, second = record.groups(default="")
        return _on_record(told, Place(version, noun, first, second, query))
    if served and (asked := _QUERY.fullmatch(path)):
        return _question(told, version, asked, query, headers)
    if served and (found := resource_at(path)):
        return _action(told, *found)
    return _unserved(told, NotFound())


def _on_record(told: Told, place: Place) -> Part:
    allowed = [method for method in ("DELETE", "GET", "PATCH", "POST") if place.fits(method)]
    if told.method not in allowed:
        return _unserved(told, MethodNotAllowed(told.method, allowed))
    return node_of(told.method, place, told.reference_id, told.body)


def _question(told: Told, version: str, asked: re.Match[str], query: str, headers: dict[str, str]) -> Part:
    if told.method != "GET":
        return _unserved(told, MethodNotAllowed(told.method, ["GET"]))
    parameters = dict(parse_qsl(query))
    locator = unquote(asked[2]) if asked[2] else None
    depends = referred(parameters, locator)
    return Question(version, parameters, locator, asked[1] == "queryAll", headers, told.reference_id, depends)


def _action(told: Told, resource: Resource, named: dict[str, str]) -> Part:
    if told.method != "POST":
        return _unserved(told, MethodNotAllowed(told.method, ["POST"]))
    return Action(resource, named, told.body, told.reference_id, referred(named, told.body))


def _unserved(told: Told, problem: Problem) -> Unserved:
    return Unserved(told.reference_id, referred(unquote(told.url), told.body), problem)
