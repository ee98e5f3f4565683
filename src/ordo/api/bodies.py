"""Request bodies read up to a limit, chunked ones too."""

from __future__ import annotations

from starlette.requests import Request


class BodyTooLarge(Exception):  # noqa: N818  the face answers it in its own shape
    """More bytes came than this resource takes."""


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; BodyTooLarge as soon as it exceeds `limit` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge
    return bytes(body)
