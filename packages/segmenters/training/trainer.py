"""The training loop: resumable at any step, every draw a function of seed, epoch and step."""

import copy
import math
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import jobs
from ensembling import Metric
from segmenters._device import autocast, half_precision, make_accelerator
from segmenters._errors import Diverged, NothingToLearn, WrongModel
from segmenters.augmentation.augment import augment
from segmenters.augmentation.mixing import mixed_halves
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.data.loader import Loader
from segmenters.data.prefetch import Made, Workbench
from segmenters.data.training_set import TrainingSet
from segmenters.network.checkpoint import (
    STATE,
    flat_optimizer,
    load_state,
    restore_optimizer,
    save_model,
    save_state,
)
from segmenters.network.network import SegmentationNet, build_network
from segmenters.network.norms import quicken
from segmenters.training.average import WeightAverage
from segmenters.training.best_checkpoints import Podium
from segmenters.training.clock import Clock
from segmenters.training.distributed import lost_members, mean_of_all, team_size, told
from segmenters.training.history import SPEED, Tracker, write_history
from segmenters.training.holdout import judge
from segmenters.training.losses import total_loss
from segmenters.training.optimizer import make_optimizer
from segmenters.training.schedule import Step, mixed, plan

FP16_SCALE = 2.0**12
"""Of the loss at first; torch's 2^16 overflows and loses the first steps."""


@dataclass
class Progress:
    """Where a training stands, in plain JSON types.

    Attributes:
        done: steps taken.
        updates: changes of the weights.
        sums: loss times images, and images, of the epoch so far.
        history: a row per finished epoch.
        scaler: state of the fp16 loss scaling.
        seconds: in steps; waited: of these for batches; images: learned from.
    """

    done: int = 0
    updates: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0])
    history: list[dict[str, float]] = field(default_factory=list)
    scaler: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    waited: float = 0.0
    images: int = 0


