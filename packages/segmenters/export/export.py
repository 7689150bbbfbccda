"""A folder that predicts without a competition, a run or a network connection."""

import hashlib
import importlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jobs
from segmenters._errors import ExportError, UnknownFunction, WrongModel
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.data.crop import crops_of
from segmenters.export.onnx_graph import INPUT, OUTPUTS, check_installed, write_onnx
from segmenters.network.checkpoint import CONFIG, MODEL, load_model, network_folders

RECORD = "export.json"
SCRIPT = "predict.py"
FORMAT = 1
"""Raised whenever older programs cannot read the folder any more."""

MADE_WITH = ("pneumothorax-lab", "torch", "timm", "segmentation_models_pytorch", "safetensors")

PREPARATION = (
    "grey, uint8, as reader gives it at image_side; {cut}resized to size; divided by 255; "
    "channel 0 is (grey - 0.449) / 0.226, channel 1 is 1"
)

CUT = "cut to the box that crop finds with the margin config.network.crop_margin; "


def function_of(name: str) -> Callable[..., Any]:
    """Return the function that "module:function" names.

    Raises:
        UnknownFunction: there is no such module, or no such function in it.
    """
    module, _, function = name.partition(":")
    if not module or not function:
        raise UnknownFunction(f"{name!r} names no function: write module:function")
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there; something it imports is not
        raise UnknownFunction(
            f"{name!r} names no function, as there is no module {error.name}: correct the name, "
            "or install the package"
        ) from error
    if not callable(found):
        raise UnknownFunction(
            f"{name!r} names no function, as {module} has none: correct the name, or install the "
            "version of the package that has it"
        )
    return found


def export(
    folders: Sequence[Path],
    out: Path,
    config: SegmenterConfig,
    *,
    name: str,
    image_side: int,
    reader: str,
    suffix: str = "",
    crop: str = "",
    onnx: bool = False,
    about: Mapping[str, Any] | None = None,
    report: jobs.Report = jobs.silent,
) -> dict[str, Any]:
    """Write models with all that they need to predict as a folder, whole or not at all.

    It holds ``models/fold0``, ``fold1``, … (``model.safetensors``, ``config.json``),
    ``export.json``, ``predict.py``, and with `onnx` ``onnx/fold0.onnx``, …, each of which was
    compared with torch. Where the same export lies already nothing is done.

    Args:
        folders: of the models, as `Segmenter.fit` left them; their predictions are averaged.
        out: the folder to write; it must not exist, be empty, or hold the same export.
        config: how to predict.
        name: of the run, to be recorded.
        image_side: at which images are read from their files, in pixels.
        reader: "module:function" of the installed packages that ``predict.py`` shall read files
            with: from a path and a side to uint8 ``(side, side)``.
        suffix: of image files in a folder, such as ".png"; "" is any.
        crop: "module:function" of the `Crop` that the networks were trained with.
        onnx: also write the networks as ONNX graphs, see `write_onnx`.
        about: JSON values to be recorded.
        report: progress.

    Returns:
        What ``export.json`` holds.

    Raises:
        WrongModel: a folder holds no usable model.
        ExportError: something else lies at `out`, or ONNX cannot express a network.
        ExportError: the libraries for ONNX are not installed.
        UnknownFunction: reader or crop is not there.
        BadCrop: `config.network.crop_margin` is not 0 and no crop is named.
    """
    function_of(reader)
    crops_of(function_of(crop) if crop else None, config.network.crop_margin)
    if onnx:
        check_installed()
    if not folders:
        raise ValueError("no model folder was given: pass the folders that fit has written")
    networks = _networks(folders, config)
    record: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "config": _portable(config).as_dict(),
        "size": config.network.size,
        "mask_size": config.inference.mask_size or config.network.size,
        "image_side": image_side,
        "reader": reader,
        "suffix": suffix.lower(),
        "crop": crop if config.network.crop_margin else "",
        "preparation": PREPARATION.format(cut=CUT if config.network.crop_margin else ""),
        "about": dict(about or {}),
    }
    sources = {place: list(sums(network).values()) for place, network in networks.items()}
    record["made_from"] = jobs.digest(record, onnx, sources)
    known = _known(Path(out), record["made_from"])
    return known or _write(Path(out), networks, config, record, onnx, report)


