"""Reference loop for training and inference: Dataset, DataLoader, cv2, contiguous float32 batches.

The loop is typical of the competition's notebooks. Network, batch, loss and optimiser are those
of the package.
"""

import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from segmenters import SegmenterConfig
from segmenters.network.network import build_network
from segmenters.network.weights import grey_input


class Pictures(Dataset):
    """PNG images and masks with random augmentation by cv2, one image at a time."""

    def __init__(self, folder: Path, size: int, *, train: bool) -> None:
        self.files = sorted(folder.glob("*-image.png"))
        self.size, self.train = size, train

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        path = self.files[index]
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        mask = cv2.imread(str(path).replace("-image", "-mask"), cv2.IMREAD_GRAYSCALE)
        image = cv2.resize(image, (self.size, self.size), interpolation=cv2.INTER_AREA)
        mask = cv2.resize(mask, (self.size, self.size), interpolation=cv2.INTER_AREA)
        if self.train:
            image, mask = self._changed(image, mask)
        grey = torch.from_numpy(image.astype(np.float32) / 255)
        return grey_input(grey[None])[0], torch.from_numpy(mask.astype(np.float32) / 255)

    def _changed(self, image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng()
        if rng.random() < 0.5:
            image, mask = image[:, ::-1].copy(), mask[:, ::-1].copy()
        half = self.size / 2
        turn = cv2.getRotationMatrix2D((half, half), rng.uniform(-12, 12), rng.uniform(0.85, 1.15))
        turn[:, 2] += rng.uniform(-0.06, 0.06, 2) * self.size
        image = cv2.warpAffine(image, turn, (self.size, self.size))
        mask = cv2.warpAffine(mask, turn, (self.size, self.size))
        bright = image * rng.uniform(0.8, 1.2) + rng.uniform(-25, 25)
        return np.clip(bright, 0, 255).astype(np.uint8), mask


def training_speed(
    folder: Path,
    config: SegmenterConfig,
    steps: int,
    workers: int,
    device: str = "cpu",
    warm: int = 1,
) -> float:
    """Return images per second over `steps` steps after `warm` warm-up steps."""
    network = build_network(config, load_weights=False).to(memory_format=torch.contiguous_format)
    network = network.to(device).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    data = Pictures(folder, config.network.size, train=True)
    loader = DataLoader(
        data,
        batch_size=config.training.batch,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        pin_memory=device != "cpu",
        persistent_workers=workers > 0,
    )
    began, done = time.perf_counter(), -warm
    while done < steps:
        for x, masks in loader:
            maps, images = network(x.to(device))[:2]
            loss = plain_loss(maps, images, masks.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
            if done in (0, steps) and device != "cpu":
                torch.cuda.synchronize()
            began = time.perf_counter() if done == 0 else began
            if done == steps:
                break
    return steps * config.training.batch / (time.perf_counter() - began)


def plain_loss(maps: torch.Tensor, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Return the sum of BCE, batch Dice and focal loss of the maps, and BCE of the image head."""
    bce = F.binary_cross_entropy_with_logits(maps, masks)
    p = torch.sigmoid(maps)
    dice = 1 - (2 * (p * masks).sum() + 1) / (p.sum() + masks.sum() + 1)
    focal = F.binary_cross_entropy_with_logits(maps, masks, reduction="none")
    focal = ((p - masks).abs() ** 2 * focal).mean()
    labels = (masks.amax(dim=(1, 2)) > 0).float()
    return 3 * bce + dice + 4 * focal + F.binary_cross_entropy_with_logits(images, labels) / 2


@torch.no_grad()
def inference_speed(
    network: nn.Module, images: np.ndarray, batch: int, device: str = "cpu"
) -> float:
    """Return images per second on uint8 ``(n, h, w)``, predicted with horizontal-flip TTA."""
    network = network.to(device, memory_format=torch.contiguous_format).eval()
    began = time.perf_counter()
    for start in range(0, len(images), batch):
        grey = torch.from_numpy(images[start : start + batch].astype(np.float32) / 255)
        x = grey_input(grey).contiguous().to(device)
        maps, heads = network(x)[:2]
        mirrored, more = network(x.flip(-1))[:2]
        maps = (torch.sigmoid(maps) + torch.sigmoid(mirrored.flip(-1))) / 2
        (maps.cpu().numpy(), ((heads.sigmoid() + more.sigmoid()) / 2).cpu().numpy())
    return len(images) / (time.perf_counter() - began)
