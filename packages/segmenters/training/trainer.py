"""The training loop, with checkpoints and random numbers that depend on seed, epoch and step."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import jobs
from ensembling import Metric
from segmenters._device import autocast, half_precision, make_accelerator, memory_layout
from segmenters._errors import Diverged, NothingToLearn, WrongModel
from segmenters.augmentation.augment import augment, mixed_halves
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.data.prefetch import BatchStream, Loader, Prepared
from segmenters.data.training_set import TrainingSet
from segmenters.network.checkpoint import STATE, load_parts, load_state, save_model, save_state
from segmenters.network.network import Prediction, SegmentationNet, build_network
from segmenters.training.best_checkpoints import BestCheckpoints, delete_checkpoints
from segmenters.training.distributed import (
    broadcast,
    lost_processes,
    mean_over_processes,
    process_count,
)
from segmenters.training.divergence import EARLY, check_losses, check_weights, refuse_unsound
from segmenters.training.history import SPEED, Tracker, write_history
from segmenters.training.holdout import held_out_score
from segmenters.training.losses import total_loss
from segmenters.training.optimizer import (
    flat_optimizer,
    make_optimizer,
    moving_average,
    restore_optimizer,
    set_updates,
)
from segmenters.training.progress import Clock, Progress
from segmenters.training.schedule import Step, mixed, plan

FP16_SCALE = 2.0**12
"""Initial loss scale; torch's default 2^16 overflows, which skips the first steps."""