def _write(
    out: Path,
    networks: Mapping[str, Path],
    config: SegmenterConfig,
    record: dict[str, Any],
    onnx: bool,
    report: jobs.Report,
) -> dict[str, Any]:
    with jobs.writing_folder(out) as folder:
        members = []
        for number, (place, source) in enumerate(networks.items()):
            _copy_model(source, folder / "models" / place)
            member: dict[str, Any] = {"folder": f"models/{place}"}
            member["sha256"] = sums(folder / "models" / place)
            if onnx:
                member["onnx"] = _graph(folder, place, config.inference.presence)
            members.append(member)
            report("export", number + 1, len(networks), {})
        made_with = [*MADE_WITH, *(("onnx", "onnxruntime") if onnx else ())]
        record["members"] = members
        record["made_with"] = {library: version(library) for library in made_with}
        shutil.copyfile(Path(__file__).with_name("predict_script.py"), folder / SCRIPT)
        jobs.write_json(folder / RECORD, record)
    return record


def _networks(folders: Sequence[Path], config: SegmenterConfig) -> dict[str, Path]:
    """Return where each network lies, by its place below ``models``."""
    return {
        str(Path(f"fold{number}") / network.relative_to(folder)): network
        for number, folder in enumerate(map(Path, folders))
        for network in network_folders(folder, config)
    }


def _portable(config: SegmenterConfig) -> SegmenterConfig:
    """Return `config` without what only held where the model was trained."""
    return config.replace(encoder_weights="none", device="auto", threads=0)


def _copy_model(source: Path, target: Path) -> None:
    _, own = load_model(source)
    target.mkdir(parents=True)
    shutil.copyfile(source / MODEL, target / MODEL)
    jobs.write_json(target / CONFIG, _portable(own).as_dict())


def _graph(folder: Path, place: str, how: str) -> dict[str, Any]:
    """Write the ONNX graph of one network; return what is recorded about it."""
    path = folder / "onnx" / f"{place.replace('/', '-')}.onnx"
    difference = write_onnx(folder / "models" / place, path, how)
    return {
        "file": f"onnx/{path.name}",
        "sha256": _sha256(path),
        "largest_difference": difference,
        "input": f"{INPUT}: float32 (n, size, size), grey in 0..1",
        "outputs": f"{', '.join(OUTPUTS)}: float32 (n, size, size) and (n,), probabilities",
        "views": "the image itself: no mirror image, no other scale, no tiles",
    }


def sums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the files of a model.

    Raises:
        WrongModel: one is missing.
    """
    return {name: _sha256(folder / name) for name in (CONFIG, MODEL)}


def _sha256(path: Path) -> str:
    if not path.is_file():
        raise WrongModel(f"{path} is missing: run the training, or the export, to its end")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _known(out: Path, made_from: str) -> dict[str, Any] | None:
    """Return the record of the same export at `out`, None where there is room for one."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    record = jobs.read_json(out / RECORD) if (out / RECORD).is_file() else {}
    if record.get("made_from") != made_from:
        raise ExportError(
            f"{out} is there and does not hold this export: name a new or empty folder, or "
            "delete it first"
        )
    verify(out, record)
    return dict(record)


def verify(folder: Path, record: Mapping[str, Any]) -> None:
    """Compare all models of an export with their checksums.

    Raises:
        WrongModel: a file is missing or was changed.
    """
    for member in record["members"]:
        found = sums(folder / member["folder"])
        changed = [name for name, wanted in member["sha256"].items() if found.get(name) != wanted]
        if changed:
            raise WrongModel(
                f"{folder / member['folder'] / changed[0]} is not the file that was exported: "
                "export the run again"
            )
