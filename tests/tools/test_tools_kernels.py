"""The bundle of a notebook competition: what is in it, what is refused, how it gets to Kaggle."""

import base64
import csv
import hashlib
import json
import re
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slugify import slugify

import contest
import crossval
import jobs
import kagglegate
from kagglegate import standin
from tools.paths import Paths
from tools.usecases import kernel_push, kernel_run, kernels
from tools.usecases.blend_store import BlendNameError
from tools.usecases.kernels import BundleError
from tools.usecases.wheel import write_wheel
from tools.usecases.workplace import Workplace

COMPETITION = contest.names()[0]
ROOT = Path(__file__).parents[2]


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
    jobs.write_json(
        place.paths.blends / "both.json",
        {"blend": "both", "runs": names, "competition": COMPETITION, "score_honest": 0.8,
         "interval": [0.7, 0.9]},
    )  # fmt: skip
    return place


def test_a_bundle_holds_the_models_and_nothing_that_belongs_to_other_images(
    place: Workplace, tmp_path: Path
) -> None:
    made = kernels.build(place, "both", tmp_path / "bundle")
    dataset = tmp_path / "bundle" / "dataset"
    runs = {
        path.parts[2] for path in map(Path, files(dataset)) if path.parts[:2] == ("home", "runs")
    }
    assert runs == set(made["runs"])
    of_net = [name for name in files(dataset) if "/unet_tiny-" in name]
    assert [name.split("/", 3)[3] for name in of_net] == [
        "COMPLETE", "config.json", "folds.csv", "metrics.json",
        "models/fold0/model.safetensors", "models/fold1/model.safetensors",
    ]  # fmt: skip
    listed = (dataset / "wheels.txt").read_text().splitlines()
    assert f"numpy=={version('numpy')}" in listed
    assert f"kagglesdk=={version('kagglesdk')}" in listed
    assert [name for name in files(dataset) if "/" not in name] == [
        "bundle.json", "dataset-metadata.json",
        f"pneumothorax_lab-{version('pneumothorax-lab')}-py3-none-any.whl", "wheels.txt",
    ]  # fmt: skip


def files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_the_notebook_is_offline_private_and_reads_the_competition_and_the_bundle(
    place: Workplace, tmp_path: Path
) -> None:
    slug = kernels.build(place, "both", tmp_path / "b")["slug"]
    about = jobs.read_json(tmp_path / "b" / "kernel" / "kernel-metadata.json")
    assert (about["enable_internet"], about["is_private"], about["enable_gpu"]) == (
        False,
        True,
        True,
    )
    assert about["competition_sources"] == [place.spec.slug]
    dataset = jobs.read_json(tmp_path / "b" / "dataset" / "dataset-metadata.json")
    assert about["dataset_sources"] == [dataset["id"]]
    assert dataset["id"].endswith(f"/{slug}")
    notebook = json.loads((tmp_path / "b" / "kernel" / about["code_file"]).read_text())
    assert notebook["nbformat"] == 4
    (cell,) = notebook["cells"]
    compile("".join(cell["source"]), "cell", "exec")


def test_missing_models_are_all_named_and_nothing_is_written(
    place: Workplace, tmp_path: Path
) -> None:
    names = [run.name for run in crossval.list_runs(place.paths.runs)]
    for name in names:
        (next((place.paths.runs / name / "models" / "fold1").iterdir())).unlink()
    with pytest.raises(BundleError) as caught:
        kernels.build(place, "both", tmp_path / "bundle")
    for name in names:
        assert f"{name}/models/fold1 holds 0 of 1 models" in str(caught.value)
    assert list(tmp_path.glob("*bundle*")) == []


def test_a_former_bundle_is_replaced_and_nothing_else(place: Workplace, tmp_path: Path) -> None:
    with_wheels = tmp_path / "wheels"
    with_wheels.mkdir()
    with pytest.raises(BundleError, match="holds no wheel"):
        kernels.build(place, "both", wheels=with_wheels)
    (with_wheels / "a-1-py3-none-any.whl").touch()
    default = Path(kernels.build(place, "both", wheels=with_wheels)["path"])
    assert default == place.paths.home / "kernels" / "both"
    assert "a-1-py3-none-any.whl" in files(default / "dataset")
    before = (default / "dataset" / "bundle.json").read_bytes()
    (default / "left").touch()
    kernels.build(place, "both")
    assert "a-1-py3-none-any.whl" not in files(default / "dataset")
    assert (default / "dataset" / "bundle.json").read_bytes() == before
    assert [path.name for path in default.parent.iterdir()] == ["both"]
    assert sorted(path.name for path in default.iterdir()) == ["dataset", "kernel"]
    with pytest.raises(BundleError, match="name a new or empty folder with --to"):
        kernels.build(place, "both", with_wheels)


