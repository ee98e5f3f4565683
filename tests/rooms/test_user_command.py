"""`ordo user` and `ordo app`: who may log in afterwards, and who may not."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.desk import Desk
from tests.rooms.conftest import Ordo

from ordo.platform.administration import Administration
from ordo.platform.profiles import profile_id
from ordo.platform.roles import Role

JO = "jo@probe.example"
pytestmark = pytest.mark.usefixtures("tidy")
Login = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def login(desk: Desk) -> Login:
    async def by_password(username: str, password: str, client: dict[str, str] | None = None) -> httpx.Response:
        form = {"grant_type": "password", "username": username, "password": password}
        return await desk.client.post("/services/oauth2/token", data=form | (client or desk.face.app_secrets))

    return by_password


async def logins(desk: Desk) -> list[dict[str, Any]]:
    return await desk.rows(
        "SELECT c.username, role, location_id, c.is_active, u.isactive, u.profileid "
        'FROM credential c LEFT JOIN "user" u ON u.id = c.user_id WHERE c.username LIKE $1 ORDER BY 1',
        "%@probe.example",
    )


async def records(desk: Desk) -> list[str]:
    rows = await desk.rows('SELECT username FROM "user" WHERE username LIKE $1 ORDER BY 1', "%@probe.example")
    return [row["username"] for row in rows]


async def test_a_user_is_added_and_logs_in(desk: Desk, ordo: Ordo, login: Login) -> None:
    """S0-139: a row and a login in one go; the secrets are shown once and stored as hashes only."""
    answer = await ordo("user", "add", JO, "--role", "integration", "--last-name", "Doe", "--json")
    secrets = json.loads(answer.stdout)
    assert (answer.exit_code, answer.stderr, list(secrets)) == (0, "", ["username", "password", "security_token"])
    [row] = await desk.query(f"SELECT Name, Email, Alias, IsActive, ProfileId FROM User WHERE Username = '{JO}'")
    assert row == {
        "Name": "Doe", "Email": JO, "Alias": "jo", "IsActive": True, "ProfileId": profile_id(Role.INTEGRATION),
    }  # fmt: skip
    assert (await login(JO, secrets["password"] + secrets["security_token"])).status_code == 200
    assert (await login(JO, secrets["password"])).status_code == 400
    [hashed] = await desk.rows("SELECT password_hash, security_token_hash FROM credential WHERE username = $1", JO)
    assert not {secrets["password"], secrets["security_token"]} & set(hashed.values())

    listed = json.loads((await ordo("user", "list", "--json")).stdout)
    [one] = [one for one in listed if one["username"] == JO]
    assert (one["role"], one["is_active"], one["has_login"], one["location"]) == ("integration", True, True, None)
    assert [one["has_login"] for one in listed if one["username"].startswith("automation.")] == [False]
    table = (await ordo("user", "list")).stdout
    assert f"{JO} " in table
    assert not any(secret in table + json.dumps(listed) for secret in secrets.values() if secret != JO)


@pytest.mark.parametrize("way", ["--stdin", "--ask"])
async def test_a_password_of_ones_own(desk: Desk, ordo: Ordo, login: Login, way: str) -> None:
    """Never an argument; without a security token it is enough."""
    typed = "päss word 1\n" if way == "--stdin" else "päss word 1\npäss word 1\n"
    answer = await ordo("user", "add", JO, "--role", "administrator", way, "--no-security-token", told=typed)
    assert (answer.exit_code, answer.stdout.split()) == (0, ["username:", JO])
    assert "päss" not in answer.stderr
    assert (await login(JO, "päss word 1")).status_code == 200

    again = await ordo("user", "password", JO, "--stdin", told="another one\r\n")
    assert again.exit_code == 0
    assert again.stdout.splitlines()[0] == f"username: {JO}"
    token = again.stdout.splitlines()[1].removeprefix("security_token: ")
    assert (await login(JO, "päss word 1")).status_code == 400
    assert (await login(JO, "another one" + token)).status_code == 200
    [first, _] = await desk.rows(
        "SELECT revoked_at IS NOT NULL AS is_over FROM session s JOIN credential c USING (user_id) "
        "WHERE c.username = $1 ORDER BY s.created", JO,
    )  # fmt: skip
    assert first == {"is_over": True}


@pytest.mark.parametrize(
    ("arguments", "told", "sentence"),
    [
        (("--role", "integration", "--stdin"), "short\n", "a password has at least 8 characters"),
        (("--role", "integration", "--stdin"), "", "a password has at least 8 characters"),
        (("--role", "integration", "--stdin", "--ask"), "", "Say either --ask or --stdin."),
        (("--role", "store associate"), "", "a store associate needs a location: --location"),
        (("--role", "store associate", "--location", "DC9"), "", "there is no Location DC9; there are DC1"),
        (("--role", "integration", "--location", "DC1"), "", "a location is for a store associate only"),
        (("--role", "integration", "--email", "nobody"), "", "Email: invalid email address: nobody"),
        (("--role", "integration", "--last-name", "x" * 81), "", "data value too large"),
    ],
)
async def test_a_wrong_user_is_refused_whole(
    desk: Desk, ordo: Ordo, arguments: tuple[str, ...], told: str, sentence: str
) -> None:
    answer = await ordo("user", "add", JO, *arguments, told=told)
    assert (answer.exit_code, answer.stdout, sentence in answer.stderr) == (1, "", True), answer.stderr
    assert (await logins(desk), await records(desk)) == ([], [])


async def test_a_wrong_role_names_the_right_ones(desk: Desk, ordo: Ordo) -> None:
    answer = await ordo("user", "add", JO, "--role", "king")
    assert (answer.exit_code, "there is no role king; there are administrator" in answer.stderr) == (2, True)


async def test_a_repeat_completes_what_was_cut_off(
    desk: Desk, ordo: Ordo, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is there, the login is not: the same command makes it, and a third is refused."""

    async def fail(*_: object, **__: object) -> None:
        raise ConnectionResetError("gone")

    monkeypatch.setattr(Administration, "create_user_credential", fail)
    cut = await ordo("user", "add", JO, "--role", "integration")
    assert (cut.exit_code, cut.stdout, "The database is away" in cut.stderr) == (2, "", True)
    assert (await logins(desk), await records(desk)) == ([], [JO])
    monkeypatch.undo()
    done = await ordo("user", "add", JO.upper(), "--role", "integration", "--no-security-token", "--json")
    assert done.exit_code == 0
    assert (len(await logins(desk)), await records(desk)) == (1, [JO])
    assert (await login(JO, json.loads(done.stdout)["password"])).status_code == 200
    third = await ordo("user", "add", JO, "--role", "administrator")
    assert (third.exit_code, "there is a user jo@probe.example who can log in" in third.stderr) == (1, True)
    assert [one["role"] for one in await logins(desk)] == ["integration"]


