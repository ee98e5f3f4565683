"""A real Chromium at the page of a real `ordo dev`."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright
from tests.conftest import cloned
from tests.faults.dev import Dev
from tests.processes import found_location, stocked
from tests.shop import DATA, LINES, Shop


@dataclass
class Visited:
    """`ordo dev` with a shop that sells over HTTP; one stocked warehouse, DC1, sends what is ordered."""

    dev: Dev
    api: httpx.Client
    shop: Shop

    @property
    def url(self) -> str:
        return self.dev.credentials["base_url"]

    def sell(self) -> str:
        """The id of the new order's summary."""
        reference = uuid.uuid4().hex
        answer = self.api.post(f"{DATA}/composite/graph", json=self.shop.order(reference))
        assert answer.json()["graphs"][0]["isSuccessful"] is True, answer.text
        path = f"{DATA}/sobjects/OrderSummary/ExternalReferenceIdentifier/{reference}"
        return str(self.api.get(path).json()["Id"])

    def rename_account(self, name: str) -> None:
        path = f"{DATA}/sobjects/Account/{self.shop.ids['account']}"
        assert self.api.patch(path, json={"Name": name}).status_code == 204


@pytest.fixture(scope="session")
def visited(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    with cloned(f"ordo_visited_{worker_id}") as dsn:
        stocked(dsn, found_location(dsn), {sku: 100 for sku, _, _ in LINES})
        dev = Dev(tmp_path_factory.mktemp("visited") / ".ordo", dsn)
        with dev.running(), dev.api() as api:
            yield Visited(dev, api, Shop(api))


Launch = Callable[..., Awaitable[Browser]]


@pytest.fixture(scope="session")
async def launch() -> AsyncIterator[Launch]:
    """Starts Chromium with more arguments."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("Chromium is not installed: apt-get install chromium", pytrace=False)
    async with async_playwright() as playwright:

        async def start(*arguments: str) -> Browser:
            args = ["--no-sandbox", *arguments]
            return await playwright.chromium.launch(executable_path=path, args=args)

        yield start


@pytest.fixture(scope="session")
async def chromium(launch: Launch) -> AsyncIterator[Browser]:
    browser = await launch()
    yield browser
    await browser.close()


@dataclass
class Window:
    """A page, with what it said on its console and which requests it made."""

    page: Page
    said: list[str]
    asked: list[str]


@pytest.fixture
async def window(chromium: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Window]:
    """A window; a parameter is what Playwright is told of it (`viewport`, `color_scheme`)."""
    told: dict[str, Any] = getattr(request, "param", {})
    page = await chromium.new_page(**told)
    window = Window(page, [], [])
    page.on("console", lambda message: window.said.append(message.text))
    page.on("pageerror", lambda error: window.said.append(str(error)))
    page.on("request", lambda asked: window.asked.append(asked.url))
    yield window
    await page.close()
