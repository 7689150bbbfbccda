"""Experiments with segmentation networks.

A name of `segmenters` that is used in functions only imports torch there: it takes seconds, and the
base installation has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar

import imagestack
import jobs
import segmenters
from contest._errors import ContestError
from contest.experiments.experiment import Experiment, Source
from contest.spec.metric import metric_of


@dataclass(frozen=True)
class Networks(Experiment):
    """Networks that segment an object; `config` is a `segmenters.SegmenterConfig`.

    Functions are given as "module:function", so that an export can name them.

    Attributes:
        crop: the `segmenters.Crop` that is used if the config has a `crop_margin`.
        reader: reads an image file for an export, see `segmenters.export`.
        suffix: of image files, such as ".png"; "" for any.
    """

    kind: ClassVar[str] = "segmenter"
    code: ClassVar[tuple[str, ...]] = ("crop", "reader", "suffix")
    model_files: ClassVar[str] = "model.safetensors"
    exportable: ClassVar[bool] = True
    extra: ClassVar[str] = "networks"

    crop: str = ""
    reader: str = ""
    suffix: str = ""

    @property
    def side(self) -> int:
        """Side of the square images it sees, in pixels."""
        return self.image_size or int(self.config.network.size)

    @property
    def models(self) -> int:
        """How many networks each fold has."""
        return int(self.config.training.models)

    @property
    def wants_gpu(self) -> bool:
        """Whether its models predict on a GPU where there is one."""
        return bool(self.config.runtime.device == "auto")

    def as_dict(self) -> dict[str, Any]:
        """Return the choices as plain JSON types."""
        # the names of runs are digests of this, so it keeps the entry "families"
        return {**super().as_dict(), "config": self.config.as_dict(), "families": []}

    def learner(self, source: Source) -> "segmenters.Segmenter":
        """Return the learner for the images of `source`.

        Raises:
            segmenters.BadCrop: the config has a `crop_margin` and the experiment has no crop.
            segmenters.UnknownFunction: the function of the crop does not exist.
        """
        dataset, groups = source.dataset, source.dataset.groups
        return segmenters.Segmenter(
            self.config,
            source.stack(self.side),
            dataset.truth,
            crop=segmenters.function_of(self.crop) if self.crop else None,
            groups=None if groups is None else {str(i): str(p) for i, p in groups.items()},
            metric=metric_of(source.spec),
            pseudo=self._pseudo(source),
            unlabelled=self._unlabelled(source),
            pretrain_seed=self.seed,
        )

    def _unlabelled(self, source: Source) -> "imagestack.PixelCache | None":
        if not self.config.training.pretrain_epochs or source.part != "train":
            return None
        return source.test_stack(self.side)

    def _pseudo(self, source: Source) -> "segmenters.PseudoLabels | None":
        blend = self.config.training.pseudo
        if not blend or source.part != "train":
            return None
        masks = lru_cache(maxsize=1)(partial(source.pseudo_masks, blend))
        return segmenters.PseudoLabels(source.test_stack(self.side), masks)

    def follow(self, source: Source) -> None:
        """Compute this process's part of the training until the main process ends it."""
        self.learner(source).follow()

    def dismiss(self) -> None:
        """End `follow` in the other processes."""
        segmenters.dismiss(self.config.runtime)

    def export(
        self,
        folders: Sequence[Path],
        out: Path,
        *,
        name: str,
        onnx: bool,
        about: Mapping[str, Any],
        report: jobs.Report = jobs.silent,
    ) -> dict[str, Any]:
        """Write the networks to a folder that predicts on its own, see `segmenters.export`.

        Raises:
            ContestError: the experiment has no reader of image files.
        """
        if not self.reader:
            raise ContestError(
                f"{name} cannot be exported, as its experiment does not say how image files are "
                'read: give it reader="module:function"'
            )
        return segmenters.export(
            folders,
            out,
            self.config,
            name=name,
            image_side=self.side,
            reader=self.reader,
            suffix=self.suffix,
            crop=self.crop,
            onnx=onnx,
            about=about,
            report=report,
        )
