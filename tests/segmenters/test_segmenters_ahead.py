"""Batches of a CPU are there at once; what a GPU does beside its training needs one to be seen."""

import pytest
import torch

from segmenters.data.prefetch import Workbench

PAIR = torch.arange(4.0), torch.ones(4)


def test_on_a_cpu_a_batch_is_just_made():
    bench = Workbench(torch.device("cpu"))
    made = bench.make(lambda: PAIR)
    assert made.done is None
    assert all(found is given for found, given in zip(bench.hand_over(made), PAIR, strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_batch_of_a_gpu_is_complete_when_it_is_handed_over():
    device = torch.device("cuda")
    bench = Workbench(device)
    large = torch.ones(4096, 4096)

    def batch() -> tuple[torch.Tensor, torch.Tensor]:
        there = large.to(device)
        return there @ there, there

    product, _ = bench.hand_over(bench.make(batch))
    assert (product == 4096).all()
