"""`PATCH User {IsActive}`: who is inactive is out, in every process; who is active again logs in again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from tests.desk import Desk, node, statuses
from tests.faces.asserted import ask, census, refused
from tests.faces.test_sessions import ended_within, is_known, tended

from ordo.platform.auth import Auth, GrantRefused, Role

FIELDS = {
    "LastName": "Lee", "Alias": "lee", "CommunityNickname": "lee", "ProfileId": "00e000000000001AAA",
    "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US", "LocaleSidKey": "en_GB",
    "TimeZoneSidKey": "Europe/Berlin",
}  # fmt: skip


class Member(NamedTuple):
    """A user with a record, a login and an app."""

    user_id: str
    form: dict[str, str]
    by_password: tuple[str, str]

    async def token(self, auth: Auth) -> str:
        return (await auth.token(self.form))["access_token"]


NewMember = Callable[..., Awaitable[Member]]


@pytest.fixture
def auth(desk: Desk) -> Auth:
    """One process; `other` is another one on the same database."""
    return desk.face.machine.auth()


@pytest.fixture
def other(desk: Desk) -> Auth:
    return desk.face.machine.auth()


@pytest.fixture
def new_member(desk: Desk, auth: Auth) -> NewMember:
    async def make(role: Role = Role.INTEGRATION, **fields: Any) -> Member:
        user_id = desk.face.machine.worker.ids.make("005")
        username = f"{user_id}@ordo.example".lower()
        told = FIELDS | {"Username": username, "Email": username} | fields
        user_id = await desk.make("User", **told)
        secrets = await auth.administration.create_user_credential(
            user_id, username, "horse battery", role, with_security_token=False
        )
        assert secrets.password is None
        client_id, secret = await auth.administration.create_app("till", user_id)
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        return Member(user_id, form, (username, "horse battery"))

    return make


async def test_an_inactive_user_is_out_everywhere_within_two_seconds(
    desk: Desk, auth: Auth, other: Auth, new_member: NewMember
) -> None:
    """Sessions of either process, refresh tokens and logins by any grant; nobody else is."""
    member, colleague = await new_member(), await new_member()
    token, kept = await member.token(auth), await colleague.token(auth)
    refresh = await auth.administration.create_refresh_token(member.user_id, member.form["client_id"])
    async with tended(auth, other):
        assert [await is_known(one, token) for one in (auth, other)] == [True, True]
        assert (await desk.patch("User", member.user_id, IsActive=False)).status_code == 204
        await ended_within(2.0, other, token)
        await ended_within(2.0, auth, token)
        assert await is_known(other, kept)
    for form in (member.form, member.form | {"grant_type": "refresh_token", "refresh_token": refresh}):
        with pytest.raises(GrantRefused) as refusal:
            await auth.token(form)
        assert refusal.value.error == "invalid_grant"
    with pytest.raises(GrantRefused, match="inactive user"):
        await auth.soap_login(*member.by_password)


async def test_an_active_user_logs_in_again_and_old_sessions_stay_ended(
    desk: Desk, auth: Auth, other: Auth, new_member: NewMember
) -> None:
    """A locked out one too; what had been opened before does not come back."""
    member = await new_member()
    old = await member.token(auth)
    for is_active in (False, True):
        assert (await desk.patch("User", member.user_id, IsActive=is_active)).status_code == 204
    assert not await is_known(other, old)
    assert await is_known(other, await member.token(auth))
    await desk.face.machine.database.execute(
        "UPDATE credential SET failed_logins = 10, locked_until = now() + interval '1 hour' WHERE user_id = $1",
        member.user_id,
    )
    assert (await desk.patch("User", member.user_id, IsActive=True)).status_code == 204
    assert (await auth.soap_login(*member.by_password)).user_id == member.user_id


async def test_in_one_graph_the_last_word_counts_and_sessions_end(
    desk: Desk, auth: Auth, other: Auth, new_member: NewMember
) -> None:
    first, second = await new_member(), await new_member()
    tokens = [await one.token(auth) for one in (first, second)]
    graph = await desk.graph(
        node("PATCH", f"User/{first.user_id}", "out", IsActive=False),
        node("PATCH", f"User/{first.user_id}", "in", IsActive=True),
        node("PATCH", f"User/{second.user_id}", "off", IsActive=False, Title="gone"),
    )
    assert statuses(graph) == {"out": 204, "in": 204, "off": 204}
    assert [await is_known(other, token) for token in tokens] == [False, False]
    assert await is_known(other, await first.token(auth))
    with pytest.raises(GrantRefused):
        await second.token(auth)
    assert (await desk.get("User", second.user_id))["Title"] == "gone"


async def test_what_is_rolled_back_shuts_nobody_out(desk: Desk, other: Auth, new_member: NewMember) -> None:
    member = await new_member()
    token = await member.token(other)
    graph = await desk.graph(
        node("PATCH", f"User/{member.user_id}", "out", IsActive=False),
        node("POST", "Account", "bad", Name="x", ParentId="001000000000001"),
    )
    assert graph["isSuccessful"] is False
    refused(await desk.patch("User", member.user_id, IsActive=None), 400, "JSON_PARSER_ERROR")
    assert (await desk.patch("User", member.user_id, Title="Dr")).status_code == 204
    assert await is_known(other, token)
    assert await is_known(other, await member.token(other))


async def test_a_login_made_for_an_inactive_user_waits(desk: Desk, auth: Auth, new_member: NewMember) -> None:
    member = await new_member(IsActive=False)
    with pytest.raises(GrantRefused):
        await member.token(auth)
    assert (await desk.patch("User", member.user_id, IsActive=True)).status_code == 204
    assert await is_known(auth, await member.token(auth))


async def test_only_an_administrator_shuts_out(desk: Desk, auth: Auth, new_member: NewMember) -> None:
    member = await new_member()
    async with desk.face.client() as client:
        client.headers["Authorization"] = f"Bearer {await member.token(auth)}"
        mine = Desk(desk.face, client, desk.ids)
        refused(await mine.patch("User", member.user_id, IsActive=False), 403, "INSUFFICIENT_ACCESS")
    assert (await desk.get("User", member.user_id))["IsActive"] is True


async def test_nobody_shuts_themselves_out(desk: Desk, auth: Auth) -> None:
    """So the last administrator stays."""
    administrator = desk.face.machine.organization.administrator_id
    before = await census(desk)
    answer = await ask(desk, "PATCH", f"/sobjects/User/{administrator}", {"IsActive": False, "Title": "x"})
    refused(answer, 400, "FIELD_INTEGRITY_EXCEPTION", None, "IsActive")
    assert await census(desk) == before
    assert (await desk.get("User", administrator))["Title"] is None
    assert await is_known(auth, desk.face.token)


async def test_two_administrators_do_not_shut_each_other_out(
    desk: Desk, auth: Auth, new_member: NewMember
) -> None:
    """At the same moment, in one Work or in two: one of them stays."""
    for _ in range(5):
        pair = [await new_member(Role.ADMINISTRATOR) for _ in range(2)]
        tokens = [await one.token(auth) for one in pair]
        answers = await asyncio.gather(
            *(_shut_out(desk, token, one.user_id) for token, one in zip(tokens, reversed(pair), strict=True))
        )
        assert sorted(answers) in ([204, 401], [204, 403])
        active = [(await desk.get("User", one.user_id))["IsActive"] for one in pair]
        assert sorted(active) == [False, True]


async def _shut_out(desk: Desk, token: str, user_id: str) -> int:
    async with desk.face.client() as client:
        client.headers["Authorization"] = f"Bearer {token}"
        answer = await Desk(desk.face, client, desk.ids).patch("User", user_id, IsActive=False)
        return answer.status_code


async def test_a_session_opened_while_the_user_is_made_inactive_does_not_survive(
    desk: Desk, auth: Auth, new_member: NewMember
) -> None:
    """One that was not committed when the write had to begin is waited for, and ended."""
    member = await new_member()
    async with desk.face.machine.database.reader() as connection, connection.transaction():
        await connection.execute(_OPENED, "an open session", member.user_id, member.form["client_id"])
        shut = asyncio.create_task(desk.patch("User", member.user_id, IsActive=False))
        await _waits_for_a_lock(desk)
    assert (await shut).status_code == 204
    rows = await desk.rows("SELECT revoked_at FROM session WHERE token_hash = 'an open session'")
    assert [row["revoked_at"] is not None for row in rows] == [True]
    with pytest.raises(GrantRefused):
        await member.token(auth)


async def test_a_refresh_that_waits_holds_nothing_up(desk: Desk, auth: Auth, new_member: NewMember) -> None:
    """Who ends the sessions has the credential first: neither waits for the other."""
    member = await new_member()
    refresh = await auth.administration.create_refresh_token(member.user_id, member.form["client_id"])
    form = member.form | {"grant_type": "refresh_token", "refresh_token": refresh}
    async with desk.face.machine.database.reader() as connection, connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '3s'")
        await connection.execute("SELECT FROM credential WHERE user_id = $1 FOR NO KEY UPDATE", member.user_id)
        asked = asyncio.create_task(auth.token(form))
        await _waits_for_a_lock(desk)
        await connection.execute("UPDATE session SET revoked_at = now() WHERE user_id = $1", member.user_id)
    with pytest.raises(GrantRefused):
        await asked


# As a login does it.
_OPENED = """
WITH person AS (SELECT FROM credential WHERE user_id = $2 AND is_active FOR SHARE)
INSERT INTO session (token_hash, kind, user_id, client_id, scopes, created, last_used, expires_after)
SELECT $1, 'access', $2, $3, 'api', now(), now(), 7200 FROM person"""
_WAITING = """
SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""


async def _waits_for_a_lock(desk: Desk) -> None:
    deadline = time.monotonic() + 10
    while (await desk.rows(_WAITING))[0]["n"] == 0:
        assert time.monotonic() < deadline
