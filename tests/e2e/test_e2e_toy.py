"""The next competition is one folder: a toy one walks the whole road by the real command line.

`tests/toy` holds its package; in front of the path it replaces the real competitions. Nothing
outside that folder knows of it.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import crossval
import jobs
from kagglegate import standin
from tests.e2e.conftest import Result, done, process, shared

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "toy"
GATEWAY = ROOT / "tests" / "gateway"
IMAGES, TEST = 24, 12


def toy_path(folder: Path) -> str:
    """Return a PYTHONPATH with the toy's package in front, copied to `folder`."""
    if not (folder / "competitions").exists():
        shutil.copytree(
            TOY / "competitions",
            folder / "competitions",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    before = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]
    return os.pathsep.join([str(folder), *(str(ROOT / one) for one in before), str(ROOT)])


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy's package, its data, and a home with a run of each kind and a blend."""

    def make(folder: Path) -> None:
        path: dict[str, Any] = {"PYTHONPATH": toy_path(folder), "run": process}
        data, home = folder / "data", folder / "home"
        where = ("--data", data, "--home", home)
        done("data", "synth", "--images", IMAGES, "--test", TEST, "--out", data, **path)
        trees = done("cv", "blob_trees", *where, **path)
        net = done("cv", "blob_net", *where, **path)
        blend = done("blend", "--name", "both", *where, **path)
        jobs.write_json(folder / "told.json", {"trees": trees, "net": net, "blend": blend})

    return shared(tmp_path_factory, "toy", make)


@pytest.fixture
def toy(walked: Path, tmp_path: Path) -> "Toy":
    """The toy's command line over a copy of that home."""
    home = Path(shutil.copytree(walked / "home", tmp_path / "home"))
    return Toy(walked, home)


class Toy:
    """Calls commands on the toy's data."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.data, self.home = folder / "data", home
        self.told: dict[str, Any] = jobs.read_json(folder / "told.json")
        self.environment = {
            "PYTHONPATH": toy_path(folder),
            "TOOLS_DATA": str(self.data),
            "TOOLS_HOME": str(home),
            "TOOLS_SUBMISSIONS": str(home / "submissions"),
        }

    def done(self, *arguments: object, **environment: str) -> Any:
        return done(*arguments, run=process, **(environment | self.environment))

    def tools(self, *arguments: object) -> Result:
        return process(*arguments, **self.environment)

    def truth(self) -> pd.Series:
        return cells(self.data / "test-truth.csv")


def cells(path: Path) -> pd.Series:
    """Return the texts of a table of masks, indexed by image id; blank is an empty mask."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert list(table.columns) == ["id", "rle_mask"]
    return table.set_index("id")["rle_mask"]


def drawn(text: str) -> np.ndarray:
    """Return the mask, bool `(50, 50)`, of absolute pairs that count from 1 down the columns."""
    flat = np.zeros(50 * 50, bool)
    numbers = [int(number) for number in text.split()]
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        flat[start - 1 : start - 1 + length] = True
    return flat.reshape(50, 50, order="F")


def tgs(given: pd.Series, truth: pd.Series) -> pd.Series:
    """Return the score of each image: the share of the thresholds that its IoU exceeds."""
    scores = {}
    for image_id in truth.index:
        one, other = drawn(given[image_id]), drawn(truth[image_id])
        union = (one | other).sum()
        iou = (one & other).sum() / union if union else 1.0
        scores[image_id] = np.mean([iou > k / 20 for k in range(10, 20)])
    return pd.Series(scores)


@pytest.mark.slow
def test_the_data_are_found_sound_and_tabulated(toy: Toy) -> None:
    audit = toy.done("data", "audit")
    assert audit["errors"] == audit["warnings"] == [], "no word of patients, headers or DICOM"
    assert (audit["images"], audit["leakage"]) == ({"train": IMAGES, "test": TEST}, None)
    frame = toy.done("data", "frame")
    assert (frame["rows"], frame["train"], frame["test"]) == (IMAGES + TEST, IMAGES, TEST)
    table = pd.read_parquet(frame["path"])
    assert set(table["format"]) == {"png"}
    assert (table[["height", "width"]] == 50).all(axis=None)
    described = toy.done("data", "download")
    assert (described["train_images"], described["test_images"]) == (IMAGES, TEST)
    assert described["lacks"] == []
    folds = toy.done("folds")
    assert (folds["grouped"], [row["images"] for row in folds["folds"]]) == (False, [12, 12])


