"""A blend as a person reads it: lines and tables on the terminal, and a picture of its curves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Curves = dict[str, tuple[np.ndarray, np.ndarray]]


class BlendPage(dict[str, Any]):
    """The record of a blend, with a text for the terminal."""

    def text(self) -> str:
        """Return the figures that decide, then how they came about."""
        low, high = self["interval"]
        head = [
            f"{self['blend']}: honest {self['score_honest']:.4f} ({low:.3f}–{high:.3f}), "
            f"in sample {self['score_in_sample']:.4f}, so {self['optimism']:.4f} too much",
            f"(of the honest score {self['correction']:+.4f} as its rules had fewer images)",
            f"with folds that balance labels and share groups: {self['score_stratified']:.4f}",
            f"an empty file {self['score_empty']:.4f}; {self['images']} images, "
            f"{self['positives']} with a lesion; {self['positive_share']:.1%} get a mask",
            f"score of those with a lesion {_number(self['positive_score'])}, right without one "
            f"{_number(self['negative_accuracy'])}",
            f"rule: {self['rule']}, {_thresholds(self['thresholds'])}; masks {self['finish']}",
            *self["notes"],
            *([f"curves: {self['picture']}"] if "picture" in self else []),
        ]
        tables = {
            "runs": [
                {
                    "run": run,
                    "maps": self["weights"].get(run),
                    "gate": self["gate_weights"].get(run),
                }
                for run in self["runs"]
            ],
            "rules, cross-validated": [
                {
                    "rule": name,
                    "score": score,
                    "in sample": self["candidates_in_sample"][name],
                    "optimism": self["candidates_in_sample"][name] - score,
                }
                for name, score in self["candidates"].items()
            ],
            "folds": [
                {
                    "fold": row["fold"],
                    "images": row["images"],
                    "score": row["score"],
                    "rule": row["rule"],
                    "thresholds": _thresholds(row["thresholds"]),
                    "weights": _shares(row["weights"]),
                    "masks": row["finish"],
                }
                for row in self["by_fold"]
            ],
            "subgroups": self["subgroups"],
        }
        return "\n".join(head + [_table(title, rows) for title, rows in tables.items() if rows])


def draw(record: Mapping[str, Any], path: Path) -> None:
    """Write a picture: score over thresholds, the search for weights, calibration, optimism."""
    import drawing

    curves = record["curves"]
    lines = [
        drawing.Lines("in-sample score over one level", "level, the others kept",
                      _curves(curves, ("bottom", "top"))),
        drawing.Lines("in-sample score over the gate", "value that the gate looks at",
                      _curves(curves, ("gate",))),
        drawing.Lines("search for weights on small maps", "step", _path(record["weights_path"])),
        drawing.Lines("calibration without the image's fold", "probability",
                      _reliability(curves["reliability"])),
    ]  # fmt: skip
    charts = [chart for chart in lines if chart.curves]
    pictures = [drawing.line_charts(charts)] if charts else []
    if record["candidates"]:
        inside, honest = record["candidates_in_sample"], record["candidates"]
        pictures.append(
            drawing.bar_charts(
                [
                    drawing.Bars("gain over an empty file, cross-validated", "score", {
                        name: score - record["score_empty"] for name, score in honest.items()
                    }),
                    drawing.Bars("optimism: in sample less cross-validated", "score", {
                        name: inside[name] - score for name, score in honest.items()
                    }),
                ]
            )
        )  # fmt: skip
    if pictures:
        drawing.write_png(path, drawing.stacked(pictures))


def _curves(curves: Mapping[str, Any], names: Sequence[str]) -> "Curves":
    import numpy as np

    return {
        name: (np.array(curves[name]["x"]), np.array(curves[name]["score"]))
        for name in names
        if name in curves
    }


def _reliability(rows: Sequence[Mapping[str, float]]) -> "Curves":
    import numpy as np

    if not rows:
        return {}
    p, share = (np.array([row[key] for row in rows]) for key in ("p", "share"))
    diagonal = np.array([0.0, 1.0])
    return {"share with a lesion": (p, share), "perfect": (diagonal, diagonal)}


def _path(steps: Sequence[Mapping[str, Any]]) -> "Curves":
    import numpy as np

    if not steps:
        return {}
    x = np.arange(len(steps))
    curves = {"score": (x, np.array([step["score"] for step in steps]))}
    for run in steps[0]["weights"]:
        curves[f"weight of {run}"] = (x, np.array([step["weights"][run] for step in steps]))
    return curves


def _thresholds(cut: Mapping[str, Any]) -> str:
    gate = "" if cut["gate"] is None else f", gate {cut['gate']:.3f}"
    return f"top {cut['top']}, area {cut['min_area']}, bottom {cut['bottom']}{gate}"


def _shares(weights: Mapping[str, float]) -> str:
    return " ".join(f"{weight:.2f}" for weight in weights.values())


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    import pandas as pd

    body = pd.DataFrame(list(rows)).to_string(index=False, float_format="{:.4f}".format, na_rep="")
    return f"\n{title}\n{body}"
