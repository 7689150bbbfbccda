"""A Chromium that is there already, driven by playwright, without any connection."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
LOCAL = ("file:", "data:", "blob:")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a running browser; the test is skipped where none is installed."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Tab:
    """A page of the browser, with all that it should not do.

    Attributes:
        page: playwright's.
        complaints: errors and warnings of the console, and errors that nobody caught.
        requests: addresses other than those of files and of data inside the page.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.wait_for_selector("html[data-ready=true]", state="attached")

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def ids(self) -> list[str]:
        """Return the ids of the cards, in their order."""
        return self.page.eval_on_selector_all(".card-id", "all => all.map(one => one.title)")

    def number(self, name: str, scope: str = "all") -> float:
        """Return a number of the readout to its last digit."""
        cell = self.page.locator(f"td[data-scope={scope}][data-name={name}]")
        return float(cell.get_attribute("data-value") or "nan")

    def slide(self, **places: float) -> None:
        """Move sliders by name, as a person does: to the place, and let go."""
        for name, place in places.items():
            self.page.locator(f"#{name}").fill(str(place))

    def outline(self, k: int) -> str:
        """Return the path of the predicted outline of image `k`."""
        path = self.page.locator(f".card[data-k='{k}'] path.prediction")
        return path.get_attribute("d") or ""


def tab(browser: Browser, **settings: Any) -> Tab:
    """Return a new tab that listens to itself."""
    opened = Tab(
        browser.new_context(viewport={"width": 1300, "height": 900}, **settings).new_page()
    )
    opened.page.set_default_timeout(30_000)
    opened.page.on("console", lambda message: _heard(opened, message.type, message.text))
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.page.on("request", lambda request: _asked(opened, request.url))
    return opened


def address(path: Path) -> str:
    """Return the address of a file on the disk."""
    return path.resolve().as_uri()


def _heard(opened: Tab, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        opened.complaints.append(text)


def _asked(opened: Tab, url: str) -> None:
    if not url.startswith(LOCAL):
        opened.requests.append(url)
