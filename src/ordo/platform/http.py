"""The only place that opens connections to the outside."""

from __future__ import annotations

import httpx

CONNECT_SECONDS_MAX = 5.0
ANSWER_SECONDS_MAX = 30.0


Session = httpx.AsyncClient
NoAnswer = httpx.TransportError  # what was asked may or may not have happened


def session(base_url: str = "") -> Session:
    """Calls with time limits, of whose answers none sends us on elsewhere; proxies and passwords that the
    machine's surroundings name are not used."""
    limits = httpx.Timeout(ANSWER_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
    return httpx.AsyncClient(base_url=base_url, timeout=limits, trust_env=False, follow_redirects=False)
