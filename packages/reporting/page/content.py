"""The content of a page as plain data: figures, tables, charts, and a gallery of images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Figure:
    """A key figure in the summary of a page.

    Attributes:
        name: name, such as "honest score".
        value: formatted value, such as "0.800".
        note: additional information, such as the confidence interval.
    """

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a caption.

    Attributes:
        title: the caption.
        rows: one mapping of column to value per row; floats are shown with four digits, None is
            shown as an empty cell.
    """

    title: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite chart.

    Attributes:
        title: one line above the chart.
        text: one sentence on the content of the chart, also read by screen readers.
        spec: Vega-Lite specification including the data.
    """

    title: str
    text: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A section of charts and tables.

    Attributes:
        title: heading.
        text: introductory paragraph; may be empty.
        charts: charts, side by side if the window is wide enough.
        tables: tables below the charts.
    """

    title: str
    text: str = ""
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()


class Pictures(Protocol):
    """Source of the images, masks and probability maps of a gallery; must be thread-safe."""

    def image(self, image_id: str, size: int) -> np.ndarray:
        """Return the image, uint8 `(size, size)`."""

    def truth(self, image_id: str) -> np.ndarray | None:
        """Return the true mask, 0/1 `(h, w)`; None if it is empty or unknown."""

    def prediction(self, image_id: str) -> np.ndarray | None:
        """Return the predicted mask, 0/1 `(h, w)`; None if it is empty or unknown."""

    def other(self, image_id: str) -> np.ndarray | None:
        """Return the mask of `Gallery.other`, 0/1 `(h, w)`; None if it is empty or unknown."""

    def probability_map(self, image_id: str) -> np.ndarray | None:
        """Return the probability map, uint8 `(s, s)`, 255 = certain; None if there is none."""

    def curves(self, image_id: str) -> tuple[np.ndarray, np.ndarray | None] | None:
        """Return area and score of the mask at every threshold; None without a probability map.

        Returns:
            area: int32 `(256,)`, number of pixels >= threshold, at the size of the submission.
            score: float64 `(256,)`, score of the mask at the threshold; None if the true mask is
                unknown.
        """


@dataclass(frozen=True)
class Rule:
    """The initial values of the page's sliders, and a description of the fitted rule.

    The mask of the sliders is the pixels of at least `threshold`. It is empty unless more than
    `min_area` pixels reach the threshold and the probability of the image is at least `gate`.

    Attributes:
        text: description of the rule that produced the masks of the page.
        threshold: threshold of the probability map, 1..255.
        min_area: minimum area in pixels.
        gate: minimum probability of the image.
    """

    text: str
    threshold: int = 128
    min_area: int = 0
    gate: float = 0.0


@dataclass(frozen=True)
class Gallery:
    """The images of a page.

    Attributes:
        table: one row per image, indexed by image id. Optional columns with a fixed meaning:
            `positive` (bool, the true mask is not empty), `p` (probability of a non-empty true
            mask), `drawn` (bool, the predicted mask is not empty), `score` (metric of the
            predicted mask), `true_area` and `area` (pixels), `disagreement` (between members),
            `change` (score minus that of `other`).
            All other columns are facts for display, sorting and filters: a selection for text, a
            range for numbers.
        pictures: source of the images, masks and probability maps.
        shape: `(h, w)` of the masks.
        rule: the rule of the predicted masks; None without predictions.
        other: name of a second run, blend or submission whose masks are drawn too; "" for none.
    """

    table: pd.DataFrame
    pictures: Pictures
    shape: tuple[int, int]
    rule: Rule | None = None
    other: str = ""


@dataclass(frozen=True)
class Page:
    """A report.

    Attributes:
        title: title of the page.
        subtitle: one line below the title.
        figures: key figures, the most important first.
        made: provenance of the results: name -> text (configuration, digests, versions).
        command: command that reproduces the results.
        sections: sections of charts and tables.
        gallery: the images, or None.
    """

    title: str
    subtitle: str = ""
    figures: Sequence[Figure] = ()
    made: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    sections: Sequence[Section] = ()
    gallery: Gallery | None = None
