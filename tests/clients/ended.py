"""Sessions of running processes, looked at and ended from outside."""

from __future__ import annotations

from tests.processes import Running

from ordo.platform import tokens
from ordo.platform.sessions import INACTIVITY_SECONDS


def opened(running: Running) -> int:
    """How many access tokens there ever were."""
    ((count,),) = running.rows("SELECT count(*) FROM session WHERE kind = 'access'")
    return int(count)


def let_expire(running: Running, token: str) -> None:
    """Puts the last use of a session that no process holds yet just beyond its time."""
    seconds = INACTIVITY_SECONDS + 1
    changed = running.rows(
        "UPDATE session SET last_used = now() - make_interval(secs => %s) WHERE token_hash = %s RETURNING 1",
        seconds, tokens.digest(token),
    )  # fmt: skip
    assert changed == [(1,)]


def revoke(running: Running, token: str) -> None:
    with running.client() as client:
        assert client.post("/services/oauth2/revoke", data={"token": token}).status_code == 200


def is_live(running: Running, token: str) -> bool:
    with running.client(token) as client:
        return client.get("/services/oauth2/userinfo").status_code == 200
