"""Calls with an idempotency key, within the Work that does them: what was answered before is not done again."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from ordo.platform import idempotency
from ordo.platform.calls import Call, Once
from ordo.platform.database import Connection
from ordo.platform.unit import Unit

log = structlog.get_logger()


async def claim(connection: Connection, calls: Mapping[Call, Once]) -> None:
    """Leaves the calls whose key was used before, or is in use."""
    found = await idempotency.claim(connection, [once.key for once in calls.values()])
    for (call, once), answer in zip(calls.items(), found, strict=True):
        once.found = answer
        if answer is not None:
            call.leave()


def store_answers(calls: Mapping[Call, Once], unit: Unit) -> bool:
    """The answers of calls that did anything, into the same write; False where one, refused now, cannot answer."""
    is_whole = True
    for call, once in calls.items():
        if once.found is not None or all(entry.error is not None for entry in call.entries):
            continue
        try:
            idempotency.store(unit, once.key, once.reply(call.entries))
        except Exception as fault:
            log.exception("a call has no answer")
            call.refuse(fault)
            is_whole = False
    return is_whole
