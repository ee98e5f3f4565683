"""`ordo dev` as it runs: a child process on an embedded PostgreSQL in a home of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.processes import SOURCES, Process, credentials_in, eventually, free_port

COMMAND_SECONDS_MAX = 30


class Dev:
    """A home and what is run on it."""

    def __init__(self, home: Path, database_url: str | None = None, *, demo: bool = False) -> None:
        self.home = home
        self._demo = "--demo" if demo else "--no-demo"
        self.port = free_port()
        own = {name: value for name, value in os.environ.items() if not name.startswith("ORDO_")}
        self.environment = own | {"ORDO_HOME": str(home), "PYTHONPATH": SOURCES}
        self.environment |= {"ORDO_DATABASE_URL": database_url} if database_url else {}
        self.process = self.another(self.port)

    def another(self, port: int, *options: str) -> Process:
        told = ["dev", "--port", str(port), "--tls-port", "0", self._demo, *options]
        return Process("dev", told, self.environment, self.home.parent)

    @contextmanager
    def running(self) -> Iterator[Process]:
        self.process.start()
        try:
            eventually(self.is_ready, "ordo dev is ready", seconds=60)
            yield self.process
        finally:
            self.process.stop()

    def is_ready(self) -> bool:
        self.process.check()
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def credentials(self) -> dict[str, str]:
        return credentials_in(self.home)

    def token_status(self) -> int:
        """Of a call that reads and writes the database."""
        with self._client() as client:
            return self._logged_in(client).status_code

    @contextmanager
    def api(self) -> Iterator[httpx.Client]:
        """Logged in as the first application."""
        with self._client() as client:
            token = self._logged_in(client).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            yield client

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=20)

    def _logged_in(self, client: httpx.Client) -> httpx.Response:
        secrets = self.credentials
        form = {"grant_type": "client_credentials"}
        form |= {name: secrets[name] for name in ("client_id", "client_secret")}
        return client.post("/services/oauth2/token", data=form)

    def postmaster(self) -> int:
        return int((self.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])

    def ran(self, *arguments: str, seconds: float = COMMAND_SECONDS_MAX) -> subprocess.CompletedProcess[str]:
        """An `ordo` command on the same home, to its end; nobody is there to be asked."""
        process = Process("command", list(arguments), self.environment, self.home.parent)
        return subprocess.run(
            process.command, env=self.environment, capture_output=True, text=True, check=False,
            timeout=seconds, stdin=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def outside() -> Iterator[Path]:
    """A folder that is not below pytest's own: root hands PostgreSQL to an account those are shut to."""
    path = Path(tempfile.mkdtemp(prefix="ordo-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)
