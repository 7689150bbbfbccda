"""The file: what is in it, what is escaped, how it keeps its limit, and that it appears whole."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import reporting
from reporting.page import embedding, render
from reporting.page.render import cell, columns_of
from tests.reporting import blobs

PAGE = dataclasses.replace(blobs.page(5), sections=[])
MANY = dataclasses.replace(PAGE, gallery=blobs.gallery(30))


def written(path: Path, page: reporting.Page = PAGE, **settings: object) -> str:
    return reporting.write(page, path, **settings).read_text(encoding="utf-8")


def inside(text: str, name: str) -> dict:
    """Return the JSON of a script by its id."""
    script = f'<script type="application/json" id="{name}">(.*?)</script>'
    return json.loads(re.search(script, text)[1])


def test_the_head_shows_figures_making_and_command(tmp_path: Path) -> None:
    text = written(tmp_path / "page.html")
    for wanted in ("<title>Blend best</title>", "0.812", "95% interval 0.796–0.829", "sha256 0f3a…",
                   "tools report best --open"):  # fmt: skip
        assert wanted in text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text), "nothing is linked"


def test_markup_in_any_text_stays_text(tmp_path: Path) -> None:
    bad = blobs.HOSTILE
    page = dataclasses.replace(
        PAGE, title=bad, subtitle=bad, figures=[reporting.Figure(bad, bad, bad)], made={bad: bad},
        command=bad,
        sections=[reporting.Section(bad, bad, tables=[reporting.Table(bad, [{bad: bad}])])],
    )  # fmt: skip
    text = written(tmp_path / "page.html", page)
    assert "<img src=x" not in text
    assert inside(text, "gallery-data")["ids"][1] == bad


def test_text_of_a_chart_cannot_leave_its_script() -> None:
    chart = reporting.bars(blobs.HOSTILE, blobs.HOSTILE, {blobs.HOSTILE: 1.0}, axis="x")
    page = reporting.Page("t", sections=[reporting.Section("s", charts=[chart])])
    text = render.html(page)
    assert "<img src=x" not in text
    assert inside(text, "charts")["chart-1-1"]["data"]["values"][0]["name"] == blobs.HOSTILE


def test_scripts_run_by_their_digest_only_and_connect_to_nothing() -> None:
    policy = re.search(r'Policy" content="([^"]+)"', render.html(reporting.Page("t")))[1]
    assert "default-src &#39;none&#39;" in policy
    assert "connect-src &#39;none&#39;" in policy
    assert "script-src &#39;sha256-" in policy
    assert "unsafe-eval" not in policy


def test_a_served_page_has_no_data_inside_and_notes_only_where_they_are_taken() -> None:
    for notes in (True, False):
        text = render.html(PAGE, remote=True, notes=notes)
        assert inside(text, "setup") == {"remote": True, "notes": notes, "gallery": True}
        assert ('id="note"' in text) == notes
        assert 'id="pictures-data"' not in text
        assert "1.2.276.0.0003" not in text


def test_all_pictures_are_inside_and_as_good_as_the_limit_allows(tmp_path: Path) -> None:
    steps = []
    for limit in (10_000_000, 220_000):
        text = written(tmp_path / "page.html", MANY, limit=limit)
        assert len(text.encode()) <= limit
        pictures = inside(text, "pictures-data")
        assert all(pictures["images"])
        assert "no picture in this file" not in text.split("<script")[0]
        steps.append(len(text))
    assert steps[1] < steps[0]


def test_where_not_all_pictures_fit_the_page_says_so_and_masks_come_first(
    tmp_path: Path,
) -> None:
    text = written(tmp_path / "page.html", MANY, limit=108_000)
    assert len(text.encode()) <= 108_000
    kept = np.array([one is not None for one in inside(text, "pictures-data")["images"]])
    table = MANY.gallery.table
    useful = (table["positive"] | table["drawn"]).to_numpy(bool)
    assert 0 < kept.sum() < len(kept)
    assert useful[kept].all() or kept[useful].all()
    assert f"{(~kept).sum()} of 30 images have no picture in this file" in text


def test_what_cannot_fit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(reporting.ReportError, match="tools view"):
        written(tmp_path / "page.html", MANY, limit=50_000)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_picture_leaves_the_old_page(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    class Broken(blobs.Blobs):
        def image(self, image_id: str, size: int) -> np.ndarray:
            raise OSError(f"{image_id} is damaged")

    pictures = PAGE.gallery.pictures
    broken = dataclasses.replace(PAGE.gallery, pictures=Broken(pictures.truths, pictures.maps))
    with pytest.raises(OSError, match="is damaged"):
        written(path, dataclasses.replace(PAGE, gallery=broken))
    assert path.read_text() == "old"


def test_full_size_pictures_lie_beside_and_are_linked_relatively(tmp_path: Path) -> None:
    page = dataclasses.replace(PAGE, gallery=blobs.gallery(3))
    text = written(tmp_path / "page.html", page, full=tmp_path / "full size")
    assert inside(text, "pictures-data")["full"] == "full%20size"
    names = sorted(path.name for path in (tmp_path / "full size").iterdir())
    assert names == ["0.webp", "1.webp", "2.webp"]


def test_progress_counts_every_image(tmp_path: Path) -> None:
    said = []
    written(tmp_path / "page.html", report=lambda *parts: said.append(parts[:3]))
    for label in ("masks", "thumbnails"):
        assert [done for name, done, total in said if name == label] == list(range(6))


def test_images_without_any_fact_still_make_a_page(tmp_path: Path) -> None:
    few = PAGE.gallery.table.index[:2]
    bare = dataclasses.replace(PAGE.gallery, table=pd.DataFrame(index=few), rule=None)
    text = written(tmp_path / "page.html", dataclasses.replace(PAGE, gallery=bare))
    assert inside(text, "gallery-data")["rule"] is None
    assert 'id="rule"' not in text


def test_an_empty_gallery_is_a_page_too(tmp_path: Path) -> None:
    empty = dataclasses.replace(PAGE.gallery, table=PAGE.gallery.table.iloc[:0])
    text = written(tmp_path / "page.html", dataclasses.replace(PAGE, gallery=empty))
    assert inside(text, "gallery-data")["ids"] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.81234, "0.8123"), (0.8, "0.8000"), (0.0, "0.0000"), (3e-5, "3e-05"), (1.2e6, "1.2e+06"),
     (7, "7"), (np.int64(7), "7"), (np.float32(0.5), "0.5000"), (None, ""), (float("nan"), ""),
     (True, "yes"), (np.bool_(False), "no"), ("AP", "AP")],
)  # fmt: skip
def test_cells_read_as_a_person_writes_them(value: object, text: str) -> None:
    assert cell(value) == text


def test_columns_come_in_their_order_and_numbers_are_known() -> None:
    table = reporting.Table("t", [{"a": "x", "b": 1}, {"b": None, "c": 0.5}])
    assert columns_of(table) == [
        {"name": "a", "numeric": False},
        {"name": "b", "numeric": True},
        {"name": "c", "numeric": True},
    ]


def test_every_file_of_the_page_is_used_and_says_its_role() -> None:
    names = {path.name for path in render.FOLDER.iterdir()}
    assert names == {*render.STYLES, *render.SCRIPTS, "page.html.j2", "gallery.html.j2"}
    for path in render.FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert text.startswith(("// ", "/* ", "{# ")), f"{path.name} does not say its role"
        assert len(text.splitlines()) <= 250
        assert "</script" not in text or path.suffix == ".j2"


def test_steps_of_thumbnails_get_smaller() -> None:
    assert list(embedding.STEPS) == sorted(embedding.STEPS, reverse=True)
