"""Sessions: known without a statement, ended everywhere, forgotten when unused."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from ordo.kernel.clock import Clock
from ordo.platform.auth import Auth, Caller, GrantRefused, InsufficientAccess, Right, Role, SessionExpired
from ordo.platform.database import STATEMENTS, Database

NewPerson = Callable[..., Awaitable[Any]]


def statements() -> float:
    return float(STATEMENTS._value.get())


@contextlib.asynccontextmanager
async def tended(*auths: Auth) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(auth.run_background()) for auth in auths]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def is_known(auth: Auth, token: str) -> bool:
    try:
        await auth.authenticate(token)
    except SessionExpired:
        return False
    return True


async def ended_within(seconds: float, auth: Auth, *tokens: str) -> None:
    """Time itself is what is tested here, so this waits for it."""
    deadline = time.monotonic() + seconds
    left = set(tokens)
    while time.monotonic() < deadline:
        left = {token for token in left if await is_known(auth, token)}
        if not left:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"{len(left)} sessions are still known after {seconds} s")


async def token_of(auth: Auth, person: Any) -> str:
    return (await auth.token(person.by_app))["access_token"]


async def test_a_held_session_costs_no_statement(auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    token = await token_of(auth, person)
    caller = await auth.authenticate(token)
    before = statements()
    for _ in range(1000):
        assert await auth.authenticate(token) is caller
    assert statements() == before
    assert (caller.user_id, caller.username, caller.role) == (
        person.user_id,
        person.username,
        Role.INTEGRATION,
    )
    assert (caller.client_id, caller.organization_id) == (person.client_id, auth.organization_id)
    assert "api" in caller.scopes


async def test_a_held_session_costs_no_statement_while_revocations_are_looked_for(
    auth: Auth, new_person: NewPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await token_of(auth, await new_person())
    await auth.authenticate(token)
    real = time.monotonic
    monkeypatch.setattr("ordo.platform.sessions.time.monotonic", lambda: real() + 60)
    await auth.look()
    before = statements()
    await auth.authenticate(token)
    assert statements() == before
    monkeypatch.setattr("ordo.platform.sessions.time.monotonic", lambda: real() + 63)
    await auth.authenticate(token)
    assert statements() > before


async def test_another_process_knows_the_token_at_once_and_loses_it_within_two_seconds(
    auth: Auth, other_auth: Auth, moved_clock: Clock, new_person: NewPerson
) -> None:
    other, person = other_auth, await new_person()
    revoked, deactivated = await token_of(auth, person), await token_of(auth, await new_person())
    kept, user_id = await token_of(auth, person), (await auth.authenticate(deactivated)).user_id
    async with tended(auth, other):
        assert [await is_known(other, token) for token in (revoked, deactivated, kept)] == [True, True, True]
        await auth.revoke(revoked)
        await auth.administration.deactivate(user_id)
        assert not await is_known(auth, revoked)
        await ended_within(2.0, other, revoked, deactivated)
        assert await is_known(other, kept)


async def test_a_process_that_does_not_look_reads_again_after_two_seconds(
    auth: Auth, other_auth: Auth, new_person: NewPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await token_of(auth, await new_person())
    assert await is_known(other_auth, token)
    await auth.revoke(token)
    real = time.monotonic
    monkeypatch.setattr("ordo.platform.sessions.time.monotonic", lambda: real() + 2.1)
    assert not await is_known(other_auth, token)


async def test_inactivity_ends_a_session_and_use_prolongs_it(
    auth: Auth, moved_clock: Clock, new_person: NewPerson
) -> None:
    token = await token_of(auth, await new_person())
    for _ in range(3):
        moved_clock.offset += timedelta(minutes=119)
        assert await is_known(auth, token)
    moved_clock.offset += timedelta(minutes=121)
    assert not await is_known(auth, token)


async def test_use_in_one_process_prolongs_the_session_in_all(
    auth: Auth, other_auth: Auth, moved_clock: Clock, new_person: NewPerson
) -> None:
    other, token = other_auth, await token_of(auth, await new_person())
    assert await is_known(other, token)
    moved_clock.offset += timedelta(minutes=100)
    assert await is_known(auth, token)
    await auth.flush()
    before = statements()
    await auth.flush()
    assert statements() == before
    moved_clock.offset += timedelta(minutes=100)
    assert await is_known(other, token)


async def test_many_uses_are_written_in_one_statement(
    auth: Auth, auth_database: Database, moved_clock: Clock, new_person: NewPerson
) -> None:
    person = await new_person()
    held = [await token_of(auth, person) for _ in range(20)]
    moved_clock.offset += timedelta(minutes=1)
    costs = []
    for some in (held[:1], held):
        for token in some:
            await auth.authenticate(token)
        before = statements()
        await auth.flush()
        costs.append(statements() - before)
    assert costs[0] == costs[1]
    rows = await auth_database.fetch(
        "SELECT last_used - created AS used FROM session WHERE user_id = $1", person.user_id
    )
    assert len(rows) == 20
    assert all(row["used"] >= timedelta(minutes=1) for row in rows)


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "00D000000000001!",
        "00D000000000001!AQcAQH0dMHZf.foreign",
        "00D000000000001!a\0b",
        "00Dü00000000001!abc",
        "Bearer x",
        "x" * 100_000,
    ],
)
async def test_foreign_tokens_are_expired_sessions(auth: Auth, token: str | None) -> None:
    with pytest.raises(SessionExpired) as refused:
        await auth.authenticate(token)
    assert refused.value.status == 401
    assert refused.value.as_error() == {
        "message": "Session expired or invalid",
        "errorCode": "INVALID_SESSION_ID",
    }


async def test_a_refresh_token_is_no_access_token(auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    refresh = await auth.administration.create_refresh_token(person.user_id, person.client_id)
    assert not await is_known(auth, refresh)


async def test_another_role_ends_the_sessions_that_carry_the_old_one(auth: Auth, new_person: NewPerson) -> None:
    person = await new_person(Role.ADMINISTRATOR)
    token = await token_of(auth, person)
    assert await is_known(auth, token)
    await auth.administration.set_access(person.user_id, Role.STORE_ASSOCIATE, "131000000000001AAA")
    assert not await is_known(auth, token)
    caller = await auth.authenticate(await token_of(auth, person))
    assert caller.limit is not None
    assert caller.limit.location_id == "131000000000001AAA"
    assert caller.limit.located["fulfillmentorder"] == "FulfilledFromLocationId"
    caller.require(Right.READ, "Product2")
    with pytest.raises(InsufficientAccess) as refused:
        caller.require(Right.READ, "OrderSummary")
    assert (refused.value.status, refused.value.code) == (403, "INSUFFICIENT_ACCESS")
    with pytest.raises(InsufficientAccess):
        caller.require_verb("submit-cancel")


async def test_what_is_held_is_bounded_and_what_falls_out_is_read_again(
    auth: Auth, new_person: NewPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ordo.platform.sessions.HELD_MAX", 2)
    person = await new_person()
    made = [await token_of(auth, person) for _ in range(5)]
    assert [await is_known(auth, token) for token in made] == [True] * 5
    assert len(auth._sessions._held) == 2
    assert [await is_known(auth, token) for token in made] == [True] * 5


async def test_tending_goes_on_when_the_database_was_away(
    auth: Auth,
    auth_database: Database,
    moved_clock: Clock,
    new_person: NewPerson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = await new_person()
    await auth.authenticate(await token_of(auth, person))
    moved_clock.offset += timedelta(minutes=5)
    token = await token_of(auth, person)
    await auth.authenticate(token)
    with monkeypatch.context() as away:
        away.setattr(Database, "execute", _away)
        away.setattr(Database, "fetch", _away)
        with pytest.raises(OSError, match="away"):
            await auth.flush()
        await auth._sessions._tend(5)
        assert await is_known(auth, token)
    await auth._sessions._tend(5)
    assert not auth._sessions._used


async def _away(*_told: object) -> None:
    raise OSError("away")


async def test_ended_sessions_are_deleted_after_a_day(
    auth: Auth, auth_database: Database, moved_clock: Clock, new_person: NewPerson
) -> None:
    person = await new_person()
    await token_of(auth, person)
    moved_clock.offset += timedelta(days=2)
    alive = await token_of(auth, person)
    await auth._sessions.prune()
    rows = await auth_database.fetch("SELECT FROM session WHERE user_id = $1", person.user_id)
    assert len(rows) == 1
    assert await is_known(auth, alive)


async def test_a_session_opened_while_the_user_is_deactivated_does_not_survive(
    auth: Auth, new_person: NewPerson
) -> None:
    person = await new_person()

    async def attempt() -> str | None:
        with contextlib.suppress(GrantRefused):
            return await token_of(auth, person)
        return None

    attempts = [asyncio.create_task(attempt()) for _ in range(20)]
    await asyncio.sleep(0.005)
    await auth.administration.deactivate(person.user_id)
    made = [token for token in await asyncio.gather(*attempts) if token]
    assert not [token for token in made if await is_known(auth, token)]


async def test_no_secret_shows_in_reprs_errors_or_logs(
    auth: Auth, new_person: NewPerson, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    person = await new_person()
    password = "correct horse battery"
    renewed = await auth.administration.set_password(person.user_id, password)
    login = await auth.soap_login(person.username, password + (renewed.security_token or ""))
    caller: Caller = await auth.authenticate(login.token)
    credential = await auth._grants._credentials.of_user(person.user_id)
    app = await auth._grants._credentials.app(person.client_id)
    seen = [repr(one) + str(one) for one in (auth, caller, login, renewed, credential, app)]
    for wrong in ({"password": "guess-me"}, {"client_secret": "s3cret-guess"}):
        with pytest.raises(GrantRefused) as refused:
            await auth.token({**person.by_password, **wrong})
        seen.append(repr(refused.value) + str(refused.value))
    text = "".join(seen) + caplog.text + "".join(capsys.readouterr())
    secrets = (
        password,
        renewed.security_token,
        login.token,
        person.client_secret,
        "guess-me",
        "s3cret-guess",
    )
    assert credential is not None
    hashes = (credential.password_hash, credential.security_token_hash)
    assert not [secret for secret in (*secrets, *hashes) if secret and secret in text]
