"""The edge: what every request goes through, whatever it asks for."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ordo.api.bodies import BodyTooLarge, BodyTooSlow, read_body
from ordo.api.parts import Parts
from ordo.kernel.problems import NotFound, ParserError, Problem, Unavailable
from ordo.platform import wire
from ordo.platform.database import AWAY

log = structlog.get_logger()

OLDEST, NEWEST = 48, 67
HEAD_BYTES_MAX = 16_384  # the platform's, for URI and headers together
_BELOW_A_VERSION = "/services/data/v"
_VERSIONS = frozenset(f"{number}.0" for number in range(OLDEST, NEWEST + 1))
_SLASHES = re.compile(r"^/{2,}")
_TEXT = "application/json;charset=UTF-8"

Endpoint = Callable[[Request], Awaitable[Response]]


class MethodNotAllowed(Problem):
    code = "METHOD_NOT_ALLOWED"
    status = 405

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        super().__init__(f"HTTP Method '{method}' not allowed. Allowed are {','.join(sorted(allowed))}")


class UnsupportedMedia(Problem):
    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415

    def __init__(self, media: str) -> None:
        super().__init__(f"Content-Type header specified in HTTP request is not supported: {media}")


class TooLarge(Problem):
    code = "REQUEST_TOO_LARGE"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request body is larger than {limit} bytes")


class HeadTooLarge(Problem):
    """414 or 431: the larger part is the one that is told."""

    code = "REQUEST_TOO_LARGE"

    def __init__(self, uri: int, headers: int) -> None:
        super().__init__(
            f"The URI and the headers of the request are larger than {HEAD_BYTES_MAX} bytes",
            status=414 if uri >= headers else 431,
        )


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON reply."""
    return Response(wire.encode(content), status, headers, media_type=_TEXT)


def refused(problem: Problem) -> Response:
    """The platform's error body, nearly always an array of one."""
    seconds = problem.retry_after_seconds
    headers = {"Retry-After": str(seconds)} if seconds is not None else {}
    if isinstance(problem, BodyTooSlow):
        headers["Connection"] = "close"  # what comes yet is the rest of this request, and no other
    return answer(problem.as_body(), problem.status, headers)


class Edge:
    """Mends the path as clients need it, and answers what nobody else did, in the platform's shape."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        mend(scope)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"] == "http.response.start":
                _tell_usage(scope, message)
            await send(message)

        too_large = head_too_large(scope)
        if too_large is not None:
            await refused(too_large)(scope, receive, watched)
            return
        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            log.info("client gone", path=scope["path"])
        except Exception as fault:
            if started:
                raise
            await _fault_answer(fault)(scope, receive, watched)


def _tell_usage(scope: Scope, message: Message) -> None:
    """Every answer below a version says how much of the day's calls are used; to whoever asked, if it is known.

    One to nobody known, or that the router gave itself, is no call."""
    usage = scope.get("state", {}).get("api_usage")
    if usage is None and message["status"] != 401 and scope["path"].startswith(_BELOW_A_VERSION):
        parts: Parts = scope["app"].state.parts
        usage = parts.api_usage()
    if usage is not None:
        message["headers"] = [*message["headers"], (b"sforce-limit-info", usage.encode())]


def _fault_answer(fault: Exception) -> Response:
    """A database that is away asks to come again; a fault of ours is logged whole and told without content."""
    if isinstance(fault, AWAY):
        log.warning("database away", error=type(fault).__name__)
        return refused(Unavailable())
    log.error("request failed", error=type(fault).__name__, exc_info=fault)
    return refused(Problem("An unexpected error occurred.", code="UNKNOWN_EXCEPTION", status=500))


async def problem_answered(_: Request, problem: Exception) -> Response:
    """A refusal, in the platform's shape."""
    assert isinstance(problem, Problem)
    return refused(problem)


async def router_answered(request: Request, error: Exception) -> Response:
    """What the router itself refuses: no such path, or not with this method."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "").split(", ")
        answered = refused(MethodNotAllowed(request.method, [name for name in allowed if name]))
        answered.headers["Allow"] = ", ".join(sorted(allowed))
        return answered
    return refused(NotFound())


def head_too_large(scope: Scope) -> HeadTooLarge | None:
    """The refusal of more than HEAD_BYTES_MAX of URI and headers, as they were on the wire."""
    uri = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
    headers = sum([len(name) + len(value) + 4 for name, value in scope["headers"]])  # ": " and the line's end
    return HeadTooLarge(uri, headers) if uri + headers > HEAD_BYTES_MAX else None


def mend(scope: Scope) -> None:
    """Repeated leading slashes and a trailing one are dropped; `?_HttpMethod=PATCH` is a PATCH."""
    path = _SLASHES.sub("/", scope["path"])
    if len(path) > 1 and path.endswith("/"):
        path = path.rstrip("/") or "/"
    scope["path"] = path
    query: bytes = scope["query_string"]
    if scope["method"] == "POST" and b"_HttpMethod=" in query:
        match = re.search(rb"(?:^|&)_HttpMethod=([A-Z]+)", query)
        if match and match[1] in (b"PATCH", b"DELETE", b"PUT"):
            scope["method"] = match[1].decode()


def version_of(request: Request) -> str:
    """The version of the path, `60.0`; 404 for one that is not served."""
    version: str = request.path_params["version"]
    if version not in _VERSIONS:
        raise NotFound
    return version


async def body_of(request: Request, limit: int) -> bytes:
    """The whole body, unpacked, at most `limit` bytes either way; kept with the request."""
    try:
        body = await read_body(request, limit)
    except BodyTooLarge:
        raise TooLarge(limit) from None
    unpacked = _unpacked(body, request.headers.get("content-encoding", ""), limit)
    request.state.body = unpacked
    return unpacked


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    if not encoding or encoding == "identity":
        return body
    window = {"gzip": 31, "deflate": 15}.get(encoding.lower())
    if window is None:
        raise UnsupportedMedia(encoding)
    try:
        reader = zlib.decompressobj(window)
        unpacked = reader.decompress(body, limit + 1)
    except (zlib.error, gzip.BadGzipFile):
        raise ParserError("The request body cannot be unpacked") from None
    if len(unpacked) > limit or reader.unconsumed_tail:
        raise TooLarge(limit)
    return unpacked


_POSITION = re.compile(r"\(byte (\d+)\)")


async def json_of(request: Request, limit: int, *, may_lack: bool = False) -> Any:
    """The JSON body with exact decimals; JSON_PARSER_ERROR with line and column where it breaks off.

    With `may_lack`, no body is an empty object.
    """
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media not in ("application/json", ""):
        raise UnsupportedMedia(media)
    body = await body_of(request, limit)
    if not body and may_lack:
        return {}
    if not body:
        raise ParserError("The HTTP entity body is required, but this request has no entity body.")
    return parsed(body)


def _is_past(error: str) -> bool:
    """Whether the decoder tells the byte behind the one that is wrong."""
    return "trailing characters" in error or "escape" in error


def parsed(body: bytes) -> Any:
    try:
        return wire.decode_exactly(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError) as error:
        found = _POSITION.search(str(error))
        if found is None and "truncated" not in str(error):
            raise ParserError("The request body cannot be read as JSON") from None
        offset = int(found[1]) - _is_past(str(error)) if found else len(body)
        line = body.count(b"\n", 0, offset) + 1
        column = offset - (body.rfind(b"\n", 0, offset) + 1) + 1
        shown = body[offset : offset + 1].decode(errors="replace") or "end-of-input"
        raise ParserError(
            f"Unexpected character ('{shown}') in the request body at [line:{line}, column:{column}]"
        ) from None