class Trainer:
    """Trains one network."""

    def __init__(
        self,
        config: SegmenterConfig,
        data: TrainingSet,
        *,
        seed: int,
        held_out: TrainingSet | None = None,
        metric: Metric | None = None,
        pretrained: Path | None = None,
    ) -> None:
        """Build network and optimiser.

        Args:
            config: the configuration.
            data: training images and masks.
            seed: seed of initial weights, image order and augmentation.
            held_out: hold-out, on which epochs are scored.
            metric: metric of these scores; required with `held_out`.
            pretrained: folder of a pretrained network, whose encoder and decoder are the initial
                ones; None for the configuration's encoder weights.

        Raises:
            UnknownEncoder: the encoder cannot be used.
            WeightsError: the encoder's weights cannot be loaded.
            WrongModel: the pretrained network cannot be loaded.
            NothingToLearn: there are too few images for a batch.
            SegmenterError: the encoder has fewer stages than the configuration freezes, or settings
                are known to break weights, see `refuse_unsound`.
        """
        self.config, self.data, self.seed, self.held_out = config, data, seed, held_out
        self.metric = metric
        self.plan = plan(config, data.positive, seed=seed, processes=process_count())
        if not self.plan:
            raise NothingToLearn("too few images for a batch of two: add images or set batch=1")
        self.accelerator = make_accelerator(config.runtime)
        self.device = self.accelerator.device
        refuse_unsound(config.runtime, self.device)
        torch.manual_seed(mixed(seed, 0, 0))
        network = build_network(config, load_weights=pretrained is None)
        if pretrained is not None:
            load_parts(network, pretrained, ("encoder.", "decoder."))
        self.unwrapped: SegmentationNet = network.to(self.device)
        self.unwrapped.freeze(min(stage.frozen_stages or 0 for stage in config.course))
        self.optimizer = make_optimizer(self.unwrapped, config.training)
        fp16 = half_precision(self.device, config.runtime) == torch.float16
        self.scaler = torch.amp.GradScaler(self.device.type, FP16_SCALE, enabled=fp16)
        self.average = moving_average(self.unwrapped, config.training.ema_decay)
        self.network: nn.Module = self.unwrapped
        self.stream = BatchStream(self.device)
        self.stage = -1
        self.progress = Progress()
        self.losses: list[tuple[Tensor, int]] = []
        self.best = BestCheckpoints(config.training)

    def run(self, folder: Path, stamp: str, report: jobs.Report) -> dict[str, float]:
        """Train to the end, resuming from a checkpoint in `folder`, and write the model there.

        Returns:
            loss: mean over the last epoch.
            steps: number of steps.
            held_out_score: best hold-out score, if there is a hold-out.

        Raises:
            Diverged: the loss or a weight is not finite; the last checkpoint is kept.
            WrongModel: the checkpoint in `folder` is from another training.
            ProcessLost: another process of the training has ended.
        """
        path = folder / STATE
        if path.exists():
            self._resume(path, stamp)
        clock = Clock(self.config.runtime.checkpoint_seconds, self.device)
        tracker = Tracker(self.config, folder) if self._is_main else None
        waited = self.progress.waited
        steps = range(self.progress.done, 0 if self.best.exhausted else len(self.plan))
        with Loader(self._batch, steps, threads=self.config.runtime.loader_threads) as batches:
            for number, batch in zip(steps, batches, strict=True):
                step = self.plan[number]
                self._step(step, self.stream.hand_over(batch))
                self._count_time(clock, waited + batches.waited, step)
                ended = number + 1 == len(self.plan) or self.plan[number + 1].epoch != step.epoch
                if ended or clock.reads_losses():
                    self._read_losses()
                stop = ended and self._end_epoch(step, folder, stamp, tracker)
                if self._is_main and step.closes and clock.saves():
                    self._save(path, stamp)
                report("train", self.progress.done, len(self.plan), self._figures())
                if stop:
                    break
        return self._finish(folder, tracker)

    @property
    def _is_main(self) -> bool:
        return bool(self.accelerator.is_main_process)

    def _step(self, step: Step, batch: tuple[Tensor, Tensor]) -> None:
        if step.stage != self.stage:
            self._begin_stage(step)
        x, masks = batch
        torch.manual_seed(mixed(self.seed, step.epoch + 1, step.number))
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * step.rate
        self.network.train()
        with lost_processes():
            with autocast(self.device, self.config.runtime):
                prediction = self.network(x)
            loss = self._loss(prediction, masks)
            self.scaler.scale(loss / step.shared).backward()
        self.losses.append((loss.detach(), len(x)))
        if step.closes:
            self._update()
        self.progress.done += 1

    def _loss(self, prediction: Prediction, masks: Tensor) -> Tensor:
        return total_loss(prediction, masks, self.config)

    def _update(self) -> None:
        """Update the weights with the accumulated gradients."""
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.unwrapped.parameters(), self.config.training.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update_parameters(self.unwrapped)
        self.progress.updates += 1
        if self.progress.updates <= EARLY:
            self._check_weights(self.progress.done + 1)

    def _check_weights(self, step: int | None = None) -> None:
        done = self.progress.done if step is None else step
        check_weights((self.unwrapped, self.average.module), done, self.config.runtime)

    def _begin_stage(self, step: Step) -> None:
        """Begin the stage of `step`: freeze its encoder stages, and wrap the network again."""
        self.stage = step.stage
        self.unwrapped.freeze(self.config.course[step.stage].frozen_stages or 0)
        self.optimizer.zero_grad(set_to_none=True)
        if self.config.runtime.compile:
            torch._dynamo.reset()  # folds and stages would reach the recompilation limit
        network = torch.compile(self.unwrapped) if self.config.runtime.compile else self.unwrapped
        self.network = self.accelerator.prepare_model(network)

    def _batch(self, number: int) -> Prepared:
        return self.stream.make(partial(self._tensors, self.plan[number]))

    def _tensors(self, step: Step) -> tuple[Tensor, Tensor]:
        """Return this process's part of a batch, which depends only on seed, epoch and step."""
        bounds = np.linspace(0, len(step.members), process_count() + 1).round().astype(int)
        first, last = bounds[self.accelerator.process_index :][:2]
        seed = mixed(self.seed, step.epoch + 1, step.number, 1)
        images, masks = mixed_halves(
            self.data.take,
            step.members,
            slice(first, last),
            self.config.augmentation.halves,
            np.random.default_rng(seed),
        )
        here = torch.device("cpu") if self.config.runtime.augment_on == "cpu" else self.device
        generator = torch.Generator().manual_seed(seed)
        x, shares = augment(
            torch.from_numpy(images).to(here),
            torch.from_numpy(masks).to(here),
            self.config.augmentation,
            size=step.size,
            generator=generator,
            count=len(step.members),
            first=int(first),
            channels_last=self.config.runtime.channels_last,
            reflect=self.config.network.pad_to > 0,
        )
        layout = memory_layout(self.config.runtime)
        return x.to(self.device).contiguous(memory_format=layout), shares.to(self.device)

    def _read_losses(self) -> None:
        """Add the losses since the last reading to the epoch's sum.

        Raises:
            Diverged: a loss is not finite.
        """
        if not self.losses:
            return
        values = torch.stack([loss for loss, _ in self.losses]).tolist()
        check_losses(values, self.progress.done - len(values) + 1, len(self.plan))
        for loss, (_, images) in zip(values, self.losses, strict=True):
            self.progress.sums = [
                self.progress.sums[0] + loss * images,
                self.progress.sums[1] + images,
            ]
        self.losses = []

    def _end_epoch(self, step: Step, folder: Path, stamp: str, tracker: Tracker | None) -> bool:
        """Record and, if due, score the epoch; return whether training should stop."""
        sums = mean_over_processes(
            torch.tensor(self.progress.sums, dtype=torch.float64, device=self.device)
        )
        self.progress.sums = [0.0, 0.0]
        loss, images = (sums[0] / sums[1]).item(), sums[1].item() * process_count()
        row = {"epoch": step.epoch, "size": step.size, "images": images, "rate": step.rate}
        row["loss"] = loss
        last = step.epoch == self.plan[-1].epoch
        scored = self.held_out is not None and (
            last or (step.epoch + 1) % self.config.training.check_every == 0
        )
        if scored:
            row["score"] = broadcast(self._score() if self._is_main else None)
        self.progress.history.append(row)
        stop = scored and self.best.add(step.epoch, row["score"])
        if self._is_main:
            assert tracker is not None
            write_history(folder, self.progress.history)
            tracker.log(row)
            if scored:
                self.best.keep(folder, step.epoch, self.average.module.state_dict())
                self._save(folder / STATE, stamp)
                delete_checkpoints(folder, kept=self.best.best_epochs)  # once the state is saved
        return bool(stop)

    def _score(self) -> float:
        """Return the hold-out score of the averaged weights."""
        assert self.held_out is not None
        assert self.metric is not None
        return held_out_score(self.average.module, self.held_out, self.config, self.metric)

    def _finish(self, folder: Path, tracker: Tracker | None) -> dict[str, float]:
        self._check_weights()
        last = self.progress.history[-1]
        figures = {"loss": last["loss"], "steps": float(self.progress.done)}
        if self.best.scores:
            figures["held_out_score"] = self.best.best_score
        if self._is_main:
            assert tracker is not None
            tracker.close()
            save_model(
                folder, self.best.mean(folder) or self.average.module.state_dict(), self.config
            )
            speed = {"device": str(self.device), "processes": process_count()}
            jobs.write_json(folder / SPEED, {**self.progress.speed(), **speed})
        return figures

    def _count_time(self, clock: Clock, waited: float, step: Step) -> None:
        self.progress.seconds += clock.lap()
        self.progress.waited = waited
        self.progress.images += len(step.members)

    def _figures(self) -> dict[str, float]:
        scores = {"held_out_score": self.best.scores[-1][0]} if self.best.scores else {}
        return {**self.progress.figures(), **scores}

    def _save(self, path: Path, stamp: str) -> None:
        self._read_losses()
        self._check_weights()
        self.progress.scaler = self.scaler.state_dict()
        parts = {
            "network": self.unwrapped.state_dict(),
            "average": self.average.module.state_dict(),
            "optimizer": flat_optimizer(self.optimizer, self.unwrapped),
        }
        state = {"stamp": stamp, "progress": vars(self.progress), "scores": self.best.scores}
        save_state(path, parts, state)

    def _resume(self, path: Path, stamp: str) -> None:
        parts, state = load_state(path)
        if state["stamp"] != stamp:
            raise WrongModel(
                f"{path} is from a training with other images, seed, metric or config: delete "
                "the folder or choose another"
            )
        self.unwrapped.load_state_dict(parts["network"])
        self.average.module.load_state_dict(parts["average"])
        restore_optimizer(self.optimizer, self.unwrapped, parts.get("optimizer", {}))
        self.progress = Progress(**state["progress"])
        set_updates(self.average, self.progress.updates)
        self.scaler.load_state_dict(self.progress.scaler)
        self.best.scores = [(score, epoch) for score, epoch in state["scores"]]
        self.stage = -1
        try:
            self._check_weights()
        except Diverged as error:
            raise WrongModel(f"{path} cannot be resumed ({error}), or delete {path}") from None
