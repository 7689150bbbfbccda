"""How something came about: configuration, digests, versions, the command that repeats it."""

import importlib.metadata
import json
import platform
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tools.usecases import training
from tools.usecases.reports.subject import Subject
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import crossval

LIBRARIES = (
    "numpy", "pandas", "scikit-learn", "lightgbm", "torch", "timm", "pydicom", "scikit-image",
)  # fmt: skip


def made(subject: Subject) -> dict[str, str]:
    """Return name -> text of all that went into it."""
    record = subject.record
    told = {
        "competition": record.get("competition", ""),
        "data digest": record.get("data_digest", ""),
        "folds digest": record.get("folds_digest", ""),
        **{f"config of {run.name}": _plain(run.config) for run in subject.runs},
        "rule": _plain({key: record[key] for key in ("rule", "thresholds", "weights", "finish")
                        if key in record}),
        "versions of this report": versions(),
    }  # fmt: skip
    return {name: text for name, text in told.items() if text and text != "{}"}


def command(place: Workplace, subject: Subject) -> str:
    """Return the commands that make it again, one a line."""
    lines = [repeat_run(place, run) for run in subject.runs]
    if subject.kind == "run" or not subject.record:
        return "\n".join(lines)
    name = subject.record["blend"]
    lines.append(shlex.join(["tools", "blend", *subject.record["runs"], "--name", name]))
    if subject.kind == "submission":
        lines.append(shlex.join(["tools", "submit", "--blend", name]))
    return "\n".join(lines)


def repeat_run(place: Workplace, run: "crossval.Run") -> str:
    """Return the command that makes a run again, with the settings that differ from the code's.

    An experiment that the code has no longer is named without settings.
    """
    import contest

    config = run.config
    words = ["tools", "cv", config["experiment"]]
    if run.folds.nunique() != place.spec.n_splits:
        words += ["--folds", str(run.folds.nunique())]
    if config["experiment"] in contest.experiment_names(place.spec.experiments):
        experiment = training.load_experiment(place, config["experiment"], [])
        now = _settings(experiment.as_dict(), experiment.choices)
        then = _settings(config, experiment.choices)
        words += [
            word
            for key, value in sorted(then.items())
            if now.get(key) != value
            for word in ("--set", f"{key}={value if isinstance(value, str) else json.dumps(value)}")
        ]
    return shlex.join(words)


def _settings(config: dict[str, Any], choices: Sequence[str]) -> dict[str, Any]:
    """Return what `--set` can change: the experiment's `choices` and the learner's config."""
    own = {key: config[key] for key in choices if key in config}
    return {**own, **config["config"]}


def versions() -> str:
    """Return the versions of Python and of the libraries that matter."""
    found = {name: importlib.metadata.version(name) for name in LIBRARIES}
    named = [f"{name} {version}" for name, version in found.items()]
    return ", ".join([f"Python {platform.python_version()}", *named])


def _plain(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False)
