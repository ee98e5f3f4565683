"""BackgroundOperation: work that was asked for and goes on after the answer."""

from __future__ import annotations

from ordo.platform.records import DateTime, Id, Record, integer, moment, picklist, reference, string


class BackgroundOperation(Record, prefix="08P", room="setup", busy=True, calls="retrieve query"):
    name: str | None = string(255, "L")
    group_leader_id: Id | None = reference("BackgroundOperation", "N", label="Background Operation ID", children="MergedOperations", indexed=False)

    status: str | None = picklist("NR", "New", "Scheduled", "Canceled", "Merged", "Waiting", "Running", "Error", "Complete")
    type: str | None = picklist("NR")
    error: str | None = string(255, "N", label="Error Message")
    execution_group: str | None = string(255, "N")
    parent_key: str | None = string(255, "NL")
    sequence_group: str | None = string(255, "N")
    worker_uri: str | None = string(255, "NL", label="Worker URI")
    num_followers: int | None = integer("N")
    retry_backoff: int | None = integer("N")
    retry_count: int | None = integer("N")
    retry_limit: int | None = integer("N")
    sequence_number: int | None = integer("N")
    timeout: int | None = integer("N")

    expires_at: DateTime | None = moment("N", label="Expires")
    finished_at: DateTime | None = moment("N", label="Finished")
    process_after: DateTime | None = moment("N")
    started_at: DateTime | None = moment("N", label="Started")
    submitted_at: DateTime | None = moment("N", label="Submitted")