async def test_whom_flows_act_as_gets_no_login(desk: Desk, ordo: Ordo) -> None:
    [row] = await desk.rows("SELECT username FROM \"user\" WHERE alias = 'autoproc'")
    answer = await ordo("user", "add", row["username"], "--role", "administrator")
    assert (answer.exit_code, "nobody who logs in" in answer.stderr) == (1, True)


async def test_a_role_and_its_location(desk: Desk, ordo: Ordo) -> None:
    await ordo("user", "add", JO, "--role", "integration")
    for arguments, place in (
        (("store-associate", "--location", "DC1"), desk.ids["DC1"]),
        (("store associate", "--location", desk.ids["DC1"][:15]), desk.ids["DC1"]),
        (("service agent",), None),
    ):
        assert (await ordo("user", "role", JO, *arguments)).exit_code == 0
        [found] = await logins(desk)
        role = Role(arguments[0].replace("-", " "))
        assert (found["role"], found["location_id"], found["profileid"]) == (role, place, profile_id(role))
    answer = await ordo("user", "role", JO, "store associate")
    assert (answer.exit_code, "needs a location" in answer.stderr) == (1, True)
    assert [one["role"] for one in await logins(desk)] == ["service agent"]


async def test_off_and_on(desk: Desk, ordo: Ordo, login: Login) -> None:
    """The login and the row; a locked user is let in again."""
    await ordo("user", "add", JO, "--role", "integration", "--stdin", "--no-security-token", told="long enough\n")
    assert (await login(JO, "long enough")).status_code == 200
    for _ in range(2):
        assert (await ordo("user", "off", JO)).exit_code == 0
        [found] = await logins(desk)
        assert (found["is_active"], found["isactive"]) == (False, False)
    assert (await login(JO, "long enough")).status_code == 400
    await desk.rows("UPDATE credential SET locked_until = now() + interval '1 hour' WHERE username = $1", JO)
    assert (await ordo("user", "on", JO)).exit_code == 0
    [found] = await logins(desk)
    assert (found["is_active"], found["isactive"]) == (True, True)
    assert (await login(JO, "long enough")).status_code == 200
    await desk.rows("UPDATE credential SET locked_until = now() + interval '1 hour' WHERE username = $1", JO)
    assert "locked until" in (await ordo("user", "list")).stdout


