"""The served page in a real browser: pictures, live score, notes, and nobody else is asked."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

from reporting.server.notes import Notes
from reporting.server.serve import listening
from tests.reporting.served_page import RULE, Drawn, curves, map_of, page

CHROMIUM = shutil.which("chromium")
IDS = ["1", "healthy", "a/b c.dcm", "flat", "4", "broken", "7"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a chromium")


@dataclass
class Site:
    """A running server.

    Attributes:
        said: what it said.
        requests: addresses that a browser asked for.
        complaints: errors in a browser's console.
    """

    address: str
    notes: Path
    pictures: Drawn
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    pictures = Drawn()
    said: list[str] = []
    notes = tmp_path / "notes.csv"
    with listening(page(IDS, pictures), notes=notes, port=0, say=said.append) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        yield Site(f"http://127.0.0.1:{server.port}/", notes, pictures, said)
        pictures.gate.set()
        server.shutdown()
        serving.join()


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    """Show the page, ready."""
    context = browser.new_context()
    tab = context.new_page()

    def asked(request: Request) -> None:
        site.requests.append(request.url)

    def complained(line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            site.complaints.append(line.text)

    tab.on("request", asked)
    tab.on("pageerror", lambda error: site.complaints.append(str(error)))
    tab.on("console", complained)
    tab.goto(site.address)
    ready(tab)
    yield tab
    context.close()


def ready(tab: Page) -> None:
    """Wait until the page's script is done; its policy forbids `wait_for_function`, an eval."""
    expect(tab.locator("html")).to_have_attribute("data-ready", "true", timeout=60_000)


def until(tab: Page, come: Callable[[], bool]) -> None:
    """Wait for something in the page."""
    for _ in range(1200):
        if come():
            return
        tab.wait_for_timeout(50)
    raise AssertionError("it did not come to pass within a minute")


def loaded(tab: Page) -> dict[str, int]:
    """Return the width of each card's radiograph that has come, by the card's number."""
    found: dict[str, int] = tab.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-k] img")]
            .filter((image) => image.complete && image.naturalWidth)
            .map((image) => [image.closest("[data-k]").dataset.k, image.naturalWidth]))"""
    )
    return found


def test_cards_show_pictures_and_only_this_server_is_asked(tab: Page, site: Site) -> None:
    expect(tab.locator("[data-k]")).to_have_count(len(IDS))
    until(tab, lambda: len(loaded(tab)) == len(IDS) - 1 and len(site.complaints) > 0)
    assert loaded(tab) == {str(k): 192 for k, one in enumerate(IDS) if one != "broken"}
    others = [url for url in site.requests if not url.startswith((site.address, "data:", "blob:"))]
    assert others == []
    # a picture that cannot be read is the only complaint
    assert {one.split(" (")[0] for one in site.complaints} == {
        "Failed to load resource: the server responded with a status of 500"
    }
    assert site.said == ["image 'broken': ValueError: pixel data end after 12 bytes"]
    assert site.pictures.calls["curves"] == 0


def expected(threshold: int, area: int) -> tuple[float, int]:
    """Return the mean score and the number of masks of a rule, by numpy alone."""
    scores, masks = [], 0
    p = np.linspace(0, 1, len(IDS))
    for k, image_id in enumerate(IDS):
        levels = map_of(image_id)
        drawn = levels is not None and (levels >= threshold).sum() > area and p[k] >= RULE.gate
        masks += drawn
        if not drawn:
            scores.append(float(image_id == "healthy"))
        elif image_id == "healthy":
            scores.append(0.0)
        else:
            assert levels is not None
            truth = Drawn().truth(image_id)
            scores.append(float(np.float32(curves(levels, truth)[1][threshold])))
    return float(np.mean(scores)), masks


def move(tab: Page, slider: str, value: int) -> None:
    tab.evaluate(
        """([id, value]) => {
            const input = document.getElementById(id);
            input.value = value;
            input.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        [slider, value],
    )


def shows(cell: Locator, value: float) -> bool:
    return float(cell.get_attribute("data-value") or "nan") == pytest.approx(value, abs=1e-9)


