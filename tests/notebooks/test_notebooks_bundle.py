"""The bundle of a notebook competition: what is in it, what is refused, what is recorded."""

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest

import crossval
import jobs
from notebooks import (
    Bundle,
    BundleError,
    BundleInfo,
    Member,
    PushRecord,
    open_bundle,
    write_bundle,
)

INFO = BundleInfo("both", "contest", "contest-at-kaggle", 0.8, [0.7, 0.9], entry="module:name")
RECORD = {"blend": "both", "score_honest": 0.8}


@pytest.fixture
def members(tmp_path: Path) -> list[Member]:
    """Return a run of each kind, of two folds, with predictions of other images."""
    ids = pd.Index([f"i{n}" for n in range(4)], name="image_id")
    folds = pd.Series([0, 1, 0, 1], index=ids, name="fold")
    members = []
    for name, model, gpu in (("trees", "m.txt", False), ("net", "m.safetensors", True)):
        run = crossval.Run.start(tmp_path / "runs", name, {}, folds)
        for folder in run.model_folders():
            jobs.write_text(folder / model, "weights")
        jobs.write_text(run.path / "test.parquet", "predictions of other images")
        run.finish({})
        members.append(Member(run, 1, Path(model).name, gpu))
    return members


def files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_a_bundle_holds_the_models_and_nothing_that_belongs_to_other_images(
    members: list[Member], tmp_path: Path
) -> None:
    dataset = write_bundle(tmp_path / "bundle", INFO, RECORD, members).dataset
    runs = {
        path.parts[2] for path in map(Path, files(dataset)) if path.parts[:2] == ("home", "runs")
    }
    assert runs == {member.run.name for member in members}
    of_net = [name for name in files(dataset) if "/net-" in name]
    assert [name.split("/", 3)[3] for name in of_net] == [
        "COMPLETE", "config.json", "folds.csv", "metrics.json",
        "models/fold0/m.safetensors", "models/fold1/m.safetensors",
    ]  # fmt: skip
    listed = (dataset / "wheels.txt").read_text().splitlines()
    assert f"numpy=={version('numpy')}" in listed
    assert f"kagglesdk=={version('kagglesdk')}" in listed
    assert [name for name in files(dataset) if "/" not in name] == [
        "bundle.json", "dataset-metadata.json", "wheels.txt",
    ]  # fmt: skip
    assert sorted(path.name for path in dataset.iterdir() if path.is_dir()) == ["code", "home"]
    assert jobs.read_json(dataset / "home" / "blends" / "both.json") == RECORD
    assert (dataset / "code" / "notebooks" / "__init__.py").is_file()


def test_it_is_read_as_it_was_written(members: list[Member], tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", INFO, RECORD, members)
    opened = open_bundle(tmp_path / "bundle")
    assert (opened, opened.info) == (bundle, replace(INFO, accepted=[], gateway_paths=[]))
    former = jobs.read_json(bundle.dataset / "bundle.json") | {"kernel": "of a former version"}
    jobs.write_json(bundle.dataset / "bundle.json", former)
    assert opened.info.blend == "both"
    with pytest.raises(BundleError, match="is not a bundle: create one"):
        open_bundle(tmp_path)


def test_the_notebook_is_offline_private_and_reads_the_competition_and_the_bundle(
    members: list[Member], tmp_path: Path
) -> None:
    bundle = write_bundle(tmp_path / "bundle", INFO, RECORD, members)
    about = jobs.read_json(bundle.kernel / "kernel-metadata.json")
    assert (about["enable_internet"], about["is_private"], about["enable_gpu"]) == (
        False,
        True,
        True,
    )
    assert about["competition_sources"] == [INFO.slug]
    dataset = jobs.read_json(bundle.dataset / "dataset-metadata.json")
    assert about["dataset_sources"] == [dataset["id"]]
    assert dataset["id"].endswith(f"/{INFO.kernel}")
    assert machine(bundle) == ("NvidiaTeslaT4", True, False)
    write_bundle(tmp_path / "bundle", INFO, RECORD, members[:1])
    assert machine(bundle) == ("", False, False)
    for name in ("TpuV5E8", "NvidiaL4"):
        write_bundle(tmp_path / "bundle", replace(INFO, machine=name), RECORD, members)
        assert machine(bundle) == (name, name == "NvidiaL4", name == "TpuV5E8")
    bundle.set_owner("somebody")
    for path in (bundle.kernel, bundle.dataset):
        about = jobs.read_json(path / f"{path.name}-metadata.json")
        assert about["id"] == f"somebody/{INFO.kernel}"


def machine(bundle: Bundle) -> tuple[str, bool, bool]:
    about = jobs.read_json(bundle.kernel / "kernel-metadata.json")
    return about["machine_shape"], about["enable_gpu"], about["enable_tpu"]


def test_missing_models_are_all_named_and_nothing_is_written(
    members: list[Member], tmp_path: Path
) -> None:
    for member in members:
        next(member.run.model_folder(1).iterdir()).unlink()
    given = replace(members[0], models=0)
    with pytest.raises(BundleError) as caught:
        write_bundle(tmp_path / "bundle", INFO, RECORD, [*members, given])
    for member in members:
        assert f"{member.run.name}/models/fold1 contains 0 of 1 models" in str(caught.value)
    assert f"{given.run.name} contains imported masks and no models" in str(caught.value)
    assert list(tmp_path.glob("*bundle*")) == []


def test_a_former_bundle_is_replaced_and_nothing_else(
    members: list[Member], tmp_path: Path
) -> None:
    with_wheels, to = tmp_path / "wheels", tmp_path / "bundles" / "both"
    with_wheels.mkdir()
    with pytest.raises(BundleError, match="contains no wheel"):
        write_bundle(to, INFO, RECORD, members, with_wheels)
    (with_wheels / "a-1-py3-none-any.whl").touch()
    bundle = write_bundle(to, INFO, RECORD, members, with_wheels)
    assert "a-1-py3-none-any.whl" in files(bundle.dataset)
    before = (bundle.dataset / "bundle.json").read_bytes()
    (to / "left").touch()
    write_bundle(to, INFO, RECORD, members)
    assert "a-1-py3-none-any.whl" not in files(bundle.dataset)
    assert (bundle.dataset / "bundle.json").read_bytes() == before
    assert [path.name for path in to.parent.iterdir()] == ["both"]
    assert sorted(path.name for path in to.iterdir()) == ["dataset", "kernel"]
    with pytest.raises(BundleError, match="name a new or empty folder with --to"):
        write_bundle(with_wheels, INFO, RECORD, members)


def test_what_was_pushed_is_recorded_with_the_digest_of_every_file(
    members: list[Member], tmp_path: Path
) -> None:
    bundle = write_bundle(tmp_path / "bundle", INFO, RECORD, members)
    assert bundle.pushed is None
    bundle.record(PushRecord("me/both", bundle.digests()))
    assert bundle.pushed == PushRecord("me/both", bundle.digests(), "", 0, "")
    assert sorted(bundle.pushed.files) == files(bundle.dataset)
    jobs.write_text(bundle.dataset / "wheels.txt", "other")
    assert bundle.pushed.files != bundle.digests()
