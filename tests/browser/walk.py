"""A person who opens every kind of page he can reach, and what a browser has to say about each."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page
from werkzeug.exceptions import HTTPException

from tests.live import Live

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
INLINE = re.compile(
    r"""<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|<style\b|<[^>]+\s(?:style|on[a-z]+)=["'][^>]*>|javascript:"""
)
"""What a strict content security policy forbids in a page's text."""
DESK, TELEPHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
VIOLATIONS = "only => axe.run(document, {runOnly: only, resultTypes: ['violations'], selectors: false, preload: false})"
"""What passes is not described: that alone is half of axe's time."""
LINKS = "links => links.map(link => link.getAttribute('href'))"
SCROLLS = "() => document.documentElement.scrollWidth > innerWidth"


@dataclass
class Walker:
    """Opens pages in one tab and writes down what is wrong.

    `examined`: the kinds of page that anybody has seen, shared by all walkers. Those in OWN look different to each role
    and are opened by every walker; axe looks at each kind once.
    """

    live: Live
    page: Page
    examined: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("pageerror", lambda error: self._fault(f"script error: {error}"))
        self.page.on("console", self._said)

    def walk(self, *starts: str) -> None:
        """Breadth first from the given paths; of each kind of page the first one found."""
        waiting = list(starts)
        while waiting:
            path = waiting.pop(0)
            kind = self.kind(path)
            if kind and kind not in self.seen and (kind in OWN or kind not in self.examined):
                waiting += self.visit(path, kind)

    def visit(self, path: str, kind: str, status: int = 200) -> list[str]:
        """Look at one page from all sides; answers where it leads."""
        self.seen[kind] = path
        self.page.set_viewport_size(DESK)
        answer = self.page.goto(self.live.url + path)
        assert answer is not None
        if answer.status != status:
            self._fault(f"status {answer.status}")
        for found in INLINE.findall(answer.text()):
            self._fault(f"inline: {found}")
        if self.page.locator("html").get_attribute("lang") != "zh-CN":
            self._fault("not zh-CN")
        if kind not in self.examined:
            self._examine(kind)
        for size in (DESK, TELEPHONE):
            self.page.set_viewport_size(size)
            if self.page.evaluate(SCROLLS):
                self._fault(f"scrolls sideways at {size['width']}")
        return list(self.page.locator("a[href^='/']").evaluate_all(LINKS))

    def kind(self, path: str) -> str | None:
        """The view behind a path; None for downloads and addresses that are no page."""
        parts = urlsplit(path)
        try:
            endpoint, values = self.live.app.url_map.bind("").match(parts.path, "GET")
        except HTTPException:
            return f"no such page: {path}"
        if endpoint in DOWNLOADS:
            return None
        return f"{endpoint} {values['action']}" if "action" in values else str(endpoint)

    def _examine(self, kind: str) -> None:
        """The accessibility rules, by day and by night."""
        self.examined.add(kind)
        for fault in violations(self.page):
            self._fault(fault)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.live.url, "data:", "about:")):
            self._fault(f"asks {url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self._fault(f"console: {message.text}")

    def _fault(self, words: str) -> None:
        self.faults.append(f"{self.page.url.removeprefix(self.live.url)} {words}")


def violations(page: Page) -> list[str]:
    """What breaks an accessibility rule on this page: every rule by day, by night the only one that tells colours."""
    page.evaluate(AXE.read_text())
    found = []
    for scheme, only in (("light", RULES), ("dark", {"type": "rule", "values": ["color-contrast"]})):
        # without motion, or axe would measure colours half-way between day and night
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        broken = page.evaluate(VIOLATIONS, only)["violations"]
        found += [f"{scheme} {rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in broken]
    page.emulate_media(color_scheme="light")
    return found


OWN = frozenset({"home.home", "queue.index", "ticket.show", "ticket.paper", "inbox.index"})
DOWNLOADS = frozenset(
    {"static", "queue.export", "catalogue_files.export", "attachments.download", "portal.download"}
    | {"advice.calendar_file", "portal.calendar_file"}
)
