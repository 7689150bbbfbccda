"""The gallery in a real browser: what it shows, and what its controls and keys change."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser

import reporting
from ensembling import Thresholds
from ensembling.maps.level_counts import LevelCounts
from ensembling.rules.thresholds import predicted, scores
from reporting.page import embedding
from tests.reporting import blobs
from tests.reporting.browser import Tab, address, tab

WHOLE = blobs.page()
GALLERY = WHOLE.gallery
TABLE = GALLERY.table
FIRST = 0
"""A positive image with a map."""


@pytest.fixture(scope="module")
def images(folder: Path) -> str:
    return address(written(dataclasses.replace(WHOLE, sections=[]), folder / "images.html"))


def written(page: reporting.Page, path: Path) -> Path:
    """Write a page with thumbnails that are quickly made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedding, "STEPS", ((160, 50),))
        return reporting.write(page, path)


@pytest.fixture(scope="module")
def one_tab(browser: Browser) -> Iterator[Tab]:
    opened = tab(browser, offline=True)
    yield opened
    opened.page.context.close()


@pytest.fixture
def gallery(one_tab: Tab, images: str) -> Tab:
    """The page without charts, opened anew."""
    one_tab.open(images)
    return one_tab


def level_counts() -> LevelCounts:
    """Return what the library's rule needs to know of the images."""
    positive = TABLE["positive"].to_numpy(bool)
    area = np.zeros((len(TABLE), 256), np.int32)
    score = np.zeros((len(TABLE), 256))
    for k, image_id in enumerate(TABLE.index):
        if (curves := GALLERY.pictures.curves(image_id)) is not None:
            area[k], score[k] = curves
    empty = (~positive).astype(float)
    nothing = np.zeros(len(TABLE), np.int64)
    gain = score - empty[:, None]
    p = TABLE[["p"]].to_numpy()
    return LevelCounts(area, gain, p, positive, p, nothing, nothing)


def ids(frame: pd.DataFrame) -> list[str]:
    return list(frame.index)


def test_ids_stay_text(gallery: Tab) -> None:
    assert blobs.HOSTILE in gallery.ids()
    assert gallery.page.locator("img[src=x]").count() == 0
    assert gallery.complaints == []


def test_the_reported_numbers_are_those_of_the_table(gallery: Tab) -> None:
    missed = TABLE["positive"] & ~TABLE["drawn"]
    false = ~TABLE["positive"] & TABLE["drawn"]
    assert gallery.number("score") == pytest.approx(TABLE["score"].mean(), abs=1e-12)
    assert gallery.number("masks") == TABLE["drawn"].sum()
    assert gallery.number("falsePositives") == false.sum()
    assert gallery.number("misses") == missed.sum()
    sensitivity = TABLE["drawn"][TABLE["positive"]].mean()
    assert gallery.number("sensitivity") == pytest.approx(sensitivity, abs=1e-12)
    specificity = 1 - TABLE["drawn"][~TABLE["positive"]].mean()
    assert gallery.number("specificity") == pytest.approx(specificity, abs=1e-12)


@pytest.mark.parametrize(
    ("threshold", "area", "gate"),
    [(102, 40, 0.2), (1, 0, 0), (60, 200, 0.35), (180, 0, 0), (255, 3, 1)],
)
def test_the_sliders_give_what_the_library_gives(
    one_tab: Tab, images: str, threshold: int, area: int, gate: float
) -> None:
    if one_tab.page.url != images:
        one_tab.open(images)
    one_tab.slide(threshold=threshold, area=area, gate=gate)
    known, p = level_counts(), TABLE["p"].to_numpy()
    rule = Thresholds(top=threshold, min_area=area, bottom=threshold, gate=gate)
    drawn, positive = predicted(known.area, rule, p), TABLE["positive"].to_numpy(bool)
    assert one_tab.number("score") == pytest.approx(scores(known, rule, p).mean(), abs=1e-6)
    assert one_tab.number("masks") == drawn.sum()
    assert one_tab.number("falsePositives") == (drawn & ~positive).sum()
    assert one_tab.number("misses") == (~drawn & positive).sum()
    one_tab.page.click("[data-preset=true-positives]")
    shown = scores(known, rule, p)[drawn & positive]
    assert one_tab.number("images", "shown") == len(shown)
    if len(shown):
        assert one_tab.number("score", "shown") == pytest.approx(shown.mean(), abs=1e-6)


