"""Selection of the best epochs by the hold-out score, and early stopping."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from segmenters.config.groups import Training
from segmenters.network.checkpoint import save_tensors


class BestCheckpoints:
    """Scores of a training's epochs, and the checkpoints of its `top_k` best epochs.

    Attributes:
        scores: (score, epoch) in order of the epochs.
    """

    def __init__(self, config: Training) -> None:
        self.top_k, self.patience = config.top_k, config.patience
        self.scores: list[tuple[float, int]] = []

    @property
    def best_score(self) -> float:
        """The best score so far."""
        return max(score for score, _ in self.scores)

    @property
    def best_epochs(self) -> list[int]:
        """The `top_k` best epochs in ascending order; ties prefer the later epoch."""
        ranked = sorted(self.scores, reverse=True)[: self.top_k]
        return sorted(epoch for _, epoch in ranked)

    def add(self, epoch: int, score: float) -> bool:
        """Add the score of an epoch, and return whether training should stop."""
        self.scores.append((score, epoch))
        return self.exhausted

    @property
    def exhausted(self) -> bool:
        """Whether none of the last `patience` scores is better than all before."""
        if not self.patience or not self.scores:
            return False
        values = [value for value, _ in self.scores]
        return len(values) - 1 - values.index(max(values)) >= self.patience

    def keep(self, folder: Path, epoch: int, tensors: Mapping[str, Tensor]) -> None:
        """Write the weights of `epoch` if it is one of the `top_k` best."""
        if epoch in self.best_epochs:
            save_tensors(_file(folder, epoch), tensors, {"format": "pt"})

    def mean(self, folder: Path) -> dict[str, Tensor]:
        """Return the mean of the best epochs' weights and batch statistics, {} without epochs.

        Averaging the weights of one training follows Izmailov et al. 2018 (SWA). Integer buffers
        are those of the last of these epochs.
        """
        files = [load_file(_file(folder, epoch)) for epoch in self.best_epochs]
        if not files:
            return {}
        return {
            name: torch.stack([one[name] for one in files]).mean(0)
            if value.is_floating_point()
            else value
            for name, value in files[-1].items()
        }


def delete_checkpoints(folder: Path, kept: Iterable[int] = ()) -> None:
    """Delete the checkpoints of all epochs except those in `kept`."""
    for path in {*folder.glob("epoch-*.safetensors")} - {_file(folder, epoch) for epoch in kept}:
        path.unlink()


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch}.safetensors"
