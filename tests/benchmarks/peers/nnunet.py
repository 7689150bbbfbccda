"""nnU-Net v2 with its own planner and 2-D recipe, in a Python environment of its own."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

import imagestack
import jobs
import rlemask

SCRIPT = Path(__file__).with_name("nnunet_script.py")
DATASET = "Dataset001_peer"
TOP = 0.005
"""Share of the highest pixels of a map whose mean is the probability of the image."""


class NnUnet:
    """nnU-Net's 2-D configuration; its epochs are shortened to what fits into the time.

    Attributes:
        mask_size: side of the images and maps in pixels.
    """

    def __init__(
        self, stack: imagestack.PixelCache, truth: Mapping[str, rlemask.Runs], *, size: int,
        minutes: float, python: Path,
    ) -> None:  # fmt: skip
        self.stack, self.truth, self.mask_size = stack, truth, size
        self.minutes, self.python = minutes, python

    def fit(
        self, train: Sequence[str], folder: Path, *, seed: int, report: jobs.Report
    ) -> dict[str, float]:
        """Plan, preprocess and train for the given time."""
        raw = folder / "raw" / DATASET
        shutil.rmtree(folder, ignore_errors=True)
        for part in ("imagesTr", "labelsTr"):
            (raw / part).mkdir(parents=True)
        for image_id in train:
            self._write_image(raw / "imagesTr" / f"{image_id}_0000.png", image_id)
            mask = np.ascontiguousarray(self.truth[image_id].mask()).astype(np.uint8)
            side = (self.mask_size, self.mask_size)
            mask = cv2.resize(mask, side, interpolation=cv2.INTER_NEAREST)
            cv2.imwrite(str(raw / "labelsTr" / f"{image_id}.png"), mask)
        jobs.write_json(
            raw / "dataset.json",
            {"channel_names": {"0": "grey"}, "labels": {"background": 0, "object": 1},
             "numTraining": len(train), "file_ending": ".png"},
        )  # fmt: skip
        self._call(folder, "fit", self.minutes, seed)
        figures = jobs.read_json(folder / "figures.json")
        return {name: float(value) for name, value in figures.items()}

    def predict(
        self, ids: Sequence[str], folders: Sequence[Path], *,
        write_map: Callable[[str, np.ndarray, float], None] | None, report: jobs.Report,
    ) -> np.ndarray:  # fmt: skip
        """Return the mean of the highest pixels of each map."""
        maps = np.zeros((len(ids), self.mask_size, self.mask_size), np.float32)
        for folder in folders:
            shutil.rmtree(folder / "ask", ignore_errors=True)
            (folder / "ask").mkdir()
            for image_id in ids:
                self._write_image(folder / "ask" / f"{image_id}.png", image_id)
            self._call(folder, "predict")
            for one, image_id in zip(maps, ids, strict=True):
                one += np.load(folder / "ask" / f"{image_id}.npy").astype(np.float32)
        maps /= len(folders)
        for one, image_id in zip(maps, ids, strict=True):
            assert write_map is not None
            write_map(image_id, np.rint(255 * one).astype(np.uint8), 0.0)
        highest = np.sort(maps.reshape(len(ids), -1), axis=1)
        return highest[:, -max(1, round(TOP * highest.shape[1])) :].mean(axis=1)

    def _write_image(self, path: Path, image_id: str) -> None:
        image = self.stack.take([image_id])[0]
        side = (self.mask_size, self.mask_size)
        cv2.imwrite(str(path), cv2.resize(image, side, interpolation=cv2.INTER_AREA))

    def _call(self, folder: Path, *words: object) -> None:
        places = {f"nnUNet_{name}": str(folder / name) for name in
                  ("raw", "preprocessed", "results")}  # fmt: skip
        environment = {**os.environ, **places, "nnUNet_compile": "f"}
        subprocess.run(
            [self.python, "-P", SCRIPT, words[0], folder, *map(str, words[1:])],
            check=True, env=environment,
        )  # fmt: skip
