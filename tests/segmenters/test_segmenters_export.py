"""An exported folder predicts as the run does, is whole or not there, and notices changes."""

import contextlib
import hashlib
import io
import json
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import cxr.phantom
import dicomio
import jobs
from segmenters import (
    ExportError,
    Segmenter,
    SegmenterConfig,
    UnknownFunction,
    WrongModel,
    export,
    load_export,
)
from segmenters.export import export as exporting
from segmenters.export import onnx_graph as graphs
from segmenters.export import predict_script as script
from segmenters.inference.inference import Ensemble, presence
from segmenters.network.checkpoint import save_model
from segmenters.network.network import build_network
from tests.segmenters._kept_maps import keep_in

NAMED = {"image_side": 96, "reader": "dicomio:read_image", "suffix": ".DCM"}


class Stack:
    """Images by number."""

    def __init__(self, pixels):
        self.pixels, self.ids = pixels, [f"i{k}" for k in range(len(pixels))]

    def take(self, ids):
        return self.pixels[[self.ids.index(i) for i in ids]]


def written(folder, config, seed):
    torch.manual_seed(seed)
    save_model(folder, build_network(config, load_weights=False).state_dict(), config)
    return folder


def config_of(**changes):
    return SegmenterConfig().replace(
        encoder="mobilenetv3_small_050", encoder_weights="none", decoder_channels=(16, 8, 8),
        size=64, mask_size=48, device="cpu", amp="none", threads=1, predict_batch=3, **changes,
    )  # fmt: skip


@pytest.fixture(scope="module")
def config():
    return config_of(tta_scales=(1.5,))


@pytest.fixture(scope="module")
def models(config, tmp_path_factory):
    base = tmp_path_factory.mktemp("models")
    own = config.replace(encoder_weights="/somewhere/weights.safetensors")
    return [written(base / str(seed), own, seed) for seed in (0, 1)]


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (4, 96, 96), dtype=np.uint8)


@pytest.fixture
def folder(models, config, tmp_path):
    export(models, tmp_path / "out", config, name="run", **NAMED, about={"auc": 0.9})
    return tmp_path / "out"


def contents(folder):
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in sorted(folder.rglob("*"))}


def test_predicts_what_the_run_predicts(folder, models, config, images):
    stack, soft = Stack(images), {}
    wanted = Segmenter(config, stack, {}).predict(stack.ids, models, write_map=keep_in(soft))
    maps, p = load_export(folder).predict(images)
    assert maps.dtype == np.uint8
    assert np.array_equal(maps, np.stack([soft[i] for i in stack.ids]))
    assert np.array_equal(p, wanted)


def test_several_networks_of_a_fold_are_all_there(config, images, tmp_path):
    several = config.replace(models=2)
    for number in (0, 1):
        written(tmp_path / "fold0" / f"net{number}", several, number)
    record = export([tmp_path / "fold0"], tmp_path / "out", several, name="run", **NAMED)
    assert [m["folder"] for m in record["members"]] == ["models/fold0/net0", "models/fold0/net1"]
    wanted = Segmenter(several, Stack(images), {}).predict(["i2"], [tmp_path / "fold0"])
    assert load_export(tmp_path / "out").predict(images[2:3])[1] == wanted


def test_the_record_says_what_it_is_and_what_it_was_made_with(folder):
    record = json.loads((folder / "export.json").read_text())
    assert (record["name"], record["about"]) == ("run", {"auc": 0.9})
    assert (record["size"], record["mask_size"], record["image_side"]) == (64, 48, 96)
    assert record["made_with"]["torch"] == torch.__version__.partition("+")[0]
    weights = folder / "models" / "fold1" / "model.safetensors"
    wanted = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert record["members"][1]["sha256"]["model.safetensors"] == wanted
    assert "/somewhere" not in "".join(p.read_text() for p in folder.rglob("*.json"))