@pytest.mark.parametrize("words", [("off",), ("on",), ("password",), ("role", "integration")])
async def test_nobody_of_that_name(desk: Desk, ordo: Ordo, words: tuple[str, ...]) -> None:
    answer = await ordo("user", words[0], "nobody@probe.example", *words[1:])
    assert (answer.exit_code, answer.stderr) == (1, "there is no user nobody@probe.example\n")


# -- apps ------------------------------------------------------------------------------------------


def certificate(bits: int = 2048) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "till")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


async def by_app(desk: Desk, client_id: str, secret: str) -> int:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return (await desk.client.post("/services/oauth2/token", data=form)).status_code


async def test_an_app(desk: Desk, ordo: Ordo, tmp_path: Path) -> None:
    """Added, listed, its secret changed, off and on; the secret is shown once."""
    await ordo("user", "add", JO, "--role", "integration")
    (tmp_path / "till.pem").write_text(certificate())
    made = await ordo(
        "app", "add", "probe till", "--run-as", JO, "--certificate", str(tmp_path / "till.pem"), "--json"
    )
    first = json.loads(made.stdout)
    assert (made.exit_code, list(first)) == (0, ["client_id", "client_secret"])
    assert await by_app(desk, **_named(first)) == 200
    [one] = [
        one for one in json.loads((await ordo("app", "list", "--json")).stdout) if one["name"] == "probe till"
    ]
    assert one == {
        "name": "probe till", "client_id": first["client_id"], "run_as": JO, "scopes": "api id refresh_token web",
        "has_certificate": True, "is_active": True,
    }  # fmt: skip
    changed = (await ordo("app", "secret", "probe till")).stdout.splitlines()
    second = {"client_id": first["client_id"], "client_secret": changed[1].removeprefix("client_secret: ")}
    assert await by_app(desk, **_named(first)) == 400
    assert await by_app(desk, **_named(second)) == 200
    for state, status in (("off", 400), ("on", 200)):
        assert (await ordo("app", state, first["client_id"])).exit_code == 0
        assert await by_app(desk, **_named(second)) == status
    assert first["client_id"] in (await ordo("app", "list")).stdout


def _named(secrets: dict[str, str]) -> dict[str, str]:
    return {"client_id": secrets["client_id"], "secret": secrets["client_secret"]}


async def test_wrong_apps(desk: Desk, ordo: Ordo, tmp_path: Path) -> None:
    weak, none = tmp_path / "weak.pem", tmp_path / "none.pem"
    weak.write_text(certificate(1024))
    none.write_text("no certificate")
    for arguments, sentence in (
        (("probe", "--run-as", "nobody@probe.example"), "there is no user nobody@probe.example"),
        (("probe", "--certificate", str(weak)), "at least 2048 bits"),
        (("probe", "--certificate", str(none)), "cannot be used"),
        ((" ",), "an app needs a name"),
    ):
        answer = await ordo("app", "add", *arguments)
        assert (answer.exit_code, answer.stdout, sentence in answer.stderr) == (1, "", True), answer.stderr
    assert await desk.rows("SELECT 1 FROM connectedapp WHERE name LIKE 'probe%'") == []
    for _ in range(2):
        await ordo("app", "add", "probe twice")
    for words, sentence in (
        (("secret", "probe twice"), "several apps are named probe twice: say its client id"),
        (("off", "probe none"), "there is no app probe none"),
        (("on", "'; DROP TABLE connectedapp; --"), "there is no app '; DROP TABLE connectedapp; --"),
    ):
        answer = await ordo("app", *words)
        assert (answer.exit_code, answer.stdout, answer.stderr) == (1, "", sentence + "\n")
