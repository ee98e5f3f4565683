"""Who may come in: the one door to credentials, connected apps, sessions and roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ordo.kernel.clock import Clock
from ordo.kernel.ids import normalize
from ordo.platform.administration import DEFAULT_SCOPES, Administration, NewSecrets
from ordo.platform.credentials import Credentials
from ordo.platform.database import Database
from ordo.platform.grants import Asked, Grants
from ordo.platform.logins import GrantRefused, InactiveUser, Logins
from ordo.platform.passwords import Passwords
from ordo.platform.profiles import Profile, Profiles
from ordo.platform.roles import InsufficientAccess, Permission, Right, Role
from ordo.platform.sessions import INACTIVITY_SECONDS, Caller, SessionExpired, Sessions

__all__ = [
    "DEFAULT_SCOPES",
    "INACTIVITY_SECONDS",
    "Auth",
    "Caller",
    "GrantRefused",
    "InsufficientAccess",
    "NewSecrets",
    "Permission",
    "Profile",
    "Right",
    "Role",
    "SessionExpired",
    "SoapLogin",
]


class SoapLogin(NamedTuple):
    """A session from a SOAP login, and the elements of its userInfo."""

    token: str
    user_id: str
    user_info: dict[str, object]

    def __repr__(self) -> str:
        return f"<SOAP login of {self.user_id}>"


class Auth:
    """`public_url` is the address clients reach; None: each answer uses the one its request named.
    From `trusted_networks` (CIDR) a password needs no security token appended."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        organization_id: str,
        *,
        public_url: str | None = None,
        organization_name: str = "Ordo",
        trusted_networks: Sequence[str] = (),
        passwords: Passwords | None = None,
    ) -> None:
        organization_id = normalize(organization_id) or ""
        if not organization_id.startswith("00D"):
            raise ValueError("the organization id must be an id that begins with 00D")
        passwords = passwords or Passwords()
        credentials = Credentials(database, clock)
        self.organization_id = organization_id
        self.public_url = public_url.rstrip("/") if public_url else None
        self._clock = clock
        self._sessions = Sessions(database, clock, organization_id)
        self._logins = Logins(credentials, passwords, clock, trusted_networks)
        self._grants = Grants(credentials, self._sessions, self._logins, clock, organization_id)
        self._profiles = Profiles(database, clock, organization_id, organization_name)
        self.administration = Administration(database, passwords, self._sessions)

    @property
    def grant_types(self) -> list[str]:
        return self._grants.types

    async def authenticate(self, token: str | None) -> Caller:
        """Who the token speaks for, without a statement while it is held; SessionExpired (401) if nobody."""
        return await self._sessions.authenticate(token)

    async def token(
        self,
        form: Mapping[str, str],
        basic: tuple[str, str] | None = None,
        *,
        url: str = "",
        address: str | None = None,
    ) -> dict[str, str]:
        """The body of a token response; GrantRefused. `url` is used where no public one is configured."""
        return await self._grants.token(Asked(form, basic, self.public_url or url, address))

    async def revoke(self, token: str) -> None:
        """Ends an access token, or a refresh token with all that came from it. Unknown ones are no error."""
        session = await self._sessions.stored(token)
        if session is not None:
            await self._sessions.revoke(session.token_hash)

    async def introspect(
        self, form: Mapping[str, str], basic: tuple[str, str] | None = None, *, url: str = ""
    ) -> dict[str, object]:
        """The state of a token of the asking app; GrantRefused if the app does not prove itself."""
        asked = Asked(form, basic, self.public_url or url, None)
        app = await self._grants.client(asked)
        session = await self._sessions.stored(asked.needed("token"))
        if session is None or session.client_id != app.client_id or session.is_over(self._clock.now()):
            return {"active": False}
        issued, expires = int(session.created.timestamp()), session.expires()
        return {
            "active": True,
            "scope": session.scopes,
            "client_id": session.client_id,
            "username": session.username,
            "sub": self._profiles.identity_url(asked.url, session.user_id),
            "token_type": f"{session.kind}_token",
            **({"exp": int(expires.timestamp())} if expires else {}),
            "iat": issued,
            "nbf": issued,
        }

    async def userinfo(self, caller: Caller, *, url: str = "") -> dict[str, object]:
        return self._profiles.userinfo(await self._profile(caller.user_id), self.public_url or url)

    async def identity(
        self, caller: Caller, organization_id: str, user_id: str, *, url: str = ""
    ) -> dict[str, object]:
        """The identity document; InsufficientAccess for another organization or (administrators may) user."""
        organization, user = normalize(organization_id), normalize(user_id)
        if organization != self.organization_id or user is None:
            raise InsufficientAccess
        if user != caller.user_id and caller.role is not Role.ADMINISTRATOR:
            raise InsufficientAccess
        return self._profiles.identity(await self._profile(user), self.public_url or url)

    async def user_info(self, caller: Caller) -> dict[str, object]:
        """The elements of SOAP's userInfo."""
        return self._profiles.soap_user_info(await self._profile(caller.user_id))

    async def soap_login(self, username: str, password: str, *, address: str | None = None) -> SoapLogin:
        """A session of no app; GrantRefused."""
        person = await self._logins.by_password(username, password, address)
        token = await self._sessions.open(person.user_id, None, DEFAULT_SCOPES)
        if token is None:
            raise InactiveUser
        return SoapLogin(token, person.user_id, self._profiles.soap_user_info(await self._profile(person.user_id)))

    async def _profile(self, user_id: str) -> Profile:
        profile = await self._profiles.of(user_id)
        if profile is None:
            raise InsufficientAccess
        return profile

    async def flush(self) -> None:
        """Writes when sessions were last used."""
        await self._sessions.flush()

    async def look(self) -> None:
        """Takes notice of what other processes have ended."""
        await self._sessions.look()

    async def run_background(self) -> None:
        """Looks every second and flushes every five, until cancelled. Every server process runs it once."""
        await self._sessions.run_background()