def test_it_works_elsewhere_and_without_what_it_was_made_from(folder, tmp_path, images):
    wanted = load_export(folder).predict(images)[1]
    moved = shutil.move(folder, tmp_path / "elsewhere")
    assert np.array_equal(load_export(moved).predict(images)[1], wanted)


def test_images_of_another_kind_are_refused(folder):
    model = load_export(folder)
    for wrong in (np.zeros((2, 8, 9), np.uint8), np.zeros((2, 8, 8)), np.zeros((8, 8), np.uint8)):
        with pytest.raises(ValueError, match=r"read them with model\.read"):
            model.predict(wrong)
    maps, p = model.predict(np.zeros((0, 96, 96), np.uint8))
    assert (maps.shape, p.shape) == ((0, 48, 48), (0,))


# whole or not at all


def test_the_same_export_again_changes_nothing(folder, models, config):
    before = contents(folder)
    again = export(models, folder, config, name="run", **NAMED, about={"auc": 0.9})
    assert contents(folder) == before
    assert again == jobs.read_json(folder / "export.json")


def test_another_export_or_other_files_are_never_overwritten(folder, models, config, tmp_path):
    before = contents(folder)
    with pytest.raises(ExportError, match="does not hold this export"):
        export(models[:1], folder, config, name="run", **NAMED)
    assert contents(folder) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for taken in (tmp_path / "mine", tmp_path / "mine" / "thesis.txt"):
        with pytest.raises(ExportError, match="name a new or empty folder"):
            export(models, taken, config, name="run", **NAMED)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_an_export_that_fails_leaves_nothing(models, config, tmp_path):
    torn = tmp_path / "torn"
    shutil.copytree(models[1], torn)
    (torn / "model.safetensors").write_bytes(b"torn")
    (tmp_path / "out").mkdir()
    with pytest.raises(WrongModel, match="no usable model"):
        export([models[0], torn], tmp_path / "out", config, name="run", **NAMED)
    (torn / "model.safetensors").unlink()
    with pytest.raises(WrongModel, match="is missing"):
        export([models[0], torn], tmp_path / "out", config, name="run", **NAMED)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "torn"]
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(ValueError, match="no model folder"):
        export([], tmp_path / "out", config, name="run", **NAMED)


@pytest.mark.parametrize("which", ["reader", "crop"])
def test_names_without_a_function_are_refused_before_anything_is_written(
    models, config, tmp_path, which
):
    named = {"name": "run", **NAMED, which: "dicomio:no_such"}
    with pytest.raises(UnknownFunction, match="'dicomio:no_such' names no function"):
        export(models, tmp_path / "out", config, **named)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_reported(models, config, tmp_path):
    seen = []
    export(
        models, tmp_path / "out", config, name="run", **NAMED,
        report=lambda label, done, total, _: seen.append((label, done, total)),
    )  # fmt: skip
    assert seen == [("export", 1, 2), ("export", 2, 2)]


# changes are noticed


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_changed_file_is_named(folder, models, config, name):
    path = folder / "models" / "fold1" / name
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)
    with pytest.raises(WrongModel, match=f"fold1/{name} is not the file that was exported"):
        load_export(folder)
    with pytest.raises(WrongModel, match="is not the file"):
        export(models, folder, config, name="run", **NAMED, about={"auc": 0.9})
    path.unlink()
    with pytest.raises(WrongModel, match=f"fold1/{name} is missing"):
        load_export(folder)


def test_what_is_no_export_or_of_a_newer_program_is_refused(folder, tmp_path):
    with pytest.raises(WrongModel, match="holds no export"):
        load_export(tmp_path)
    jobs.write_json(folder / "export.json", {"format": exporting.FORMAT + 1})
    with pytest.raises(WrongModel, match="use the version"):
        load_export(folder)


# ONNX


