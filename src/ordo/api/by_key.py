"""Records by a key of their own: `sobjects/X/{field}/{value}` (6.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ordo.api.edge import answer
from ordo.api.nodes import Place, node_of
from ordo.api.references import NoReferences
from ordo.api.sobjects import asked, body_of
from ordo.api.transaction import Transaction
from ordo.api.writing import written
from ordo.platform.calls import Entry
from ordo.platform.roles import Right

METHODS = ("GET", "PATCH", "DELETE", "POST")
_RIGHTS = {"POST": Right.CREATE, "PATCH": Right.UPDATE, "DELETE": Right.DELETE}
_SEGMENTS = 6  # services, data, the version, sobjects, the noun, the field


async def by_key(request: Request) -> Response:
    """Reads, upserts, deletes or makes the record that the key names; 300 with the URLs of several."""
    parts, version, shape, caller = await asked(request, _RIGHTS.get(request.method, Right.READ))
    method = request.method if request.method in _RIGHTS else "GET"
    body = await body_of(parts, request) if method in ("PATCH", "POST") else {}
    place = Place(version, shape.api, request.path_params["field"], _value(request), request.url.query)
    node = node_of(method, place, "", body)
    node.require(caller)
    atoms = [Transaction([node], [node], NoReferences())]
    if method == "GET":
        return _reply(await parts.submit(atoms, caller))
    return await written(request, caller, atoms, _reply)


def _value(request: Request) -> str:
    """The value as it came: only undecoded can its blanks and plus signs be told apart."""
    raw: bytes = request.scope["raw_path"]
    return raw.decode("ascii", "replace").strip("/").split("/", _SEGMENTS)[-1]


def _reply(entries: Sequence[Entry]) -> Response:
    found: Any = entries[0].result()
    (response,) = found.values()
    if response["httpStatusCode"] == 204:
        return Response(status_code=204)
    return answer(response["body"], response["httpStatusCode"], response["httpHeaders"])
