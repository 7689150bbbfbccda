"""The training loop: resumable at any step, every draw a function of seed, epoch and step."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

import jobs
from segmenters._augment import augment
from segmenters._average import WeightAverage
from segmenters._checkpoint import (
    STATE,
    flat_optimizer,
    load_state,
    restore_optimizer,
    save_model,
    save_state,
)
from segmenters._config import SegmenterConfig
from segmenters._data import TrainingSet, batches, epoch_order
from segmenters._device import autocast, make_accelerator
from segmenters._errors import Diverged, NothingToLearn, WrongModel
from segmenters._losses import total_loss
from segmenters._network import build_network

HISTORY = "history.csv"
SEED_SPAN = 2**63 - 1


class Training:
    """One network on its way from the first step to the last."""

    def __init__(self, config: SegmenterConfig, data: TrainingSet, *, seed: int) -> None:
        """Build network and optimiser; weights and batches depend on `seed` alone.

        Raises:
            UnknownEncoder, UnknownStage: see there.
            WeightsError: the encoder weights cannot be used.
            NothingToLearn: too few images for a single batch.
        """
        self.config, self.data, self.seed = config, data, seed
        self.plan = _plan(config, data.positive, seed)
        if not self.plan:
            raise NothingToLearn("one image makes no batch of two: add images or set batch=1")
        self.accelerator: Accelerator = make_accelerator(config)
        torch.manual_seed(_mixed(seed, 0, 0))
        network = build_network(config, load_weights=True)
        optimizer = make_optimizer(network, config)
        self.network, self.optimizer = self.accelerator.prepare(network, optimizer)
        self.average = WeightAverage(network, config.ema_decay)
        self.done = 0
        self.sums = [0.0, 0.0]
        self.history: list[dict[str, float]] = []

    @property
    def steps(self) -> int:
        """Number of steps of the whole training."""
        return len(self.plan)

    def run(self, folder: Path, stamp: str, report: jobs.Report) -> dict[str, float]:
        """Train from where `folder` stands to the end; leave the model there.

        Returns:
            loss: mean over the last epoch; steps: how many there were.

        Raises:
            Diverged: the loss is not finite.
            WrongModel: `folder` holds the state of another training.
        """
        path = folder / STATE
        if path.exists():
            self._resume(path, stamp)
        saved, began, first = time.monotonic(), time.monotonic(), self.done
        while self.done < self.steps:
            loss = self._step()
            if time.monotonic() - saved >= self.config.checkpoint_seconds:
                self._save(path, stamp)
                saved = time.monotonic()
            images = (self.done - first) * self.config.batch
            figures = {"loss": loss, "images_per_s": images / (time.monotonic() - began)}
            report("train", self.done, self.steps, figures)
        save_model(folder, self.average.tensors, self.config)
        self._write_history(folder)
        return {"loss": self.history[-1]["loss"], "steps": float(self.steps)}

    def _step(self) -> float:
        epoch, step, members = self.plan[self.done]
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * rate_factor(self.done, self.steps, self.config.warmup)
        torch.manual_seed(_mixed(self.seed, epoch + 1, step))
        x, masks = self._batch(members, size_of(epoch, self.config))
        self.network.train()
        with autocast(self.accelerator.device, self.config, training=True):
            logits, image_logits = self.network(x)
        loss = total_loss(logits, image_logits, masks, self.config)
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.network.parameters(), self.config.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update(self._bare(), self.done)
        self.done += 1
        return self._count(loss.item(), len(members), epoch)

    def _batch(self, members: np.ndarray, size: int) -> tuple[Tensor, Tensor]:
        device = self.accelerator.device
        images = torch.from_numpy(self.data.images[members]).to(device)
        masks = torch.from_numpy(self.data.masks[members]).to(device)
        x, soft = augment(images, masks, self.config, size=size)
        layout = torch.channels_last if self.config.channels_last else torch.contiguous_format
        return x.contiguous(memory_format=layout), soft

    def _count(self, loss: float, images: int, epoch: int) -> float:
        """Add the loss of a step to its epoch; return the epoch's mean so far."""
        if not math.isfinite(loss):
            raise Diverged(
                f"the loss became {loss} in step {self.done} of {self.steps}: lower lr and "
                "encoder_lr, or set amp=none"
            )
        self.sums = [self.sums[0] + loss * images, self.sums[1] + images]
        mean = self.sums[0] / self.sums[1]
        if self.done == self.steps or self.plan[self.done][0] != epoch:
            self.history.append({"epoch": epoch, "loss": mean, "images": self.sums[1]})
            self.sums = [0.0, 0.0]
        return mean

    def _bare(self) -> nn.Module:
        return self.accelerator.unwrap_model(self.network)

    def _parts(self) -> dict[str, Mapping[str, Tensor]]:
        network = self._bare()
        optimizer = flat_optimizer(self.optimizer.optimizer, network)
        return {
            "network": network.state_dict(),
            "average": self.average.tensors,
            "optimizer": optimizer,
        }

    def _save(self, path: Path, stamp: str) -> None:
        progress: dict[str, Any] = {
            "stamp": stamp,
            "done": self.done,
            "sums": self.sums,
            "history": self.history,
        }
        save_state(path, self._parts(), progress)

    def _resume(self, path: Path, stamp: str) -> None:
        parts, progress = load_state(path)
        if progress["stamp"] != stamp:
            raise WrongModel(
                f"{path} is from a training with other images, seed or config: delete the folder "
                "or choose another"
            )
        network = self._bare()
        network.load_state_dict(parts["network"])
        self.average.load(parts["average"])
        restore_optimizer(self.optimizer.optimizer, network, parts.get("optimizer", {}))
        self.done, self.sums = progress["done"], progress["sums"]
        self.history = progress["history"]

    def _write_history(self, folder: Path) -> None:
        lines = [f"{row['epoch']},{row['loss']!r},{row['images']:.0f}" for row in self.history]
        jobs.write_text(folder / HISTORY, "\n".join(["epoch,loss,images", *lines]) + "\n")


def make_optimizer(network: nn.Module, config: SegmenterConfig) -> torch.optim.Optimizer:
    """Return AdamW (Loshchilov & Hutter 2019) with the encoder at its own learning rate.

    Biases and norm parameters are not decayed.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            rate = config.encoder_lr if name.startswith("encoder.") else config.lr
            decay = config.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": members, "lr": rate, "peak": rate, "weight_decay": decay}
            for (rate, decay), members in groups.items()
        ],
        fused=True,
    )


def rate_factor(step: int, steps: int, warmup: float) -> float:
    """Return the share of the peak learning rate at `step`: linear rise, then half a cosine."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def size_of(epoch: int, config: SegmenterConfig) -> int:
    """Return the side of the training images in `epoch`."""
    sizes = config.train_sizes or (config.size,)
    return sizes[epoch * len(sizes) // config.epochs]


def _plan(
    config: SegmenterConfig, positive: np.ndarray, seed: int
) -> list[tuple[int, int, np.ndarray]]:
    """Return epoch, number within the epoch, and images of every step."""
    return [
        (epoch, step, members)
        for epoch in range(config.epochs)
        for step, members in enumerate(
            batches(epoch_order(positive, config, seed=seed, epoch=epoch), config.batch)
        )
    ]


def _mixed(seed: int, epoch: int, step: int) -> int:
    words = np.random.SeedSequence([seed, epoch, step]).generate_state(2, np.uint32)
    return (int(words[0]) << 32 | int(words[1])) & SEED_SPAN