@pytest.fixture(scope="module")
def graph_folder(models, config, tmp_path_factory):
    """The slow translation, once; it must say nothing, whatever it likes to say."""
    pytest.importorskip("onnxscript")
    out, err = io.StringIO(), io.StringIO()
    target = tmp_path_factory.mktemp("graphs") / "out"
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        export(models, target, config, name="run", **NAMED, onnx=True)
    assert out.getvalue() + err.getvalue() == ""
    return target


def test_the_graphs_give_the_probabilities_of_torch(graph_folder, models, config, images):
    onnxruntime = pytest.importorskip("onnxruntime")
    record = json.loads((graph_folder / "export.json").read_text())
    plain = config.replace(tta_flip=False, tta_scales=())
    small = np.ascontiguousarray(images[:, :64, :64])
    for member, model in zip(record["members"], models, strict=True):
        assert member["onnx"]["largest_difference"] <= 1e-4
        path = graph_folder / member["onnx"]["file"]
        assert member["onnx"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        assert [x.name for x in session.get_inputs()] == ["images"]
        for part in (small[:1], small):
            maps, p = session.run(["maps", "presence"], {"images": part.astype(np.float32) / 255})
            wanted = Ensemble([model], plain, torch.device("cpu")).predict(part)
            np.testing.assert_allclose(maps, wanted.maps, atol=1e-5)
            np.testing.assert_allclose(p, presence(wanted, "both"), atol=1e-5)


def test_the_graph_of_another_network_is_filled_not_translated(
    graph_folder, models, tmp_path, monkeypatch
):
    shutil.copy(graph_folder / "onnx" / "fold0.onnx", tmp_path)
    other = graph_folder / "models" / "fold1"
    monkeypatch.setattr(graphs, "_translate", None)
    assert graphs.write_onnx(other, tmp_path / "fold1.onnx", "both") <= 1e-4
    with pytest.raises(TypeError):
        graphs.write_onnx(other, tmp_path / "fold2.onnx", "head")


def test_a_graph_that_differs_is_refused_and_nothing_is_left(
    graph_folder, models, config, tmp_path, monkeypatch
):
    def lent(_graph, _config, path):
        shutil.copy(graph_folder / "onnx" / "fold0.onnx", path)

    monkeypatch.setattr(graphs, "_translate", lent)
    monkeypatch.setattr(graphs, "_fill", lambda *_: None)
    with pytest.raises(ExportError, match="onnxruntime gives other probabilities"):
        export(models[1:], tmp_path / "out", config, name="run", **NAMED, onnx=True)
    assert list(tmp_path.iterdir()) == []


def test_what_the_exporter_cannot_do_is_one_line(models, config, tmp_path, monkeypatch):
    pytest.importorskip("onnxscript")

    def fails(*_args, **_options):
        raise NotImplementedError("no such\noperator")

    monkeypatch.setattr(torch.onnx, "export", fails)
    with pytest.raises(ExportError, match=r"with unet as ONNX \(no such operator\)"):
        export(models, tmp_path / "out", config, name="run", **NAMED, onnx=True)
    assert list(tmp_path.iterdir()) == []


def test_without_the_libraries_the_extra_is_named(models, config, tmp_path, monkeypatch):
    for name in ("onnx", "onnxscript"):
        monkeypatch.setitem(sys.modules, name, None)
    words = r"onnx and 1 more missing\): pip install .*\[onnx\]"
    with pytest.raises(jobs.NotInstalled, match=words) as no:
        export(models, tmp_path / "out", config, name="run", **NAMED, onnx=True)
    assert "\n" not in str(no.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", ["head", "map", "both"])
def test_the_graph_makes_presence_as_the_committee_does(tmp_path, images, how):
    config = config_of(presence=how, tta_flip=False)
    model = written(tmp_path / "model", config, 0)
    network, _ = graphs.load_model(model)
    small = np.ascontiguousarray(images[:, :64, :64])
    with torch.inference_mode():
        _, p = graphs.Graph(network, how)(torch.from_numpy(small).float() / 255)
    wanted = Ensemble([model], config, torch.device("cpu")).predict(small)
    np.testing.assert_allclose(p, presence(wanted, how), atol=1e-5)


# the script


@pytest.fixture
def dicoms(tmp_path):
    cxr.phantom.write_dataset(tmp_path / "data", images=2, test=1, size=128, workers=1)
    return tmp_path / "data"


def test_the_script_writes_a_row_and_a_map_per_file(folder, dicoms, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "HERE", folder)
    files = sorted(dicoms.rglob("*.dcm"))
    table, maps = tmp_path / "out.csv", tmp_path / "maps"
    arguments = ["predict.py", str(table), str(dicoms), "--maps", str(maps)]
    monkeypatch.setattr(sys, "argv", arguments)
    script.main()
    header, *rows = (row.split(",") for row in table.read_text().splitlines())
    assert header == ["file", "p"]
    assert [row[0] for row in rows] == [str(file) for file in files]
    pixels = np.stack([dicomio.read_image(file, 96) for file in files])
    assert [float(row[1]) for row in rows] == load_export(folder).predict(pixels)[1].tolist()
    assert sorted(path.stem for path in maps.iterdir()) == sorted(file.stem for file in files)


PNG_READER = """
import cv2

def read(path, side):
    return cv2.resize(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), (side, side))
"""


def test_the_script_reads_what_the_export_says(models, config, images, tmp_path, monkeypatch):
    (tmp_path / "own_pictures.py").write_text(PNG_READER)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "in").mkdir()
    for number, image in enumerate(images):
        cv2.imwrite(str(tmp_path / "in" / f"{number}.png"), image)
    (tmp_path / "in" / ".hidden").write_text("no picture")
    for suffix in ("", ".png"):
        out = tmp_path / f"out{suffix}"
        export(
            models,
            out,
            config,
            name="run",
            image_side=96,
            reader="own_pictures:read",
            suffix=suffix,
        )
        monkeypatch.setattr(script, "HERE", out)
        monkeypatch.setattr(sys, "argv", ["predict.py", f"{out}.csv", str(tmp_path / "in")])
        script.main()
        rows = [row.split(",") for row in (tmp_path / f"out{suffix}.csv").read_text().splitlines()]
        assert [Path(file).name for file, _ in rows[1:]] == [f"{k}.png" for k in range(4)]
        assert [float(p) for _, p in rows[1:]] == load_export(out).predict(images)[1].tolist()


def test_the_scripts_failures_are_one_line(folder, dicoms, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "HERE", folder)
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.dcm").write_bytes(b"no DICOM")
    file = next(dicoms.rglob("*.dcm"))
    for given, words in (
        ([tmp_path / "nowhere"], "nowhere is no file and no folder"),
        ([tmp_path / "empty"], "no folder with .dcm files"),
        ([dicoms, tmp_path / "bad.dcm"], "bad.dcm"),
        ([file, file, "--maps", tmp_path / "maps"], "two files have the same name"),
    ):
        monkeypatch.setattr(sys, "argv", ["predict.py", str(tmp_path / "p.csv"), *map(str, given)])
        with pytest.raises(SystemExit) as stopped:
            script.main()
        assert words in str(stopped.value.code)
        assert "\n" not in str(stopped.value.code)
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.parametrize("out", ["folder", "file/p.csv", "x" * 256 + ".csv"])
def test_the_script_refuses_a_table_that_cannot_be_written(
    out, folder, dicoms, tmp_path, monkeypatch
):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(script, "HERE", folder)
    monkeypatch.setattr(script, "predictions", lambda *_: pytest.fail("it was refused too late"))
    monkeypatch.setattr(sys, "argv", ["predict.py", str(tmp_path / out), str(dicoms)])
    with pytest.raises(SystemExit, match=r"predict\.py: .* cannot be written[:,] ") as stopped:
        script.main()
    assert str(tmp_path / out) in str(stopped.value.code)
