"""A gallery of blobs whose truth, maps, curves and facts are known to the last number."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import pandas as pd

import reporting
from tests.drawing.test_drawing_picture import ellipse

SIDE, MAP = 128, 128
HOSTILE = "</script><img src=x onerror=alert(1)>"
RULE = reporting.Rule(
    "A mask where more than 40 pixels reach 0.4.", threshold=102, min_area=40, gate=0.2
)


def scores_at_levels(levels: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return area and Dice of the mask at every threshold."""
    area, score = np.zeros(256, np.int32), np.zeros(256)
    for level in range(256):
        mask = levels >= level
        area[level] = mask.sum()
        total = area[level] + truth.sum()
        score[level] = 2 * (mask & truth).sum() / total if total else 1.0
    return area, score


@dataclass
class Blobs:
    """Pictures of blobs by id; what each asks for is made anew, the same every time.

    Attributes:
        truths: id -> bool `(SIDE, SIDE)`.
        maps: id -> uint8 `(MAP, MAP)`, or None for an image without a map.
    """

    truths: dict[str, np.ndarray]
    maps: dict[str, np.ndarray | None]
    rule: reporting.Rule = RULE
    asked: list[str] = field(default_factory=list)

    def image(self, image_id: str, size: int) -> np.ndarray:
        self.asked.append(image_id)
        ramp = np.linspace(30, 190, size)
        ribs = 25 * np.sin(np.arange(size) / size * 40)
        grain = 5 * np.sin(0.7 * np.outer(np.arange(size), np.arange(size)))
        picture = ramp[None, :] * 0.5 + ribs[:, None] + grain + 60
        truth = cv2.resize(self.truths[image_id].astype(np.float32), (size, size))
        return np.clip(picture - 35 * truth, 0, 255).astype(np.uint8)

    def truth(self, image_id: str) -> np.ndarray | None:
        mask = self.truths[image_id]
        return mask.astype(np.uint8) if mask.any() else None

    def probability_map(self, image_id: str) -> np.ndarray | None:
        return self.maps[image_id]

    def large(self, image_id: str) -> np.ndarray | None:
        levels = self.maps[image_id]
        return None if levels is None else cv2.resize(levels, (SIDE, SIDE))

    def prediction(self, image_id: str) -> np.ndarray | None:
        levels = self.large(image_id)
        if levels is None or (levels >= self.rule.threshold).sum() <= self.rule.min_area:
            return None
        return (levels >= self.rule.threshold).astype(np.uint8)

    def other(self, image_id: str) -> np.ndarray | None:
        return self.truth(image_id)

    def curves(self, image_id: str) -> tuple[np.ndarray, np.ndarray | None] | None:
        levels = self.large(image_id)
        return None if levels is None else scores_at_levels(levels, self.truths[image_id])


def gallery(count: int = 60, *, seed: int = 0, truth: bool = True) -> reporting.Gallery:
    """Return a gallery of `count` images, a third positive, a few of them without a map."""
    rng = np.random.default_rng(seed)
    truths: dict[str, np.ndarray] = {}
    maps: dict[str, np.ndarray | None] = {}
    p = {}
    for k in range(count):
        image_id = HOSTILE if k == 1 else f"1.2.276.0.{k:04d}"
        truths[image_id] = ellipse(rng, SIDE) if k % 3 == 0 else np.zeros((SIDE, SIDE), bool)
        seen = ellipse(rng, SIDE) if rng.random() < 0.35 else truths[image_id]
        strength = rng.uniform(60, 255) if seen.any() else 0
        levels = cv2.GaussianBlur(cv2.resize(seen.astype(np.float32), (MAP, MAP)), (0, 0), 3)
        maps[image_id] = None if k % 17 == 5 else (levels * strength).astype(np.uint8)
        p[image_id] = float(np.clip(strength / 255 + rng.normal(0, 0.1), 0, 1))
    pictures = Blobs(truths, maps)
    table = pd.DataFrame(
        {
            "positive": [mask.any() for mask in truths.values()] if truth else None,
            "p": p,
            "view": rng.choice(["AP", "PA", None], count),
            "age": rng.integers(18, 90, count),
            "disagreement": np.where(rng.random(count) < 0.1, np.nan, rng.random(count)),
        },
        index=list(truths),
    )
    return reporting.Gallery(with_predictions(table, pictures), pictures, (SIDE, SIDE), RULE)


