"""Provenance of results: configurations, digests, versions, and commands that reproduce them."""

import json
import shlex
from dataclasses import asdict
from typing import Any

import contest
import crossval
import jobs
from reporting.compose.subject import Subject

LIBRARIES = (
    "numpy", "pandas", "scikit-learn", "lightgbm", "torch", "timm", "pydicom", "scikit-image",
)  # fmt: skip


def provenance(subject: Subject) -> dict[str, str]:
    """Return competition, digests, configurations, rule and versions as name -> text."""
    blend = subject.blend
    known: dict[str, str] = {}
    if blend is not None:
        known |= {
            "competition": blend.competition,
            "data digest": blend.data_digest,
            "folds digest": blend.folds_digest,
        }
    known |= {f"config of {run.name}": _json(run.config) for run in subject.runs}
    if blend is not None:
        rule = {
            "rule": blend.rule,
            "thresholds": asdict(blend.thresholds),
            "weights": dict(blend.weights),
            "postprocess": blend.postprocess,
        }
        known["rule"] = _json(rule)
    known["versions of this report"] = jobs.versions(LIBRARIES)
    return {name: text for name, text in known.items() if text}


def commands(subject: Subject) -> str:
    """Return the commands that reproduce a run, a blend or a submission, one per line."""
    lines = [repeat_run(subject.spec, run) for run in subject.runs]
    blend = subject.blend
    if subject.kind == "run" or blend is None:
        return "\n".join(lines)
    lines.append(shlex.join(["tools", "blend", *blend.runs, "--name", blend.name]))
    if subject.kind == "submission":
        lines.append(shlex.join(["tools", "submit", "--blend", blend.name]))
    return "\n".join(lines)


def repeat_run(spec: contest.Spec, run: crossval.Run) -> str:
    """Return the command that reproduces a run, with all settings that differ from the defaults.

    Settings are omitted if the experiment no longer exists.
    """
    config = run.config
    words = ["tools", "cv", config["experiment"]]
    if run.folds.nunique() != spec.n_splits:
        words += ["--folds", str(run.folds.nunique())]
    changed = contest.settings_changed(spec.experiments, config) or {}
    for key, value in changed.items():
        words += ["--set", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
    return shlex.join(words)


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False) if values else ""
