"""What every request goes through: paths, methods, bodies, sessions, roles."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.desk import ROOT, Desk
from tests.faces.asserted import ask, census, growth, refused

ACCOUNT = "/services/data/v60.0/sobjects/Account"


@pytest.mark.parametrize(
    "path", [ACCOUNT + "/", "/" + ACCOUNT, "//" + ACCOUNT + "/", ACCOUNT.replace("Account", "aCCOUNT")]
)
async def test_slashes_and_case_of_the_path(desk: Desk, path: str) -> None:
    """S0-22: with and without a trailing slash, with a doubled leading one, objects in any case."""
    answer = await desk.client.post(
        httpx.URL("http://ordo.test").copy_with(raw_path=path.encode()), json={"name": "x"}
    )
    assert answer.status_code == 201, answer.text
    record_id = answer.json()["id"]
    assert answer.headers["location"] == f"{ACCOUNT}/{record_id}"
    read = await desk.client.get(f"{ACCOUNT}/{record_id}/?fields=NAME")
    assert read.json() == {
        "attributes": {"type": "Account", "url": f"{ACCOUNT}/{record_id}"}, "Name": "x", "Id": record_id,
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/services/data", "/services/data/", "//services/data"])
async def test_the_versions_need_no_session(desk: Desk, path: str) -> None:
    """Oldest first; labels are the platform's."""
    url = httpx.URL("http://ordo.test").copy_with(raw_path=path.encode())
    answer = await desk.client.get(url, headers={"Authorization": ""})
    assert answer.status_code == 200
    found = answer.json()
    assert [one["version"] for one in found] == [f"{number}.0" for number in range(48, 68)]
    assert found[1] == {"label": "Summer '20", "url": "/services/data/v49.0", "version": "49.0"}
    assert found[-1] == {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}


async def test_a_post_may_be_a_patch(desk: Desk) -> None:
    path = f"/sobjects/Account/{desk.ids['account']}?_HttpMethod="
    assert (await ask(desk, "POST", path + "PATCH", {"Name": "Li"})).status_code == 204
    assert (await desk.get("Account", desk.ids["account"]))["Name"] == "Li"
    assert (await ask(desk, "POST", path + "DELETE")).status_code == 204
    refused(await ask(desk, "GET", path + "DELETE"), 404, "NOT_FOUND")


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 7):
        yield body[start : start + 7]


async def test_bodies_come_packed_and_in_pieces(desk: Desk) -> None:
    """gzip, deflate, chunked, and with any parameters of the content type."""
    before = await census(desk)
    body = json.dumps({"Name": "Jürgen"}).encode()
    for packed, encoding in ((gzip.compress(body), "gzip"), (zlib.compress(body), "deflate"), (body, "identity")):
        answer = await ask(desk, "POST", "/sobjects/Account", packed, Content_Encoding=encoding)
        assert answer.status_code == 201, answer.text
    for media in ("application/json; charset=UTF-8", "APPLICATION/JSON", "application/json;charset=utf-8"):
        answer = await ask(desk, "POST", "/sobjects/Account", body, content_type=media)
        assert answer.status_code == 201, answer.text
    chunked = await desk.client.post(
        ACCOUNT, content=_in_pieces(body), headers={"Content-Type": "application/json"}
    )
    assert chunked.status_code == 201
    assert growth(before, await census(desk)) == {"account": 7}


@pytest.mark.parametrize(
    "media", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "text/csv"]
)
async def test_a_body_that_is_no_json(desk: Desk, media: str) -> None:
    before = await census(desk)
    answer = await ask(desk, "POST", "/sobjects/Account", b'{"Name":"x"}', content_type=media)
    message = f"Content-Type header specified in HTTP request is not supported: {media}"
    refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE", message)
    assert await census(desk) == before


async def test_packed_bodies_that_cannot_be_unpacked(desk: Desk) -> None:
    before = await census(desk)
    body = b'{"Name":"x"}'
    for broken in (body, gzip.compress(body)[:-10]):
        answer = await ask(desk, "POST", "/sobjects/Account", broken, Content_Encoding="gzip")
        refused(answer, 400, "JSON_PARSER_ERROR")
    answer = await ask(desk, "POST", "/sobjects/Account", body, Content_Encoding="br")
    refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    limit = desk.face.machine.settings.body_bytes_max
    large = b'{"Name":"' + b"x" * limit + b'"}'
    for sent, encoding in ((large, "identity"), (gzip.compress(large), "gzip")):
        answer = await ask(desk, "POST", "/sobjects/Account", sent, Content_Encoding=encoding)
        refused(answer, 413, "REQUEST_TOO_LARGE", f"The request body is larger than {limit} bytes")
    assert await census(desk) == before


