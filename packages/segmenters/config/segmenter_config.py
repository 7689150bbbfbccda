"""The configuration of a segmenter, in groups of fields."""

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

ADDED = (
    "hypercolumns", "pad_to", "lovasz_elu", "skip_stripes", "skip_below", "pseudo",
    "pretrain_epochs", "map_presence",
)  # fmt: skip
"""Fields that version 0.1.0 did not have. A record leaves them out at their defaults, so that runs
keep their names, which are digests of records."""


@configuration.frozen
class SegmenterConfig:
    """Configuration of a segmenter: network, training, loss, augmentation, inference, runtime.

    The groups document their fields. Field names are unique across groups, so a setting can be
    given by its short name.
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
                f"decoder={network.decoder!r} has no deep_supervision: only unet and unetpp have"
            )
        if levels and len(network.decoder_channels) == 1:
            found.append("deep_supervision needs decoder_channels of at least two blocks")
        if not network.image_head and self.inference.presence != "map":
            found.append(f"presence={self.inference.presence!r} needs image_head=True")
        raise_all(found)
        return self

    @property
    def course(self) -> tuple[Stage, ...]:
        """The stages of the training, with batch size and frozen stages filled in."""
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
        """Images per batch of inference, for ``predict.py`` of earlier exports."""
        return self.inference.predict_batch

    def _parts(self) -> list[tuple[int, int]]:
        """Return each training size with its number of epochs, which differ by at most one."""
        sizes, epochs = self.training.train_sizes or (self.network.size,), self.training.epochs
        ends = [-(-epochs * k // len(sizes)) for k in range(len(sizes) + 1)]
        return [(size, ends[k + 1] - ends[k]) for k, size in enumerate(sizes)]

    def replace(self, **settings: Any) -> "SegmenterConfig":
        """Return a copy with changed fields, given by short name, or changed groups.

        Raises:
            ValueError: names are unknown or values invalid; lists all of them.
        """
        return configuration.changed(self, settings)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by short name as plain JSON types, the form that runs record.

        See `ADDED` for those left out.
        """
        groups = TypeAdapter(SegmenterConfig).dump_python(self, mode="json")
        return {
            name: value
            for group in groups.values()
            for name, value in group.items()
            if value or name not in ADDED
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "SegmenterConfig":
        """Return the configuration in `values`, by short or former field name or in groups.

        Raises:
            ValueError: names are unknown or values invalid; lists all of them.
        """
        return configuration.changed(cls(), values)
