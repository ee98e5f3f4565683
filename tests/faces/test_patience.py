"""Requests that do not come whole: too large a head, a body that stops, a client that goes away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from structlog.testing import capture_logs
from tests.desk import ROOT, Desk
from tests.faces.asserted import ask, census, refused

from ordo.api import bodies, edge
from ordo.cli import connections

BODY = b'{"Name":"x"}'
HEAD = b"POST /services/data HTTP/1.1\r\nHost: ordo.test\r\nContent-Type: application/json\r\n"
ALIVE = b"GET /healthz HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize(
    ("uri", "header", "status"),
    [
        (16_384, 0, 414),
        (9_000, 8_000, 414),
        (0, 16_384, 431),
        (7_000, 9_500, 431),
        (15_000, 0, 200),
        (0, 15_000, 200),
    ],
)
async def test_uri_and_headers_share_a_limit(desk: Desk, uri: int, header: int, status: int) -> None:
    """More than 16,384 bytes of both; the larger is told."""
    soql = "SELECT+Id+FROM+Order" + "+" * uri
    headers = {"X-Long": "x" * header} if header else {}
    answer = await ask(desk, "GET", f"/query?q={soql}", **headers)
    assert answer.status_code == status
    if status != 200:
        message = "The URI and the headers of the request are larger than 16384 bytes"
        refused(answer, status, "REQUEST_TOO_LARGE", message)


async def test_the_limit_is_exact() -> None:
    scope: dict[str, Any] = {"path": "/" + "x" * 99, "query_string": b"", "headers": [(b"n" * 96, b"v" * 16_184)]}
    assert edge.head_too_large(scope) is None
    scope["headers"].append((b"", b""))
    found = edge.head_too_large(scope)
    assert found is not None
    assert found.status == 431


class Client:
    """Speaks to the application as a server does, message by message."""

    def __init__(self, desk: Desk, *messages: dict[str, Any], **headers: str) -> None:
        self.desk = desk
        self.messages = [*messages]
        told = {"authorization": f"Bearer {desk.face.token}", "content-type": "application/json"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.headers = [(name.encode(), value.encode()) for name, value in told.items()]
        self.answer: list[dict[str, Any]] = []

    async def send(self, message: Any) -> None:
        self.answer.append(message)

    async def receive(self) -> dict[str, Any]:
        """The next message; nothing ever again after the last."""
        if not self.messages:
            await asyncio.Event().wait()
        return self.messages.pop(0)

    async def post(self) -> int:
        """The status of the answer; 0 without one."""
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": f"{ROOT}/sobjects/Account", "raw_path": b"", "query_string": b"", "root_path": "",
            "headers": self.headers, "client": ("127.0.0.1", 1), "server": ("ordo.test", 80),
        }  # fmt: skip
        await self.desk.face.app(scope, self.receive, self.send)
        return self.answer[0]["status"] if self.answer else 0


def part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_client_that_goes_away_is_no_fault(desk: Desk) -> None:
    """Nothing is written, answered or told as an error."""
    before = await census(desk)
    client = Client(desk, part(BODY), {"type": "http.disconnect"})
    with capture_logs() as logs:
        assert await client.post() == 0
    assert [(one["event"], one["log_level"]) for one in logs] == [("client gone", "info")]
    assert await census(desk) == before


async def test_an_announced_body_is_refused_before_it_is_read(desk: Desk) -> None:
    limit = desk.face.machine.settings.body_bytes_max
    client = Client(desk, content_length=str(limit + 1))
    assert await client.post() == 413
    assert await Client(desk, part(BODY, more=False), content_length=str(limit)).post() == 201


async def test_a_body_that_stops_is_not_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await census(desk)
    monkeypatch.setattr(bodies, "IDLE_SECONDS_MAX", 0.1)
    client = Client(desk, part(BODY[:3]))
    assert await client.post() == 408
    assert (b"connection", b"close") in client.answer[0]["headers"]
    assert json.loads(client.answer[1]["body"]) == [
        {"message": "The rest of the request body did not come in time", "errorCode": "REQUEST_TIMEOUT"}
    ]
    assert await census(desk) == before


class Dripping(Client):
    """Its body comes byte by byte, so many seconds apart."""

    seconds = 0.05

    async def receive(self) -> dict[str, Any]:
        with_patience = asyncio.Event()
        asyncio.get_running_loop().call_later(self.seconds, with_patience.set)
        await with_patience.wait()
        return await super().receive()


async def test_a_slow_body_is_waited_for_as_long_as_it_comes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer in all than the pause that is allowed, up to the limit of a whole call; nothing is no byte."""
    parts = [part(bytes([byte])) for byte in BODY] + [part(b"", more=False)]
    monkeypatch.setattr(bodies, "IDLE_SECONDS_MAX", 0.3)
    assert await Dripping(desk, *parts).post() == 201
    assert await Dripping(desk, *([part(b"")] * 100)).post() == 408
    monkeypatch.setattr(bodies, "SECONDS_MAX", 0.3)
    assert await Dripping(desk, *parts).post() == 408


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[int]:
    """The application on a port, with the connections of `ordo serve`."""
    config = uvicorn.Config(
        desk.face.app, port=0, http=connections.Connection, lifespan="off", log_level="warning",
        timeout_keep_alive=connections.IDLE_SECONDS_MAX,
    )  # fmt: skip
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


