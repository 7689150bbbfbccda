"""What a person reads of a blend, and the picture of its curves."""

from pathlib import Path

import cv2
import pytest

from ensembling import Thresholds
from tests.blends import blend
from tools.console import blend as page
from tools.usecases.ensemble import blend_picture

TRIPLET = {"top": 200, "min_area": 90, "bottom": 100, "gate": 0.4}
BLEND = blend(
    name="mine",
    runs=("one", "two"),
    weights={"one": 0.25, "two": 0.75},
    gate_weights={"one": 0.5, "two": 0.5},
    rule="triplet + gate",
    thresholds=Thresholds(**TRIPLET),
    postprocess="holes filled",
    score_honest=0.81,
    score_in_sample=0.83,
    correction=0.0015,
    interval=(0.78, 0.84),
    positive_share=0.07,
    negative_accuracy=None,
    notes=("a note",),
    candidates={"empty": 0.779, "triplet + gate": 0.81},
    candidates_in_sample={"empty": 0.779, "triplet + gate": 0.83},
    by_fold=(
        {"fold": 0, "images": 100, "score": 0.81, "rule": "gate", "thresholds": TRIPLET,
         "weights": {"one": 0.25, "two": 0.75}, "postprocess": "none"},
    ),
    weights_path=(
        {"weights": {"one": 0.5, "two": 0.5}, "score": 0.8},
        {"weights": {"one": 0.25, "two": 0.75}, "score": 0.81},
    ),
    curves={
        "bottom": {"x": [1, 2], "score": [0.7, 0.8]},
        "reliability": [{"p": 0.1, "share": 0.2, "images": 100}],
    },
)  # fmt: skip


def test_the_page_says_what_decides() -> None:
    text = page.text(BLEND)
    for part in (
        "mine: honest score 0.8100 (95 % 0.780–0.840), in sample 0.8300, optimism 0.0200",
        "an empty file 0.7790; 100 images, 22 positive; 7.0% get a mask",
        "(includes +0.0015, as rules fitted on all images have more data; the interval is over new "
        "images, not over new trainings)",
        "of the negative ones none",
        "rule: triplet + gate, top 200, minimum area 90, bottom 100, gate 0.400",
        "post-processing: holes filled",
        "a note",
        "two 0.7500 0.5000",
        "0.25 0.75",
    ):
        assert part in text
    assert "subgroups" not in text
    assert "curves:" not in text


@pytest.mark.parametrize(
    ("without", "panels"), [({}, 3), ({"weights_path": ()}, 2), ({"candidates": {}}, 3)]
)
def test_the_picture_has_a_panel_for_what_there_is(
    tmp_path: Path, without: dict[str, object], panels: int
) -> None:
    path = tmp_path / "blend.png"
    changed = blend(**{**BLEND.__dict__, **without})
    blend_picture.draw(changed, path)
    h, w = cv2.imread(str(path)).shape[:2]
    assert w == max(panels, 0 if "candidates" in without else 2) * 600
    assert (h > 400) == ("candidates" not in without)
    assert f"curves: {path}" in page.text(changed, path)


def test_nothing_to_draw_draws_nothing(tmp_path: Path) -> None:
    path = tmp_path / "blend.png"
    blend_picture.draw(blend(), path)
    assert not path.exists()


def test_a_stored_blend_is_shown_like_a_new_one() -> None:
    row = {"kind": "view", "group": "AP", "images": 3, "positives": 1, "score": 0.5,
           "specificity": 1.0, "recall": None, "positive_score": 0.2, "z": 1}  # fmt: skip
    new = blend(subgroups=(row,))
    stored = blend(subgroups=(dict(sorted(row.items())),))
    assert page.text(stored) == page.text(new)
    assert page.text(new).splitlines()[-2].split()[:3] == ["kind", "group", "images"]
