"""OAuth over HTTP: token, revoke, introspect, userinfo, the identity URL, discovery; and the SOAP login."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ordo.api import soap
from ordo.api.bodies import BodyTooLarge, read_body
from ordo.api.session import address_of, public_url, token_of
from ordo.platform.auth import Auth, Caller, GrantRefused, InsufficientAccess, SessionExpired

FORM_BYTES_MAX = 16 * 1024
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(auth: Auth) -> list[Route]:
    """Every login route, each with and without a trailing slash."""
    face = _OAuth(auth)
    plain: list[tuple[str, Endpoint, list[str]]] = [
        ("/services/oauth2/token", face.token, ["POST"]),
        ("/services/oauth2/revoke", face.revoke, ["GET", "POST"]),
        ("/services/oauth2/introspect", face.introspect, ["POST"]),
        ("/services/oauth2/userinfo", face.userinfo, ["GET", "POST"]),
        ("/id/keys", face.keys, ["GET"]),
        ("/id/{organization}/{user}", face.identity, ["GET", "POST"]),
        ("/.well-known/openid-configuration", face.discovery, ["GET"]),
        *soap.routes(auth),
    ]
    return list(_with_slash(plain))


def _with_slash(plain: list[tuple[str, Endpoint, list[str]]]) -> Iterator[Route]:
    for path, endpoint, methods in plain:
        yield Route(path, endpoint, methods=methods)
        yield Route(path + "/", endpoint, methods=methods)


class _OAuth:
    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    async def token(self, request: Request) -> Response:
        try:
            form, basic = await _form(request), _basic(request)
            url = public_url(request, self._auth)
            return _json(await self._auth.token(form, basic, url=url, address=address_of(request)), _NO_STORE)
        except GrantRefused as refusal:
            return _refused(refusal)

    async def revoke(self, request: Request) -> Response:
        try:
            token = (await _form(request) | dict(request.query_params)).get("token")
            if not token:
                raise GrantRefused("invalid_request", "missing required parameter: token")
        except GrantRefused as refusal:
            return _refused(refusal)
        await self._auth.revoke(token)
        return Response(headers=_NO_STORE)

    async def introspect(self, request: Request) -> Response:
        try:
            form, url = await _form(request), public_url(request, self._auth)
            return _json(await self._auth.introspect(form, _basic(request), url=url), _NO_STORE)
        except GrantRefused as refusal:
            return _refused(refusal)

    async def userinfo(self, request: Request) -> Response:
        caller = await self._caller(request)
        if isinstance(caller, Response):
            return caller
        return _json(await self._auth.userinfo(caller, url=public_url(request, self._auth)))

    async def identity(self, request: Request) -> Response:
        caller = await self._caller(request)
        if isinstance(caller, Response):
            return caller
        organization, user = request.path_params["organization"], request.path_params["user"]
        url = public_url(request, self._auth)
        try:
            return _json(await self._auth.identity(caller, organization, user, url=url))
        except InsufficientAccess:
            return PlainTextResponse("Bad_Id", 403)

    async def _caller(self, request: Request) -> Caller | Response:
        """These two documents answer a bad token in their own way: 403 and a word."""
        token = token_of(request)
        if token is None:
            return PlainTextResponse("Missing_OAuth_Token", 403)
        try:
            return await self._auth.authenticate(token)
        except SessionExpired:
            return PlainTextResponse("Bad_OAuth_Token", 403)

    async def discovery(self, request: Request) -> Response:
        url = public_url(request, self._auth)
        return _json(
            {
                "issuer": url,
                "token_endpoint": f"{url}/services/oauth2/token",
                "revocation_endpoint": f"{url}/services/oauth2/revoke",
                "introspection_endpoint": f"{url}/services/oauth2/introspect",
                "userinfo_endpoint": f"{url}/services/oauth2/userinfo",
                "jwks_uri": f"{url}/id/keys",
                "scopes_supported": ["api", "id", "refresh_token", "web"],
                "grant_types_supported": self._auth.grant_types,
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "subject_types_supported": ["public"],
            }
        )

    async def keys(self, _request: Request) -> Response:
        """Empty: Ordo's tokens are opaque, it signs none."""
        return _json({"keys": []})


async def _form(request: Request) -> dict[str, str]:
    try:
        body = await read_body(request, FORM_BYTES_MAX)
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=50))
    except (BodyTooLarge, ValueError) as error:
        raise GrantRefused("invalid_request", "request is too large") from error


def _basic(request: Request) -> tuple[str, str] | None:
    """The client id and secret of HTTP Basic; None if the header says something else."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise GrantRefused("invalid_client", "invalid client credentials") from None
    return (client_id, secret) if colon else None


def _json(document: object, headers: dict[str, str] | None = None, status: int = 200) -> Response:
    return Response(msgspec.json.encode(document), status, headers, "application/json")


def _refused(refusal: GrantRefused) -> Response:
    document = {"error": refusal.error, "error_description": refusal.description}
    return _json(document, _NO_STORE, 400)
