"""The best epochs by the images held out: whose weights are kept, and when it is time to stop."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from segmenters.config.groups import Training
from segmenters.network.checkpoint import save_tensors


class BestCheckpoints:
    """Scores of the epochs of a training, and the files of its `top_k` best ones.

    Attributes:
        scores: (score, epoch) in order.
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
        """The `top_k` best epochs; of equal ones the later."""
        ranked = sorted(self.scores, reverse=True)[: self.top_k]
        return sorted(epoch for _, epoch in ranked)

    def add(self, epoch: int, score: float) -> bool:
        """Take the score of an epoch; return whether `patience` is used up."""
        self.scores.append((score, epoch))
        return self.exhausted

    @property
    def exhausted(self) -> bool:
        """Whether the last `patience` scores were no better than an earlier one."""
        if not self.patience or not self.scores:
            return False
        values = [value for value, _ in self.scores]
        return len(values) - 1 - values.index(max(values)) >= self.patience

    def keep(self, folder: Path, epoch: int, tensors: Mapping[str, Tensor]) -> None:
        """Write the weights of `epoch` if it is among the best."""
        if epoch in self.best_epochs:
            save_tensors(_file(folder, epoch), tensors, {"format": "pt"})

    def mean(self, folder: Path) -> dict[str, Tensor]:
        """Return the mean of the best epochs' weights and batch statistics; {} without any.

        Averaging weights along one training follows Izmailov et al. 2018 (SWA). Counts, which
        have no mean, are those of the last of them.
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
    """Delete the files of all epochs except those `kept`."""
    for path in {*folder.glob("epoch-*.safetensors")} - {_file(folder, epoch) for epoch in kept}:
        path.unlink()


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch}.safetensors"
