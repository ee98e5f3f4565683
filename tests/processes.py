"""A server and a worker as they run in production: child processes on a database of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
from psycopg.types.json import Json

import ordo
from ordo.kernel.ids import PROCESS_NUMBERS, IdMaker

SOURCES = str(Path(ordo.__file__).parents[1])
READY_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 15.0
_ids = IdMaker(PROCESS_NUMBERS - 1)  # far above what the processes lease
_pause = threading.Event()  # never set: its wait is a pause that no event loop notices


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def credentials_in(home: Path) -> dict[str, str]:
    """What the first start left for whoever runs it."""
    found: dict[str, str] = json.loads((home / "credentials.json").read_text())
    return found


def eventually(holds: Callable[[], bool], what: str, *, seconds: float = READY_SECONDS_MAX) -> None:
    """Asks until it holds; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        _pause.wait(0.05)


def found_location(dsn: str, name: str = "DC1") -> str:
    """A warehouse that the default flow sends from, in place before any process reads its options; its id."""
    location = _ids.make("131")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO location (id, name, locationtype) VALUES (%s, %s, 'Warehouse')", (location, name)
        )
        connection.execute(
            "INSERT INTO option (name, value) VALUES ('routing_locations', %s)", (Json([location]),)
        )
    return location


def stocked(dsn: str, location: str, units: Mapping[str, int]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for sku, quantity in units.items():
            connection.execute(
                "INSERT INTO position (sku, location, onhand) VALUES (%s, %s, %s)", (sku, location, quantity)
            )


class Process:
    """One `ordo` command: its output goes to a log, and it is ended by its own id."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self.command = [sys.executable, "-c", "from ordo.cli.main import main; main()", *arguments]
        self._environment = dict(environment)
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def check(self) -> None:
        """AssertionError, with the end of its log, if it ended by itself."""
        assert self._child is not None
        code = self._child.poll()
        assert code is None, f"{self.name} ended with {code}:\n{self.tail()}"

    def tail(self) -> str:
        return self.log.read_bytes()[-4000:].decode(errors="replace")

    def kill(self) -> None:
        """kill -9, and back when it is gone."""
        self.check()
        assert self._child is not None
        self._child.kill()
        self._child.wait()

    def end_code(self, *, seconds: float) -> int:
        """Its exit code, once it has ended by itself; TimeoutExpired after `seconds`."""
        assert self._child is not None
        return self._child.wait(seconds)

    def stop(self) -> int:
        """SIGTERM; its exit code, negative for a signal."""
        if self._child is None:
            return 0
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        return self._child.returncode


class Running:
    """`ordo serve` and `ordo worker` on one database; ready once entered."""

    def __init__(self, dsn: str, home: Path, *, servers: int = 1, public_url: str | None = None) -> None:
        self.dsn = dsn
        self.home = home
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        own = {name: value for name, value in os.environ.items() if not name.startswith("ORDO_")}
        own |= {"ORDO_DATABASE_URL": dsn, "ORDO_HOME": str(home), "PYTHONPATH": SOURCES}
        own |= {"ORDO_PUBLIC_URL": public_url} if public_url else {}
        home.mkdir(parents=True, exist_ok=True)
        address = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", str(servers)]
        self.server = Process("server", ["serve", *address], own, home)
        self.worker = Process("worker", ["worker"], own, home)

    def __enter__(self) -> Self:
        try:
            self.server.start()
            self.worker.start()
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.worker.stop()
        self.server.stop()

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            self.server.check()
            self.worker.check()
            return self.answers()

        eventually(ready, "the server is ready")

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    @property
    def credentials(self) -> dict[str, str]:
        return credentials_in(self.home)

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.base_url, headers=headers, timeout=20, trust_env=False)

    def token(self) -> str:
        secrets = self.credentials
        form = {"grant_type": "client_credentials"}
        form |= {name: secrets[name] for name in ("client_id", "client_secret")}
        with self.client() as client:
            answer = client.post("/services/oauth2/token", data=form)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        """What really is in the tables."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(sql.encode(), args).fetchall()
