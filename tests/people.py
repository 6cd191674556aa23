"""A page as people meet it: in the light and the dark, on a phone, read aloud, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
SHIFT = 0.02  # of the page that may move after it was drawn
GRAVE = ("serious", "critical")
# How much has moved since the page began, without what the reader caused.
MOVED = """() => new Promise((done) => {
  let moved = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) moved += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(moved), 50);
})"""
AXE = """async (rules) => {
  const options = { resultTypes: ["violations"], preload: false, ...(rules && { runOnly: rules }) };
  const { violations } = await axe.run(document, options);
  const where = (nodes) => nodes.slice(0, 3).map((node) => node.target.join(" "));
  return violations.map((each) => [each.impact, each.id, where(each.nodes)]);
}"""
UNNAMED = """() => [...document.querySelectorAll("input:not([type=hidden], [hidden]), select, textarea")]
  .filter((each) => !each.labels?.length && !each.ariaLabel && !each.getAttribute("aria-labelledby"))
  .map((each) => each.outerHTML.slice(0, 90))"""
WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"


@dataclass
class Visitor:
    """Two browsers of one person, one of them without scripts; `faults` says what was wrong, and where."""

    browser: Browser
    root: str
    cookies: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @contextmanager
    def here(self) -> Iterator[Visitor]:
        self.live, self.still = self._context(True), self._context(False)
        self.page, self.plain = self.live.new_page(), self.still.new_page()
        self.page.on("console", lambda message: self._fault(f"says {message.text}"))
        self.page.on("pageerror", lambda error: self._fault(f"breaks: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))
        self.address = ""
        yield self
        self.live.close()
        self.still.close()

    def _context(self, scripts: bool) -> BrowserContext:
        context = self.browser.new_context(viewport=DESK, java_script_enabled=scripts)  # type: ignore[arg-type]
        context.add_cookies(self.cookies)  # type: ignore[arg-type]
        return context

    def _fault(self, what: str) -> None:
        if "the server responded with a status of 4" not in what:  # the browser's word on an error page
            self.faults.append(f"{self.address} {what}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.root, "data:", "blob:")):
            self._fault(f"asks a stranger: {url}")

    def visit(self, address: str, status: int = 200, *, again: bool = False) -> None:
        """Open a page in every way, and note what is wrong with it. `again`: another state of a page that was
        visited, which is not tried in the dark and without scripts once more."""
        self.address = address
        page = self.page
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="light")
        response = page.goto(self.root + address, wait_until="load")
        if response is None or response.status != status:
            return self._fault(f"answers {response and response.status}")
        if (headings := page.locator("h1").count()) != 1:
            self._fault(f"has {headings} h1")
        for control in page.evaluate(UNNAMED):
            self._fault(f"has a control without a name: {control}")
        self._look(page, dark=not again)
        if not again:
            self._read(page)
        return None

    def _look(self, page: Page, dark: bool) -> None:
        page.evaluate(AXE_SCRIPT)
        self._axe(page, None)
        if (moved := page.evaluate(MOVED)) > SHIFT:
            self._fault(f"moves by {moved:.3f}")
        if dark:
            page.emulate_media(color_scheme="dark")
            self._axe(page, ["color-contrast"])
            page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        if (wider := page.evaluate(WIDER)) > 0:
            self._fault(f"is {wider} px too wide for a phone")

    def _axe(self, page: Page, rules: list[str] | None) -> None:
        for impact, rule, where in page.evaluate(AXE, rules):
            if impact in GRAVE:
                self._fault(f"{impact}: {rule} at {'; '.join(where)}{' in the dark' if rules else ''}")

    def _read(self, page: Page) -> None:
        """Without scripts there is as much to read, or a link to what a script would read at once."""
        self.plain.goto(self.root + self.address, wait_until="load")
        with_scripts, without = (len(each.locator("main").inner_text()) for each in (page, self.plain))
        linked = self.plain.locator("a[href][hx-trigger=load]").count()
        if without < (0.3 if linked else 0.7) * with_scripts:
            self._fault(f"has {without} characters without scripts, {with_scripts} with them")
