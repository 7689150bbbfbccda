"""Reading and writing of training checkpoints and finished models as safetensors files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

import jobs
from segmenters._errors import SegmenterError, WrongModel
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.network.network import SegmentationNet, build_network

STATE = "state.safetensors"
MODEL = "model.safetensors"
CONFIG = "config.json"
UNUSABLE = (jobs.NotReadable, SafetensorError, SegmenterError, ValueError, TypeError, RuntimeError)


def save_state(
    path: Path, parts: Mapping[str, Mapping[str, Tensor]], progress: Mapping[str, Any]
) -> None:
    """Write tensors by part and name, and JSON values, to one safetensors file, atomically."""
    tensors = {f"{part}:{k}": v for part, named in parts.items() for k, v in named.items()}
    save_tensors(path, tensors, {"progress": json.dumps(progress)})


def load_state(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """Return the tensors, on the CPU, and the JSON values written by `save_state`.

    Raises:
        WrongModel: the file is corrupt or not a checkpoint.
    """
    parts: dict[str, dict[str, Tensor]] = {}
    try:
        with safe_open(path, framework="pt") as file:
            progress = json.loads((file.metadata() or {})["progress"])
            for key in file.keys():  # noqa: SIM118 - the handle is no mapping
                part, _, name = key.partition(":")
                parts.setdefault(part, {})[name] = file.get_tensor(key)
    except (SafetensorError, KeyError, ValueError) as error:
        raise WrongModel(
            f"{path} is not a checkpoint of a training ({error}): delete it and train again"
        ) from error
    return parts, progress


def save_model(folder: Path, tensors: Mapping[str, Tensor], config: SegmenterConfig) -> None:
    """Write ``config.json`` and ``model.safetensors`` to `folder`."""
    jobs.write_json(folder / CONFIG, config.as_dict())
    save_tensors(folder / MODEL, tensors, {"format": "pt"})


def network_folder(folder: Path, number: int, config: SegmenterConfig) -> Path:
    """Return the folder of network `number` of a model; `folder` itself for a single network."""
    return folder if config.training.models == 1 else folder / f"net{number}"


def network_folders(folder: Path, config: SegmenterConfig) -> list[Path]:
    """Return the folders of all networks of a model."""
    return [network_folder(folder, number, config) for number in range(config.training.models)]


def load_model(folder: Path) -> tuple[SegmentationNet, SegmenterConfig]:
    """Return the model in `folder`, on the CPU and in inference mode, and its configuration.

    Raises:
        WrongModel: a file is missing or corrupt, or the files do not fit together.
    """
    try:
        config = SegmenterConfig.from_dict(jobs.read_json(folder / CONFIG))
        tensors = load_file(folder / MODEL)
        network = build_network(config, load_weights=False)
        network.load_state_dict(tensors)
    except FileNotFoundError as error:
        raise WrongModel(f"{folder / MODEL} is missing: run the training to its end") from error
    except UNUSABLE as error:
        reason = " ".join(str(error).split())[:200]
        raise WrongModel(
            f"{folder} holds no usable model ({reason}): delete it and train again"
        ) from error
    return network.eval(), config


def load_parts(network: SegmentationNet, folder: Path, parts: tuple[str, ...]) -> None:
    """Load those parameters of the model in `folder` whose names begin with one of `parts`.

    Raises:
        WrongModel: the file is missing or corrupt, or of another architecture.
    """
    try:
        found = {k: v for k, v in load_file(folder / MODEL).items() if k.startswith(parts)}
        own = {k: v for k, v in network.state_dict().items() if not k.startswith(parts)}
        network.load_state_dict({**own, **found})
    except (FileNotFoundError, *UNUSABLE) as error:
        reason = " ".join(str(error).split())[:200]
        raise WrongModel(
            f"{folder} holds no usable pretrained network ({reason}): delete it and train again"
        ) from error


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with jobs.writing(path) as temporary:
        save_file(plain, temporary, metadata=metadata)
