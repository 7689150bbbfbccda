"""What a person reads of a blend."""

import cv2
import pytest

from tools.console import Readable
from tools.usecases import blend_page

CUT = {"top": 200, "min_area": 90, "bottom": 100, "gate": 0.4}
RECORD = {
    "blend": "mine", "runs": ["one", "two"], "weights": {"one": 0.25, "two": 0.75},
    "gate_weights": {"one": 0.5, "two": 0.5}, "rule": "triplet + gate", "thresholds": CUT,
    "finish": "holes filled", "score_honest": 0.81, "score_in_sample": 0.83, "optimism": 0.02,
    "score_stratified": 0.811, "correction": 0.0015, "interval": [0.78, 0.84],
    "score_empty": 0.779, "images": 100, "positives": 22, "positive_share": 0.07,
    "positive_score": 0.2, "negative_accuracy": None,
    "notes": ["a note"], "candidates": {"empty": 0.779, "triplet + gate": 0.81},
    "candidates_in_sample": {"empty": 0.779, "triplet + gate": 0.83},
    "by_fold": [{"fold": 0, "images": 100, "score": 0.81, "rule": "gate", "thresholds": CUT,
                 "weights": {"one": 0.25, "two": 0.75}, "finish": "as cut"}],
    "subgroups": [], "picture": "mine.png",
    "weights_path": [{"weights": {"one": 0.5, "two": 0.5}, "score": 0.8},
                     {"weights": {"one": 0.25, "two": 0.75}, "score": 0.81}],
    "curves": {"bottom": {"x": [1, 2], "score": [0.7, 0.8]},
               "reliability": [{"p": 0.1, "share": 0.2, "images": 100}]},
}  # fmt: skip


def test_the_page_says_what_decides() -> None:
    page = blend_page.BlendPage(RECORD)
    assert isinstance(page, Readable)
    text = page.text()
    for part in (
        "mine: honest 0.8100 (0.780–0.840), in sample 0.8300, so 0.0200 too much",
        "an empty file 0.7790; 100 images, 22 with a lesion; 7.0% get a mask",
        "(of the honest score +0.0015 as its rules had fewer images)",
        "right without one none",
        "rule: triplet + gate, top 200, area 90, bottom 100, gate 0.400; masks holes filled",
        "a note",
        "two 0.7500 0.5000",
        "0.25 0.75",
    ):
        assert part in text
    assert "subgroups" not in text


@pytest.mark.parametrize(
    ("without", "panels"), [({}, 3), ({"weights_path": []}, 2), ({"candidates": {}}, 3)]
)
def test_the_picture_has_a_panel_for_what_there_is(tmp_path, without, panels) -> None:
    path = tmp_path / "blend.png"
    blend_page.draw({**RECORD, **without}, path)
    h, w = cv2.imread(str(path)).shape[:2]
    assert w == max(panels, 0 if "candidates" in without else 2) * 600
    assert (h > 400) == ("candidates" not in without)


def test_nothing_to_draw_draws_nothing(tmp_path) -> None:
    path = tmp_path / "blend.png"
    empty = {"weights_path": [], "candidates": {}, "curves": {"reliability": []}}
    blend_page.draw({**RECORD, **empty}, path)
    assert not path.exists()
