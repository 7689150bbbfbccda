"""What a page shows, as plain data: figures, tables, charts, and a gallery of images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Figure:
    """One number of the head.

    Attributes:
        name: what it is, such as "honest score".
        value: as it is read, such as "0.800".
        note: what else to know, such as its interval.
    """

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under a caption.

    Attributes:
        title: the caption.
        rows: one mapping of column to value each; floats are shown to four digits, None is blank.
    """

    title: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite chart.

    Attributes:
        title: one line above it.
        text: a sentence on what is drawn and what it shows, which is also read aloud.
        spec: Vega-Lite, the data inside.
    """

    title: str
    text: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """Charts and tables that belong together.

    Attributes:
        title: its heading.
        text: a paragraph before the rest; may be empty.
        charts: side by side where there is room.
        tables: below the charts.
    """

    title: str
    text: str = ""
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()


class Pictures(Protocol):
    """Source of the gallery's pictures; several threads may call it at once."""

    def image(self, image_id: str, size: int) -> np.ndarray:
        """Return the image, uint8 `(size, size)`, as read."""

    def truth(self, image_id: str) -> np.ndarray | None:
        """Return the true mask, 0/1 `(h, w)`; None where it is empty or not known."""

    def prediction(self, image_id: str) -> np.ndarray | None:
        """Return the predicted mask, 0/1 `(h, w)`; None where there is none."""

    def probability_map(self, image_id: str) -> np.ndarray | None:
        """Return the probability map, uint8 `(s, s)`, 255 = certain; None where there is none."""

    def curves(self, image_id: str) -> tuple[np.ndarray, np.ndarray | None] | None:
        """Return area and score of the mask at every threshold; None where there is no map.

        Returns:
            area: int32 `(256,)`, pixels that reach threshold t at the size of the submission.
            score: float64 `(256,)`, score of the mask of these pixels; None where the truth is not
                known.
        """


@dataclass(frozen=True)
class Rule:
    """The simple rule at which the page's sliders begin, and the text of the rule that was used.

    An image gets a mask where more than `min_area` pixels reach `threshold` and its probability is
    at least `gate`; the mask is these pixels.

    Attributes:
        text: how the masks of the page were made, in words.
        threshold: level of the probability map, 1..255.
        min_area: minimum area in pixels.
        gate: minimum probability of the image.
    """

    text: str
    threshold: int = 128
    min_area: int = 0
    gate: float = 0.0


@dataclass(frozen=True)
class Gallery:
    """Every image of the page.

    Attributes:
        table: one row per image, indexed by image id. Columns with a meaning, all optional:
            `positive` (bool, the true mask is not empty), `p` (probability that it is not),
            `drawn` (bool, the predicted mask is not empty), `score` (metric of the predicted
            mask), `true_area` and `area` (pixels), `disagreement` (between members). All others
            are facts, which are shown, sorted and filtered: texts as choices, numbers as ranges.
        pictures: their source.
        shape: `(h, w)` of the masks.
        rule: how masks were made; None where nothing was predicted.
    """

    table: pd.DataFrame
    pictures: Pictures
    shape: tuple[int, int]
    rule: Rule | None = None


@dataclass(frozen=True)
class Page:
    """A report.

    Attributes:
        title: of what.
        subtitle: one line about it.
        figures: the numbers at the top, most important first.
        made: where the results come from: name -> text (config, digests, versions).
        command: that makes the results again.
        sections: charts and tables.
        gallery: all images, or None.
    """

    title: str
    subtitle: str = ""
    figures: Sequence[Figure] = ()
    made: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    sections: Sequence[Section] = ()
    gallery: Gallery | None = None
