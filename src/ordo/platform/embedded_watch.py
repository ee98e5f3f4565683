"""Starts an embedded PostgreSQL again when it ends by itself."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import Self

import structlog

from ordo.platform.embedded import EmbeddedPostgres, EmbeddedPostgresError

log = structlog.get_logger()
PAUSE_SECONDS = 0.5  # before each start, so that one that ends again and again costs little


class Watch:
    """A thread that waits for the end of a started PostgreSQL and starts it again, at the same socket.

    A start that fails ends the watch: `failure` says why and `life_line`, the reading end of a pipe, comes to
    its end. Leaving the watch stops the database.
    """

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self.failure: EmbeddedPostgresError | None = None
        self.life_line, self._held = os.pipe()
        self._postgres = postgres
        self._over = threading.Event()
        self._turn = threading.Lock()  # a start and the last stop do not meet
        self._thread = threading.Thread(target=self._watch, name="postgres-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with self._turn:
            self._postgres.stop()
        self._thread.join()
        os.close(self.life_line)

    def _watch(self) -> None:
        try:
            while self._goes_on():
                pass
        except EmbeddedPostgresError as error:
            self.failure = error
        finally:
            os.close(self._held)

    def _goes_on(self) -> bool:
        """Waits for one end; False when it was asked for, else the database is up again."""
        self._postgres.wait()
        if self._over.wait(PAUSE_SECONDS):
            return False
        log.warning("the embedded PostgreSQL ended and is started again")
        with self._turn:
            if not self._over.is_set():
                self._postgres.start()
        return True
