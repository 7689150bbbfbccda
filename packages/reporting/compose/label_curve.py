"""The page of a study of the number of annotations."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporting.charts.lines import Band, lines
from reporting.page.content import Chart, Figure, Page, Section, Table

AXIS = "annotated training groups in percent"


@dataclass(frozen=True)
class LabelShare:
    """The figures of an experiment with a share of the annotations.

    Attributes:
        percent: share of the annotated groups of each fold that are used.
        images: images a model is trained on, mean over the folds.
        positives: positive ones among them.
        auc: area under the ROC curve, with its 95 % interval over new images.
        score: honest score, with its 95 % interval over new images.
        score_positives: honest score of the positive images; None without positive images.
        minutes: wall-clock time of all folds; None if unknown.
        run: name of the run.
    """

    percent: float
    images: int
    positives: int
    auc: float
    auc_interval: tuple[float, float]
    score: float
    score_interval: tuple[float, float]
    score_positives: float | None
    minutes: float | None
    run: str


def label_curve_page(
    title: str, experiment: str, rows: Sequence[LabelShare], score_empty: float, command: str
) -> Page:
    """Return the page.

    Args:
        title: of the competition.
        experiment: name of the experiment.
        rows: by growing share, at least one.
        score_empty: the score without any mask.
        command: that repeats the study.
    """
    first, last = rows[0], rows[-1]
    text = (
        "Models are trained on a share of the training groups of each fold; subsets are nested. "
        "The rule that makes masks is fitted with the same annotations. All images of a fold are "
        "scored by models and rules that have seen none of them. Bands: 95 % over new images, not "
        "over new trainings or other subsets."
    )
    figures = [
        Figure("empty file", f"{score_empty:.3f}"),
        *(
            Figure(f"honest score with {row.percent:g} %", f"{row.score:.3f}",
                   f"95 % {row.score_interval[0]:.3f}–{row.score_interval[1]:.3f}; "
                   f"{row.images} images, {row.positives} positive")
            for row in dict.fromkeys((first, last))
        ),
    ]  # fmt: skip
    return Page(
        title=f"{title}: number of annotations",
        subtitle=f"Experiment {experiment}",
        figures=figures,
        command=command,
        sections=[
            Section("Figures", text, _charts(rows, score_empty), [Table("Shares", _cells(rows))])
        ],
    )


def _charts(rows: Sequence[LabelShare], score_empty: float) -> list[Chart]:
    x = [row.percent for row in rows]
    auc = lines(
        "AUC",
        "Area under the ROC curve of the probabilities.",
        {"AUC": (x, [row.auc for row in rows])},
        x=AXIS,
        y="AUC",
        bands={"AUC": _band(x, [row.auc_interval for row in rows])},
    )
    if not has_masks(rows):
        return [auc]
    score = lines(
        "Honest score",
        "Honest score, and that of an empty file.",
        {"score": (x, [row.score for row in rows]), "empty file": (x, [score_empty] * len(x))},
        x=AXIS,
        y="honest score",
        bands={"score": _band(x, [row.score_interval for row in rows])},
    )
    positives = lines(
        "Positive images",
        "Honest score of the positive images.",
        {"positives": (x, [row.score_positives for row in rows])},
        x=AXIS,
        y="honest score",
    )
    return [score, auc, positives]


def has_masks(rows: Sequence[LabelShare]) -> bool:
    """Return whether any share has masks, so that its score can differ from an empty file's."""
    return any(row.score_positives for row in rows)


def _band(x: Sequence[float], intervals: Sequence[tuple[float, float]]) -> Band:
    low, high = zip(*intervals, strict=True)
    return x, low, high


def _cells(rows: Sequence[LabelShare]) -> list[dict[str, object]]:
    return [
        {
            "annotations": f"{row.percent:g} %",
            "images": row.images,
            "positive": row.positives,
            "score": row.score,
            "score, 95 %": "{:.3f}–{:.3f}".format(*row.score_interval),
            "positives": row.score_positives,
            "AUC": row.auc,
            "AUC, 95 %": "{:.3f}–{:.3f}".format(*row.auc_interval),
            "minutes": row.minutes,
            "run": row.run,
        }
        for row in rows
    ]
