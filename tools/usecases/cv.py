"""From raw images to a complete run: folds, features, cross-validation, test predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import contest
    import crossval
    import imagestack


class OtherImages(jobs.UserError):
    """Masks that were given are not of the images in question."""


class NoFeatures(jobs.UserError):
    """The experiment learns from no table of features."""


@dataclass(frozen=True)
class Source:
    """The images of one part of the competition, as `contest.Source` has them.

    Attributes:
        place: where things lie.
        part: "train" or "test".
    """

    place: Workplace
    part: str = "train"

    @property
    def spec(self) -> "contest.Spec":
        """The competition's facts."""
        return self.place.spec

    @property
    def dataset(self) -> "contest.Dataset":
        """The raw files, read and matched."""
        return self.place.dataset

    @property
    def facts(self) -> "pd.DataFrame":
        """What is known of each image of the part, indexed by image id."""
        dataset = self.dataset
        return dataset.facts.loc[(dataset.train if self.part == "train" else dataset.test).index]

    @property
    def features(self) -> Path:
        """The folder where feature tables are kept between calls."""
        return self.place.paths.features

    @property
    def report(self) -> jobs.Report:
        """Draws progress."""
        return self.place.report

    def stack(self, side: int) -> "contest.Stack":
        """Return the images of the part, square, with this side in pixels."""
        return pixel_stack(self.place, side, self.part)


def folds(place: Workplace, n_splits: int | None = None, seed: int | None = None) -> dict[str, Any]:
    """Make the folds of the data set, or show those already made."""
    import crossval

    made = make_folds(place, n_splits, seed)
    path = crossval.write_folds(made, place.paths.folds)
    dataset = place.dataset
    rows = [
        _fold_row(dataset, fold, made.index[made == fold]) for fold in sorted(set(made.tolist()))
    ]
    return {
        "digest": crossval.fold_digest(made),
        "grouped": dataset.groups is not None,
        "path": str(path),
        "folds": rows,
    }


def _fold_row(dataset: "contest.Dataset", fold: int, ids: "pd.Index") -> dict[str, Any]:
    areas = dataset.areas[ids]
    lesions = areas[areas > 0]
    return {
        "fold": fold,
        "images": len(ids),
        "positives": len(lesions),
        "groups": None if dataset.groups is None else int(dataset.groups[ids].nunique()),
        "median_area": float(lesions.median()) if len(lesions) else None,
    }


def make_folds(
    place: Workplace, n_splits: int | None = None, seed: int | None = None
) -> "pd.Series":
    """Return the folds of the data set: Series image id -> fold."""
    import crossval

    dataset, spec = place.dataset, place.spec
    return crossval.make_folds(
        dataset.areas,
        dataset.groups,
        n_splits=spec.n_splits if n_splits is None else n_splits,
        seed=spec.fold_seed if seed is None else seed,
    )


def features(place: Workplace, experiment_name: str | None = None) -> dict[str, Any]:
    """Build the feature table of training and test images, and those of their sides if used.

    Args:
        place: where things lie.
        experiment_name: whose features; None is the only experiment that has some.

    Raises:
        NoFeatures: the experiment has none, or several could be meant.
    """
    experiment_name = experiment_name or _only_featured(place)
    experiment = load_experiment(place, experiment_name)
    tables, paths = [], []
    for part in ("train", "test"):
        table = experiment.features(Source(place, part))
        if table is None:
            raise NoFeatures(
                f"{experiment_name!r} learns from no table of features: name with --experiment "
                f"one of {', '.join(_featured(place)) or 'another competition'}"
            )
        tables.append(table)
        paths.append(place.paths.features / f"{experiment_name}-{part}.parquet")
        with jobs.writing(paths[-1]) as temporary:
            table.to_parquet(temporary)
    return {
        "path": str(paths[0]),
        "test_path": str(paths[1]),
        "rows": sum(len(table) for table in tables),
        "columns": tables[0].shape[1],
        "families": experiment.as_dict().get("families", []),
    }


def _featured(place: Workplace) -> list[str]:
    """Return the experiments that have features."""
    import contest

    names = contest.experiment_names(place.spec.experiments)
    made = {name: type(load_experiment(place, name)) for name in names}
    return [name for name in names if made[name].features is not contest.Experiment.features]