def with_predictions(table: pd.DataFrame, pictures: Blobs) -> pd.DataFrame:
    """Return the table with the mask of the rule, its area and its score."""
    rule = pictures.rule
    curves = {image_id: pictures.curves(image_id) for image_id in table.index}
    area = pd.Series({i: int(one[0][rule.threshold]) if one else 0 for i, one in curves.items()})
    scores = pd.Series({i: one[1][rule.threshold] if one else np.nan for i, one in curves.items()})
    drawn = (area > rule.min_area) & (table["p"] >= rule.gate)
    if table["positive"].isna().all():
        return table.assign(drawn=drawn, area=area.where(drawn, 0)).drop(columns="positive")
    score = scores.where(drawn, (~table["positive"].astype(bool)).astype(float))
    return table.assign(drawn=drawn, score=score, area=area.where(drawn, 0))


def page(count: int = 60, **settings: object) -> reporting.Page:
    """Return a page with figures, charts of every kind, a table and a gallery."""
    x = np.linspace(0, 1, 50)
    charts = [
        reporting.lines(
            "Score over thresholds", "The score peaks at 0.4.",
            {"blend": (x, 1 - (x - 0.4) ** 2), "best member": (x, 0.95 - (x - 0.5) ** 2)},
            x="threshold", y="score",
            bands={"blend": (x, 0.97 - (x - 0.4) ** 2, 1.03 - (x - 0.4) ** 2)},
            points=[(0.4, 1.0, "chosen")],
        ),
        reporting.lines(
            "Calibration", "The blend is nearly calibrated.", {"blend": (x, x**1.2)},
            x="predicted", y="seen", diagonal=True,
        ),
        reporting.bars(
            "Dice by true area", "Highest for large masks.",
            {"small": 0.42, "medium": 0.7, "large": 0.86}, axis="mean Dice",
            intervals={"small": (0.36, 0.48), "medium": (0.66, 0.74), "large": (0.84, 0.88)},
        ),
        reporting.matrix(
            "Correlation between members", "All members agree to 0.8 or more.",
            pd.DataFrame([[1, 0.8, 0.82], [0.8, 1, 0.9], [0.82, 0.9, 1]], list("abc"), list("abc")),
        ),
        reporting.scatter(
            "CV beside leaderboard", "Both rise together.",
            pd.DataFrame({"CV": [0.8, 0.82, 0.83], "public": [0.81, 0.83, 0.835],
                          "name": ["first", "second", "third"]}),
            x="CV", y="public", label="name",
        ),
    ]  # fmt: skip
    table = reporting.Table(
        "Folds",
        [{"fold": k, "images": 200, "score": 0.8 + k / 70, "kind": "grouped"} for k in range(5)],
    )
    return reporting.Page(
        "Blend best", "60 images out of fold, 5 folds",
        [reporting.Figure("honest Dice", "0.812", "95% interval 0.796–0.829"),
         reporting.Figure("Dice in sample", "0.819"),
         reporting.Figure("Dice of positives", "0.574"), reporting.Figure("specificity", "0.972"),
         reporting.Figure("AUC", "0.961", "0.955–0.966")],
        {"data": "sha256 0f3a…", "versions": "numpy 2.3\ntorch 2.9"},
        "tools report best --open",
        [reporting.Section("Scores", "Everything is out of fold.", charts, [table])],
        gallery(count, **settings),
    )  # fmt: skip
