"""Doors that write: what a call asks for is done together and answered; with an Idempotency-Key, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from ordo.api.parts import parts_of
from ordo.kernel.problems import Problem
from ordo.platform import idempotency
from ordo.platform.auth import Caller
from ordo.platform.calls import Atom, Entry, Once
from ordo.platform.idempotency import HEADER, Answer, Key

REPLAYED = "Idempotency-Replayed"
Reply = Callable[[Sequence[Entry]], Response]


async def written(
    request: Request,
    caller: Caller,
    atoms: Sequence[Atom],
    reply: Reply,
    failures_max: int | None = None,
    *,
    apart: bool = False,
) -> Response:
    """Does the atoms and answers with `reply` of their entries; a key that was answered is answered so again.

    `reply` is pure: with a key it is asked before the write, whose statement stores its answer, and again after
    it. It raises the Problem of a call that is refused as a whole. Raises what the key refuses: 400, 409, 422.
    `apart`: see Counter.submit.
    """
    key = _key_of(request, caller)
    once = Once(key, lambda entries: _kept(reply(entries))) if key is not None else None
    entries = await parts_of(request).submit(atoms, caller, failures_max, once, apart=apart)
    if once is None or once.found is None:
        return reply(entries)
    if isinstance(once.found, Problem):
        raise once.found
    return _given_again(once.found)


def _key_of(request: Request, caller: Caller) -> Key | None:
    """The key of the request's header, if any. A door that reads no body counts as having an empty one."""
    scope = request.scope
    address = [scope["method"].encode(), scope["path"].encode(), scope["query_string"]]
    body: bytes = getattr(request.state, "body", b"")
    return idempotency.key_of(caller.user_id, request.headers.getlist(HEADER), [*address, body])


def _kept(response: Response) -> Answer:
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Answer(response.status_code, headers, bytes(response.body))


def _given_again(found: Answer) -> Response:
    return Response(found.body, found.status, {**found.headers, REPLAYED: "true"})
