"""Running a server or a worker in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket

import uvicorn
from prometheus_client import start_http_server

from ordo.api.app import application
from ordo.bootstrap import first_credentials, opened
from ordo.platform.settings import Settings


def calm_collector() -> None:
    """What was made at the start stays; rows live for one Work and hold no circles, so that looking for
    some after every few hundred of them is a tenth of the work for nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def serve(settings: Settings, dsn: str, listener: socket.socket, *, work: bool = False) -> None:
    """Serves on an open socket; with `work`, the same process works off facts too (`ordo dev`)."""
    host, port = listener.getsockname()[:2]
    async with opened(settings, dsn) as machine:
        await first_credentials(machine, settings.public_url or f"http://{host}:{port}")
        parts = machine.parts()
        machine.forever(parts.auth.run_background())
        stop = asyncio.Event()
        if work:
            machine.forever(machine.work_off(stop))
        calm_collector()
        config = uvicorn.Config(
            application(parts), loop="uvloop", http="httptools", lifespan="off",
            access_log=False, log_level="warning", server_header=False, timeout_keep_alive=75,
        )  # fmt: skip
        await uvicorn.Server(config).serve(sockets=[listener])
        stop.set()


async def work(settings: Settings, dsn: str, metrics_port: int | None) -> None:
    """Works off facts until SIGTERM or SIGINT."""
    if metrics_port is not None:
        start_http_server(metrics_port, addr="127.0.0.1")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with opened(settings, dsn) as machine:
        calm_collector()
        await machine.work_off(stop)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    return listener
