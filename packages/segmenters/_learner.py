"""The learner that trains segmentation networks and predicts with them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

import jobs
import rlemask
from ensembling import Metric
from segmenters._device import inference_device, torch_session
from segmenters._errors import WrongModel
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.data.crop import Crop, ImageStack, Window, windows_of
from segmenters.data.pseudo_labels import JoinedStack, PseudoLabels
from segmenters.data.training_set import (
    check_held,
    image_set,
    images_digest,
    load_images,
    source_digest,
    training_set,
    wanted,
)
from segmenters.inference.inference import ensemble_of, in_batches, presence, stored
from segmenters.network.checkpoint import MODEL, STATE, network_folder, network_folders
from segmenters.training.best_checkpoints import delete_checkpoints
from segmenters.training.distributed import Order, exchange_order, leave_group
from segmenters.training.holdout import split
from segmenters.training.pretraining import PRETRAINED, Pretrainer, pretraining_config
from segmenters.training.schedule import mixed
from segmenters.training.trainer import Trainer

STAMP = "fit.json"
OVERLAPS = np.arange(1001) / 1000
"""Overlaps at which a metric is evaluated to identify it in a model's stamp."""


class Segmenter:
    """Segmentation networks with optional image classification; implements the learner protocol.

    Attributes:
        mask_size: side of the predicted probability maps, in pixels.
    """

    def __init__(
        self,
        config: SegmenterConfig,
        images: ImageStack,
        targets: Mapping[str, rlemask.Runs],
        *,
        crop: Crop | None = None,
        groups: Mapping[str, str] | None = None,
        metric: Metric | None = None,
        pseudo: PseudoLabels | None = None,
        unlabelled: ImageStack | None = None,
        pretrain_seed: int = 0,
    ) -> None:
        """Create a learner; networks are built in `fit` and `predict`.

        Args:
            config: the configuration.
            images: pixels of all images, for training and prediction.
            targets: mask by image id, needed for training images only.
            crop: returns the box of an image to which it is cropped; required if
                `config.network.crop_margin` is not 0.
            groups: group by image id; a group is never split between hold-out and training.
            metric: the competition's, which scores epochs; required if `config.training.holdout`
                is not 0.
            pseudo: further training images with predicted masks.
            unlabelled: further images for the pretraining.
            pretrain_seed: of the pretraining, which all trainings share.

        Raises:
            BadCrop: `config.network.crop_margin` is not 0 and `crop` is None.
            ValueError: `config.training.holdout` is not 0 and `metric` is None.
        """
        if config.training.holdout and metric is None:
            raise ValueError("holdout needs a metric for the epochs: pass the competition's metric")
        self.config = config
        self.images = images
        self.targets = targets
        self.groups = groups
        self.metric = metric
        self.mask_size: int | None = config.inference.mask_size or config.network.size
        self.crop = crop
        self.pseudo = pseudo
        self.unlabelled, self.pretrain_seed = unlabelled, pretrain_seed
        self._windows_of = windows_of(crop, config.network)

    def fit(
        self,
        train: Sequence[str],
        folder: Path,
        *,
        seed: int,
        report: jobs.Report = jobs.silent,
    ) -> dict[str, float]:
        """Train on the images `train` and write the model to `folder`.

        Writes ``model.safetensors``, ``config.json``, ``history.csv`` and ``speed.json``
        (images/s, and the share of the time spent waiting for batches); with
        `config.training.models` > 1 into subfolders ``net0``, ``net1``, ….

        Annotations outside `train` have no influence: the number of epochs is fixed and the model
        is the moving average of the weights, unless a `holdout` of the training groups stops the
        training early and selects the best epochs. An interrupted training resumes from its last
        checkpoint; on a CPU, with the same number of threads, the weights are bit for bit those
        of an uninterrupted training.

        With `pretrain_epochs` the network is first pretrained on the pixels of all images, once
        for all folders with the same parent; it is kept there in the folder ``pretrained``.

        Returns:
            loss: mean over the last epoch.
            steps: number of steps, summed over the networks.
            training_images, training_positives: those trained on, with pseudo-labels.
            held_out_score: best score on the `holdout`, which is biased by the selection.
            All but the steps are means over the networks.

        Raises:
            SegmenterError: one of its subclasses.
        """
        models, start = self.config.training.models, self._pretrained(Path(folder).parent, report)
        parts = []
        for number in range(models):
            own = report if models == 1 else _suffixed(report, f" network {number}")
            order = self._order(list(train), Path(folder), number, seed, start)
            parts.append(self._carry_out(order, own))
        sums = {name: sum(part[name] for part in parts) for name in parts[0]}
        return {k: total if k == "steps" else total / len(parts) for k, total in sums.items()}

    def _order(
        self, train: list[str], folder: Path, number: int, seed: int, start: Order | None
    ) -> Order:
        """Return the training of one network, from the network of the pretraining `start`."""
        place = network_folder(folder, number, self.config)
        seed = mixed(seed, number) if number else seed
        made_from = self._made_from(train, seed)
        if start is None:
            return Order(train, str(place), seed, made_from)
        return Order(train, str(place), seed, jobs.digest(made_from, start.made_from), start.folder)

    def _pretrained(self, folder: Path, report: jobs.Report) -> Order | None:
        """Pretrain a network in a subfolder of `folder`, if it is wanted and not there already."""
        if not self.config.training.pretrain_epochs:
            return None
        images, ids = self._all_images()
        config = pretraining_config(self.config).as_dict()
        made_from = jobs.digest(config, self.pretrain_seed, images_digest(images, ids))
        place = str(folder / PRETRAINED)
        order = Order(ids, place, self.pretrain_seed, made_from, pretrains=True)
        self._carry_out(order, _suffixed(report, " on all images"))
        return order

    def _carry_out(self, order: Order, report: jobs.Report) -> dict[str, float]:
        """Return the figures of one network, which is trained unless its folder has it already."""
        folder = Path(order.folder)
        finished = self._finished(folder, order.made_from)
        if finished is None:
            folder.mkdir(parents=True, exist_ok=True)
            exchange_order(self.config.runtime, order)
            finished = self._train(order, report)
            jobs.write_json(folder / STAMP, {"made_from": order.made_from, "figures": finished})
            (folder / STATE).unlink(missing_ok=True)
            delete_checkpoints(folder)
        return finished

    def follow(self) -> None:
        """Take part in the main process's trainings until it dismisses the workers.

        For worker processes started by `accelerate launch`; they write no files.

        Raises:
            ProcessLost: the main process has ended.
        """
        while (order := exchange_order(self.config.runtime)) is not None:
            self._train(order, jobs.silent)
        leave_group()

    def _pretrain(self, order: Order, report: jobs.Report) -> dict[str, float]:
        config, (images, ids) = pretraining_config(self.config), self._all_images()
        windows = self._windows(images, ids, report)
        data = image_set(images, ids, size=config.network.size, windows=windows)
        with torch_session(config.runtime):
            trainer = Pretrainer(config, data, seed=order.seed)
            return trainer.run(Path(order.folder), order.made_from, report)

    def _all_images(self) -> tuple[ImageStack, list[str]]:
        """Return all images at hand, and their ids."""
        if self.unlabelled is None:
            return self.images, list(self.images.ids)
        images = JoinedStack(self.images, self.unlabelled)
        return images, images.ids

    def _train(self, order: Order, report: jobs.Report) -> dict[str, float]:
        if order.pretrains:
            return self._pretrain(order, report)
        config = self.config
        areas = {i: self.targets[i].area for i in order.train} if config.training.holdout else {}
        learn, held = split(
            order.train, areas, self.groups, share=config.training.holdout, seed=order.seed
        )
        images, targets, pseudo = self._material(order.train)
        learn = [*wanted(learn, targets, config.training), *pseudo]
        windows = self._windows(images, [*learn, *held], report)
        made = partial(training_set, images, targets, size=config.network.size, windows=windows)
        data, held_out = made(learn), made(held) if held else None
        with torch_session(config.runtime):
            trainer = Trainer(
                config, data, seed=order.seed, held_out=held_out, metric=self.metric,
                pretrained=Path(order.pretrained) if order.pretrained else None,
            )  # fmt: skip
            figures = trainer.run(Path(order.folder), order.made_from, report)
        counts = {"training_images": len(data), "training_positives": int(data.positive.sum())}
        return figures | {name: float(count) for name, count in counts.items()}

    def predict(
        self,
        ids: Sequence[str],
        folders: Sequence[Path],
        *,
        write_map: Callable[[str, np.ndarray, float], None] | None = None,
        report: jobs.Report = jobs.silent,
    ) -> np.ndarray:
        """Return p(non-empty) of each image, float64 ``(len(ids),)``, the mean over the models.

        Each model predicts at its own size and at the scales `tta_scales`, with `tta_flip` also
        the mirror images; with `tile` it predicts overlapping tiles, and the largest image head
        probability of the tiles is used. By `presence`, p is the image head's probability
        ("head"), the mean of the highest 0.5 % of the probability map ("map"), or the mean of
        both ("both"). Images are read batch by batch.

        Args:
            ids: ids of the images.
            folders: model folders written by `fit`.
            write_map: called with each image id, its probability map, uint8
                ``(mask_size, mask_size)``, and its spread, see `EnsembleOutput`.
            report: progress.

        Raises:
            WrongModel: a folder has no finished model.
            BadTargets: images are not in the pixel cache.
        """
        if not folders:
            raise ValueError("no model folder was given: pass the folders that fit has written")
        ids, p = list(ids), np.zeros(len(ids))
        assert self.mask_size is not None
        device = inference_device(self.config.runtime)
        with torch_session(self.config.runtime):
            networks = [one for f in folders for one in network_folders(Path(f), self.config)]
            ensemble = ensemble_of(networks, self.config, device)
            side = ensemble.side(self.images.pixels.shape[-1])
            windows = self._windows(self.images, ids, report)

            def read(part: slice) -> np.ndarray:
                return load_images(self.images, ids[part], side, windows)

            batch = self.config.inference.predict_batch
            for part, seen in in_batches(ensemble, read, len(ids), batch):
                p[part] = presence(seen, self.config.inference.presence)
                if write_map:
                    shown = [windows[i] for i in ids[part]] if windows else None
                    maps = stored(seen.maps, self.mask_size, shown)
                    for image_id, one, spread in zip(ids[part], maps, seen.spreads, strict=True):
                        write_map(image_id, one, float(spread))
                report("predict", part.stop, len(ids), {})
        return p

    def _made_from(self, train: list[str], seed: int) -> str:
        """Return a digest of all inputs of a training; masks are hashed without being drawn."""
        images, targets, pseudo = self._material(train)
        source = source_digest(images, targets, [*train, *pseudo])
        known = self.groups if self.config.training.holdout and self.groups else {}
        groups = [known[i] for i in train if i in known]
        metric = self.metric if self.config.training.holdout else None
        scores = metric(OVERLAPS.copy()).round(9).tolist() if metric else []
        return jobs.digest(self.config.as_dict(), seed, source, groups, scores)

    def _material(
        self, train: Sequence[str]
    ) -> tuple[ImageStack, Mapping[str, rlemask.Runs], list[str]]:
        """Return images and masks of a training, and the ids of those with pseudo-labels."""
        if self.pseudo is None:
            return self.images, self.targets, []
        masks = self.pseudo.masks(tuple(train))
        return JoinedStack(self.images, self.pseudo.images), {**self.targets, **masks}, list(masks)

    def _windows(
        self, images: ImageStack, ids: Sequence[str], report: jobs.Report
    ) -> Mapping[str, Window] | None:
        """Return the windows of images by id, or None if networks see whole images."""
        check_held(images, ids)
        return self._windows_of.of(images, ids, report) if self._windows_of else None

    def _finished(self, folder: Path, made_from: str) -> dict[str, float] | None:
        path = folder / STAMP
        if not path.exists():
            return None
        stamp = jobs.read_json(path)
        if stamp.get("made_from") != made_from or not (folder / MODEL).exists():
            raise WrongModel(
                f"{folder} holds a model of other images, seed, metric or config: delete the "
                "folder or choose another"
            )
        return stamp["figures"]


def _suffixed(report: jobs.Report, suffix: str) -> jobs.Report:
    """Return a progress report with `suffix` added to the label."""

    def show(label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        report(f"{label}{suffix}", done, total, figures)

    return show
