"""HTTP/1.1 by hand: a few keep-alive connections, one request in flight on each, a queue before them.

A client library costs as much CPU as the server's answer; here the client shares the server's cores.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

Receiver = Callable[[int, bytes], None]

CLOSED = "the server closed a keep-alive connection"
_HEAD_BYTES_MAX = 65_536


class WireError(Exception):
    """The other side closed, or sent what is no HTTP answer."""


def get(path: str, headers: bytes) -> bytes:
    return b"GET %b HTTP/1.1\r\n%b\r\n" % (path.encode(), headers)


def post(path: str, headers: bytes, body: bytes, kind: bytes = b"application/json") -> bytes:
    head = b"POST %b HTTP/1.1\r\n%bContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (path.encode(), headers, kind, len(body)) + body


def parse_head(head: bytes) -> tuple[int, int | None]:
    """Status and body length of an answer's head; None when the body comes in chunks."""
    line, _, rest = head.partition(b"\r\n")
    if not line.startswith(b"HTTP/1.1 "):
        raise WireError(f"no HTTP answer: {line[:80]!r}")
    status, fields = int(line[9:12]), rest.lower()
    at = fields.find(b"content-length:")
    if at >= 0:
        return status, int(fields[at + 15 :].split(b"\r\n", 1)[0])
    return status, None if b"transfer-encoding:" in fields else 0


def join_chunks(data: bytes) -> tuple[bytes, int] | None:
    """The body made of chunks and how many bytes they took; None while the last is missing."""
    parts: list[bytes] = []
    at = 0
    while (end := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:end].split(b";", 1)[0], 16)
        at = end + 2 + size + 2
        if len(data) < at:
            return None
        if size == 0:
            return b"".join(parts), at
        parts.append(data[end + 2 : at - 2])
    return None


class Wire(asyncio.Protocol):
    """One connection. `send` while it is idle; the receiver is called once, with status and body."""

    def __init__(self, on_idle: Callable[[Wire], None], on_lost: Callable[[Exception], None]) -> None:
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._receiver: Receiver | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._transport = None
            self._on_lost(exc or WireError(CLOSED))

    def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def send(self, request: bytes, receiver: Receiver) -> None:
        assert self._receiver is None, "one request in flight on a connection"
        if self._transport is None:
            self._on_lost(WireError(CLOSED))
            return
        self._receiver = receiver
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        try:
            answer = self._take()
        except (WireError, ValueError) as error:
            self._on_lost(error)
            return
        if answer is not None:
            receiver, self._receiver = self._receiver, None
            if receiver is None:
                self._on_lost(WireError("an answer nobody asked for"))
                return
            self._on_idle(self)  # first, so that the connection works while the receiver thinks
            receiver(*answer)

    def _take(self) -> tuple[int, bytes] | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _HEAD_BYTES_MAX:
                raise WireError("the answer's head does not end")
            return None
        status, length = parse_head(self._buffer[:end])
        body = self._buffer[end + 4 :]
        if length is None:
            return self._take_chunks(status, body)
        if len(body) < length:
            return None
        self._buffer = body[length:]
        return status, body[:length]

    def _take_chunks(self, status: int, data: bytes) -> tuple[int, bytes] | None:
        found = join_chunks(data)
        if found is None:
            return None
        self._buffer = data[found[1] :]
        return status, found[0]


class Pool:
    """The connections and the requests that wait for one."""

    def __init__(self, on_lost: Callable[[Exception], None]) -> None:
        self.requests = 0
        self._wires: list[Wire] = []
        self._idle: deque[Wire] = deque()
        self._waiting: deque[tuple[bytes, Receiver]] = deque()
        self._on_lost = on_lost

    async def open(self, host: str, port: int, connections: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, wire = await loop.create_connection(lambda: Wire(self._next, self._on_lost), host, port)
            self._wires.append(wire)
            self._idle.append(wire)

    def close(self) -> None:
        for wire in self._wires:
            wire.close()

    def send(self, request: bytes, receiver: Receiver, *, first: bool = False) -> None:
        """Send when a connection is idle; `first` goes before all that wait."""
        self.requests += 1
        if self._idle:
            self._idle.popleft().send(request, receiver)
        elif first:
            self._waiting.appendleft((request, receiver))
        else:
            self._waiting.append((request, receiver))

    def _next(self, wire: Wire) -> None:
        if self._waiting:
            wire.send(*self._waiting.popleft())
        else:
            self._idle.append(wire)
