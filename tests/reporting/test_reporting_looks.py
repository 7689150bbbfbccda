"""The page in a real browser: charts, light and dark, print, and that everyone can use it."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

import reporting
from tests.reporting import blobs
from tests.reporting.browser import Tab, address, tab

PAGE = blobs.page(6)


@pytest.fixture(scope="module")
def whole(browser: Browser, folder: Path) -> Iterator[Tab]:
    """The page with charts, opened once; its tests leave it as it is."""
    path = reporting.write(PAGE, folder / "whole.html")
    opened = tab(browser, offline=True, color_scheme="light")
    opened.open(address(path))
    yield opened
    opened.page.context.close()


def test_the_page_opens_without_complaints_or_connections(whole: Tab) -> None:
    assert whole.page.title() == "Blend best"
    assert whole.text("h1") == "Blend best"
    assert whole.complaints == []
    assert whole.requests == []


def test_charts_have_text_alternatives(whole: Tab) -> None:
    charts = whole.page.locator("[role=img].chart")
    assert charts.count() == len(PAGE.sections[0].charts)
    for i in range(charts.count()):
        assert charts.nth(i).locator("svg path").count() > 3
    assert whole.page.get_by_role("img", name="Calibration The blend is nearly calibrated.").count()


def test_charts_fit_their_frames(whole: Tab) -> None:
    inside = """all => all.map(one => one.querySelector("svg").getBoundingClientRect().right
        <= one.closest("figure").getBoundingClientRect().right)"""
    assert all(whole.page.eval_on_selector_all(".chart", inside))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_accessibility_violations(whole: Tab, scheme: str) -> None:
    whole.page.emulate_media(color_scheme=scheme)
    found = Axe().run(whole.page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_dark_is_dark_and_the_button_overrules_the_system(whole: Tab) -> None:
    def brightness() -> float:
        colour = whole.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return float(np.mean([int(part) for part in colour[4:-1].split(",")]))

    whole.page.emulate_media(color_scheme="dark")
    assert brightness() < 40
    whole.page.click("#theme")
    assert brightness() > 200
    whole.page.click("#theme")
    assert brightness() < 40


def test_printing_shows_content_only_and_on_white(whole: Tab) -> None:
    whole.page.emulate_media(media="print", color_scheme="dark")
    try:
        assert not whole.page.locator("#presets").is_visible()
        assert not whole.page.locator("#theme").is_visible()
        assert whole.page.locator("#count").is_visible()
        assert whole.page.locator(".card").first.is_visible()
        assert whole.page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
    finally:
        whole.page.emulate_media(media="screen")


def test_the_viewer_shows_full_size_pictures_and_is_accessible(
    browser: Browser, folder: Path
) -> None:
    page = dataclasses.replace(PAGE, sections=[], gallery=blobs.gallery(2))
    opened = tab(browser, offline=True)
    opened.open(address(reporting.write(page, folder / "two.html", full=folder / "full size")))
    opened.page.locator(".card .picture").first.click()
    large = "() => document.querySelector('#stage-inner img').naturalWidth === 1024"
    opened.page.wait_for_function(large)
    found = Axe().run(opened.page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    opened.page.context.close()
