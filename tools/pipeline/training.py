"""From raw images to a complete run: folds, features, cross-validation, test predictions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jobs
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import contest
    import crossval
    import dicomio


class OtherImages(jobs.UserError):
    """Masks that were given are not of the images in question."""


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
        "grouped_by_patient": dataset.patients is not None,
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
        "patients": None if dataset.patients is None else int(dataset.patients[ids].nunique()),
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
        dataset.patients,
        n_splits=spec.n_splits if n_splits is None else n_splits,
        seed=spec.fold_seed if seed is None else seed,
    )


def features(place: Workplace, experiment_name: str = "lightgbm") -> dict[str, Any]:
    """Build the feature table of training and test images, and those of their sides if used."""
    from tools.pipeline import sides

    experiment = load_experiment(place, experiment_name)
    if getattr(experiment.config, "sides", 0):
        for part in ("train", "test"):
            sides.side_tables(place, experiment, part)
    tables = [feature_table(place, experiment, part) for part in ("train", "test")]
    paths = []
    for part, table in zip(("train", "test"), tables, strict=True):
        paths.append(place.paths.features / f"{experiment_name}-{part}.parquet")
        with jobs.writing(paths[-1]) as temporary:
            table.to_parquet(temporary)
    return {
        "path": str(paths[0]),
        "test_path": str(paths[1]),
        "rows": sum(len(table) for table in tables),
        "columns": tables[0].shape[1],
        "families": list(experiment.families),
    }


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
    from tools.pipeline import figures, team

    experiment = load_experiment(place, experiment_name, settings)
    if team.follows():
        if experiment.kind == "segmenter":
            team.take_part(build_learner(place, experiment))
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
    import contest
    import crossval

    run = crossval.open_run(place.paths.runs, name)
    if run.config["kind"] == "votes":
        return _given(place, run)
    experiment = load_experiment(place, str(run.config["experiment"]))
    experiment = contest.restore_experiment(experiment, run.config)
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


def build_learner(
    place: Workplace, experiment: "contest.Experiment", part: str = "train"
) -> "crossval.Learner":
    """Return the learner of `experiment` over the images of `part`."""
    dataset = place.dataset
    if experiment.kind == "classifier":
        import classifiers
        from tools.pipeline import sides

        table = feature_table(place, experiment, part)
        given = (experiment.config, table, dataset.labels, dataset.patients)
        if not experiment.config.sides:
            return classifiers.LightGBMLearner(*given)
        return classifiers.SidedLearner(
            *given,
            sides=sides.side_tables(place, experiment, part),
            side_labels=sides.side_labels(dataset),
        )
    import contest
    import segmenters

    patients = dataset.patients
    stack = pixel_stack(place, experiment.side, part)
    return segmenters.Segmenter(
        experiment.config,
        stack,
        dataset.truth,
        groups=None if patients is None else {str(i): str(p) for i, p in patients.items()},
        metric=contest.metric_of(place.spec),
    )


def pixel_stack(place: Workplace, size: int, part: str) -> "dicomio.PixelCache":
    """Return the images of `part` ("train" or "test") at `size`, from the cache."""
    import dicomio

    dataset = place.dataset
    frame, folder = (
        (dataset.train, dataset.train_folder)
        if part == "train"
        else (dataset.test, dataset.test_folder)
    )
    return dicomio.build_cache(frame, folder, size, place.paths.cache, report=place.report)


def feature_table(place: Workplace, experiment: "contest.Experiment", part: str) -> "pd.DataFrame":
    """Return the feature table of `part`, computing the families that are not cached."""
    import cxrfeatures

    dataset = place.dataset
    return cxrfeatures.extract(
        pixel_stack(place, experiment.side, part),
        families=experiment.families,
        header=dataset.train if part == "train" else dataset.test,
        cache_dir=place.paths.features,
        report=place.report,
    )