def _unexpected(sign: str, line: int, column: int) -> str:
    return f"Unexpected character ('{sign}') in the request body at [line:{line}, column:{column}]"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The HTTP entity body is required, but this request has no entity body."),
        (b'{"Name" "x"}', _unexpected('"', 1, 9)),
        (b'{\n  "Name": "x",\n}', _unexpected("}", 3, 1)),
        (b'{"Name": x}', _unexpected("x", 1, 10)),
        (b'{"Name": "x"', _unexpected("end-of-input", 1, 13)),
        (b'{"Name": "x"}}', _unexpected("}", 1, 14)),
        (b'{"Name": "\\q"}', _unexpected("q", 1, 12)),
        (b'["x"]', "The request body must be an object"),
        (b'"x"', "The request body must be an object"),
        (b"null", "The request body must be an object"),
    ],
)
async def test_malformed_json_says_where(desk: Desk, body: bytes, message: str) -> None:
    before = await census(desk)
    answer = await ask(desk, "POST", "/sobjects/Account", body)
    refused(answer, 400, "JSON_PARSER_ERROR", message)
    assert await census(desk) == before


@pytest.mark.parametrize(
    "body",
    [b'{"Name": "\xff"}', b'{"Name": "\\ud800"}', b'{"Name": "a\x01"}',
     b'{"AnnualRevenue": 1e99999999999999999999}', b'{"AnnualRevenue": 1' + b"0" * 5000 + b"}",
     b'{"AnnualRevenue": NaN}', b"\xef\xbb\xbf[", b"\0"],
)  # fmt: skip
async def test_bytes_that_are_no_json(desk: Desk, body: bytes) -> None:
    before = await census(desk)
    for path in ("/sobjects/Account", "/composite/graph"):
        refused(await ask(desk, "POST", path, body), 400, "JSON_PARSER_ERROR")
    assert await census(desk) == before


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/sobjects/Account", "GET,HEAD,POST"),
        ("DELETE", "/sobjects/Account", "GET,HEAD,POST"),
        ("PUT", "/sobjects/Account/001000000000001AAA", "DELETE,GET,HEAD,PATCH"),
        ("POST", "/sobjects/Account/001000000000001AAA", "DELETE,GET,HEAD,PATCH"),
        ("POST", "/query", "GET,HEAD"),
        ("DELETE", "/composite/graph", "POST"),
    ],
)
async def test_a_method_the_resource_does_not_have(desk: Desk, method: str, path: str, allowed: str) -> None:
    answer = await ask(desk, method, path)
    message = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
    refused(answer, 405, "METHOD_NOT_ALLOWED", message)
    assert answer.headers["allow"] == allowed.replace(",", ", ")


async def test_a_resource_that_is_not_there(desk: Desk) -> None:
    for path in ("/nonsense", "/sobjects/Account/001000000000001AAA/x/y", "/commerce", "/../../secrets"):
        refused(await ask(desk, "GET", path), 404, "NOT_FOUND", "The requested resource does not exist")


_EVERY = [
    ("GET", ""), ("POST", "/composite/graph"), ("GET", "/query?q=SELECT+Id+FROM+Account"),
    ("GET", "/queryAll?q=x"),
    ("GET", "/query/01g000000000001AAA-200"), ("POST", "/sobjects/Account"), ("POST", "/sobjects/Nonsense"),
    ("GET", "/sobjects/Account/001000000000001"), ("PATCH", "/sobjects/Account/001000000000001"),
    ("DELETE", "/sobjects/Account/001000000000001"),
]  # fmt: skip


@pytest.mark.parametrize("held", ["", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer 00Dx!\u20ac"])
async def test_without_a_session_nothing_is_said(desk: Desk, held: str) -> None:
    """S0-21: an array of exactly this, whatever is asked for."""
    before = await census(desk)
    for method, path in _EVERY:
        answer = await desk.client.request(
            method, ROOT + path, headers={b"Authorization": held.encode()}, content=b"{}"
        )
        assert answer.status_code == 401, (path, answer.text)
        assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    assert await census(desk) == before


@pytest.mark.parametrize("spelling", ["Bearer {}", "bearer {}", "OAuth {}", "BEARER  {}"])
async def test_spellings_of_the_session(desk: Desk, spelling: str) -> None:
    """S0-21."""
    url = f"{ROOT}/sobjects/Account/{desk.ids['account']}"
    token = desk.face.token
    assert (await desk.client.get(url, headers={"Authorization": spelling.format(token)})).status_code == 200
    headers = {"Authorization": "", "X-SFDC-SESSION": token}
    assert (await desk.client.get(url, headers=headers)).status_code == 200
    assert (await desk.client.get(f"{url}?oauth_token={token}", headers={"Authorization": ""})).status_code == 401