def _only_featured(place: Workplace) -> str:
    names = _featured(place)
    if len(names) != 1:
        raise NoFeatures(
            f"say whose features with --experiment: {', '.join(names)}"
            if names
            else f"no experiment of {place.spec.name} learns from a table of features"
        )
    return names[0]


def cv(
    place: Workplace,
    experiment_name: str,
    *,
    settings: Sequence[str] = (),
    n_splits: int | None = None,
    fold_seed: int | None = None,
) -> dict[str, Any]:
    """Cross-validate an experiment; resumes an interrupted run, shows a complete one.

    Returns:
        The run's figures; {} in a process that only helps another one to train.
    """
    import crossval
    from tools.usecases import figures, team

    experiment = load_experiment(place, experiment_name, settings)
    if team.follows():
        experiment.follow(Source(place))
        return {}
    made = make_folds(place, n_splits, fold_seed)
    crossval.write_folds(made, place.paths.folds)
    config = {
        **experiment.as_dict(),
        "competition": place.spec.name,
        "data_digest": place.dataset.digest,
    }
    run = crossval.Run.start(place.paths.runs, experiment_name, config, made)
    place.say(f"run {run.name}")
    with jobs.lock(run.path), team.leading(experiment):
        if not run.complete:
            learner = build_learner(place, experiment)
            oof = crossval.cross_validate(run, learner, seed=experiment.seed, report=place.report)
            figures.draw_history(run)
            found = figures.metrics(place, run, oof)
            run.finish(found | figures.explain(run, learner, experiment, place.report))
    return {"run": run.name, **figures.in_order(run.metrics()), **figures.files(run)}


def predict(place: Workplace, name: str) -> dict[str, Any]:
    """Predict the test images with the average of a run's fold models."""
    import crossval

    run = crossval.open_run(place.paths.runs, name)
    experiment = experiment_of(place, run)
    if experiment is None:
        return _given(place, run)
    digests = place.dataset.test["digest"]
    with jobs.lock(run.path):
        test = run.test(crossval.test_key(digests))
        if test is None:
            place.say(f"run {run.name} predicts {len(digests)} test images")
            learner = build_learner(place, experiment, part="test")
            test = crossval.predict_test(run, learner, digests, report=place.report)
    return {"run": run.name, "images": len(test), "mean_p": float(test["p"].mean())}


def _given(place: Workplace, run: "crossval.Run") -> dict[str, Any]:
    """Return what `predict` says of a run whose test masks were given.

    Raises:
        OtherImages: they are of other test images.
    """
    import crossval

    test = run.test(crossval.test_key(place.dataset.test["digest"]))
    if test is None:
        raise OtherImages(
            f"{run.name} holds masks of other test images: give those of these, `tools votes`"
        )
    return {"run": run.name, "images": len(test), "mean_p": float(test["p"].mean())}


def load_experiment(
    place: Workplace, name: str, settings: Sequence[str] = ()
) -> "contest.Experiment":
    """Return the named experiment of the competition with settings applied."""
    import contest

    return contest.load_experiment(place.spec.experiments, name, settings)


def experiment_of(place: Workplace, run: "crossval.Run") -> "contest.Experiment | None":
    """Return the experiment that a run was made with, None where its masks were given."""
    import contest

    if "config" not in run.config:
        return None
    experiment = load_experiment(place, str(run.config["experiment"]))
    return contest.restore_experiment(experiment, run.config)


def build_learner(
    place: Workplace, experiment: "contest.Experiment", part: str = "train"
) -> "crossval.Learner":
    """Return the learner of `experiment` over the images of `part`."""
    return experiment.learner(Source(place, part))


def pixel_stack(place: Workplace, size: int, part: str) -> "imagestack.PixelCache":
    """Return the images of `part` ("train" or "test") at `size`, from the cache."""
    import imagestack

    dataset = place.dataset
    table = dataset.train if part == "train" else dataset.test
    return imagestack.build_cache(table, dataset.root, size, place.paths.cache, report=place.report)
