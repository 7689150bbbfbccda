"""Other programs on the same images, folds and hours: what an experiment is compared with.

    python -m tests.benchmarks.study_peers smp EXPERIMENT --minutes 20 --weights FILE.safetensors
    python -m tests.benchmarks.study_peers autogluon EXPERIMENT --minutes 5 --python VENV/bin/python
    python -m tests.benchmarks.study_peers nnunet EXPERIMENT --minutes 20 --python VENV/bin/python
    python -m tests.benchmarks.study_peers hillclimb RUN RUN …

TOOLS_DATA is the data folder, TOOLS_HOME the home, TOOLS_COMPETITION the competition. Each program
gets the images, or the features, of the experiment, its folds, and so many minutes a fold. Its
out-of-fold predictions are scored as those of a run: the rule that makes masks is fitted and scored
by nested cross-validation. Prints AUC, honest score and score of the positive images with 95 %
intervals, the score of an empty file, and the minutes of all folds; the runs stay in HOME/peers and
a repeated call resumes. `hillclimb` blends complete runs with the weights that the package
hill-climbing finds for the AUC of their probabilities, fitted and judged on the same images, as it
does, against those of `tools blend`; the masks of both are scored by nested cross-validation.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import contest
import crossval
import ensembling
from tests.benchmarks.peers.autogluon import AutoGluon
from tests.benchmarks.peers.nnunet import NnUnet
from tests.benchmarks.peers.smp_loop import SmpLoop
from tools.paths import Paths
from tools.usecases.context.source import Source, load_experiment
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending
from tools.usecases.prepare.folds import make_folds
from tools.usecases.runs import run_figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("peer", choices=["smp", "autogluon", "nnunet", "hillclimb"])
    parser.add_argument("names", nargs="+", metavar="EXPERIMENT|RUN")
    parser.add_argument("--minutes", type=float, default=20.0, help="of a fold")
    parser.add_argument("--python", type=Path, help="of the peer's environment")
    parser.add_argument("--weights", type=Path, help="of the encoder")
    parser.add_argument("--presets", default="good_quality", help="of AutoGluon")
    options = parser.parse_args()
    place = Workplace(Paths.resolve(None, None), report=_shown)
    if options.peer == "hillclimb":
        _hillclimb(place, options.names)
    else:
        _peer(place, options)


def _peer(place: Workplace, options: argparse.Namespace) -> None:
    """Cross-validate a peer in the folds of the experiments, and print its figures."""
    experiment = load_experiment(place, options.names[0])
    source, dataset = Source(place), place.dataset
    learner: crossval.Learner
    if options.peer == "autogluon":
        features = experiment.features(source)
        assert features is not None, f"{options.names[0]} has no features"
        learner = AutoGluon(
            features, dataset.labels, dataset.groups,
            minutes=options.minutes, presets=options.presets, python=options.python,
        )  # fmt: skip
    else:
        size, stack = int(experiment.config.network.size), source.stack(experiment.side)
        given = {"size": size, "minutes": options.minutes}
        learner = (
            SmpLoop(stack, dataset.truth, weights=options.weights, **given)
            if options.peer == "smp"
            else NnUnet(stack, dataset.truth, python=options.python, **given)
        )
    config = {
        "competition": place.spec.name, "data_digest": dataset.digest, "minutes": options.minutes,
        "presets": options.presets, "experiment_of": options.names[0],
    }  # fmt: skip
    run = crossval.Run.start(place.paths.home / "peers", options.peer, config, make_folds(place))
    if not run.complete:
        oof = crossval.cross_validate(run, learner, report=place.report)
        run.finish(run_figures.metrics(place, run, oof))
    _print(options.peer, run.metrics(), run.seconds)


def _print(name: str, figures: dict[str, object], seconds: float | None) -> None:
    shown = {
        name: figures[name]
        for name in ("auc", "auc_interval", "score", "score_interval", "score_positives",
                     "score_empty")
    }  # fmt: skip
    print(name, shown, f"minutes {(seconds or 0) / 60:.1f}", sep="\t")


def _hillclimb(place: Workplace, names: Sequence[str]) -> None:
    """Print the score of Caruana's weights and of ours, both with rules fitted honestly."""
    runs = blending.open_runs(place, names)
    members, dataset = list(map(blending.oof_member, runs)), place.dataset
    begin = time.monotonic()
    ours, _ = blending.fit_runs(place, runs, "ours")
    spent = time.monotonic() - begin
    print("ours", ours.score_honest, ours.interval, ours.auc, f"{spent:.0f} s", sep="\t")
    begin = time.monotonic()
    table = pd.DataFrame({member.name: member.p for member in members})
    labels = dataset.labels[table.index].to_numpy()
    weights = hill_climbed(table, labels)
    theirs, _ = ensembling.fit(
        members, dataset.truth, runs[0].folds, dataset.groups,
        metric=contest.metric_of(place.spec), weights=weights,
    )  # fmt: skip
    auc = crossval.area_under_roc(labels, table.to_numpy() @ list(weights.values()))
    spent = time.monotonic() - begin
    print("hill-climbing", theirs.score_honest, theirs.interval, auc, f"{spent:.0f} s", weights)


def hill_climbed(table: pd.DataFrame, labels: np.ndarray) -> dict[str, float]:
    """Return the weights of the columns that the package hill-climbing finds for the AUC."""
    from hill_climbing import Climber

    climber = Climber("maximize", crossval.area_under_roc, verbose=False, n_jobs=1)
    climber.fit(table, labels)
    found = climber.history.groupby("model")["coef"].sum()
    return {name: float(found.get(name, 0.0)) for name in table}


def _shown(label: str, done: int, total: int, figures: object) -> None:
    if sys.stderr.isatty() or done == total:
        print(f"\r{label} {done}/{total} {figures}   ", end="", file=sys.stderr)


if __name__ == "__main__":
    main()
