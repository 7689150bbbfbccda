"""Runs nnU-Net in its own environment: `fit FOLDER MINUTES SEED`, or `predict FOLDER`."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nnunetv2.experiment_planning.plan_and_preprocess_api import (
    extract_fingerprints,
    plan_experiments,
    preprocess,
)
from nnunetv2.imageio.natural_image_reader_writer import NaturalImage2DIO
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

DATASET, EPOCHS = "Dataset001_peer", 20
PROCESSES = "nnUNet_n_proc_DA"
"""Variable of the number of processes that make batches."""


class Timed(nnUNetTrainer):
    """The standard trainer with epochs that fit into the time."""

    minutes = 1.0
    begin = 0.0

    def on_train_start(self) -> None:
        """Set the length of the epochs by the time of two steps."""
        super().on_train_start()
        self.train_step(next(self.dataloader_train))
        begin = time.monotonic()
        self.train_step(next(self.dataloader_train))
        step = time.monotonic() - begin
        left = 60 * self.minutes - (time.monotonic() - self.begin)
        self.num_val_iterations_per_epoch = 1
        self.num_iterations_per_epoch = max(1, int(left / step / EPOCHS) - 1)
        self.num_epochs = EPOCHS
        self.optimizer, self.lr_scheduler = self.configure_optimizers()


Timed.__name__ = nnUNetTrainer.__name__  # the class that its predictor looks for


def fit(folder: Path, minutes: float, seed: int) -> None:
    """Plan, preprocess and train on the images in FOLDER/raw."""
    begin = time.monotonic()
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the generator that its augmentation uses
    threads = torch.get_num_threads()
    os.environ[PROCESSES] = "1"  # the planner needs at least one
    extract_fingerprints([1], num_processes=2)
    plan_experiments([1])
    preprocess([1], configurations=["2d"], num_processes=[2])
    os.environ[PROCESSES] = "0"  # batches are made in the process of the training
    torch.set_num_threads(threads)
    own = folder / "preprocessed" / DATASET
    ids = [one.stem for one in sorted((folder / "raw" / DATASET / "labelsTr").glob("*.png"))]
    (own / "splits_final.json").write_text(json.dumps([{"train": ids, "val": ids[:5]}]))
    plans = json.loads((own / "nnUNetPlans.json").read_text()) | {"continue_training": False}
    described = json.loads((own / "dataset.json").read_text())
    trainer = Timed(plans, "2d", 0, described, device=torch.device("cpu"))
    trainer.minutes, trainer.begin = minutes, begin
    trainer.run_training()
    batch = trainer.configuration_manager.batch_size
    figures: dict[str, Any] = {
        "minutes": (time.monotonic() - begin) / 60,
        "steps": EPOCHS * trainer.num_iterations_per_epoch,
        "batch": batch,
        "patch": trainer.configuration_manager.patch_size[0],
    }
    (folder / "figures.json").write_text(json.dumps(figures))
    (folder / "model.txt").write_text(trainer.output_folder_base)


def predict(folder: Path) -> None:
    """Write the probability map of each PNG in FOLDER/ask beside it, float16."""
    predictor = nnUNetPredictor(
        device=torch.device("cpu"), perform_everything_on_device=False, allow_tqdm=False
    )
    predictor.initialize_from_trained_model_folder(
        (folder / "model.txt").read_text(), use_folds=(0,), checkpoint_name="checkpoint_final.pth"
    )
    for path in sorted((folder / "ask").glob("*.png")):
        image, properties = NaturalImage2DIO().read_images([str(path)])
        _, p = predictor.predict_single_npy_array(image, properties, None, None, True)
        np.save(path.with_suffix(".npy"), p[1, 0].astype(np.float16))


if __name__ == "__main__":
    if sys.argv[1] == "fit":
        fit(Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
    else:
        predict(Path(sys.argv[2]))
