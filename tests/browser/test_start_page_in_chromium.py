"""The page at / in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from tests.browser.conftest import Launch, Visited, Window

PHONE = {"viewport": {"width": 390, "height": 844}}
WIDE = {"viewport": {"width": 1280, "height": 900}}
LIVE_MILLISECONDS_MAX = 15_000
# The contrast of every text with what is behind it, as WCAG 2 reckons it: [ratio, text] below `least`.
FAINT = """
(least) => {
  const light = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 };
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), one = walker.currentNode.parentElement;
    if (!text || !one.checkVisibility()) continue;
    const pair = [luminance(parts(getComputedStyle(one).color)), luminance(behind(one))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < least) faint.push([ratio, text]);
  }
  return faint;
}
"""
FOCUSED = """
() => {
  const one = document.activeElement;
  return one === document.body ? null : [one.tagName, getComputedStyle(one).outlineStyle];
}
"""


async def see(window: Window, visited: Visited) -> Page:
    await window.page.goto(visited.url)
    await expect(window.page.locator("#health .verdict")).to_be_visible()
    return window.page


def copy_button(page: Page, name: str) -> Locator:
    return page.locator(".snippet", has=page.locator(f"#{name}")).get_by_role("button")


@pytest.mark.parametrize("window", [PHONE, WIDE], indirect=True)
async def test_it_renders_without_a_complaint_and_asks_nobody_else(visited: Visited, window: Window) -> None:
    visited.sell()
    page = await see(window, visited)
    await expect(page.locator("details").first).to_be_visible()
    assert window.said == []
    assert len(window.asked) >= 4
    assert [url for url in window.asked if not url.startswith(f"{visited.url}/")] == []
    assert await page.evaluate("document.styleSheets.length") == 1
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_an_order_comes_in_by_itself_with_its_timeline(visited: Visited, window: Window) -> None:
    """Without a reload; what was opened stays open, and the focus stays where it was."""
    page = await see(window, visited)
    order = page.locator(f"#order-{visited.sell()}")
    await expect(order).to_be_visible(timeout=LIVE_MILLISECONDS_MAX)
    await order.locator("summary").click()
    timeline = order.locator(".timeline li span")
    await expect(timeline).to_have_count(3, timeout=LIVE_MILLISECONDS_MAX)
    said = await timeline.all_inner_texts()
    assert said[0] == "The order was activated"
    assert re.fullmatch(r"DC1 has fulfillment order FO-\d+: Allocated", said[2])
    assert "25.50 EUR" in await order.locator("summary").inner_text()
    later = page.locator(f"#order-{visited.sell()}")
    await expect(later).to_be_visible(timeout=LIVE_MILLISECONDS_MAX)
    assert await order.evaluate("one => one.open")
    assert await order.evaluate("one => one.firstElementChild === document.activeElement")
    assert not await later.evaluate("one => one.open")
    assert window.said == []


async def test_a_script_in_a_name_is_text(visited: Visited, window: Window) -> None:
    name = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    visited.rename_account(name)
    try:
        visited.sell()
        page = await see(window, visited)
        await expect(page.locator("details .account bdi").first).to_have_text(name)
        async with page.expect_response(f"{visited.url}/", timeout=LIVE_MILLISECONDS_MAX):
            pass  # and when it comes in by itself
        await expect(page.locator("details .account bdi").first).to_have_text(name)
        assert await page.title() == "Ordo"
        assert await page.locator("details img, details script").count() == 0
    finally:
        visited.rename_account("Jo Example")


async def test_snippets_are_copied(visited: Visited, window: Window) -> None:
    await window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await see(window, visited)
    for name in ("curl", "simple-salesforce", "jsforce"):
        await copy_button(page, name).click()
        await expect(copy_button(page, name)).to_have_text("Copied")
        shown = await page.locator(f"#{name}").text_content()
        assert await page.evaluate("navigator.clipboard.readText()") == shown


async def test_the_keyboard_reaches_all_of_it_and_shows_where_it_is(visited: Visited, window: Window) -> None:
    visited.sell()
    page = await see(window, visited)
    reached: list[list[str]] = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        focused: list[str] | None = await page.evaluate(FOCUSED)
        if focused is None:
            break
        reached.append(focused)
    orders = await page.locator("summary").count()
    assert [tag for tag, _ in reached] == ["A", *["SUMMARY"] * orders, *["BUTTON", "PRE"] * 3, *["A"] * 3]
    assert {outline for _, outline in reached} == {"solid"}
    await page.locator("summary").first.focus()
    await page.keyboard.press("Enter")
    assert await page.locator("details").first.evaluate("one => one.open")


@pytest.mark.parametrize(
    "window",
    [WIDE | {"color_scheme": scheme} for scheme in ("light", "dark")],
    indirect=True,
    ids=["light", "dark"],
)
async def test_every_text_stands_out_from_its_ground(visited: Visited, window: Window) -> None:
    """AA: 4.5 to 1."""
    visited.sell()
    page = await see(window, visited)
    await page.locator("summary").first.click()
    assert await page.evaluate(FAINT, 4.5) == []
    assert await page.evaluate(FAINT, 22) != []  # it does look


async def test_it_is_all_there_without_a_script(visited: Visited, chromium: Browser) -> None:
    visited.sell()
    page = await chromium.new_page(java_script_enabled=False)
    await page.goto(visited.url)
    await page.locator("summary").first.click()
    await expect(page.locator("details").first.locator(".timeline li").first).to_be_visible()
    await expect(page.locator("#jsforce")).to_be_visible()
    assert await page.locator("button").count() == 0
    await page.close()


async def test_a_server_that_is_gone_is_told(visited: Visited, window: Window) -> None:
    page = await see(window, visited)

    async def gone(route: Any) -> None:
        await route.abort()

    await page.route(f"{visited.url}/", gone)
    await expect(page.locator(".verdict.bad")).to_have_text("Ordo does not answer.", timeout=LIVE_MILLISECONDS_MAX)
    await page.unroute(f"{visited.url}/")
    await expect(page.locator(".verdict.good")).to_have_text("Everything works.", timeout=LIVE_MILLISECONDS_MAX)


async def test_a_site_whose_name_leads_here_sees_no_order(visited: Visited, launch: Launch) -> None:
    """DNS rebinding: the name is another's, the connection comes from this machine."""
    visited.sell()
    browser = await launch("--host-resolver-rules=MAP shop.example 127.0.0.1")
    page = await browser.new_page()
    await page.goto(visited.url.replace("127.0.0.1", "shop.example"))
    await expect(page.locator("#health .verdict")).to_have_text("Orders are taken.")
    assert await page.locator("details, #orders").count() == 0
    assert str(visited.dev.home) not in await page.content()
    await browser.close()


async def test_where_pages_may_not_copy_the_snippet_is_selected(visited: Visited, launch: Launch) -> None:
    """Over http under another name, browsers give pages no clipboard."""
    browser = await launch("--host-resolver-rules=MAP shop.example 127.0.0.1")
    page = await browser.new_page()
    await page.goto(visited.url.replace("127.0.0.1", "shop.example"))
    button = copy_button(page, "curl")
    await button.click()
    await expect(button).to_have_text("Selected")
    assert await page.evaluate("getSelection().toString()") == (await page.locator("#curl").inner_text()).rstrip()
    await browser.close()
