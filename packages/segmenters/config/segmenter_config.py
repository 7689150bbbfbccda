"""What can be chosen about a segmenter, in groups."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field, TypeAdapter, model_validator

import configuration
from segmenters.config.groups import (
    UNETS,
    Augmentation,
    Inference,
    Loss,
    Network,
    Runtime,
    Stage,
    Training,
    raise_all,
)


@configuration.frozen
class SegmenterConfig:
    """Choices of a segmenter: an encoder from timm, a decoder, and how to train them.

    The groups describe their fields. A field has the same name in no two groups, so that the short
    name is enough wherever a setting is named.
    """

    network: Network = Field(default_factory=Network)
    training: Training = Field(default_factory=Training)
    loss: Loss = Field(default_factory=Loss)
    augmentation: Augmentation = Field(default_factory=Augmentation)
    inference: Inference = Field(default_factory=Inference)
    runtime: Runtime = Field(default_factory=Runtime)

    @model_validator(mode="after")
    def _rules(self) -> "SegmenterConfig":
        found, network, levels = [], self.network, self.loss.deep_supervision
        if levels and network.decoder not in UNETS:
            found.append(
                f"decoder={network.decoder!r} has no deep_supervision: it is for unet and unetpp"
            )
        if levels and len(network.decoder_channels) == 1:
            found.append("deep_supervision needs decoder_channels of two blocks or more")
        if not network.image_head and self.inference.presence != "map":
            found.append(f"presence={self.inference.presence!r} needs image_head=True")
        raise_all(found)
        return self

    @property
    def course(self) -> tuple[Stage, ...]:
        """The stages of the training, every choice filled in."""
        given = self.training.stages or tuple(
            Stage(epochs=epochs, size=size) for size, epochs in self._parts() if epochs
        )
        batch, frozen = self.training.batch, self.network.frozen_stages
        return tuple(
            replace(
                one,
                batch=one.batch or batch,
                frozen_stages=frozen if one.frozen_stages is None else one.frozen_stages,
            )
            for one in given
        )

    @property
    def predict_batch(self) -> int:
        """Images per step of inference; ``predict.py`` of earlier exports asks here."""
        return self.inference.predict_batch

    def _parts(self) -> list[tuple[int, int]]:
        """Return the sizes with their numbers of epochs, equal up to one."""
        sizes, epochs = self.training.train_sizes or (self.network.size,), self.training.epochs
        ends = [-(-epochs * k // len(sizes)) for k in range(len(sizes) + 1)]
        return [(size, ends[k + 1] - ends[k]) for k, size in enumerate(sizes)]

    def replace(self, **settings: Any) -> "SegmenterConfig":
        """Return a copy with fields, by their short names, or whole groups replaced.

        Raises:
            ValueError: names all that is unknown or does not fit.
        """
        return configuration.changed(self, settings)

    def as_dict(self) -> dict[str, Any]:
        """Return the choices by their short names as plain JSON types, as runs record them."""
        groups = TypeAdapter(SegmenterConfig).dump_python(self, mode="json")
        return {name: value for group in groups.values() for name, value in group.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "SegmenterConfig":
        """Return the config that `as_dict` wrote, now or under former names, or one in groups.

        Raises:
            ValueError: names all that is unknown or does not fit.
        """
        return configuration.changed(cls(), values)
