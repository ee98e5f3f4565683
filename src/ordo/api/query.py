"""`query` and `queryAll`: SOQL in, finished JSON out, page by page."""

from __future__ import annotations

import re
from typing import Any

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


async def query(request: Request) -> Response:
    return await _first_page(request, include_deleted=False)


async def query_all(request: Request) -> Response:
    return await _first_page(request, include_deleted=True)


async def _first_page(request: Request, *, include_deleted: bool) -> Response:
    parts = parts_of(request)
    version = version_of(request)
    caller = await parts.caller(request)
    text = request.query_params.get("q", "").strip()
    if not text:
        raise Problem("A query string has to be specified", code="MALFORMED_QUERY")
    located = Located(text, include_deleted, parts.clock.now())
    compiled = _compiled(parts, caller, version, located)
    if request.query_params.get("columns") == "true":
        return answer(compiled.columns)
    if compiled.counted:
        return answer({"totalSize": await _count(parts, compiled), "done": True, "records": []})
    return answer(await _page(parts, request, caller, compiled, located))


def _compiled(parts: Parts, caller: Caller, version: str, located: Located) -> Compiled:
    scope = Scope(
        version,
        located.at,
        caller.user_id,
        include_deleted=located.include_deleted,
        person_accounts=parts.options().person_accounts,
        limit=caller.limit,
    )
    compiled = compile_query(located.statement, scope)
    for noun in compiled.nouns:
        caller.require(Right.READ, noun.api)
    return compiled


async def _count(parts: Parts, compiled: Compiled) -> int:
    row = await parts.database.fetchrow(compiled.count_sql, *compiled.count())
    total: int = row["n"]
    return total


async def _page(
    parts: Parts, request: Request, caller: Caller, compiled: Compiled, located: Located
) -> dict[str, Any]:
    size = _batch_size(request)
    rows = await parts.database.fetch(compiled.sql, *compiled.page(0, size + 1))
    records = [msgspec.Raw(row["j"]) for row in rows[:size]]
    if len(rows) <= size or compiled.grouped:
        return {"totalSize": len(rows), "done": True, "records": [msgspec.Raw(row["j"]) for row in rows]}
    locator = parts.make_id(locators.PREFIX)
    await locators.keep(parts.database, locator, caller.user_id, located)
    return {
        "totalSize": await _count(parts, compiled),
        "done": False,
        "nextRecordsUrl": _next(request, locator, size),
        "records": records,
    }


def _next(request: Request, locator: str, offset: int) -> str:
    return f"/services/data/v{request.path_params['version']}/query/{locator}-{offset}"


async def more(request: Request) -> Response:
    """The page a locator names; the locator says which query, the number after it where to go on."""
    parts = parts_of(request)
    version = version_of(request)
    caller = await parts.caller(request)
    match = _LOCATOR.fullmatch(request.path_params["locator"])
    located = await locators.find(parts.database, match[1], caller.user_id, parts.clock.now()) if match else None
    if match is None or located is None:
        raise InvalidLocator
    start, size = int(match[2]), _batch_size(request)
    compiled = _compiled(parts, caller, version, located)
    rows = await parts.database.fetch(compiled.sql, *compiled.page(start, size + 1))
    page: dict[str, Any] = {"totalSize": await _count(parts, compiled), "done": len(rows) <= size}
    if len(rows) > size:
        page["nextRecordsUrl"] = _next(request, match[1], start + size)
    page["records"] = [msgspec.Raw(row["j"]) for row in rows[:size]]
    return answer(page)


def _batch_size(request: Request) -> int:
    found = _BATCH.search(request.headers.get("sforce-query-options", ""))
    return min(max(int(found[1]), PAGE_MIN), PAGE_MAX) if found else PAGE_MAX