@pytest.mark.slow
def test_the_audit_looks_at_the_facts(toy: Toy, tmp_path: Path) -> None:
    data = Path(shutil.copytree(toy.data, tmp_path / "data"))
    header, first, second, *rows = (data / "depths.csv").read_text().splitlines()
    text = f"{second.partition(',')[0]},deep"
    (data / "depths.csv").write_text("\n".join([header, first, text, *rows]) + "\n")
    refused = toy.tools("data", "audit", "--data", data, "--json")
    assert refused.code == 1
    (error,) = refused.json["errors"]
    assert (error["kind"], error["row"], error["message"]) == (
        "facts", 3, "line 3: z is 'deep', not a number",
    )  # fmt: skip
    (data / "depths.csv").write_text("\n".join([header, first, *rows]) + "\n")
    (warning,) = toy.done("data", "audit", "--data", data)["warnings"]
    assert warning["kind"] == "facts"
    assert "lacks 1 of" in warning["message"]


@pytest.mark.slow
def test_depth_is_a_fact_a_feature_and_a_subgroup(toy: Toy) -> None:
    made = toy.done("features")
    assert made["families"] == ["grid", "depth"]
    features = pd.read_parquet(made["path"])
    depths = pd.read_csv(toy.data / "depths.csv").set_index("id")["z"]
    assert features["depth_z"].tolist() == depths[features.index].tolist()
    assert {name.partition("_")[0] for name in features} == {"grid", "depth"}
    bands = [row for row in toy.told["trees"]["subgroups"] if row["kind"] == "z"]
    below = int((depths[features.index] < 500).sum())
    assert [row["images"] for row in bands] == [below, IMAGES - below]


@pytest.mark.slow
def test_both_kinds_of_learner_find_the_blobs_and_are_blended(toy: Toy) -> None:
    trees, net, blend = (toy.told[name] for name in ("trees", "net", "blend"))
    assert trees["auc"] > 0.9
    assert trees["score"] == trees["score_empty"] == 0.5, "trees draw no mask"
    assert net["score"] > 0.6
    assert blend["competition"] == "toy"
    assert blend["runs"] == [net["run"], trees["run"]]
    run = crossval.open_run(toy.home / "runs", net["run"])
    maps = run.maps("oof")
    assert maps is not None
    assert maps.read(maps.ids[0]).shape == (64, 64)


@pytest.mark.slow
def test_test_images_are_trained_on_as_the_other_folds_see_them(toy: Toy) -> None:
    changed = ("cv", "blob_net", "--set", "pseudo=both", "--set", "epochs=2")
    made = toy.done(*changed)
    plain = [row["training_positives"] for row in toy.told["net"]["folds"]]
    labelled = [row["training_positives"] for row in made["folds"]]
    more = np.subtract(labelled, plain)
    assert all((more > 0) & (more < TEST)), "some of the test images, in each fold"
    assert made["run"] not in (toy.told["net"]["run"], toy.told["trees"]["run"])
    models = sorted((toy.home / "runs" / made["run"]).rglob("model.safetensors"))
    before = [path.stat().st_mtime_ns for path in models]
    assert toy.done(*changed) == made
    assert [path.stat().st_mtime_ns for path in models] == before
    blend = toy.done("blend", made["run"], "--name", "labelled")
    assert toy.done("submit", "--blend", "labelled", "--dry-run")["rows"] == TEST
    (note,) = blend["notes"]
    assert "pseudo-labels of blend both" in note
    page = Path(toy.done("report", "labelled")["path"]).read_text()
    assert "pseudo-labels of blend both" in page


@pytest.mark.slow
def test_pseudo_labels_know_nothing_of_the_fold_that_is_held_out(toy: Toy) -> None:
    code = (
        "import dataclasses, json, sys\nimport crossval, rlemask\n"
        "from tools.paths import Paths\n"
        "from tools.usecases.train.pseudo_labels import pseudo_masks\n"
        "from tools.usecases.context.workplace import Workplace\n"
        "place = Workplace(Paths.resolve(None, None))\n"
        "folds = crossval.open_run(place.paths.runs, sys.argv[1]).folds\n"
        "train = list(folds.index[folds != 0])\n"
        "def masks(): return {i: m.toggles.tolist() for i, m in "
        "pseudo_masks(place, 'both', train).items()}\n"
        "first = masks()\n"
        "truth = {i: place.dataset.truth[i] for i in folds.index}\n"
        "truth |= {i: rlemask.empty((50, 50)) for i in folds.index[folds == 0]}\n"
        "place.__dict__['dataset'] = dataclasses.replace(place.dataset, truth=truth)\n"
        "try: pseudo_masks(place, 'both', train[1:])\n"
        "except Exception as error: refused = str(error)\n"
        "print(json.dumps([masks() == first, len(first), refused]))\n"
    )
    command = [sys.executable, "-P", "-c", code, toy.told["net"]["run"]]
    environment = os.environ | toy.environment
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    same, images, refused = json.loads(ran.stdout)
    assert (same, images) == (True, TEST)
    assert refused.startswith("blend both has other folds")