def test_masks_follow_the_threshold_and_come_back(gallery: Tab) -> None:
    reported = changed_outline(gallery, "")
    levels = GALLERY.pictures.large(ids(TABLE)[FIRST])
    before = reported
    for threshold in (40, 140):
        gallery.slide(threshold=threshold)
        before = changed_outline(gallery, before)
        assert enclosed(before) == pytest.approx((levels >= threshold).sum(), rel=0.08)
    gallery.page.click("#reported")
    assert changed_outline(gallery, before) == reported
    assert gallery.number("score") == pytest.approx(TABLE["score"].mean(), abs=1e-12)


def changed_outline(gallery: Tab, before: str) -> str:
    """Return the predicted outline of the first image once it is another one."""
    other = "before => document.querySelector('.card path.prediction').getAttribute('d') !== before"
    gallery.page.wait_for_function(other, arg=before)
    return gallery.outline(FIRST)


def enclosed(path: str) -> float:
    """Return the area inside a path of closed straight lines, in square pixels."""
    total = 0.0
    for line in path.split("M")[1:]:
        points = np.array([one.split() for one in line.rstrip("Z").split("L")], float)
        x, y = points.T
        total += 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    return abs(total)


def test_presets_choose_as_pandas_does(gallery: Tab) -> None:
    positive, drawn = TABLE["positive"].astype(bool), TABLE["drawn"].astype(bool)
    wanted = {
        "all": TABLE,
        "false-positives": TABLE[~positive & drawn],
        "misses": TABLE[positive & ~drawn],
        "true-positives": TABLE[positive & drawn],
        "worst": TABLE.sort_values("score", kind="stable"),
        "disagreement": TABLE.dropna(subset="disagreement").sort_values(
            "disagreement", ascending=False, kind="stable"
        ),
    }
    assert gallery.page.locator("[data-preset]").count() == len(wanted)
    for name, rows in wanted.items():
        gallery.page.click(f"[data-preset={name}]")
        assert gallery.ids() == ids(rows), name
        assert gallery.text("#count") == f"{len(rows)} of {len(TABLE)} images"


def test_filters_search_and_order_combine_as_in_pandas(gallery: Tab) -> None:
    gallery.page.click("#more summary")
    gallery.page.select_option("select[data-fact=view]", label="AP")
    gallery.page.fill("input[data-fact=age][data-end=from]", "40")
    gallery.page.fill("input[data-fact=age][data-end=to]", "80")
    rows = TABLE[(TABLE["view"] == "AP") & TABLE["age"].between(40, 80)]
    assert gallery.ids() == ids(rows)
    gallery.page.select_option("#sort", "disagreement")
    gallery.page.click("#direction")
    rows = rows.sort_values("disagreement", ascending=False, kind="stable", na_position="last")
    assert gallery.ids() == ids(rows)
    gallery.page.fill("#search", "00")
    assert gallery.ids() == [one for one in ids(rows) if "00" in one]
    gallery.page.fill("#search", "no such image")
    assert gallery.ids() == []
    gallery.page.click("#clear")
    assert gallery.ids() == ids(TABLE)
    assert gallery.page.input_value("select[data-fact=view]") == ""


