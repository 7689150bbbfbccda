"""Text of a blend: its scores, then runs, rules, folds and subgroups."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import ensembling

Rows = Sequence[Mapping[str, Any]]

SUBGROUP = (
    "kind", "group", "images", "positives", "score", "specificity", "recall", "positive_score"
)  # fmt: skip
"""Columns of the table of subgroups; others follow."""


def text(blend: ensembling.Blend, picture: Path | None = None) -> str:
    """Return lines and tables; `picture` is the file of its curves."""
    low, high = blend.interval
    head = [
        f"{blend.name}: honest score {blend.score_honest:.4f} (95 % {low:.3f}–{high:.3f}), in "
        f"sample {blend.score_in_sample:.4f}, optimism {blend.optimism:.4f}",
        f"(includes {blend.correction:+.4f}, as rules fitted on all images have more data; the "
        "interval is over new images, not over new trainings)",
        f"with stratified folds that may split groups: {blend.score_stratified:.4f}",
        f"an empty file {blend.score_empty:.4f}; {blend.images} images, {blend.positives} "
        f"positive; {blend.positive_share:.1%} get a mask",
        f"score of the positive images {_number(blend.positive_score)}, of the negative ones "
        f"{_number(blend.negative_accuracy)}",
        f"rule: {blend.rule}, {_thresholds(blend.thresholds)}; post-processing: "
        f"{blend.postprocess}",
        *blend.notes,
        *([f"curves: {picture}"] if picture and picture.exists() else []),
    ]
    return "\n".join(head + [_table(title, rows) for title, rows in _tables(blend) if rows])


def _tables(blend: ensembling.Blend) -> list[tuple[str, Rows]]:
    inside = blend.candidates_in_sample
    return [
        (
            "runs",
            [
                {"run": run, "maps": blend.weights.get(run), "gate": blend.gate_weights.get(run)}
                for run in blend.runs
            ],
        ),
        (
            "rules, cross-validated",
            [
                {"rule": name, "score": score, "in sample": inside[name],
                 "optimism": inside[name] - score}
                for name, score in blend.candidates.items()
            ],
        ),
        ("folds", [_fold(row) for row in blend.by_fold]),
        ("subgroups", [_in_order(row) for row in blend.subgroups]),
    ]  # fmt: skip


def _in_order(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a subgroup in their order, which a stored blend has lost."""
    return {name: row[name] for name in SUBGROUP if name in row} | dict(row)


def _fold(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "fold": row["fold"],
        "images": row["images"],
        "score": row["score"],
        "rule": row["rule"],
        "thresholds": _thresholds(ensembling.Thresholds(**row["thresholds"])),
        "weights": " ".join(f"{weight:.2f}" for weight in row["weights"].values()),
        "post-processing": row["postprocess"],
    }


def _thresholds(rule: ensembling.Thresholds) -> str:
    gate = "" if rule.gate is None else f", gate {rule.gate:.3f}"
    return f"top {rule.top}, minimum area {rule.min_area}, bottom {rule.bottom}{gate}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _table(title: str, rows: Rows) -> str:
    body = pd.DataFrame(list(rows)).to_string(index=False, float_format="{:.4f}".format, na_rep="")
    return f"\n{title}\n{body}"
