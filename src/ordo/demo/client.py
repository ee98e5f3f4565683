"""What a till or a warehouse does to Ordo: it logs in, asks and posts, over HTTP like everybody."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Self

import msgspec

from ordo.platform import wire
from ordo.platform.http import NoAnswer, Session

VERSION = "60.0"
AWAY_ATTEMPTS_MAX = 10
AWAY_SECONDS = 1.0


class Refused(Exception):  # noqa: N818  reads as a sentence
    """Ordo's answer is none that the caller can go on with; its text says which."""


class App(msgspec.Struct, frozen=True):
    """A connected app's login, as the credentials file tells it."""

    client_id: str
    client_secret: str


class Client:
    """One session. A call that Ordo cannot take just now is made again, with the key that makes it one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    async def login(cls, session: Session, app: App) -> Self:
        """Raises Refused."""
        form = {"grant_type": "client_credentials", **msgspec.structs.asdict(app)}
        client = cls(session)
        token = await client._answered("POST", "/services/oauth2/token", data=form)
        session.headers["Authorization"] = f"Bearer {token['access_token']}"
        return client

    async def query(self, soql: str) -> list[dict[str, Any]]:
        """The rows of one page; numbers as Decimals. Raises Refused."""
        found = await self._answered("GET", f"/services/data/v{VERSION}/query", params={"q": soql})
        rows: list[dict[str, Any]] = found["records"]
        return rows

    async def graph(self, body: Mapping[str, Any], version: str = VERSION) -> None:
        """Posts graphs, each of which must go in. Raises Refused."""
        answer = await self._answered(
            "POST",
            f"/services/data/v{version}/composite/graph",
            content=wire.encode(body),
            headers={"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex},
        )
        for graph in answer["graphs"]:
            if not graph["isSuccessful"]:
                raise Refused(_reason(graph["graphResponse"]["compositeResponse"]))

    async def _answered(self, method: str, path: str, **more: Any) -> Any:
        for _ in range(AWAY_ATTEMPTS_MAX):
            try:
                answer = await self._session.request(method, path, **more)
            except NoAnswer as error:
                raise Refused(f"no answer: {str(error) or type(error).__name__}") from error
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(AWAY_SECONDS)
        if not answer.is_success:
            raise Refused(f"{answer.status_code} {answer.text[:500]}")
        return wire.decode_exactly(answer.content)


def _reason(nodes: list[dict[str, Any]]) -> str:
    """The first refusal that is a node's own, not that another one failed."""
    refusals = [one["body"][0] for one in nodes if one["httpStatusCode"] >= HTTPStatus.BAD_REQUEST]
    own = [one for one in refusals if one["errorCode"] != "PROCESSING_HALTED"]
    return str((own or refusals)[0]["message"])