async def ends(reader: asyncio.StreamReader) -> bytes:
    """What comes until the connection is closed; TimeoutError if it is not."""
    async with asyncio.timeout(5):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", HEAD, b"\r\n", ALIVE + b"\r\n", ALIVE + HEAD])
async def test_half_a_head_is_not_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    """Nor nothing at all, nor blank lines, nor behind a request that was answered."""
    monkeypatch.setattr(connections, "IDLE_SECONDS_MAX", 0.3)
    async with served(desk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        answer = await ends(reader)
        writer.close()
    assert answer.count(b"HTTP/1.1 ") == sent.count(ALIVE)


async def test_a_head_that_drips_is_given_no_more_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE_SECONDS_MAX", 0.3)
    async with served(desk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ended = asyncio.create_task(ends(reader))
        for byte in HEAD:  # 3 s and more in all
            writer.write(bytes([byte]))
            await asyncio.wait({ended}, timeout=0.05)
            if ended.done():
                break
        assert ended.done()
        assert await ended == b""
        writer.close()


async def test_a_head_without_end_is_not_kept(desk: Desk) -> None:
    """A large one that ends is told so, however it was cut into pieces."""
    line = b"X-Long: " + b"x" * 50_000
    async with served(desk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + line + b"\r\n")
        await writer.drain()
        writer.write(b"Connection: close\r\n\r\n")
        assert (await ends(reader)).startswith(b"HTTP/1.1 431 ")
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"X-Long: " + b"x" * connections.UNFINISHED_HEAD_BYTES_MAX)
        assert await ends(reader) == b""
        writer.close()


async def test_idle_connections_go_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for a head ends with it: what is asked on the connection later is answered."""
    monkeypatch.setattr(connections, "IDLE_SECONDS_MAX", 0.3)
    async with served(desk) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        slow = asyncio.Event()

        async def content() -> AsyncIterator[bytes]:
            yield BODY[:3]
            asyncio.get_running_loop().call_later(0.5, slow.set)
            await slow.wait()
            yield BODY[3:]

        headers = dict(desk.client.headers) | {"content-type": "application/json"}
        answer = await client.post(f"{ROOT}/sobjects/Account", content=content(), headers=headers)
        assert answer.status_code == 201
        assert (await client.get("/healthz")).status_code == 200
        pool: Any = client._transport
        assert len(pool._pool.connections) == 1