def test_the_keyboard_walks_through_the_images(gallery: Tab) -> None:
    press = gallery.page.keyboard.press
    press("j")
    press("ArrowRight")
    assert focused(gallery) == f"Open {ids(TABLE)[1]}"
    press("k")
    press("Enter")
    assert gallery.text("#viewer-title") == ids(TABLE)[0]
    press("j")
    press("ArrowRight")
    assert gallery.text("#viewer-title") == ids(TABLE)[2]
    assert gallery.text("#viewer-facts [data-fact=view]") == (TABLE["view"].iloc[2] or "–")
    press("ArrowLeft")
    press("+")
    assert float(gallery.page.get_attribute("#stage", "data-scale")) > 1
    press("0")
    assert float(gallery.page.get_attribute("#stage", "data-scale")) == 1
    press("Escape")
    back = "label => document.activeElement.getAttribute('aria-label') === label"
    gallery.page.wait_for_function(back, arg=f"Open {ids(TABLE)[1]}")
    assert not gallery.page.locator("#viewer").is_visible()
    press("?")
    assert gallery.page.locator("#help").is_visible()
    press("Escape")
    press("/")
    gallery.page.keyboard.type("tmd")
    assert gallery.page.input_value("#search") == "tmd", "in a field, letters are letters"


def focused(gallery: Tab) -> str:
    return str(gallery.page.evaluate("document.activeElement.getAttribute('aria-label')"))


def test_layers_hide_by_key_and_say_so(gallery: Tab) -> None:
    for key, button, layer in (
        ("t", "truth", "path.truth"),
        ("d", "prediction", "path.prediction"),
    ):
        line = gallery.page.locator(f".card[data-k='{FIRST}'] {layer}")
        assert line.evaluate("one => getComputedStyle(one).display") != "none"
        gallery.page.keyboard.press(key)
        assert line.evaluate("one => getComputedStyle(one).display") == "none"
        assert gallery.page.get_attribute(f"#show-{button}", "aria-pressed") == "false"
    gallery.page.keyboard.press("m")
    canvas = gallery.page.locator(f".card[data-k='{FIRST}'] canvas")
    gallery.page.wait_for_function("() => document.querySelector('.card canvas').width === 96")
    assert canvas.evaluate("one => getComputedStyle(one).visibility") == "visible"


def test_the_viewer_shows_the_curve_and_follows_its_own_slider(gallery: Tab) -> None:
    gallery.page.locator(".card .picture").first.click()
    gallery.page.locator("#viewer-threshold").fill("90")
    area, score = GALLERY.pictures.curves(ids(TABLE)[FIRST])
    assert f"at threshold 90: {score[90]:.3f}" in gallery.text("#curve-text")
    assert gallery.text("#viewer-facts [data-fact=area]") == f"{area[90]:,}"
    assert gallery.complaints == []


def test_many_images_come_in_pages_and_without_truth_only_counts(
    browser: Browser, folder: Path
) -> None:
    page = dataclasses.replace(WHOLE, sections=[], gallery=blobs.gallery(125, truth=False))
    path = written(page, folder / "many.html")
    opened = tab(browser, offline=True)
    opened.open(address(path))
    assert len(opened.ids()) == 120
    assert "page 1 of 2" in opened.text("#pager")
    opened.page.keyboard.press("]")
    assert opened.ids() == ids(page.gallery.table)[120:]
    names = "all => all.map(one => one.dataset.preset)"
    presets = opened.page.eval_on_selector_all("[data-preset]", names)
    assert presets == ["all", "disagreement"]
    assert opened.page.locator("[data-name=score]").count() == 0
    assert opened.number("masks") == page.gallery.table["drawn"].sum()
    assert opened.complaints == []
    opened.page.context.close()


def test_a_page_without_decisions_scores_once_a_slider_moves(
    browser: Browser, folder: Path
) -> None:
    """A run that is viewed before any rule was fitted to it."""
    bare = dataclasses.replace(GALLERY, table=TABLE.drop(columns=["drawn", "score", "area"]))
    page = dataclasses.replace(WHOLE, sections=[], gallery=bare)
    opened = tab(browser, offline=True)
    opened.open(address(written(page, folder / "bare.html")))
    assert opened.text("[data-scope=all][data-name=score]") == "–"
    assert opened.number("masks") == 0
    opened.page.locator("#threshold").fill("120")
    opened.page.wait_for_function(
        "document.querySelector('[data-scope=all][data-name=score]').textContent !== '–'"
    )
    assert 0 < opened.number("score") < 1
    assert opened.number("masks") > 0
    assert opened.complaints == []
    opened.page.context.close()
