"""SOAP login, logout and getUserInfo, as the clients that still use them send and read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest

from ordo.platform.auth import Auth, SessionExpired

URL = "/services/Soap/u/59.0"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
NewPerson = Callable[..., Awaitable[Any]]


def envelope(body: str, header: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8" ?><env:Envelope xmlns:env="{ENVELOPE}" '
        f'xmlns:urn="urn:partner.soap.sforce.com"><env:Header>{header}</env:Header>'
        f"<env:Body>{body}</env:Body></env:Envelope>"
    ).encode()


def login(username: str, password: str, namespace: str = "partner") -> str:
    return (
        f'<n1:login xmlns:n1="urn:{namespace}.soap.sforce.com">'
        f"<n1:username><![CDATA[{username}]]></n1:username>"
        f"<n1:password>{password}</n1:password></n1:login>"
    )


def with_session(token: str) -> str:
    return f"<urn:SessionHeader><urn:sessionId>{token}</urn:sessionId></urn:SessionHeader>"


async def post(door: httpx.AsyncClient, content: bytes, url: str = URL) -> tuple[int, Element, str]:
    answer = await door.post(url, content=content, headers={"content-type": "text/xml", "SOAPAction": "login"})
    assert answer.headers["content-type"].startswith("text/xml")
    return answer.status_code, fromstring(answer.content), answer.text


@pytest.mark.parametrize(
    ("url", "namespace", "server"),
    [
        (URL, "partner", "http://oms.example/services/Soap/u/59.0/00D000000000001"),
        ("/services/Soap/u/44.0/", "partner", "http://oms.example/services/Soap/u/44.0/00D000000000001"),
        (URL + "/00D000000000001", "partner", "http://oms.example/services/Soap/u/59.0/00D000000000001"),
        ("/services/Soap/c/67.0", "enterprise", "http://oms.example/services/Soap/c/67.0/00D000000000001"),
    ],
)
async def test_login(
    *, door: httpx.AsyncClient, auth: Auth, new_person: NewPerson, url: str, namespace: str, server: str
) -> None:
    person = await new_person()
    body = login(person.username, person.password + person.security_token, namespace)
    status, root, text = await post(door, envelope(body), url)
    assert status == 200
    space = f"{{urn:{namespace}.soap.sforce.com}}"
    result = root.find(f"{{{ENVELOPE}}}Body/{space}loginResponse/{space}result")
    assert result is not None
    told = {child.tag.removeprefix(space): child.text for child in result.iter()}
    assert told["serverUrl"] == server
    assert (told["passwordExpired"], told["sandbox"], told["sessionSecondsValid"]) == (
        "false",
        "false",
        "7200",
    )
    assert (told["userId"], told["organizationId"]) == (person.user_id, auth.organization_id)
    assert told["userName"] == person.username
    assert "<soapenv:Envelope " in text
    assert f"<sessionId>{told['sessionId']}</sessionId>" in text
    caller = await auth.authenticate(told["sessionId"])
    assert (caller.user_id, caller.client_id) == (person.user_id, None)


async def test_an_unprefixed_login_with_special_characters(
    door: httpx.AsyncClient, auth: Auth, new_person: NewPerson
) -> None:
    person = await new_person()
    await auth.administration.set_password(person.user_id, " a&b<c>ü ", with_security_token=False)
    body = (
        f'<login xmlns="urn:partner.soap.sforce.com"><username>{person.username}</username>'
        "<password> a&amp;b&lt;c&gt;ü </password></login>"
    )
    status, _, _ = await post(door, envelope(body))
    assert status == 200


async def test_a_wrong_password_is_a_fault(door: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person, inactive = await new_person(), await new_person()
    await auth.administration.deactivate(inactive.user_id)
    message = "Invalid username, password, security token; or user locked out."
    for body in (
        login(person.username, "wrong"),
        login(person.username, person.password),
        login("nobody", "x"),
        login("", ""),
        login(inactive.username, inactive.password + inactive.security_token),
    ):
        status, _, text = await post(door, envelope(body))
        assert status == 500
        assert "<faultcode>INVALID_LOGIN</faultcode>" in text
        assert f"<faultstring>INVALID_LOGIN: {message}</faultstring>" in text
        assert '<sf:LoginFault xsi:type="sf:LoginFault">' in text
        assert "<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>" in text
        assert f"<sf:exceptionMessage>{message}</sf:exceptionMessage>" in text


async def test_a_named_organization_must_be_this_one(door: httpx.AsyncClient, new_person: NewPerson) -> None:
    person = await new_person()
    body = login(person.username, person.password + person.security_token)
    scope = "<urn:LoginScopeHeader><urn:organizationId>{}</urn:organizationId></urn:LoginScopeHeader>"
    assert (await post(door, envelope(body, scope.format("00D000000000001"))))[0] == 200
    status, _, text = await post(door, envelope(body, scope.format("00D000000000002")))
    assert status == 500
    assert "INVALID_LOGIN" in text


async def test_get_user_info_and_logout(door: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    token = (await auth.token(person.by_app))["access_token"]
    info = '<getUserInfo xmlns="urn:partner.soap.sforce.com"/>'
    status, _, text = await post(door, envelope(info, with_session(token)), URL + "/00D000000000001")
    assert status == 200
    assert "<getUserInfoResponse><result>" in text
    assert f"<userName>{person.username}</userName>" in text
    logout = '<logout xmlns="urn:partner.soap.sforce.com"/>'
    status, _, text = await post(door, envelope(logout, with_session(token)))
    assert status == 200
    assert "<logoutResponse/>" in text
    with pytest.raises(SessionExpired):
        await auth.authenticate(token)
    for header in (with_session(token), with_session(""), ""):
        status, _, text = await post(door, envelope(info, header))
        assert status == 500
        assert "<faultcode>sf:INVALID_SESSION_ID</faultcode>" in text


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>'


@pytest.mark.parametrize(
    "content",
    [
        envelope(login("u", "&l9;")).replace(b"<env:Envelope", BOMB.encode() + b"<env:Envelope", 1),
        envelope(login("u", "p")).replace(b"<env:E", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><env:E', 1),
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
        b"",
        b"\0",
        b"{}",
        b"<a>" * 3000,
        b"<open>",
        b"<?xml version='1.0' encoding='no-such'?><x/>",
        envelope(""),
        envelope("<login/>"),
        envelope('<query xmlns="urn:partner.soap.sforce.com"/>'),
        b"<login xmlns='urn:partner.soap.sforce.com'/>",
        envelope(login("u", "x" * 11_000)),
    ],
)
async def test_what_is_no_login_is_a_fault(door: httpx.AsyncClient, content: bytes) -> None:
    status, root, text = await post(door, content)
    assert status == 500
    assert root.find(f"{{{ENVELOPE}}}Body/{{{ENVELOPE}}}Fault") is not None
    assert "root:" not in text
    assert "sessionId" not in text
