"""Experiments with segmentation networks.

The package `segmenters` is imported in functions, as torch takes seconds and most commands need no
network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import jobs
import segmenters
from contest._errors import NoReader
from contest.experiments.experiment import Experiment, Source
from contest.spec.metric import metric_of


@dataclass(frozen=True)
class Networks(Experiment):
    """Networks that segment an object; `config` is a `segmenters.SegmenterConfig`.

    Functions are given as "module:function", so that an export can name them.

    Attributes:
        crop: the `segmenters.Crop` that finds what the networks see where the config has a
            `crop_margin`.
        reader: reads an image file for an export, see `segmenters.export`.
        suffix: of image files, such as ".png"; "" is any.
    """

    kind: ClassVar[str] = "segmenter"
    code: ClassVar[tuple[str, ...]] = ("crop", "reader", "suffix")
    model_files: ClassVar[str] = "model.safetensors"
    exportable: ClassVar[bool] = True

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
        # the names of runs are digests of this, and it has always held families
        return {**super().as_dict(), "config": self.config.as_dict(), "families": []}

    def learner(self, source: Source) -> "segmenters.Segmenter":
        """Return the networks over the images of `source`.

        Raises:
            segmenters.NoCrop: the config has a `crop_margin` and the experiment has no crop.
            segmenters.UnknownFunction: the crop is not there.
        """
        dataset, groups = source.dataset, source.dataset.groups
        return segmenters.Segmenter(
            self.config,
            source.stack(self.side),
            dataset.truth,
            crop=segmenters.function_of(self.crop) if self.crop else None,
            groups=None if groups is None else {str(i): str(p) for i, p in groups.items()},
            metric=metric_of(source.spec),
        )

    def follow(self, source: Source) -> None:
        """Help the main process to train until it is done with all."""
        self.learner(source).follow()

    def dismiss(self) -> None:
        """Let the processes go that `follow`."""
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
        """Write the networks as a folder that predicts alone, see `segmenters.export`.

        Raises:
            NoReader: the experiment does not say how image files are read.
        """
        if not self.reader:
            raise NoReader(
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
