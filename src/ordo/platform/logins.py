"""Logging in with a password: the lockout, the rate and the security token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network

from ordo.kernel.clock import Clock
from ordo.platform import tokens
from ordo.platform.credentials import Credential, Credentials
from ordo.platform.passwords import Passwords


class GrantRefused(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """An OAuth refusal: `error` and `description` as the token endpoint spells them."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


class AuthenticationFailed(GrantRefused):
    """Wrong user, password or security token, or locked out: which of them is not told."""

    def __init__(self) -> None:
        super().__init__("invalid_grant", "authentication failure")


class InactiveUser(GrantRefused):
    def __init__(self) -> None:
        super().__init__("invalid_grant", "inactive user")


class LoginRateExceeded(GrantRefused):
    def __init__(self) -> None:
        super().__init__("rate_limit_exceeded", "login rate exceeded")


class MissingParameter(GrantRefused):
    def __init__(self, name: str) -> None:
        super().__init__("invalid_request", f"missing required parameter: {name}")


class Logins:
    """`trusted_networks` (CIDR) are the addresses from which the security token may be left out."""

    def __init__(
        self,
        credentials: Credentials,
        passwords: Passwords,
        clock: Clock,
        trusted_networks: Sequence[str] = (),
    ) -> None:
        self._credentials = credentials
        self._passwords = passwords
        self._clock = clock
        self._trusted = [ip_network(network) for network in trusted_networks]

    async def by_password(self, username: str, given: str, address: str | None = None) -> Credential:
        """The credential of a user who gave the right password with the security token appended.

        AuthenticationFailed, LoginRateExceeded, InactiveUser. Ten failures lock for 15 minutes.
        """
        async with self._passwords.turn:
            person = await self._credentials.of_username(username)
            if person is not None and person.is_over_the_rate:
                raise LoginRateExceeded
            right = await self._is_right(person, given, address)
            if person is None or person.is_locked(self._clock.now()):
                raise AuthenticationFailed
            if not right:
                await self._credentials.login_failed(person.user_id)
                raise AuthenticationFailed
            if person.failed_logins:
                await self._credentials.login_succeeded(person.user_id)
        return admitted(person)

    async def _is_right(self, person: Credential | None, given: str, address: str | None) -> bool:
        stored = person.password_hash if person else None
        return await self._passwords.match(stored, self._password_in(person, given, address))

    def _password_in(self, person: Credential | None, given: str, address: str | None) -> str:
        """`given` without its security token; nobody's password if one was needed and is not there."""
        if person is None or person.security_token_hash is None:
            return given
        password, token = given[: -tokens.SECURITY_TOKEN_LENGTH], given[-tokens.SECURITY_TOKEN_LENGTH :]
        if tokens.matches(person.security_token_hash, token):
            return password
        return given if self._is_trusted(address) else ""

    def _is_trusted(self, address: str | None) -> bool:
        return any(one in network for one in _addresses(address) for network in self._trusted)


def admitted(person: Credential) -> Credential:
    """The same person, if it may have a session now."""
    if not person.is_active:
        raise InactiveUser
    if person.is_over_the_rate:
        raise LoginRateExceeded
    return person


def _addresses(address: str | None) -> Iterator[object]:
    try:
        yield ip_address(address or "")
    except ValueError:
        return
