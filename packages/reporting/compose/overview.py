"""Pages of runs, blends and submissions, and of all images of a competition."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

import contest
import crossval
import ensembling
import imagestack
from reporting._errors import ReportError
from reporting.compose.gallery import FolderFiles, ImageFiles, compared, image_table, subject_table
from reporting.compose.leaderboard import Leaderboard, leaderboard_section
from reporting.compose.members import features_section, training_section, weights_section
from reporting.compose.provenance import commands, provenance
from reporting.compose.ranking import ranking_section
from reporting.compose.subject import Subject
from reporting.compose.thresholds import error_section, threshold_section
from reporting.page.content import Figure, Gallery, Page, Rule, Section, Table

VIEW = (1024, 1024)
"""Shape of the view box of images without masks."""


def report_page(subject: Subject, leaderboard: Leaderboard, against: Subject | None = None) -> Page:
    """Return the page of a run, a blend or a submission: figures, charts and all images.

    Args:
        subject: with masks.
        leaderboard: all submissions.
        against: another one of the same images, with masks, which are drawn too; the images are
            sorted by the change of their score.

    Raises:
        ReportError: the two are of different images.
    """
    table = subject_table(subject)
    page = Page(
        title=_title(subject),
        subtitle=_subtitle(subject),
        figures=_figures(subject, table),
        made=provenance(subject),
        command=commands(subject),
        sections=_sections(subject, table, leaderboard),
        gallery=_gallery(subject, table),
    )
    return page if against is None else _compared(page, subject, against, table)


def _compared(page: Page, subject: Subject, other: Subject, table: pd.DataFrame) -> Page:
    """Return the page of `subject` compared with `other`."""
    if set(other.ids) != set(subject.ids):
        raise ReportError(
            f"{subject.name} and {other.name} are of different images: compare two of the training "
            "images, or two submissions"
        )
    table = compared(table, subject, other)
    pictures = ImageFiles(subject.dataset, subject.spec, subject, other)
    gallery = Gallery(table, pictures, subject.spec.shape, _rule(subject), other.name)
    return replace(
        page,
        title=f"{page.title} against {other.name}",
        figures=[*_difference(subject, other, table), *page.figures],
        gallery=gallery,
    )


def _difference(subject: Subject, other: Subject, table: pd.DataFrame) -> list[Figure]:
    changed = int((table["different pixels"] > 0).sum())
    masks = Figure("masks that differ", f"{changed:,}", f"of {len(table):,}")
    if subject.scores is None or other.scores is None:
        return [masks]
    found = ensembling.compare(subject.scores, other.scores, subject.dataset.groups)
    low, high = found.interval
    note = (
        f"honest, on the same images; 95 % interval {low:+.3f} to {high:+.3f}; higher for "
        f"{found.better:,} images, lower for {found.worse:,}"
    )
    return [Figure(f"minus {other.name}", f"{found.difference:+.4f}", note), masks]


def viewer_page(subject: Subject) -> Page:
    """Return the page of a run, a blend or a submission with its images only."""
    gallery = _gallery(subject, subject_table(subject))
    return Page(_title(subject), _subtitle(subject), gallery=gallery)


def images_page(dataset: contest.Dataset, spec: contest.Spec, part: str) -> Page:
    """Return the page of all images of `part`, "train" or "test", without predictions."""
    table = image_table(dataset, part)
    gallery = Gallery(table, ImageFiles(dataset, spec), spec.shape)
    return Page(f"{spec.title}: {part}", f"{len(table):,} images", gallery=gallery)


def folder_page(folder: Path, scan: imagestack.Scan) -> Page:
    """Return the page of the images of any folder, with what their headers say, and its faults.

    Args:
        folder: of the files.
        scan: result of `imagestack.scan`.
    """
    table, faults = scan
    known = table.drop(columns=["file", "digest", "bytes"]).dropna(axis="columns", how="all")
    gallery = Gallery(known, FolderFiles(folder, table["file"]), VIEW)
    rows = [{"file": one.path, "fault": one.kind, "message": one.message} for one in faults]
    sections = [Section("Files that cannot be used", tables=[Table("Files", rows)])] if rows else []
    subtitle = f"images: {len(table):,}; files that cannot be used: {len(rows):,}"
    return Page(str(folder), subtitle, sections=sections, gallery=gallery)


def _title(subject: Subject) -> str:
    return f"{subject.kind.capitalize()} {subject.name}"


def _subtitle(subject: Subject) -> str:
    train = subject.part == "train"
    predictions = "out-of-fold predictions" if train else "predictions"
    part = "training" if train else "test"
    return f"{subject.spec.title}: {predictions} of {len(subject.ids):,} {part} images"


def _gallery(subject: Subject, table: pd.DataFrame) -> Gallery:
    pictures = ImageFiles(subject.dataset, subject.spec, subject)
    return Gallery(table, pictures, subject.spec.shape, _rule(subject))


def _sections(subject: Subject, table: pd.DataFrame, leaderboard: Leaderboard) -> list[Section]:
    blend = subject.blend
    found: list[Section | None] = []
    if subject.part == "train" and blend is not None:
        found = [
            ranking_section(subject),
            threshold_section(blend),
            error_section(subject, blend, table),
        ]
    if subject.members and blend is not None:
        found.append(weights_section(subject, blend))
    for run in subject.runs:
        found += [training_section(run), features_section(run)]
    found.append(leaderboard_section(leaderboard))
    return [one for one in found if one is not None]


def _figures(subject: Subject, table: pd.DataFrame) -> list[Figure]:
    blend = subject.blend
    masks = Figure("images with a mask", f"{table['drawn'].mean():.1%}", f"of {len(table):,}")
    if blend is None:
        return [masks]
    if subject.part == "test":
        return [_honest(subject, blend), masks]
    negatives = blend.images - blend.positives
    return [
        _honest(subject, blend),
        Figure("in-sample score", f"{blend.score_in_sample:.4f}",
               f"optimism {blend.optimism:+.4f}"),
        Figure("score without masks", f"{blend.score_empty:.4f}",
               f"gain of the honest score {blend.score_honest - blend.score_empty:+.4f}"),
        Figure(f"{subject.spec.metric_name} of positives", _number(blend.positive_score),
               f"{blend.positives} images, honest"),
        Figure("sensitivity", _number(_sensitivity(subject)),
               f"{blend.positives} positive images, honest"),
        Figure("specificity", _number(blend.negative_accuracy),
               f"{negatives} negative images, honest"),
        _auc(subject),
        masks,
    ]  # fmt: skip


def _honest(subject: Subject, blend: ensembling.Blend) -> Figure:
    low, high = blend.interval
    note = (
        f"nested cross-validation; 95 % interval over new {subject.units} {low:.3f}–{high:.3f}, "
        "not over new trainings"
    )
    return Figure("honest score", f"{blend.score_honest:.4f}", note)


def _sensitivity(subject: Subject) -> float | None:
    """Return the sensitivity of the honest predictions; None if unknown."""
    if subject.scores is None or not subject.labels.any():
        return None
    predicted = subject.scores["predicted"].loc[list(subject.ids)].astype(float)
    return float(predicted[subject.labels == 1].mean())


def _auc(subject: Subject) -> Figure:
    p, labels = subject.p, subject.labels
    assert p is not None, "runs and blends have probabilities"
    low, high = crossval.auc_interval(labels, p, subject.dataset.groups)
    auc = crossval.area_under_roc(labels.to_numpy(), p.to_numpy())
    return Figure("AUC", f"{auc:.3f}", f"95 % interval over {subject.units} {low:.3f}–{high:.3f}")


def _rule(subject: Subject) -> Rule | None:
    """Return the rule of the masks, with the initial values of the page's sliders."""
    blend = subject.blend
    if blend is None and subject.kind == "submission":
        return Rule("The masks are those of the submission file.")
    if blend is None:
        return Rule("No rule is fitted; the mask is the probability map at the threshold below.")
    fitted = blend.thresholds
    gate = "" if fitted.gate is None else f", gate {fitted.gate:.3f}"
    text = (
        f"Rule: {blend.rule}, top threshold {fitted.top}, minimum area {fitted.min_area}, bottom "
        f"threshold {fitted.bottom}{gate}; post-processing: {blend.postprocess}.{_basis(subject)}"
    )
    probability = fitted.gate if blend.gate_weights and fitted.gate is not None else 0.0
    return Rule(text, fitted.bottom, fitted.min_area, probability)


def _basis(subject: Subject) -> str:
    """Return a sentence on the data on which the rule was fitted; "" for test images."""
    if subject.part == "test":
        return ""
    if subject.masks is None:
        return (
            " The outlines are masks of the rule fitted on all images. Score and outcome of each "
            "image are honest: they belong to a rule fitted without this image."
        )
    return " The rule is fitted on all images, so the scores of the masks are in sample."


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
