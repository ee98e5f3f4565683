"""Amounts and times as people read them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from ordo.kernel import money

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def amount(value: Decimal | None, currency: str | None) -> str:
    """`1,234.50 EUR`, with the currency's own digits."""
    if value is None:
        return "–"
    if currency is None or not money.is_currency(currency):
        return f"{value:,f}"
    return f"{money.rounded(value, currency):,f} {currency}"


def lasting(seconds: float) -> str:
    """`3.2 s`, `4 min 5 s`, `3 h 12 min`, `5 d 3 h`: never more than two units."""
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{max(int(seconds * 10), 0) / 10:.1f} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def ago(time: timedelta) -> str:
    """`just now`, `12 s ago`, `4 min ago`, `3 h ago`, `5 d ago`."""
    whole = int(time.total_seconds())
    for seconds, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if whole >= seconds:
            return f"{whole // seconds} {unit} ago"
    return f"{whole} s ago" if whole > 0 else "just now"
