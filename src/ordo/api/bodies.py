"""Request bodies read up to a limit of bytes and of patience, chunked ones too."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from ordo.kernel.problems import Problem

IDLE_SECONDS_MAX = 60.0
SECONDS_MAX = 600.0  # the platform's for a whole call


class BodyTooLarge(Exception):  # noqa: N818  the face answers it in its own shape
    """More bytes came, or are announced, than this resource takes."""


class BodyTooSlow(Problem):
    """The rest of the body does not come: 408, and the connection is closed."""

    code = "REQUEST_TIMEOUT"
    status = 408

    def __init__(self) -> None:
        super().__init__("The rest of the request body did not come in time")


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; BodyTooLarge as soon as it exceeds `limit` bytes or says it will, BodyTooSlow when nothing
    comes for IDLE_SECONDS_MAX or not all of it within SECONDS_MAX."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise BodyTooLarge
    try:
        return await _read(request, limit)
    except TimeoutError:
        raise BodyTooSlow from None


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    now = asyncio.get_running_loop().time
    end = now() + SECONDS_MAX
    async with asyncio.timeout(IDLE_SECONDS_MAX) as patience:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise BodyTooLarge
            if chunk:
                patience.reschedule(min(end, now() + IDLE_SECONDS_MAX))
    return bytes(body)
