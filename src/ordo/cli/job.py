"""`ordo job`: what waits to be asked outside, and what was parked after the last attempt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from ordo.cli import environment
from ordo.cli.asking import asked
from ordo.cli.printing import print_json, print_table
from ordo.kernel.ids import made_at, normalize
from ordo.platform import job_release
from ordo.platform.job_release import JobState, ListedJob

app = typer.Typer(no_args_is_help=True, help="Jobs: list, retry.")

State = Annotated[JobState | None, typer.Option(help="Only jobs in this state.")]
Most = Annotated[int, typer.Option("--most", help="List at most so many, the oldest first.", min=1, max=100_000)]
AsJson = Annotated[bool, typer.Option("--json", help="As a JSON array.")]
Id = Annotated[str | None, typer.Argument(metavar="ID", help="Id of a parked job.")]
All = Annotated[bool, typer.Option("--all", help="Every parked job.")]


@app.command("list")
def list_jobs(*, state: State = None, most: Most = 1000, as_json: AsJson = False) -> None:
    """Lists jobs: parked ones wait for a person, the others for a worker or their time."""
    found = asked(lambda database: job_release.listed(database, state, most))
    if as_json:
        print_json(found)
        return
    rows = ((one.id, one.kind, one.state, one.attempts, _made(one.id), one.reason, _about(one)) for one in found)
    print_table(("Id", "Kind", "State", "Attempts", "Made at", "Reason", "About"), rows, whole=("Id",))


def _made(job_id: str) -> str:
    return f"{datetime.fromtimestamp(made_at(job_id), UTC):%Y-%m-%d %H:%M:%S}Z"


def _about(job: ListedJob) -> str:
    """The ids it names."""
    return ", ".join(f"{name} {value}" for name, value in job.body.items() if name.endswith("_id"))


@app.command()
def retry(job_id: Id = None, *, everything: All = False) -> None:
    """Releases parked jobs: a worker takes them again, and asks first what became of the last attempt."""
    if (job_id is None) is not everything:
        raise environment.refused("Say either the ID of a job or --all.")
    if job_id is None:
        released = asked(job_release.release_all)
        print(f"{released} released." if released else "Nothing to release.")
        return
    wanted = normalize(job_id) or job_id  # the 15-character form of an id will do
    asked(lambda database: job_release.release(database, wanted))
    print("1 released.")
