"""Time, from one place, so that the sandbox can move it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """The business time. `offset` moves it in the sandbox; ids and time limits use the real clock."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset

    def now(self) -> datetime:
        """UTC now in whole milliseconds, as the platform stores it."""
        now = datetime.now(UTC) + self.offset
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


def whole_second_after(at: datetime) -> datetime:
    """HTTP tells whole seconds: what was told in the running one is older than a change that is told now."""
    return at.replace(microsecond=0) + timedelta(seconds=1)
