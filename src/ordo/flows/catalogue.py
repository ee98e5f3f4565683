"""The flows of an organisation: the standard ones and its own, on or off; listed, switched, put and removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import structlog

from ordo.flows.engine import BrokenFlow, ReadyFlow
from ordo.flows.flow import BadFlow, Flow, standard_texts
from ordo.kernel.problems import Problem
from ordo.platform import stored_flows
from ordo.platform.database import Database
from ordo.platform.stored_flows import StoredFlow

log = structlog.get_logger()


class NoSuchFlow(Problem):
    code = "NOT_FOUND"
    status = 404

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no flow {name}")


class StandardFlowIsNotYours(Problem):
    """A standard flow is switched off and copied under another name."""

    code = "INVALID_INPUT"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is a standard flow: switch it off, and put your own under another name")


class Listed(NamedTuple):
    """A flow of the organisation, as written."""

    name: str
    text: str
    is_standard: bool
    is_active: bool

    def read(self) -> Flow:
        """Raises BadFlow."""
        return Flow.read(self.text)


def listed(stored: Mapping[str, StoredFlow]) -> list[Listed]:
    """Standard flows first. An own flow keeps its name from a standard one that a later version brings."""
    own = {name: found for name, found in stored.items() if found.text is not None}
    standard = [
        Listed(name, text, is_standard=True, is_active=name not in stored or stored[name].is_active)
        for name, text in standard_texts().items()
        if name not in own
    ]
    return standard + [
        Listed(name, found.text or "", is_standard=False, is_active=found.is_active) for name, found in own.items()
    ]


def active(stored: Mapping[str, StoredFlow]) -> list[ReadyFlow | BrokenFlow]:
    """Those to run. An own flow that this version of Ordo cannot run is there as a broken one."""
    ready: list[ReadyFlow | BrokenFlow] = []
    for one in listed(stored):
        if not one.is_active:
            continue
        try:
            flow = one.read()
        except BadFlow as bad:  # nobody knows what it waits for
            log.error("a stored flow cannot be read", flow=one.name, error=bad.message)
            continue
        try:
            ready.append(ReadyFlow(flow))
        except BadFlow as bad:
            log.error("a stored flow cannot run: the facts it waits for are parked", error=bad.message)
            ready.append(BrokenFlow(flow, bad.message))
    return ready


async def found(database: Database, name: str) -> Listed:
    """Raises NoSuchFlow."""
    for one in listed(await stored_flows.load(database)):
        if one.name == name:
            return one
    raise NoSuchFlow(name)


async def put(database: Database, text: str) -> str:
    """Adds or replaces an own flow; its name. Raises BadFlow and StandardFlowIsNotYours before anything is
    stored."""
    flow = ReadyFlow(Flow.read(text))
    if flow.name in standard_texts():
        raise StandardFlowIsNotYours(flow.name)
    await stored_flows.put(database, flow.name, text)
    return flow.name


async def switch(database: Database, name: str, *, is_active: bool) -> None:
    """Raises NoSuchFlow."""
    one = await found(database, name)
    if one.is_standard:
        await stored_flows.switch(database, name, is_active=is_active)
    elif not await stored_flows.switch_own(database, name, is_active=is_active):
        raise NoSuchFlow(name)  # somebody removed it just now


async def remove(database: Database, name: str) -> None:
    """Removes an own flow. Raises NoSuchFlow and StandardFlowIsNotYours."""
    if await stored_flows.remove(database, name):
        return
    raise StandardFlowIsNotYours(name) if name in standard_texts() else NoSuchFlow(name)
