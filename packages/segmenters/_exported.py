"""Models read back from an exported folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import jobs
from segmenters._config import SegmenterConfig
from segmenters._device import inference_device, torch_session
from segmenters._errors import WrongModel
from segmenters._export import FORMAT, RECORD, verify
from segmenters._frame import Frames
from segmenters._inference import Committee, OnDemand, in_batches, presence, stored


class ExportedModel:
    """Predicts as the run that it was exported from does.

    Attributes:
        record: what ``export.json`` says.
        config: how it predicts.
        image_side: at which images should be read from their files, in pixels.
        mask_size: side of the maps.
    """

    def __init__(self, folder: Path, record: Mapping[str, Any]) -> None:
        """Load the networks; `load_export` checks the folder first."""
        self.record = dict(record)
        self.config = SegmenterConfig.from_dict(record["config"])
        self.image_side = int(record["image_side"])
        self.mask_size = int(record["mask_size"])
        folders = [folder / member["folder"] for member in record["members"]]
        self._committee = Committee(folders, self.config, inference_device(self.config))

    def predict(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return lesion maps and the probability that there is a lesion.

        Args:
            images: uint8 ``(n, side, side)``, bright = dense. To get the very numbers of the
                run, read them with ``dicomio.read_image(path, model.image_side)``.

        Returns:
            maps: uint8 ``(n, mask_size, mask_size)``, 255 where a lesion is certain.
            p: float64 ``(n,)``.
        """
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1] != images.shape[2]:
            raise ValueError(
                f"images must be uint8 (n, side, side), not {images.dtype} {images.shape}: "
                "read them with dicomio.read_image(path, model.image_side)"
            )
        maps = np.empty((len(images), self.mask_size, self.mask_size), np.uint8)
        p = np.zeros(len(images))
        given, margin = _Given(images), self.config.frame
        with torch_session(self.config):
            frames = Frames(margin).of(given, given.ids) if margin else None
            side = self._committee.side(images.shape[-1])
            shown = OnDemand(given, given.ids, side, frames)
            for part, seen in in_batches(self._committee, shown, self.config.predict_batch):
                places = [frames[i] for i in given.ids[part]] if frames else None
                maps[part] = stored(seen.maps, self.mask_size, places)
                p[part] = presence(seen, self.config.presence)
        return maps, p


class _Given:
    """Images in memory as an `ImageStack`."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels
        self.ids = [str(number) for number in range(len(pixels))]

    def take(self, ids: Sequence[str]) -> np.ndarray:
        return np.asarray(self.pixels[[int(image_id) for image_id in ids]])


def load_export(folder: str | Path) -> ExportedModel:
    """Return the model in a folder that `export` wrote; needs no other file and no network.

    Raises:
        WrongModel: the folder holds no export, one of a newer program, or a file was changed.
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
    return ExportedModel(folder, record)
