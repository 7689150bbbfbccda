"""From a subject to the content of its page."""

from typing import TYPE_CHECKING, Any

from tools.usecases.reports import boards, deciding, members, origin, ranking, table
from tools.usecases.reports.pictures import ImageFiles
from tools.usecases.reports.ranking import units
from tools.usecases.reports.subject import Subject
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import reporting


def page(place: Workplace, subject: Subject) -> "reporting.Page":
    """Return the page of a run, a blend or a submission."""
    import reporting

    rows = table.of_subject(place, subject)
    return reporting.Page(
        title=f"{subject.kind.capitalize()} {subject.name}",
        subtitle=subtitle(place, subject),
        figures=_figures(place, subject, rows),
        made=origin.made(subject),
        command=origin.command(place, subject),
        sections=_sections(place, subject, rows),
        gallery=reporting.Gallery(
            table=rows,
            pictures=ImageFiles(place, subject.part, subject),
            shape=place.spec.shape,
            rule=rule(subject),
        ),
    )


def subtitle(place: Workplace, subject: Subject) -> str:
    """Return what the page is about, in a line."""
    images = "out-of-fold predictions of" if subject.part == "train" else "predictions of"
    count = len(subject.ids)
    part = "training" if subject.part == "train" else "test"
    return f"{place.spec.title}: {images} {count:,} {part} images"


def _figures(place: Workplace, subject: Subject, rows: "pd.DataFrame") -> "list[reporting.Figure]":
    import reporting

    record, drawn = subject.record, f"{rows['drawn'].mean():.1%}"
    if subject.part == "test":
        expected = [_honest(place, record)] if record else []
        return [*expected, reporting.Figure("images with a mask", drawn, f"of {len(rows):,}")]
    optimism = record["score_in_sample"] - record["score_honest"]
    gain = record["score_honest"] - record["score_empty"]
    return [
        _honest(place, record),
        reporting.Figure("in sample", f"{record['score_in_sample']:.4f}",
                         f"optimism {optimism:+.4f}"),
        reporting.Figure("empty file", f"{record['score_empty']:.4f}",
                         f"the honest gain is {gain:+.4f}"),
        reporting.Figure(f"{place.spec.metric_name} with a lesion",
                         _number(record["positive_score"]),
                         f"{record['positives']} images, honest"),
        reporting.Figure("right without one", _number(record["negative_accuracy"]),
                         f"{record['images'] - record['positives']} images, honest"),
        _auc(place, subject),
        reporting.Figure("images with a mask", drawn, f"of {len(rows):,}"),
    ]  # fmt: skip


def _honest(place: Workplace, record: dict[str, Any]) -> "reporting.Figure":
    import reporting

    low, high = record["interval"]
    note = f"95 % over {units(place)} {low:.3f}–{high:.3f}"
    if "correction" in record:  # a submission keeps score and interval alone
        note += f", {record['correction']:+.4f} as its rules had fewer images"
    return reporting.Figure("honest score", f"{record['score_honest']:.4f}", note)


def _auc(place: Workplace, subject: Subject) -> "reporting.Figure":
    import crossval
    import reporting

    p, dataset = subject.p, place.dataset
    assert p is not None, "runs and blends have probabilities"
    labels = dataset.labels[p.index]
    low, high = crossval.auc_interval(labels, p, dataset.groups)
    auc = crossval.area_under_roc(labels.to_numpy(), p.to_numpy())
    return reporting.Figure("AUC", f"{auc:.3f}", f"95 % over {units(place)} {low:.3f}–{high:.3f}")


def _sections(
    place: Workplace, subject: Subject, rows: "pd.DataFrame"
) -> "list[reporting.Section]":
    found: list[reporting.Section | None] = []
    if subject.part == "train":
        found = [
            ranking.section(place, subject),
            deciding.thresholds(subject),
            deciding.parts(place, subject, rows),
        ]
    if subject.members:
        found.append(members.weights(subject))
    for run in subject.runs:
        found += [members.learning(run), members.features(run)]
    found.append(boards.section(place))
    return [one for one in found if one is not None]


def rule(subject: Subject) -> "reporting.Rule | None":
    """Return how masks were decided; the page's sliders begin there."""
    import reporting

    blend = subject.blend
    if blend is None:
        return reporting.Rule(
            "masks as they stand in the file" if subject.kind == "submission" else
            "no rule was fitted: the masks are the maps cut at the slider"
        )  # fmt: skip
    cut = blend.thresholds
    gate = "" if cut.gate is None else f", gate {cut.gate:.3f}"
    text = (
        f"{blend.rule}: top {cut.top}, least area {cut.min_area}, bottom {cut.bottom}{gate}; "
        f"masks {blend.finish}{_basis(subject)}"
    )
    probability = cut.gate if blend.gate_weights and cut.gate is not None else 0.0
    return reporting.Rule(text, cut.bottom, cut.min_area, probability)


def _basis(subject: Subject) -> str:
    """Return what score and decision of the images rest on."""
    if subject.part == "test":
        return ""
    if subject.decided is None:
        return (
            "; outlines are those of the rule refitted on all images; score and decision are "
            "honest, of a rule that has not seen the image"
        )
    return "; refitted on all images, so the score of these masks is in sample"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