def test_a_name_that_is_neither_blend_nor_run_lists_both(place: Workplace) -> None:
    with pytest.raises(BlendNameError, match=r"not a run .*lightgbm-.*no blend: .*best, both"):
        kernels.build(place, "nothing")


@given(st.text(max_size=80))
def test_a_slug_is_one_that_kaggle_keeps(blend: str) -> None:
    slug = kernels.slug_of(COMPETITION, blend)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{4,48}[a-z0-9]", slug)
    assert slugify(slug) == slug


def test_the_wheel_holds_every_package_whole_and_its_bytes_depend_on_nothing_else(
    tmp_path: Path,
) -> None:
    (tmp_path / "again").mkdir()
    path, again = write_wheel(tmp_path), write_wheel(tmp_path / "again")
    assert path.read_bytes() == again.read_bytes()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    with zipfile.ZipFile(path) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    modules = {name for name in found if ".dist-info/" not in name}
    assert modules == {
        file.relative_to((ROOT / package).parent).as_posix()
        for package in listed
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert f"competitions/{COMPETITION}/competition.toml" in modules
    info = path.name.removesuffix("-py3-none-any.whl") + ".dist-info"
    assert b"Name: pneumothorax-lab\n" in found[f"{info}/METADATA"]
    rows = {name: (digest, size) for name, digest, size in
            csv.reader(found.pop(f"{info}/RECORD").decode().splitlines())}  # fmt: skip
    assert rows.pop(f"{info}/RECORD") == ("", "")
    assert rows == {name: (hashed(data), str(len(data))) for name, data in found.items()}


def hashed(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return f"sha256={digest.decode().rstrip('=')}"


def test_libraries_that_differ_or_are_missing_are_told(tmp_path: Path) -> None:
    listed = tmp_path / "wheels.txt"
    listed.write_text(f"# a==1\nnumpy=={version('numpy')}\npandas==0.1\nno-such-thing==2\n")
    assert kernel_run.other_libraries(listed) == [
        "not installed: no-such-thing==2",
        f"other versions: pandas {version('pandas')} (made with 0.1)",
    ]


def test_a_bundle_is_pushed_run_submitted_and_recorded(place: Workplace, tmp_path: Path) -> None:
    bundle = Path(kernels.build(place, "both")["path"])
    written = tmp_path / "submission.csv"
    written.write_text("ImageId,EncodedPixels\na,-1\n")
    site = standin.Site(place.spec.slug, score=lambda _: (0.5, 0.6), notebooks_only=True)
    with standin.Server(site) as server, standin.connect(server) as client:
        with pytest.raises(BundleError, match="was not pushed yet"):
            kernel_push.status(bundle, client)
        first, second = (kernel_push.push(place, bundle, client) for _ in range(2))
        assert (first["version"], second["version"]) == (1, 2)
        assert first["dataset"] == first["kernel"] == "standin/both-on-siim-acr-pneumothorax"
        assert len(site.datasets[first["dataset"]]) == 1, "it was sent again unchanged"
        site.kernel_status, site.kernel_output = "ERROR", written
        with pytest.raises(BundleError, match=r"has not run to its end \(error: the stand-in was"):
            kernel_push.submit(place, bundle)
        site.kernel_status = "COMPLETE"
        with pytest.raises(BundleError, match="nothing was sent"):
            kernel_push.submit(place, bundle)
        for yes in (True, False):
            sent = kernel_push.submit(place, bundle, wait=True, yes=yes)
    assert (sent["status"], sent["public_score"], sent["version"]) == ("complete", 0.5, 2)
    assert len(site.posted) == 1
    (entry,) = kagglegate.Ledger(place.paths.ledger).entries()
    assert (entry.extra["blend"], entry.extra["score_honest"]) == ("both", 0.8)
    assert entry.message == "both CV 0.8000"
