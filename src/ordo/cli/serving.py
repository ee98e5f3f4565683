"""Running a server or a worker in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from prometheus_client import start_http_server

from ordo.api.app import application
from ordo.bootstrap import CREDENTIALS, Machine, first_credentials, opened, patiently
from ordo.cli.connections import IDLE_SECONDS_MAX, Connection
from ordo.console.start_page import Development, StartPage
from ordo.platform.settings import Settings

HANDSHAKE_SECONDS = 5.0
FAREWELL_SECONDS = 1.0  # a client that keeps a connection for later does not answer the end of TLS

Meanwhile = Callable[[Machine, str], Awaitable[bool]]


def calm_collector() -> None:
    """What was made at the start stays; rows live for one Work and hold no circles, so that looking for
    some after every few hundred of them is a tenth of the work for nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def give_way() -> None:
    """On Linux, a process that is woken waits for its turn instead of pushing another off its core: on few
    cores the database gets on with a statement where it would be stopped for the answer to the one before."""
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


@dataclass(frozen=True)
class Secured:
    """An open socket on which the same is served by TLS, and the authority that clients are to trust."""

    listener: socket.socket
    context: ssl.SSLContext
    authority: Path

    @property
    def addresses(self) -> dict[str, str]:
        return {"tls_url": url("https", self.listener), "ca_file": str(self.authority)}


class _Server(uvicorn.Server):
    """Leaves signals to `serve`: uvicorn raises them again, which ends the process before it has cleaned up.

    With `secured`, the same application answers there too, and both end together.
    """

    def __init__(self, config: uvicorn.Config, secured: Secured | None) -> None:
        super().__init__(config)
        self._secured = secured

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn knows one protocol for all sockets, and waits for TLS as long as half a minute at the end."""
        await super().startup(sockets)
        if self._secured is not None:
            self.servers.append(
                await asyncio.get_running_loop().create_server(
                    self._connection, sock=self._secured.listener, ssl=self._secured.context,
                    ssl_handshake_timeout=HANDSHAKE_SECONDS, ssl_shutdown_timeout=FAREWELL_SECONDS,
                )
            )  # fmt: skip

    def _connection(self) -> asyncio.Protocol:
        more = {"config": self.config, "server_state": self.server_state, "app_state": self.lifespan.state}
        return self.config.http_protocol_class(**more)


async def serve(
    settings: Settings,
    dsn: str,
    listener: socket.socket,
    *,
    secured: Secured | None = None,
    work: bool = False,
    meanwhile: Meanwhile | None = None,
    life_line: int | None = None,
) -> None:
    """Serves on an open socket until SIGTERM, SIGINT or the end of `life_line`, a pipe its parent holds open.

    With `secured`, on that one too; with `work`, the same process works off facts too, its page shows those on
    this machine what is in it, and `meanwhile`, told its address, goes on beside it (`ordo dev`); if that answers
    True, the server ends.
    """
    base_url = settings.public_url or url("http", listener)
    more = secured.addresses if secured else {}
    async with opened(settings, dsn) as machine:
        await patiently(lambda: first_credentials(machine, base_url, more))
        parts = machine.parts()
        addresses = {"base_url": base_url, **more}
        shown = Development(parts.database, addresses, settings.home / CREDENTIALS) if work else None
        page = StartPage(parts.readiness, settings.public_url, shown)
        machine.forever(parts.auth.run_background())
        machine.tend_usage()
        stop = asyncio.Event()
        if work:
            machine.forever(machine.work_off(stop))
        calm_collector()
        give_way()
        config = uvicorn.Config(
            application(parts, page.routes()), loop="uvloop", http=Connection, lifespan="off",
            access_log=False, log_level="warning", server_header=False, timeout_keep_alive=IDLE_SECONDS_MAX,
        )  # fmt: skip
        server = _Server(config, secured)
        _on_signals(lambda: server.handle_exit(signal.SIGTERM, None))
        if life_line is not None:
            asyncio.get_running_loop().add_reader(life_line, server.handle_exit, signal.SIGTERM, None)
        if meanwhile is not None:
            machine.forever(_beside(meanwhile(machine, url("http", listener)), server))
        await server.serve(sockets=[listener])
        stop.set()


async def _beside(meanwhile: Awaitable[bool], server: uvicorn.Server) -> None:
    if await meanwhile:
        server.handle_exit(signal.SIGTERM, None)


async def work(settings: Settings, dsn: str) -> None:
    """Works off facts until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    _on_signals(stop.set)
    async with opened(settings, dsn) as machine:
        calm_collector()
        give_way()
        await machine.work_off(stop)


def _on_signals(act: Callable[[], object]) -> None:
    """SIGTERM and SIGINT ask for an orderly end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, act)


def serve_metrics(host: str, port: int) -> None:
    """In a thread of its own; OSError when the port is taken."""
    start_http_server(port, addr=host)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except BaseException:
        listener.close()
        raise
    return listener


def url(scheme: str, listener: socket.socket) -> str:
    """What reaches that socket from this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  of all addresses, one that answers
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