class Training:
    """One network on its way from the first step to the last."""

    def __init__(
        self,
        config: SegmenterConfig,
        data: TrainingSet,
        *,
        seed: int,
        held_out: TrainingSet | None = None,
        metric: Metric | None = None,
    ) -> None:
        """Build network and optimiser; weights and batches depend on `seed` alone.

        Args:
            config: the choices.
            data: to learn from.
            seed: of weights, order and augmentation.
            held_out: judges the epochs.
            metric: by which; needed with images held out.

        Raises:
            UnknownEncoder, UnknownStage: see there.
            WeightsError: the encoder weights cannot be used.
            NothingToLearn: too few images for a single batch.
        """
        self.config, self.data, self.seed, self.held_out = config, data, seed, held_out
        self.metric = metric
        self.plan = plan(config, data.positive, seed=seed, processes=team_size())
        if not self.plan:
            raise NothingToLearn("one image makes no batch of two: add images or set batch=1")
        self.accelerator = make_accelerator(config)
        self.device = self.accelerator.device
        torch.manual_seed(mixed(seed, 0, 0))
        self.bare: SegmentationNet = build_network(config, load_weights=True).to(self.device)
        if self.device.type == "cpu":
            quicken(self.bare)
        self.bare.freeze(min(stage.frozen_stages or 0 for stage in config.course))
        self.optimizer = make_optimizer(self.bare, config)
        fp16 = half_precision(self.device, config) == torch.float16
        self.scaler = torch.amp.GradScaler(self.device.type, FP16_SCALE, enabled=fp16)
        self.average = WeightAverage(self.bare, config.ema_decay)
        self.network: nn.Module = self.bare
        self.bench = Workbench(self.device)
        self.stage = -1
        self.at = Progress()
        self.losses: list[tuple[Tensor, int]] = []
        self.podium = Podium(config)

    def run(self, folder: Path, stamp: str, report: jobs.Report) -> dict[str, float]:
        """Train from where `folder` stands to the end; leave the model there.

        Returns:
            loss: mean over the last epoch; steps: how many there were; held_out_score: the best
            judgement, where images are held out.

        Raises:
            Diverged: the loss is not finite.
            WrongModel: `folder` holds the state of another training.
            TeamBroken: another process of the team is gone.
        """
        path = folder / STATE
        if path.exists():
            self._resume(path, stamp)
        clock = Clock(self.config.checkpoint_seconds, self.device)
        tracker = Tracker(self.config, folder) if self._leads else None
        ahead = range(self.at.done, 0 if self.podium.exhausted else len(self.plan))
        with Loader(self._batch, ahead, threads=self.config.loader_threads) as batches:
            for number, batch in zip(ahead, batches, strict=True):
                step = self.plan[number]
                self._step(step, self.bench.hand_over(batch))
                self._count_time(clock, batches.waited, step)
                ended = number + 1 == len(self.plan) or self.plan[number + 1].epoch != step.epoch
                if ended or clock.peeks():
                    self._look()
                stop = ended and self._end_epoch(step, folder, stamp, tracker)
                if self._leads and step.closes and clock.saves():
                    self._save(path, stamp)
                report("train", self.at.done, len(self.plan), self._figures())
                if stop:
                    break
        return self._finish(folder, tracker)

    @property
    def _leads(self) -> bool:
        return bool(self.accelerator.is_main_process)

    def _step(self, step: Step, batch: tuple[Tensor, Tensor]) -> None:
        if step.stage != self.stage:
            self._enter(step)
        x, masks = batch
        torch.manual_seed(mixed(self.seed, step.epoch + 1, step.number))
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * step.rate
        self.network.train()
        with lost_members():
            with autocast(self.device, self.config):
                prediction = self.network(x)
            loss = total_loss(prediction, masks, self.config)
            self.scaler.scale(loss / step.shared).backward()
        self.losses.append((loss.detach(), len(x)))
        if step.closes:
            self._update()
        self.at.done += 1

    def _update(self) -> None:
        """Change the weights by the gradients that have been summed."""
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.bare.parameters(), self.config.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update(self.bare, self.at.updates)
        self.at.updates += 1

    def _enter(self, step: Step) -> None:
        """Begin the stage of `step`: what is frozen changes, and with it the wrapped network."""
        self.stage = step.stage
        self.bare.freeze(self.config.course[step.stage].frozen_stages or 0)
        self.optimizer.zero_grad(set_to_none=True)
        if self.config.compile:
            torch._dynamo.reset()  # folds and stages would reach its limit of variants
        network = torch.compile(self.bare) if self.config.compile else self.bare
        self.network = self.accelerator.prepare_model(network)

    def _batch(self, number: int) -> Made:
        return self.bench.make(partial(self._tensors, self.plan[number]))

    def _tensors(self, step: Step) -> tuple[Tensor, Tensor]:
        """Return this process's part of a batch, a function of seed, epoch and step."""
        bounds = np.linspace(0, len(step.members), team_size() + 1).round().astype(int)
        first, last = bounds[self.accelerator.process_index :][:2]
        seed = mixed(self.seed, step.epoch + 1, step.number, 1)
        images, masks = mixed_halves(
            self.data.take,
            step.members,
            slice(first, last),
            self.config.halves,
            np.random.default_rng(seed),
        )
        here = torch.device("cpu") if self.config.augment_on == "cpu" else self.device
        generator = torch.Generator().manual_seed(seed)
        x, soft = augment(
            torch.from_numpy(images).to(here),
            torch.from_numpy(masks).to(here),
            self.config,
            size=step.size,
            generator=generator,
            count=len(step.members),
            first=int(first),
        )
        layout = torch.channels_last if self.config.channels_last else torch.contiguous_format
        return x.to(self.device).contiguous(memory_format=layout), soft.to(self.device)

    def _look(self) -> None:
        """Add the losses since the last look to those of the epoch.

        Raises:
            Diverged: one is not finite.
        """
        if not self.losses:
            return
        values = torch.stack([loss for loss, _ in self.losses]).tolist()
        for back, (loss, (_, images)) in enumerate(zip(values, self.losses, strict=True)):
            if not math.isfinite(loss):
                step = self.at.done - len(values) + back + 1
                raise Diverged(
                    f"the loss became {loss} in step {step} of {len(self.plan)}: lower lr and "
                    "encoder_lr, or set amp=none"
                )
            self.at.sums = [self.at.sums[0] + loss * images, self.at.sums[1] + images]
        self.losses = []

    def _end_epoch(self, step: Step, folder: Path, stamp: str, tracker: Tracker | None) -> bool:
        """Write down the epoch, judge it where that is asked; return whether the training ends."""
        sums = mean_of_all(torch.tensor(self.at.sums, dtype=torch.float64, device=self.device))
        self.at.sums = [0.0, 0.0]
        loss, images = (sums[0] / sums[1]).item(), sums[1].item() * team_size()
        row = {"epoch": step.epoch, "size": step.size, "images": images, "rate": step.rate,
               "loss": loss}  # fmt: skip
        last = step.epoch == self.plan[-1].epoch
        judged = self.held_out is not None and (
            last or (step.epoch + 1) % self.config.check_every == 0
        )
        if judged:
            row["score"] = told(self._judge() if self._leads else None)
        self.at.history.append(row)
        stop = judged and self.podium.enter(step.epoch, row["score"])
        if self._leads:
            assert tracker is not None
            write_history(folder, self.at.history)
            tracker.log(row)
            if judged:
                self.podium.keep(folder, step.epoch, self.average.tensors)
                self._save(folder / STATE, stamp)
                self.podium.tidy(folder)
        return bool(stop)

    def _judge(self) -> float:
        """Return the score of the averaged weights on the held-out images."""
        assert self.held_out is not None
        assert self.metric is not None
        network = copy.deepcopy(self.bare)
        network.load_state_dict(self.average.tensors)
        return judge(network, self.held_out, self.config, self.metric)

    def _finish(self, folder: Path, tracker: Tracker | None) -> dict[str, float]:
        last = self.at.history[-1]
        figures = {"loss": last["loss"], "steps": float(self.at.done)}
        if self.podium.judged:
            figures["held_out_score"] = self.podium.best
        if self._leads:
            assert tracker is not None
            tracker.close()
            save_model(folder, self.podium.mean(folder) or self.average.tensors, self.config)
            jobs.write_json(folder / SPEED, self._speed())
        return figures

    def _count_time(self, clock: Clock, waited: float, step: Step) -> None:
        self.at.seconds += clock.lap()
        self.at.waited += clock.more("waited", waited)
        self.at.images += len(step.members)

    def _speed(self) -> dict[str, Any]:
        """Return images/s, share of the time spent waiting for batches, and where that was."""
        seconds = max(self.at.seconds, 1e-9)
        return {
            "images_per_s": self.at.images / seconds,
            "batch_share": self.at.waited / seconds,
            "seconds": self.at.seconds,
            "device": str(self.device),
            "processes": team_size(),
        }

    def _figures(self) -> dict[str, float]:
        figures = {}
        if self.at.sums[1]:
            figures["loss"] = self.at.sums[0] / self.at.sums[1]
        elif self.at.history:
            figures["loss"] = self.at.history[-1]["loss"]
        if self.podium.judged:
            figures["held_out_score"] = self.podium.judged[-1][0]
        figures["images_per_s"] = self.at.images / max(self.at.seconds, 1e-9)
        return figures

    def _save(self, path: Path, stamp: str) -> None:
        self._look()
        self.at.scaler = self.scaler.state_dict()
        parts = {
            "network": self.bare.state_dict(),
            "average": self.average.tensors,
            "optimizer": flat_optimizer(self.optimizer, self.bare),
        }
        state = {"stamp": stamp, "progress": vars(self.at), "judged": self.podium.judged}
        save_state(path, parts, state)

    def _resume(self, path: Path, stamp: str) -> None:
        parts, state = load_state(path)
        if state["stamp"] != stamp:
            raise WrongModel(
                f"{path} is from a training with other images, seed, metric or config: delete "
                "the folder or choose another"
            )
        self.bare.load_state_dict(parts["network"])
        self.average.load(parts["average"])
        restore_optimizer(self.optimizer, self.bare, parts.get("optimizer", {}))
        self.at = Progress(**state["progress"])
        self.scaler.load_state_dict(self.at.scaler)
        self.podium.judged = [(score, epoch) for score, epoch in state["judged"]]
        self.stage = -1
