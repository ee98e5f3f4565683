"""`query` and `queryAll`: SOQL in, finished JSON out, page by page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ordo.api.edge import answer, version_of
from ordo.api.parts import Parts, parts_of
from ordo.kernel.problems import Problem
from ordo.platform import locators
from ordo.platform.auth import Caller
from ordo.platform.locators import Located
from ordo.platform.roles import Right
from ordo.soql import Compiled, Scope, compile_query

PAGE_MAX, PAGE_MIN = 2000, 200
_BATCH = re.compile(r"batchSize\s*=\s*(\d{1,6})", re.IGNORECASE)
_LOCATOR = re.compile(r"(01g[0-9A-Za-z]{15})-(\d{1,9})")


class InvalidLocator(Problem):
    code = "INVALID_QUERY_LOCATOR"

    def __init__(self) -> None:
        super().__init__("invalid query locator")


class Asker(NamedTuple):
    """Who asks, in which version, for pages of which size, and what runs a statement: the pool that reads, or a
    connection inside its transaction."""

    parts: Parts
    caller: Caller
    version: str
    size: int
    fetch: Callable[..., Awaitable[Sequence[Any]]]


async def query(request: Request) -> Response:
    return answer(await first_page(await _asker(request), request.query_params, include_deleted=False))


async def query_all(request: Request) -> Response:
    return answer(await first_page(await _asker(request), request.query_params, include_deleted=True))


async def _asker(request: Request) -> Asker:
    parts, version = parts_of(request), version_of(request)
    caller = await parts.caller(request)
    return Asker(parts, caller, version, batch_size(request.headers), parts.database.fetch)


async def first_page(asker: Asker, told: Mapping[str, str], *, include_deleted: bool) -> dict[str, Any]:
    """What a query answers; `told` are its parameters."""
    text = told.get("q", "").strip()
    if not text:
        raise Problem("A query string has to be specified", code="MALFORMED_QUERY")
    located = Located(text, include_deleted, asker.parts.clock.now())
    compiled = _compiled(asker, located)
    if told.get("columns") == "true":
        return compiled.columns
    if compiled.counted:
        return {"totalSize": await _count(asker, compiled), "done": True, "records": []}
    return await _page(asker, compiled, located)


def _compiled(asker: Asker, located: Located) -> Compiled:
    scope = Scope(
        asker.version,
        located.at,
        asker.caller.user_id,
        include_deleted=located.include_deleted,
        person_accounts=asker.parts.options().person_accounts,
    )
    compiled = compile_query(located.statement, scope)
    for noun in compiled.nouns:
        asker.caller.require(Right.READ, noun.api)
    return compiled


async def _count(asker: Asker, compiled: Compiled) -> int:
    (row,) = await asker.fetch(compiled.count_sql, *compiled.count())
    total: int = row["n"]
    return total


async def _page(asker: Asker, compiled: Compiled, located: Located) -> dict[str, Any]:
    parts, size = asker.parts, asker.size
    rows = await asker.fetch(compiled.sql, *compiled.page(0, size + 1))
    records = [msgspec.Raw(row["j"]) for row in rows[:size]]
    if len(rows) <= size or compiled.grouped:
        return {"totalSize": len(rows), "done": True, "records": [msgspec.Raw(row["j"]) for row in rows]}
    locator = parts.make_id(locators.PREFIX)
    await locators.keep(parts.database, locator, asker.caller.user_id, located)
    return {
        "totalSize": await _count(asker, compiled),
        "done": False,
        "nextRecordsUrl": _next(asker, locator, size),
        "records": records,
    }


def _next(asker: Asker, locator: str, offset: int) -> str:
    return f"/services/data/v{asker.version}/query/{locator}-{offset}"


async def more(request: Request) -> Response:
    return answer(await further_page(await _asker(request), request.path_params["locator"]))


async def further_page(asker: Asker, locator: str) -> dict[str, Any]:
    """The page a locator names; the locator says which query, the number after it where to go on."""
    parts, user_id = asker.parts, asker.caller.user_id
    match = _LOCATOR.fullmatch(locator)
    located = await locators.find(parts.database, match[1], user_id, parts.clock.now()) if match else None
    if match is None or located is None:
        raise InvalidLocator
    start, size = int(match[2]), asker.size
    compiled = _compiled(asker, located)
    rows = await asker.fetch(compiled.sql, *compiled.page(start, size + 1))
    page: dict[str, Any] = {"totalSize": await _count(asker, compiled), "done": len(rows) <= size}
    if len(rows) > size:
        page["nextRecordsUrl"] = _next(asker, match[1], start + size)
    page["records"] = [msgspec.Raw(row["j"]) for row in rows[:size]]
    return page


def batch_size(headers: Mapping[str, str]) -> int:
    """Rows per page; `headers` by lower-case name."""
    found = _BATCH.search(headers.get("sforce-query-options", ""))
    return min(max(int(found[1]), PAGE_MIN), PAGE_MAX) if found else PAGE_MAX
