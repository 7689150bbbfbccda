"""The commands for notebook competitions: a bundle is built, pushed, run, submitted, recorded."""

import importlib
from pathlib import Path

import pandas as pd
import pytest

import contest
import crossval
import jobs
import kagglegate
import notebooks
from ensembling import BlendNameError
from kagglegate import standin
from notebooks import BundleError
from tests.blends import blend
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace
from tools.usecases.submission import kernel_run, kernels

COMPETITION = contest.names()[0]


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """Return a workplace with a run of each kind, two folds, and the blend "both"."""
    place = Workplace(Paths(tmp_path / "home", None, tmp_path / "submissions"), COMPETITION)
    ids = pd.Index([f"i{n}" for n in range(4)], name="image_id")
    folds = pd.Series([0, 1, 0, 1], index=ids, name="fold")
    names = []
    for name, model in (("lightgbm", "model_seed0.txt"), ("unet_tiny", "model.safetensors")):
        experiment = contest.load_experiment(place.spec.experiments, name, ["models=1"])
        asked = {**experiment.as_dict(), "competition": COMPETITION}
        run = crossval.Run.start(place.paths.runs, name, asked, folds)
        for folder in run.model_folders():
            jobs.write_text(folder / model, "weights")
        jobs.write_text(run.path / "test.parquet", "predictions of other images")
        run.finish({})
        names.append(run.name)
    both = blend(
        name="both", runs=tuple(names), competition=COMPETITION, score_honest=0.8,
        interval=(0.7, 0.9),
    )  # fmt: skip
    place.blends.save(both, pd.DataFrame({"score": [0.8]}))
    return place


def test_a_bundle_of_a_blend_lies_in_the_home_or_where_it_is_asked_for(
    place: Workplace, tmp_path: Path
) -> None:
    made = kernels.build(place, "both")
    assert made.path == place.paths.home / "kernels" / COMPETITION / "both"
    bundle = notebooks.open_bundle(made.path)
    assert list(made.runs) == [run.name for run in crossval.list_runs(place.paths.runs)]
    assert sorted(made.runs) == sorted(
        path.name for path in (bundle.dataset / "home" / "runs").iterdir()
    )
    info = bundle.info
    assert (info.blend, info.competition, info.slug) == ("both", COMPETITION, place.spec.slug)
    assert (info.score_honest, info.interval, info.accepted) == (0.8, [0.7, 0.9], [])
    assert made.slug == info.kernel == "both-on-siim-acr-pneumothorax"
    assert made.files == len(bundle.files())
    module, _, function = info.entry.partition(":")
    assert callable(getattr(importlib.import_module(module), function))
    assert jobs.read_json(bundle.kernel / "kernel-metadata.json")["enable_gpu"] is True
    assert kernels.build(place, "both", tmp_path / "bundle").path == tmp_path / "bundle"


def test_a_bundle_with_a_server_has_another_entry_and_output(place: Workplace) -> None:
    plain = notebooks.open_bundle(kernels.build(place, "both").path)
    assert (plain.info.output, plain.info.machine) == ("submission.csv", "")
    server = kernels.Server(["test.csv"], "answers.csv")
    built = kernels.build(place, "both", machine="NvidiaL4", server=server)
    info = notebooks.open_bundle(built.path).info
    assert (info.output, info.gateway_paths) == ("answers.csv", ["test.csv"])
    assert info.machine == "NvidiaL4"
    module, _, function = info.entry.partition(":")
    assert getattr(importlib.import_module(module), function) is kernel_run.serve
    site = standin.Site(place.spec.slug, score=lambda _: (0.5, 0.6), notebooks_only=True)
    site.kernel_output = built.path / "kernel" / "submission.ipynb"
    with standin.Server(site) as running, standin.connect(running) as client:
        kernels.push(place, built.path, client)
        kernels.submit(place, built.path, yes=True)
    assert site.posted[0].file_name == "answers.csv"


def test_missing_models_are_all_named(place: Workplace, tmp_path: Path) -> None:
    names = [run.name for run in crossval.list_runs(place.paths.runs)]
    for name in names:
        (next((place.paths.runs / name / "models" / "fold1").iterdir())).unlink()
    with pytest.raises(BundleError) as caught:
        kernels.build(place, "both", tmp_path / "bundle")
    for name in names:
        assert f"{name}/models/fold1 contains 0 of 1 models" in str(caught.value)


def test_a_name_that_is_neither_blend_nor_run_lists_both(place: Workplace) -> None:
    with pytest.raises(BlendNameError, match=r"not a run .*lightgbm-.*no blend .*best, both"):
        kernels.build(place, "nothing")


def test_a_bundle_is_pushed_run_submitted_and_recorded(place: Workplace, tmp_path: Path) -> None:
    bundle = kernels.build(place, "both").path
    written = tmp_path / "submission.csv"
    written.write_text("ImageId,EncodedPixels\na,-1\n")
    site = standin.Site(place.spec.slug, score=lambda _: (0.5, 0.6), notebooks_only=True)
    with standin.Server(site) as server, standin.connect(server) as client:
        with pytest.raises(BundleError, match="is not pushed yet"):
            kernels.status(bundle, client)
        first, second = (kernels.push(place, bundle, client) for _ in range(2))
        assert (first.version, second.version) == (1, 2)
        assert first.dataset == first.kernel == "standin/both-on-siim-acr-pneumothorax"
        assert len(site.datasets[first.dataset]) == 1, "it was uploaded again unchanged"
        site.kernel_status, site.kernel_output = "ERROR", written
        with pytest.raises(BundleError, match=r"is not complete \(error: the stand-in is"):
            kernels.submit(place, bundle)
        site.kernel_status = "COMPLETE"
        with pytest.raises(BundleError, match="nothing was submitted"):
            kernels.submit(place, bundle)
        for yes in (True, False):
            sent = kernels.submit(place, bundle, wait=True, yes=yes)
    assert (sent.status, sent.public_score, sent.version) == ("complete", 0.5, 2)
    assert len(site.posted) == 1
    (entry,) = kagglegate.Ledger(place.paths.ledger).entries()
    assert (entry.extra["blend"], entry.extra["score_honest"]) == ("both", 0.8)
    assert entry.message == "both CV 0.8000"