@pytest.mark.slow
def test_the_leaderboard_gives_the_score_that_numpy_gives(toy: Toy, tmp_path: Path) -> None:
    truth = toy.data / "test-truth.csv"
    (tmp_path / "kaggle").mkdir()
    judge = standin.scorer(truth, _by_numpy, public_share=0.5)
    with standin.Server(standin.Site("toy-blobs", score=judge)) as server:
        kaggle = standin.environment(server, tmp_path / "kaggle")
        sent = toy.done("submit", "--blend", "both", "--wait", "--yes", **kaggle)
    assert (sent["status"], sent["rows"]) == ("complete", TEST)
    given = cells(Path(sent["path"]))
    assert list(given.index) == list(cells(toy.data / "sample_submission.csv").index)
    assert 0 < (given == "").sum() == TEST - sent["positives"] < TEST, "blank cells are empty masks"
    scores = tgs(given, toy.truth())
    scored = toy.done("score", sent["path"], "--truth", truth)
    assert scored["score"] == pytest.approx(scores.mean())
    assert scored["score"] > 0.5, "better than an empty file"
    assert scored["images"] == TEST
    halves = (sent["public_score"] + sent["private_score"]) / 2
    assert halves == pytest.approx(scored["score"], abs=1e-5), "two halves of six images"
    assert toy.done("submissions")["submissions"][0]["ref"] == sent["ref"]


def _by_numpy(submission: Path, part: Path) -> float:
    return float(tgs(cells(submission), cells(part)).mean())


@pytest.mark.slow
def test_the_stand_in_of_the_command_line_uses_the_competitions_metric(toy: Toy) -> None:
    """In a process that knows only the toy, as `tools kaggle-standin` serves it."""
    code = (
        "import json, sys\nfrom pathlib import Path\n"
        "from tools.paths import Paths\nfrom tools.usecases.submission import standin\n"
        "from tools.usecases.context.workplace import Workplace\n"
        "site = standin.site(Workplace(Paths.resolve(None, None)), Path(sys.argv[1]))\n"
        "print(json.dumps([site.slug, *site.score(Path(sys.argv[2]))]))\n"
    )
    sample = toy.data / "sample_submission.csv"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code, toy.data / "test-truth.csv", sample],
        env=os.environ | toy.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    slug, *scores = json.loads(ran.stdout)
    judge = standin.scorer(toy.data / "test-truth.csv", _by_numpy)
    assert (slug, scores) == ("toy-blobs", pytest.approx(list(judge(sample))))


@pytest.mark.slow
def test_the_report_speaks_of_this_competition(toy: Toy) -> None:
    page = Path(toy.done("report", "both")["path"]).read_text()
    text = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert "Blob precision" in text
    assert "Toy Blobs" in text
    for word in ("Dice", "[Pp]atient", "[Rr]adiograph", "[Ll]ung", r"\bDICOM"):
        assert not re.search(word, text), f"the page says {word}"


