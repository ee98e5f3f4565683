"""The session a request carries, in each spelling real clients use."""

from __future__ import annotations

import re

from starlette.requests import Request

from ordo.platform.auth import Auth, Caller

_HOST = re.compile(r"[\w.-]+(?::\d+)?|\[[\da-fA-F:.]+\](?::\d+)?", re.ASCII)
_SCHEMES = frozenset({"bearer", "oauth"})


def token_of(request: Request) -> str | None:
    """From Authorization (Bearer or OAuth, whatever the case), X-SFDC-Session, or, on the identity URL
    alone, the query's oauth_token. SOAP carries its own in the envelope (see api.soap)."""
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() in _SCHEMES and token.strip():
        return token.strip()
    header = request.headers.get("x-sfdc-session", "").strip()
    if header:
        return header
    if request.scope["path"].lstrip("/").startswith("id/"):
        return request.query_params.get("oauth_token") or None
    return None


async def caller_of(request: Request, auth: Auth) -> Caller:
    """Who is asking; SessionExpired (401) if nobody known."""
    return await auth.authenticate(token_of(request))


def public_url(request: Request, auth: Auth) -> str:
    """What absolute URLs begin with: the configured address, else the one the client used."""
    if auth.public_url:
        return auth.public_url
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        name, port = request.scope.get("server") or ("localhost", None)
        host = f"{name}:{port}" if port else name
    return f"{request.scope['scheme']}://{host}"


def address_of(request: Request) -> str | None:
    return request.client.host if request.client else None
