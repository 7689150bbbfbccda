"""Export of models to a folder that needs no competition, run or network connection."""

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
from segmenters.data.crop import windows_of
from segmenters.export.onnx_graph import INPUT, OUTPUTS, write_onnx
from segmenters.network.checkpoint import CONFIG, MODEL, load_model, network_folders

RECORD = "export.json"
SCRIPT = "predict.py"
FORMAT = 1
"""Version of the folder's layout, increased by each change that older versions cannot read."""

MADE_WITH = (jobs.PROJECT, "torch", "timm", "segmentation_models_pytorch", "safetensors")

PREPARATION = (
    "grey, uint8, as reader gives it at image_side; {cut}resized to size; divided by 255; "
    "channel 0 is (grey - 0.449) / 0.226, channel 1 is 1"
)

CUT = "cut to the box that crop finds with the margin config.network.crop_margin; "
PADDED = "padded by reflection to config.network.pad_to; "


def function_of(name: str) -> Callable[..., Any]:
    """Return the function with the name "module:function".

    Raises:
        UnknownFunction: the module or the function does not exist.
    """
    module, _, function = name.partition(":")
    if not module or not function:
        raise UnknownFunction(f"{name!r} names no function: write module:function")
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module exists, but one of its imports does not
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
    """Write models and a prediction script to a folder, atomically.

    The folder has ``models/fold0``, ``fold1``, … (``model.safetensors``, ``config.json``),
    ``export.json``, ``predict.py``, and with `onnx` ``onnx/fold0.onnx``, …, each compared with
    torch. If `out` has the same export already, nothing is written.

    Args:
        folders: model folders written by `Segmenter.fit`; predictions are the mean over them.
        out: the folder to write; it must be missing, empty, or have the same export.
        config: the configuration, whose inference settings are exported.
        name: name of the run, for the record.
        image_side: side at which images are read from files, in pixels.
        reader: "module:function" in an installed package with which ``predict.py`` reads image
            files; it takes a path and a side and returns uint8 ``(side, side)``.
        suffix: suffix of image files in a folder, such as ".png"; "" accepts any.
        crop: "module:function" of the `Crop` used in training.
        onnx: also write the networks as ONNX graphs, see `write_onnx`.
        about: further JSON values for the record.
        report: progress.

    Returns:
        The content of ``export.json``.

    Raises:
        WrongModel: a folder has no usable model.
        ExportError: `out` has other content, or a network cannot be written as ONNX.
        jobs.NotInstalled: the libraries for ONNX are missing.
        UnknownFunction: `reader` or `crop` does not exist.
        BadCrop: `config.network.crop_margin` is not 0 and `crop` is empty.
    """
    function_of(reader)
    windows_of(function_of(crop) if crop else None, config.network)
    if onnx:
        jobs.require("onnx")
    if not folders:
        raise ValueError("no model folder was given: pass the folders that fit has written")
    networks = _networks(folders, config)
    cut = CUT if config.network.crop_margin else PADDED if config.network.pad_to else ""
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
        "preparation": PREPARATION.format(cut=cut),
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
    """Return the folder of each network by its path below ``models``."""
    return {
        str(Path(f"fold{number}") / network.relative_to(folder)): network
        for number, folder in enumerate(map(Path, folders))
        for network in network_folders(folder, config)
    }


def _portable(config: SegmenterConfig) -> SegmenterConfig:
    """Return `config` without settings specific to the training machine."""
    return config.replace(encoder_weights="none", device="auto", threads=0)


def _copy_model(source: Path, target: Path) -> None:
    _, own = load_model(source)
    target.mkdir(parents=True)
    shutil.copyfile(source / MODEL, target / MODEL)
    jobs.write_json(target / CONFIG, _portable(own).as_dict())


def _graph(folder: Path, place: str, how: str) -> dict[str, Any]:
    """Write the ONNX graph of one network, and return its entry in ``export.json``."""
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
    """Return the SHA-256 checksums of a model's files by name.

    Raises:
        WrongModel: a file is missing.
    """
    return {name: _sha256(folder / name) for name in (CONFIG, MODEL)}


def _sha256(path: Path) -> str:
    if not path.is_file():
        raise WrongModel(f"{path} is missing: run the training, or the export, to its end")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _known(out: Path, made_from: str) -> dict[str, Any] | None:
    """Return the record of the same export at `out`, or None if `out` is missing or empty."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    record = jobs.read_json(out / RECORD) if (out / RECORD).is_file() else {}
    if record.get("made_from") != made_from:
        raise ExportError(
            f"{out} exists and does not hold this export: name a new or empty folder, or "
            "delete it first"
        )
    verify(out, record)
    return dict(record)


def verify(folder: Path, record: Mapping[str, Any]) -> None:
    """Check the files of all models of an export against their checksums.

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
