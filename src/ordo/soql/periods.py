"""Date literals: TODAY, LAST_N_MONTHS:3 and their like, as ranges of days seen from a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from ordo.soql.errors import out_of_range

_DAY = timedelta(days=1)
_LAST_90, _NEXT_90 = "LAST_90_DAYS", "NEXT_90_DAYS"


class Range(NamedTuple):
    """From `start` to before `end`; `until_now`: of a moment, the last day ends now."""

    start: date
    end: date
    until_now: bool = False


def _day(today: date, steps: int) -> date:
    return today + steps * _DAY


def _week(today: date, steps: int) -> date:
    """Weeks start on Sunday."""
    return today - (today.weekday() + 1) % 7 * _DAY + steps * 7 * _DAY


def _month(today: date, steps: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 + steps, 12)
    return date(year, month + 1, 1)


def _quarter(today: date, steps: int) -> date:
    return _month(today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), steps * 3)


def _year(today: date, steps: int) -> date:
    return date(today.year + steps, 1, 1)


# The start of the unit `steps` units away from the one that holds today. Fiscal years are calendar years.
_STARTS: dict[str, Callable[[date, int], date]] = {
    "WEEK": _week,
    "MONTH": _month,
    "QUARTER": _quarter,
    "YEAR": _year,
    "FISCAL_QUARTER": _quarter,
    "FISCAL_YEAR": _year,
}

_DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_STEPS = {"LAST": -1, "THIS": 0, "NEXT": 1}

PERIODS = frozenset([*_DAYS, _LAST_90, _NEXT_90, *(f"{which}_{unit}" for which in _STEPS for unit in _STARTS)])
COUNTED_PERIODS = frozenset(
    form.format(unit) for unit in ["DAY", *_STARTS] for form in ("LAST_N_{}S", "NEXT_N_{}S", "N_{}S_AGO")
)


def period_days(name: str, count: int, today: date) -> Range:
    """The days a date literal covers; `count` is the n of the forms that have one."""
    try:
        return _days(name, count, today)
    except (OverflowError, ValueError) as error:
        raise out_of_range(f"{name}:{count} is outside the range of dates") from error


def period_moments(name: str, count: int, now: datetime) -> tuple[datetime, datetime]:
    """The same as moments (UTC), the end excluded; milliseconds are the platform's grain."""
    days = period_days(name, count, now.date())
    start, end = (datetime.combine(day, time(), UTC) for day in days[:2])
    return start, now + timedelta(milliseconds=1) if days.until_now else end


def _days(name: str, count: int, today: date) -> Range:
    if name in _DAYS:
        return _units(_day, today, _DAYS[name], 1)
    if name in {_LAST_90, _NEXT_90}:
        name, count = name.replace("90", "N"), 90
    if name == "LAST_N_DAYS":
        return Range(_day(today, -count), _day(today, 1), until_now=True)
    if name.endswith("_AGO"):
        return _units(_start(name[2:-5]), today, -count, 1)
    if "_N_" in name:
        start = _start(name[7:-1])
        return _units(start, today, -count, count) if name[0] == "L" else _units(start, today, 1, count)
    which, unit = name.split("_", 1)
    return _units(_start(unit), today, _STEPS[which], 1)


def _start(unit: str) -> Callable[[date, int], date]:
    return _day if unit == "DAY" else _STARTS[unit]


def _units(start: Callable[[date, int], date], today: date, first: int, count: int) -> Range:
    return Range(start(today, first), start(today, first + count))