@pytest.mark.slow
def test_a_bundle_takes_the_folder_along_and_predicts_with_it(toy: Toy, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    toy.done("kernel", "build", "both", "--to", bundle)
    dry = toy.done("submit", "--blend", "both", "--dry-run")
    code = bundle / "dataset" / "code"
    inside = [path for path in (code / "competitions").rglob("*") if path.is_file()]
    files = [path for path in (TOY / "competitions").rglob("*") if path.is_file()]
    expected = {path.relative_to(TOY).as_posix() for path in files if path.suffix != ".pyc"}
    assert {path.relative_to(code).as_posix() for path in inside} == expected
    (cell,) = jobs.read_json(bundle / "kernel" / "submission.ipynb")["cells"]
    (tmp_path / "cell.py").write_text("".join(cell["source"]))
    only_test = tmp_path / "input"
    shutil.copytree(toy.data / "test", only_test / "test")
    for table in ("sample_submission.csv", "depths.csv"):
        shutil.copy(toy.data / table, only_test / table)
    out = tmp_path / "submission.csv"
    asked = ["--bundle", bundle / "dataset", "--data", only_test, "--out", out]
    ran = subprocess.run(
        [sys.executable, "-P", tmp_path / "cell.py", *asked], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert out.read_bytes() == Path(dry["path"]).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("paths", [[], ["sample_submission.csv", "test"]], ids=["ids", "paths"])
def test_a_bundle_answers_a_local_gateway_with_the_masks_of_submit(
    toy: Toy, tmp_path: Path, paths: list[str]
) -> None:
    asked = [text for path in paths for text in ("--gateway-path", path)]
    script = server_bundle(toy, tmp_path, "--machine", "TpuV5E8", *asked)
    about = jobs.read_json(tmp_path / "bundle" / "kernel" / "kernel-metadata.json")
    assert (about["machine_shape"], about["enable_gpu"]) == ("TpuV5E8", False)
    ran = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, env=gateway_port())
    assert ran.returncode == 0, ran.stderr
    dry = toy.done("submit", "--blend", "both", "--dry-run")
    written, expected = cells(tmp_path / "submission.csv"), cells(Path(dry["path"]))
    assert written.equals(expected)
    assert 0 < (written == "").sum() < TEST


@pytest.mark.slow
def test_a_bundle_answers_the_gateway_of_another_process_where_kaggle_scores_it(
    toy: Toy, tmp_path: Path
) -> None:
    script = server_bundle(toy, tmp_path)
    environment = gateway_port()
    rerun = environment | {"KAGGLE_IS_COMPETITION_RERUN": "1"}
    code = (
        "import sys\nfrom kaggle_evaluation.sample_gateway import SampleGateway\n"
        "SampleGateway((sys.argv[1],)).run()\n"
    )
    with subprocess.Popen(script, cwd=tmp_path, env=rerun, stderr=subprocess.PIPE) as server:
        try:
            gateway = subprocess.run(
                [sys.executable, "-P", "-c", code, toy.data], cwd=tmp_path, capture_output=True,
                text=True, env=environment | {"PYTHONPATH": str(GATEWAY)},
            )  # fmt: skip
            assert gateway.returncode == 0, gateway.stderr
            assert server.poll() is None, "it must answer until Kaggle ends it"
        finally:
            server.kill()
    dry = toy.done("submit", "--blend", "both", "--dry-run")
    assert cells(tmp_path / "submission.csv").equals(cells(Path(dry["path"])))


def server_bundle(toy: Toy, folder: Path, *asked: str) -> list[object]:
    """Build a bundle with a server; return the command of its notebook's cell.

    The competition's files contain the gateway and no training images.
    """
    made = toy.done("kernel", "build", "both", "--to", folder / "bundle", "--server", *asked)
    (cell,) = jobs.read_json(made["path"] + "/kernel/submission.ipynb")["cells"]
    (folder / "cell.py").write_text("".join(cell["source"]))
    shutil.copytree(toy.data / "test", folder / "input" / "test")
    shutil.copytree(GATEWAY / "kaggle_evaluation", folder / "input" / "kaggle_evaluation")
    for table in ("sample_submission.csv", "depths.csv"):
        shutil.copy(toy.data / table, folder / "input" / table)
    given = ["--bundle", folder / "bundle" / "dataset", "--data", folder / "input"]
    return [sys.executable, "-P", folder / "cell.py", *given]


def gateway_port() -> dict[str, str]:
    """Return the environment of a gateway and a server with a free port."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return {**os.environ, "GATEWAY_PORT": str(free.getsockname()[1])}


@pytest.mark.slow
def test_what_the_toy_does_not_offer_is_one_line(toy: Toy) -> None:
    refused = toy.tools("features", "show", "a001")
    assert refused.code == 1
    assert refused.err == (
        "tools: toy has no function show: write show(file) in competitions.toy.prepare, see "
        "contest.Competition\n"
    )


@pytest.mark.slow
def test_the_toy_keeps_the_contract_of_competitions(tmp_path: Path) -> None:
    contract = ROOT / "tests" / "competitions" / "test_competitions_contract.py"
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", contract]
    environment = os.environ | {"PYTHONPATH": toy_path(tmp_path)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    assert "passed" in ran.stdout
    assert "skipped" not in ran.stdout
