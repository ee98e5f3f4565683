"""What `ordo dev` opens and says once it has a database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import uvloop

from ordo.bootstrap import CREDENTIALS
from ordo.cli import environment, serving
from ordo.cli.demonstration import Demonstration
from ordo.cli.environment import console
from ordo.kernel.clock import Clock
from ordo.platform import certificates
from ordo.platform.embedded_watch import Watch
from ordo.platform.settings import Settings


@dataclass(frozen=True)
class Doors:
    """Where it listens; without `tls_port`, for http alone."""

    host: str
    port: int
    tls_port: int | None


def develop_on_its_own(
    settings: Settings, watch: Watch, dsn: str, doors: Doors, demonstration: Demonstration | None
) -> None:
    """On the embedded database that `watch` keeps up."""
    _say(f"Database: {dsn}")
    develop(settings, dsn, doors, demonstration, life_line=watch.life_line)
    if watch.failure is not None:
        message = f"The embedded PostgreSQL ended and could not be started again: {watch.failure}"
        raise environment.refused(message) from watch.failure


def develop(
    settings: Settings,
    dsn: str,
    doors: Doors,
    demonstration: Demonstration | None,
    *,
    life_line: int | None = None,
) -> None:
    """Migrates, serves and works until it is told to stop, or until what is to be demonstrated once is over."""
    environment.reach(dsn)
    environment.upgrade(dsn)
    listener = environment.listening(serving.listen, doors.host, doors.port)
    with listener, _secured(settings, doors) as secured, environment.reaching():
        _say(f"Ordo serves on {serving.url('http', listener)}")
        if secured is not None:
            _say(f"and on {secured.addresses['tls_url']}, for clients that trust {secured.authority}")
        _say(f"Credentials: {settings.home / CREDENTIALS}")
        serve = serving.serve(
            settings, dsn, listener, secured=secured, work=True, meanwhile=demonstration, life_line=life_line
        )
        uvloop.run(serve)


@contextlib.contextmanager
def _secured(settings: Settings, doors: Doors) -> Iterator[serving.Secured | None]:
    """Ends the command with 2 if the port cannot be had or the home takes no certificate."""
    if doors.tls_port is None:
        yield None
        return
    with environment.listening(serving.listen, doors.host, doors.tls_port, "--tls-port") as listener:
        try:
            certified = certificates.certify(settings.home, certificates.names_of(doors.host), Clock().now())
            context = certified.context()
        except OSError as error:
            raise environment.refused(
                f"There is no certificate for https (--no-tls does without): {error}", status=2
            ) from error
        if certified.replaced:
            _say(f"The authority in {certified.authority} was made anew: whoever copied it, copies it again.")
        yield serving.Secured(listener, context, certified.authority)


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
