"""The `ordo` command."""

from __future__ import annotations

import os
from pathlib import Path
from socket import socket
from typing import Annotated

import structlog
import typer
import uvloop

from ordo.cli import (
    act,
    check,
    connected_app,
    environment,
    events,
    flow,
    importing,
    job,
    option,
    query,
    serving,
    user,
)
from ordo.cli import reset as resetting
from ordo.cli.demonstration import Demonstration
from ordo.cli.developing import Doors, develop, develop_on_its_own
from ordo.platform import migrations, telemetry
from ordo.platform.embedded import EmbeddedPostgres, EmbeddedPostgresError
from ordo.platform.embedded_watch import Watch
from ordo.platform.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
db = typer.Typer(no_args_is_help=True, help="The database: upgrade, status.")
app.add_typer(db, name="db")
app.add_typer(flow.app, name="flow")
app.add_typer(user.app, name="user")
app.add_typer(connected_app.app, name="app")
app.add_typer(option.app, name="option")
app.add_typer(job.app, name="job")
app.add_typer(importing.app, name="import")
app.command()(events.events)
app.command()(check.check)
app.command()(query.query)
app.command()(act.act)
log = structlog.get_logger()
TLS_PORT = 8443

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[
    int, typer.Option(help="Port to listen on; 0 takes a free one.", callback=environment.port_in_range)
]
TlsPort = Annotated[
    int | None,
    typer.Option(
        help="Port for https; 0 takes a free one.", callback=environment.port_in_range,
        show_default=f"{TLS_PORT}, or a free one with --port 0",
    ),
]  # fmt: skip
Home = Annotated[Path | None, typer.Option(help="Where it keeps its files, instead of ORDO_HOME or .ordo.")]
Workers = Annotated[int, typer.Option(help="Processes on that port.", min=1)]
MetricsPort = Annotated[int | None, typer.Option(help="Serve /metrics here.", callback=environment.port_in_range)]


def main() -> None:
    telemetry.configure()
    app()


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8080, workers: Workers = 1) -> None:
    """Serves the API on ORDO_DATABASE_URL; with `--workers N`, by N processes on one port."""
    settings = environment.settings()
    dsn = environment.dsn(settings)
    listener = environment.listening(serving.listen, host, port)
    life_line = os.pipe()
    children = [_forked(settings, dsn, listener, life_line) for _ in range(workers - 1)]
    try:
        with listener, environment.reaching():
            uvloop.run(serving.serve(settings, dsn, listener))
    finally:
        os.close(life_line[1])
        for child in children:
            os.waitpid(child, 0)


def _forked(settings: Settings, dsn: str, listener: socket, life_line: tuple[int, int]) -> int:
    """A process that serves as long as this one lives: the pipe ends with its only writer, were that killed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(life_line[1])
            uvloop.run(serving.serve(settings, dsn, listener, life_line=life_line[0]))
            status = 0
        except Exception as error:
            said = environment.mistake(error)
            log.error("a serving process failed", error=said, exc_info=said is None)
        finally:
            os._exit(status)
    return child


@app.command()
def worker(metrics_port: MetricsPort = None) -> None:
    """Works off facts: sequences them and runs the flows."""
    settings = environment.settings()
    dsn = environment.dsn(settings)
    if metrics_port is not None:
        environment.listening(serving.serve_metrics, "127.0.0.1", metrics_port, "--metrics-port")
    with environment.reaching():
        uvloop.run(serving.work(settings, dsn))


@app.command()
def dev(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    *,
    tls_port: TlsPort = None,
    tls: Annotated[bool, typer.Option("--tls/--no-tls", help="Serve https too, or not.")] = True,
    home: Home = None,
    reset: Annotated[bool, typer.Option("--reset", help="Start afresh: remove what is in the home.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Reset without asking.")] = False,
    demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="Load the demo company into an empty database.")
    ] = True,
    once: Annotated[bool, typer.Option("--once", help="Play the demo's story, say how it went, and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: how it went as JSON.")] = False,
) -> None:
    """One process for development: a database of its own, migrated, the server and the worker. On the first start,
    a demo company moves in and its first orders are played. With --once, ends with 0 if all of them were sent and
    paid, else with 1."""
    if (once and not demo) or (as_json and not once):
        raise environment.refused("--once needs the demo, and --json needs --once.", status=2)
    settings = environment.settings(home=home)
    if reset:
        resetting.reset(settings, agreed=yes)
    https = tls_port if tls_port is not None else TLS_PORT if port else 0
    doors = Doors(host, port, https if tls and not once else None)
    demonstration = Demonstration(once) if demo else None
    _develop(settings, doors, demonstration)
    if once and demonstration is not None:
        raise typer.Exit(demonstration.told(as_json=as_json))


def _develop(settings: Settings, doors: Doors, demonstration: Demonstration | None) -> None:
    if settings.database_url is not None:
        develop(settings, environment.dsn(settings), doors, demonstration)
        return
    postgres = EmbeddedPostgres(settings.home)
    try:
        postgres.start()
    except EmbeddedPostgresError as error:
        raise environment.refused(str(error), status=2) from error
    with Watch(postgres) as watch:
        develop_on_its_own(settings, watch, postgres.dsn, doors, demonstration)


@db.command()
def upgrade() -> None:
    """Brings the database to this version."""
    dsn = _reached()
    environment.upgrade(dsn)
    print(migrations.status(dsn))


@db.command()
def status() -> None:
    """Says which version the database has and which one this is."""
    print(migrations.status(_reached()))


def _reached() -> str:
    dsn = environment.dsn_or_running(environment.settings())
    environment.reach(dsn)
    return dsn
