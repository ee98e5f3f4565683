"""SOAP as far as clients still use it: login, logout and getUserInfo, partner and enterprise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from ordo.api.bodies import BodyTooLarge, read_body
from ordo.api.session import address_of, public_url, token_of
from ordo.api.xml import MalformedXml, parse
from ordo.kernel.ids import normalize
from ordo.platform.auth import Auth, GrantRefused, SessionExpired

ENVELOPE_BYTES_MAX = 10 * 1024
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_FLAVOURS = {"u": "partner", "c": "enterprise"}
_INVALID_LOGIN = "Invalid username, password, security token; or user locked out."
_EXPIRED = "Invalid Session ID found in SessionHeader: Illegal Session"


class Fault(Exception):  # noqa: N818  the word of the protocol
    """A refusal in SOAP's shape; `prefix` is what jsforce wants before a session's code."""

    def __init__(self, code: str, message: str, kind: str = "UnexpectedErrorFault", prefix: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.kind = kind
        self.prefix = prefix


class Call(NamedTuple):
    """One operation of an envelope, with where it was sent."""

    operation: Element
    header: Element | None
    namespace: str
    flavour: str
    version: str
    url: str
    address: str | None
    bearer: str | None

    def text(self, name: str) -> str:
        return _text(self.operation, name)

    @property
    def session(self) -> str | None:
        found = None if self.header is None else self.header.find("{*}SessionHeader/{*}sessionId")
        return self.bearer if found is None or not found.text else found.text.strip()


def routes(auth: Auth) -> list[tuple[str, Callable[[Request], Awaitable[Response]], list[str]]]:
    """(path, endpoint, methods) of both flavours, with and without the organization."""
    face = _Soap(auth)
    paths = [f"/services/Soap/{flavour}/{{version}}" for flavour in _FLAVOURS]
    return [(path + tail, face.answer, ["POST"]) for path in paths for tail in ("", "/{organization}")]


class _Soap:
    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._operations = {"login": self._login, "logout": self._logout, "getUserInfo": self._user_info}

    async def answer(self, request: Request) -> Response:
        flavour = _FLAVOURS[request.scope["path"].strip("/").split("/")[2]]
        try:
            call = await self._call(request, flavour)
            return _envelope(flavour, await self._operation(call)(call))
        except Fault as fault:
            return _envelope(flavour, _fault(fault), 500)
        except SessionExpired:
            expired = Fault("INVALID_SESSION_ID", _EXPIRED, prefix="sf:")
            return _envelope(flavour, _fault(expired), 500)

    async def _call(self, request: Request, flavour: str) -> Call:
        try:
            envelope = parse(await read_body(request, ENVELOPE_BYTES_MAX))
        except BodyTooLarge:
            raise Fault("EXCEEDED_MAX_SIZE_REQUEST", "Maximum size of request reached") from None
        except MalformedXml as error:
            raise Fault("soapenv:Client", str(error)) from None
        body = envelope.find(f"{{{_ENVELOPE}}}Body")
        if envelope.tag != f"{{{_ENVELOPE}}}Envelope" or body is None or len(body) != 1:
            raise Fault("soapenv:Client", "the request is no SOAP envelope with one operation")
        return Call(
            operation=body[0],
            header=envelope.find(f"{{{_ENVELOPE}}}Header"),
            namespace=f"urn:{flavour}.soap.sforce.com",
            flavour=flavour,
            version=request.path_params["version"],
            url=public_url(request, self._auth),
            address=address_of(request),
            bearer=token_of(request),
        )

    def _operation(self, call: Call) -> Callable[[Call], Awaitable[str]]:
        name = call.operation.tag.removeprefix(f"{{{call.namespace}}}")
        if name not in self._operations:
            raise Fault("soapenv:Client", f"No operation available for request {call.operation.tag}")
        return self._operations[name]

    async def _login(self, call: Call) -> str:
        self._check_organization(call)
        try:
            login = await self._auth.soap_login(
                call.text("username").strip(), call.text("password"), address=call.address
            )
        except GrantRefused as refusal:
            if refusal.error == "rate_limit_exceeded":
                raise Fault("LOGIN_RATE_EXCEEDED", "login rate exceeded", "LoginFault") from None
            raise Fault("INVALID_LOGIN", _INVALID_LOGIN, "LoginFault") from None
        letter = next(letter for letter, flavour in _FLAVOURS.items() if flavour == call.flavour)
        tail = f"{call.version}/{self._auth.organization_id[:15]}"
        result = {
            "metadataServerUrl": f"{call.url}/services/Soap/m/{tail}",
            "passwordExpired": False,
            "sandbox": False,
            "serverUrl": f"{call.url}/services/Soap/{letter}/{tail}",
            "sessionId": login.token,
            "userId": login.user_id,
            "userInfo": login.user_info,
        }
        return _element("loginResponse", {"result": result})

    def _check_organization(self, call: Call) -> None:
        scope = None if call.header is None else call.header.find("{*}LoginScopeHeader/{*}organizationId")
        named = "" if scope is None else (scope.text or "").strip()
        if named and normalize(named) != self._auth.organization_id:
            raise Fault("INVALID_LOGIN", _INVALID_LOGIN, "LoginFault")

    async def _logout(self, call: Call) -> str:
        await self._auth.authenticate(call.session)
        await self._auth.revoke(call.session or "")
        return "<logoutResponse/>"

    async def _user_info(self, call: Call) -> str:
        caller = await self._auth.authenticate(call.session)
        return _element("getUserInfoResponse", {"result": await self._auth.user_info(caller)})


def _text(parent: Element, name: str) -> str:
    found = parent.find(f"{{*}}{name}")
    return "" if found is None else found.text or ""


def _element(name: str, value: object) -> str:
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(_element(*item) for item in value.items())}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"


def _fault(fault: Fault) -> str:
    bare = fault.code.rpartition(":")[2]
    return (
        f"<soapenv:Fault><faultcode>{fault.prefix}{fault.code}</faultcode>"
        f"<faultstring>{escape(f'{bare}: {fault.message}')}</faultstring>"
        f'<detail><sf:{fault.kind} xsi:type="sf:{fault.kind}"><sf:exceptionCode>{bare}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{escape(fault.message)}</sf:exceptionMessage></sf:{fault.kind}></detail>"
        "</soapenv:Fault>"
    )


def _envelope(flavour: str, payload: str, status: int = 200) -> Response:
    namespaces = (
        f'xmlns:soapenv="{_ENVELOPE}" xmlns="urn:{flavour}.soap.sforce.com" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    )
    if status != 200:
        namespaces += f' xmlns:sf="urn:fault.{flavour}.soap.sforce.com"'
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope {namespaces}>'
        f"<soapenv:Body>{payload}</soapenv:Body></soapenv:Envelope>"
    )
    return Response(text, status, {"Cache-Control": "no-store"}, "text/xml")
