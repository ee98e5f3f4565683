"""Connections of the server: one that does not come to a request is closed."""

from __future__ import annotations

import asyncio
from asyncio.events import TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

IDLE_SECONDS_MAX = 75
UNFINISHED_HEAD_BYTES_MAX = 262_144  # of a head that came whole the edge decides


class Connection(HttpToolsProtocol):
    """As uvicorn's, which limits only the time from an answer to the next byte: here the line and the headers of a
    request must have come IDLE_SECONDS_MAX after the connection was made, or after their first byte.

    What still comes of a request that was answered counts as such a byte. A head is not kept beyond
    UNFINISHED_HEAD_BYTES_MAX.
    """

    _until_head: TimerHandle | None = None
    _head_bytes: int | None = None  # None outside a head

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._until_head is None and not self._is_busy():
            self._expect_head()
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > UNFINISHED_HEAD_BYTES_MAX:
                self.transport.close()

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        super().on_message_begin()

    def _is_busy(self) -> bool:
        cycle: object = self.cycle  # None before the first request, whatever uvicorn's annotation says
        return isinstance(cycle, RequestResponseCycle) and not cycle.response_complete

    def on_headers_complete(self) -> None:
        self._head_bytes = None
        self._expect_nothing()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._until_head = self.loop.call_later(IDLE_SECONDS_MAX, self.timeout_keep_alive_handler)

    def _expect_nothing(self) -> None:
        if self._until_head is not None:
            self._until_head.cancel()
            self._until_head = None
