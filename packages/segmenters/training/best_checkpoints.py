"""The best judged epochs: whose weights are kept, and when it is time to stop."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.network.checkpoint import save_tensors


class Podium:
    """Judgements of a training, and the files of its `top_k` best epochs.

    Attributes:
        judged: (score, epoch) of every judgement, in order.
    """

    def __init__(self, config: SegmenterConfig) -> None:
        self.top_k, self.patience = config.top_k, config.patience
        self.judged: list[tuple[float, int]] = []

    @property
    def best(self) -> float:
        """The best score so far."""
        return max(score for score, _ in self.judged)

    @property
    def winners(self) -> list[int]:
        """Epochs of the `top_k` best judgements; of equal ones the later."""
        ranked = sorted(self.judged, reverse=True)[: self.top_k]
        return sorted(epoch for _, epoch in ranked)

    def enter(self, epoch: int, score: float) -> bool:
        """Take a judgement; return whether `patience` is used up."""
        self.judged.append((score, epoch))
        return self.exhausted

    @property
    def exhausted(self) -> bool:
        """Whether the last `patience` judgements were no better than an earlier one."""
        if not self.patience or not self.judged:
            return False
        values = [value for value, _ in self.judged]
        return len(values) - 1 - values.index(max(values)) >= self.patience

    def keep(self, folder: Path, epoch: int, tensors: Mapping[str, Tensor]) -> None:
        """Write the weights of `epoch` if it is among the winners."""
        if epoch in self.winners:
            save_tensors(_file(folder, epoch), tensors, {"format": "pt"})

    def tidy(self, folder: Path) -> None:
        """Delete files of epochs that win no longer; only after the state that says so is saved."""
        kept = {_file(folder, epoch) for epoch in self.winners}
        for path in folder.glob("epoch-*.safetensors"):
            if path not in kept:
                path.unlink()

    def mean(self, folder: Path) -> dict[str, Tensor]:
        """Return the mean of the winners' weights and batch statistics; {} without winners.

        Averaging weights along one training follows Izmailov et al. 2018 (SWA). Counts, which
        have no mean, are those of the last winner.
        """
        files = [load_file(_file(folder, epoch)) for epoch in self.winners]
        if not files:
            return {}
        return {
            name: torch.stack([one[name] for one in files]).mean(0)
            if value.is_floating_point()
            else value
            for name, value in files[-1].items()
        }


def clear(folder: Path) -> None:
    """Delete the files of all epochs."""
    for path in folder.glob("epoch-*.safetensors"):
        path.unlink()


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch}.safetensors"