def test_the_score_comes_with_the_curves_and_is_that_of_numpy(tab: Page, site: Site) -> None:
    score = tab.locator("[data-scope=all][data-name=score]")
    reported = score.get_attribute("data-value")
    site.pictures.gate.clear()
    move(tab, "threshold", 90)
    expect(tab.locator("#count")).to_contain_text(f"0 of {len(IDS)}")
    assert score.get_attribute("data-value") == reported
    site.pictures.gate.set()
    masks = tab.locator("[data-scope=all][data-name=masks]")
    for threshold, area in [(90, RULE.min_area), (200, RULE.min_area), (200, 0), (1, 40)]:
        move(tab, "area", area)
        move(tab, "threshold", threshold)
        value, count = expected(threshold, area)
        expect(masks).to_have_attribute("data-value", str(count), timeout=60_000)
        until(tab, partial(shows, score, value))
    assert site.pictures.calls["curves"] == len(IDS)


def test_a_note_lands_in_the_file_and_is_there_after_a_reload(tab: Page, site: Site) -> None:
    text = '=1+1, "é"\nsecond line'
    tab.locator("[data-k='2'] button").click()
    tab.locator("#note").fill(text)
    tab.locator("#note").blur()
    expect(tab.locator("#note-state")).to_have_text("saved")
    assert {name: one.note for name, one in Notes(site.notes).read().items()} == {IDS[2]: text}
    tab.reload()
    ready(tab)
    expect(tab.locator("[data-k='2']")).to_contain_text("note")
    tab.locator("[data-k='2'] button").click()
    expect(tab.locator("#note")).to_have_value(text)
    tab.locator("#note").fill("")
    tab.locator("#note").blur()
    expect(tab.locator("#note-state")).to_have_text("saved")
    assert Notes(site.notes).read() == {}


def test_a_note_that_cannot_be_stored_is_said_and_kept_on_the_page(tab: Page, site: Site) -> None:
    site.notes.write_text("image_id,text\n")
    tab.locator("[data-k='0'] button").click()
    tab.locator("#note").fill("important")
    tab.locator("#note").blur()
    expect(tab.locator("#note-state")).to_contain_text("not saved")
    expect(tab.locator("#note")).to_have_value("important")
    assert site.notes.read_text() == "image_id,text\n"


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server keep no picture."""
    monkeypatch.setattr("reporting.server.encoded.KEPT", 0)


def test_after_a_reload_the_browser_still_has_the_pictures(
    forgetful: None, tab: Page, site: Site
) -> None:
    def shown(times: int) -> bool:
        asked = sum("/outlines/" in url for url in site.requests)
        return len(loaded(tab)) == len(IDS) - 1 and asked == times * len(IDS)

    until(tab, lambda: shown(1) and site.pictures.calls["prediction"] == len(IDS))
    before = site.pictures.calls.copy()
    assert before["image"] == len(IDS)
    tab.reload()
    ready(tab)
    until(tab, lambda: shown(2))
    tab.wait_for_load_state("networkidle")
    assert (site.pictures.calls - before).keys() <= {"image"}
    assert site.pictures.calls["image"] - before["image"] <= 1  # the one that could not be read


@pytest.fixture
def other_site(tmp_path: Path) -> Iterator[str]:
    """Serve another site; on this computer, since browsers refuse the rest by themselves."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<link rel=icon href=data:,><p>another site")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        serving.join()


def test_another_site_gets_nothing_from_the_server(
    browser: Browser, site: Site, other_site: str
) -> None:
    tab = browser.new_page()
    tab.goto(other_site)
    read, written = tab.evaluate(
        """async (address) => {
            const tried = (promise) => promise.then(() => "done", () => "refused");
            const shown = new Promise((resolve) => {
                const image = new Image();
                image.onload = () => resolve("shown");
                image.onerror = () => resolve("refused");
                image.src = address + "images/0.webp?size=192";
            });
            const body = JSON.stringify({ text: "x" });
            const headers = { "Content-Type": "application/json" };
            const put = fetch(address + "notes/0", { method: "PUT", mode: "cors", body, headers });
            return [await shown, await tried(put)];
        }""",
        site.address,
    )
    assert (read, written) == ("refused", "refused")
    assert not site.notes.exists()
    tab.close()
