"""Figures of a probability map, by hand."""

import numpy as np
import pytest

from ensembling.maps.map_statistics import LEVEL, STATISTICS, statistics


def test_figures_by_hand() -> None:
    blended = np.zeros((6, 6), np.uint8)
    blended[0, :3] = LEVEL
    blended[4:, 5] = 200
    blended[2, 2] = LEVEL - 1
    members = [blended, np.zeros((6, 6), np.uint8)]
    found = dict(zip(STATISTICS, statistics(blended, members, [0.1, 0.3]), strict=True))
    apart = (3 * LEVEL + 2 * 200) / 5 / 255
    assert found == pytest.approx(
        {"pieces": np.log(3), "largest": 3 / 5, "disagreement": apart / 2, "spread": 0.2}
    )


def test_a_map_without_a_high_place_has_no_pieces() -> None:
    low = np.full((6, 6), LEVEL - 1, np.uint8)
    assert statistics(low, [low], [0.25]).tolist() == [0, 0, 0, 0.25]
