"""The training loop of segmentation_models_pytorch's own example."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import segmentation_models_pytorch as smp
import torch
from safetensors.torch import load_file, save_file
from torch.utils.data import DataLoader, Dataset

import imagestack
import jobs
import rlemask

BATCH, RATE, LEAST_RATE = 16, 2e-4, 1e-5
TOP = 0.005
"""Share of the highest pixels of a map whose mean is the probability of the image."""


class Pairs(Dataset):
    """Images in three channels of 0..255, and masks, as in the example."""

    def __init__(
        self, ids: Sequence[str], size: int, stack: imagestack.PixelCache,
        truth: Mapping[str, rlemask.Runs] | None,
    ) -> None:  # fmt: skip
        self.ids, self.size, self.stack, self.truth = list(ids), size, stack, truth

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        side = (self.size, self.size)
        image = cv2.resize(self.stack.take([self.ids[index]])[0], side)
        mask = np.zeros(side, np.uint8)
        if self.truth is not None:
            whole = self.truth[self.ids[index]].mask()
            mask = cv2.resize(np.ascontiguousarray(whole), side, interpolation=cv2.INTER_NEAREST)
        return np.stack([image] * 3).astype(np.float32), mask[None].astype(np.float32)


class SmpLoop:
    """U-Net, Dice loss, Adam and a cosine schedule; epochs fill the given time.

    After "Binary segmentation" of the examples of segmentation_models_pytorch 0.5: no
    augmentation, batches of 16, learning rate 2e-4, cosine annealing to 1e-5. The number of epochs
    is what fits into the time, by the first two steps.

    Attributes:
        mask_size: side of the images and maps in pixels.
    """

    def __init__(
        self, stack: imagestack.PixelCache, truth: Mapping[str, rlemask.Runs], *, size: int,
        minutes: float, weights: Path,
    ) -> None:  # fmt: skip
        self.stack, self.truth, self.mask_size = stack, truth, size
        self.minutes, self.weights = minutes, weights

    def fit(
        self, train: Sequence[str], folder: Path, *, seed: int, report: jobs.Report
    ) -> dict[str, float]:
        """Train for the given time."""
        torch.manual_seed(seed)
        network = self._network()
        network.encoder.model.load_state_dict(_named(network.encoder.model, self.weights))
        pairs = Pairs(train, self.mask_size, self.stack, self.truth)
        loader = DataLoader(pairs, BATCH, shuffle=True, drop_last=True)
        loss_of = smp.losses.DiceLoss(smp.losses.BINARY_MODE, from_logits=True)
        optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
        begin, steps, done = time.monotonic(), 0, 0
        schedule = None
        while schedule is None or done < steps:
            for images, masks in loader:
                optimizer.zero_grad()
                loss = loss_of(network(images), masks)
                loss.backward()
                optimizer.step()
                done += 1
                if schedule is not None:
                    schedule.step()
                elif done == 3:  # the first step is slower
                    each = (time.monotonic() - begin) / done
                    epochs = max(1, round(60 * self.minutes / each / len(loader)))
                    steps = epochs * len(loader)
                    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
                        optimizer, steps, eta_min=LEAST_RATE
                    )
                report("train", done, max(done, steps), {"loss": loss.item()})
                if steps and done >= steps:
                    break
        folder.mkdir(parents=True, exist_ok=True)
        with jobs.writing(folder / "model.safetensors") as temporary:
            save_file(network.state_dict(), temporary)
        return {"epochs": steps / len(loader), "minutes": (time.monotonic() - begin) / 60}

    @torch.no_grad()
    def predict(
        self, ids: Sequence[str], folders: Sequence[Path], *,
        write_map: Callable[[str, np.ndarray, float], None] | None, report: jobs.Report,
    ) -> np.ndarray:  # fmt: skip
        """Return the mean of the highest pixels of each map."""
        networks = []
        for folder in folders:
            network = self._network()
            network.load_state_dict(load_file(folder / "model.safetensors"))
            networks.append(network.eval())
        loader, p = DataLoader(Pairs(ids, self.mask_size, self.stack, None), BATCH), []
        for images, _ in loader:
            maps = torch.stack([torch.sigmoid(one(images))[:, 0] for one in networks]).mean(0)
            count = max(1, round(TOP * maps[0].numel()))
            p += maps.flatten(1).topk(count).values.mean(1).tolist()
            for image_id, one in zip(ids[len(p) - len(maps) : len(p)], maps, strict=True):
                assert write_map is not None
                write_map(image_id, np.rint(255 * one.numpy()).astype(np.uint8), 0.0)
            report("predict", len(p), len(ids), {})
        return np.array(p)

    def _network(self) -> torch.nn.Module:
        return smp.Unet("tu-efficientnet_lite0", encoder_weights=None, in_channels=3, classes=1)


def _named(model: torch.nn.Module, path: Path) -> dict[str, torch.Tensor]:
    """Return the weights in a file under the names of a timm feature extractor."""
    found = {name.replace(".", "_"): value for name, value in load_file(path).items()}
    return {
        name: found.get(name.replace(".", "_"), own) for name, own in model.state_dict().items()
    }
