"""What there is: versions, resources, descriptions of objects, limits."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ordo.api.edge import NEWEST, OLDEST, answer, version_of
from ordo.api.parts import Parts, parts_of
from ordo.api.session import public_url
from ordo.api.sobjects import asked
from ordo.kernel.clock import whole_second_after
from ordo.platform import describing, sizes
from ordo.platform.auth import Caller
from ordo.platform.describing import Sight
from ordo.platform.records import Noun, noun, nouns
from ordo.platform.roles import Right

DATA = "/services/data/v{version}"
_SEASONS = ("Winter", "Spring", "Summer")


async def versions(_: Request) -> Response:
    """No session needed; oldest first, since clients take the highest."""
    return answer(
        [
            {"label": _label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
            for number in range(OLDEST, NEWEST + 1)
        ]
    )


def _label(number: int) -> str:
    """Version 50 is Winter '21; three a year."""
    year, season = divmod(number - 50, 3)
    return f"{_SEASONS[season]} '{21 + year}"


async def resources(request: Request) -> Response:
    """Every resource that is served, by its name; `identity` is absolute."""
    version, parts = version_of(request), parts_of(request)
    caller = await parts.caller(request)
    identity = f"{public_url(request, parts.auth)}/id/{caller.organization_id}/{caller.user_id}"
    return answer({**_served_below(request, DATA, version), "identity": identity})


async def composite_resources(request: Request) -> Response:
    """The resources of the composite family that are served."""
    version = version_of(request)
    await parts_of(request).caller(request)
    return answer(_served_below(request, f"{DATA}/composite", version))


def _served_below(request: Request, root: str, version: str) -> dict[str, str]:
    """The first steps of the paths that routes serve below a root, as relative URLs of this version."""
    paths = [str(getattr(route, "path", "")) for route in request.app.routes]
    names = {path.removeprefix(f"{root}/").partition("/")[0] for path in paths if path.startswith(f"{root}/")}
    base = root.format(version=version)
    return {name: f"{base}/{name}" for name in sorted(names) if not name.startswith("{")}


async def describe_all(request: Request) -> Response:
    """The global describe: the objects the caller may read."""
    version, parts = version_of(request), parts_of(request)
    caller = await parts.caller(request)
    return _unless_known(request, parts, caller, describing.all_described(sight_of(parts, version, caller)))


async def basic_information(request: Request) -> Response:
    parts, version, shape, caller = await asked(request, Right.READ)
    return _unless_known(request, parts, caller, describing.outlined(shape, sight_of(parts, version, caller)))


async def describe(request: Request) -> Response:
    """404 for an object that is not there, 403 for one the caller may not read."""
    parts, version, shape, caller = await asked(request, Right.READ)
    return _unless_known(request, parts, caller, describing.described(shape, sight_of(parts, version, caller)))


def sight_of(parts: Parts, version: str, caller: Caller) -> Sight:
    return Sight.of(version, caller.role, parts.options())


def _unless_known(request: Request, parts: Parts, caller: Caller, body: bytes) -> Response:
    """The description, or 304 if it is not newer than what `If-Modified-Since` names.

    It is as old as this process (whose code it is drawn from), the last change of an option that the process
    noticed, or the caller's session, which ends with the role it was opened with.
    """
    modified = max(parts.changed_at(), whole_second_after(caller.since))
    headers = {"Last-Modified": format_datetime(modified, usegmt=True), "Vary": "Authorization"}
    since = _moment(request.headers.get("if-modified-since"))
    if since is not None and modified <= since:
        return Response(status_code=304, headers=headers)
    return answer(msgspec.Raw(body), headers=headers)


def _moment(text: str | None) -> datetime | None:
    """A date of HTTP; None for none, and for what is no date (RFC 9110 has it ignored)."""
    try:
        found = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def limits(request: Request) -> Response:
    """What there is a limit of, and how much of it remains (decision 0027)."""
    version_of(request)
    parts = parts_of(request)
    await parts.caller(request)
    options = parts.options()
    megabytes = await sizes.database_megabytes(parts.database)
    return answer(
        {
            "DailyApiRequests": _limit(options.daily_api_requests, parts.usage.calls),
            "DataStorageMB": _limit(options.data_storage_megabytes, megabytes),
        }
    )


def _limit(most: int, used: int) -> dict[str, int]:
    return {"Max": most, "Remaining": max(0, most - used)}


async def record_count(request: Request) -> Response:
    """How many records there are of the objects named in `sObjects`, of all where it is missing.

    Names of no object, and of objects the caller may not read whole, are left out. A count is exact up to
    `sizes.COUNTED_MAX`, above it an estimate; the platform's are approximate throughout.
    """
    version_of(request)
    parts = parts_of(request)
    caller = await parts.caller(request)
    told = request.query_params.get("sObjects")
    shapes = [shape for shape in _named(told) if _sees_all(caller, shape)]
    counts = await sizes.record_counts(parts.database, shapes)
    found = [{"count": count, "name": shape.api} for shape, count in zip(shapes, counts, strict=True)]
    return answer({"sObjects": found})


def _sees_all(caller: Caller, shape: Noun) -> bool:
    """Whether the caller may read every row of it, not only those of one location."""
    permission = caller.permission
    return permission.allows(Right.READ, shape.api) and shape.api.lower() not in permission.located


def _named(told: str | None) -> list[Noun]:
    """The nouns of a list with commas, each once, in its order."""
    if told is None:
        return nouns()
    return list(dict.fromkeys(shape for name in told.split(",") if (shape := noun(name.strip())) is not None))
