"""Prediction with exported models."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import jobs
from segmenters._device import inference_device, torch_session
from segmenters._errors import WrongModel
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.data.crop import Crop, windows_of
from segmenters.data.training_set import load_images
from segmenters.export.export import FORMAT, RECORD, function_of, verify
from segmenters.inference.inference import Ensemble, in_batches, presence, stored


class ExportedModel:
    """An exported model; its predictions equal those of the exported run.

    Attributes:
        record: content of ``export.json``.
        config: the configuration, with the inference settings.
        image_side: side at which images should be read from files, in pixels.
        mask_size: side of the probability maps, in pixels.
        suffix: suffix of image files; "" accepts any.
    """

    def __init__(self, folder: Path, record: Mapping[str, Any], crop: Crop | None = None) -> None:
        """Load the networks; use `load_export`, which checks the folder first."""
        self.record = dict(record)
        self.config = SegmenterConfig.from_dict(record["config"])
        self.image_side = int(record["image_side"])
        self.mask_size = int(record["mask_size"])
        self.suffix = str(record.get("suffix", ""))
        self._crop = crop
        folders = [folder / member["folder"] for member in record["members"]]
        self._ensemble = Ensemble(folders, self.config, inference_device(self.config.runtime))

    def read(self, file: Path) -> np.ndarray:
        """Return the image in a file as read in training, uint8 ``(image_side, image_side)``.

        Raises:
            WrongModel: the export names no reader.
            UnknownFunction: the reader does not exist.
        """
        name = self.record.get("reader")
        if not name:
            raise WrongModel(
                f"the export of {self.record['name']} names no reader of image files: export the "
                "run again, or read them as in its training"
            )
        return np.asarray(function_of(name)(file, self.image_side))

    def predict(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return probability maps and the probability that an image is positive.

        Args:
            images: uint8 ``(n, side, side)``; read them with `read` to reproduce the run's
                predictions.

        Returns:
            maps: uint8 ``(n, mask_size, mask_size)``, 255 for probability 1.
            p: float64 ``(n,)``.
        """
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1] != images.shape[2]:
            raise ValueError(
                f"images must be uint8 (n, side, side), not {images.dtype} {images.shape}: "
                "read them with model.read(path)"
            )
        maps = np.empty((len(images), self.mask_size, self.mask_size), np.uint8)
        p = np.zeros(len(images))
        given, found = _Given(images), windows_of(self._crop, self.config.network)
        with torch_session(self.config.runtime):
            windows = found.of(given, given.ids) if found else None
            side = self._ensemble.side(images.shape[-1])

            def read(part: slice) -> np.ndarray:
                return load_images(given, given.ids[part], side, windows)

            batch = self.config.inference.predict_batch
            for part, seen in in_batches(self._ensemble, read, len(images), batch):
                places = [windows[i] for i in given.ids[part]] if windows else None
                maps[part] = stored(seen.maps, self.mask_size, places)
                p[part] = presence(seen, self.config.inference.presence)
        return maps, p


class _Given:
    """An `ImageStack` of images in memory."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels
        self.ids = [str(number) for number in range(len(pixels))]

    def take(self, ids: Sequence[str]) -> np.ndarray:
        return np.asarray(self.pixels[[int(image_id) for image_id in ids]])


def load_export(folder: str | Path, crop: Crop | None = None) -> ExportedModel:
    """Return the model in a folder written by `export`; no other file or network is needed.

    Args:
        folder: folder of the export.
        crop: replaces the crop named in the export.

    Raises:
        WrongModel: the folder has no export of this format, a file is missing or was changed, or
            images are cropped and the export names no crop.
        UnknownFunction: the named crop does not exist.
    """
    folder = Path(folder)
    try:
        record = jobs.read_json(folder / RECORD)
    except jobs.NotReadable as error:
        raise WrongModel(f"{folder} holds no export ({error}): run `tools export` again") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise WrongModel(
            f"{folder / RECORD} is not of format {FORMAT}: use the version of pneumothorax-lab "
            "that wrote it, or export the run again"
        )
    verify(folder, record)
    return ExportedModel(folder, record, crop or _crop_of(folder, record))


def _crop_of(folder: Path, record: Mapping[str, Any]) -> Crop | None:
    if name := record.get("crop"):
        return function_of(name)
    if SegmenterConfig.from_dict(record["config"]).network.crop_margin:
        raise WrongModel(
            f"{folder / RECORD} names no crop, though the images were cropped: "
            "export the run again, or pass the crop to load_export"
        )
    return None
