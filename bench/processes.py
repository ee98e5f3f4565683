"""The server and the worker under measurement: `ordo serve` and `ordo worker`, started and stopped by pid."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 20.0
ORDO = Path(sys.executable).with_name("ordo")


class ProcessError(Exception):
    """A process did not start or ended by itself; the text ends with what it wrote last."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Process:
    """A child with its output in a file; stopped with SIGTERM, then by force."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._log = log
        self._file: IO[bytes] = log.open("wb")
        self._child = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=self._file,
            start_new_session=True,  # Ctrl-C is for the benchmark, which stops its children in order
        )
        self.pid = self._child.pid

    def check(self) -> None:
        """Raises ProcessError if it ended."""
        code = self._child.poll()
        if code is not None:
            raise ProcessError(f"{self.name} ended with {code}:\n{self.tail()}")

    def tail(self) -> str:
        return self._log.read_bytes()[-4000:].decode(errors="replace")

    def stop(self) -> None:
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._file.close()


class Ordo:
    """A server with one process and one worker on one database, ready once entered."""

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        self._environment = environment
        self._logs = logs
        self._processes: list[Process] = []
        port, worker_port = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        self.metrics_urls = [f"{self.base_url}/metrics", f"http://127.0.0.1:{worker_port}/metrics"]
        address = ["--host", "127.0.0.1", "--port", str(port)]
        self._commands = {
            "server": [str(ORDO), "serve", *address, "--workers", "1"],
            "worker": [str(ORDO), "worker", "--metrics-port", str(worker_port)],
        }

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        try:
            for name, command in self._commands.items():
                log = self._logs / f"{name}.log"
                self._processes.append(Process(name, command, self._environment, log))
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def check(self) -> None:
        """Raises ProcessError if one of them ended by itself."""
        for process in self._processes:
            process.check()

    def _stop(self) -> None:
        for process in reversed(self._processes):
            process.stop()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not all(_answers(url) for url in (f"{self.base_url}/readyz", *self.metrics_urls)):
            self.check()
            if time.monotonic() > deadline:
                tails = "\n".join(f"{process.name}:\n{process.tail()}" for process in self._processes)
                raise ProcessError(f"not ready after {READY_SECONDS_MAX:g} s\n{tails}")
            time.sleep(0.1)


def migrate(environment: Mapping[str, str]) -> None:
    """`ordo db upgrade`. Raises ProcessError with what it said."""
    command = [str(ORDO), "db", "upgrade"]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise ProcessError(f"ordo db upgrade ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False
