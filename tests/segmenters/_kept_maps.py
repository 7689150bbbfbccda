"""A receiver of probability maps for tests that look at them."""

from collections.abc import Callable

import numpy as np


def keep_in(maps: dict[str, np.ndarray]) -> Callable[[str, np.ndarray, float], None]:
    """Return a `write_map` that puts each map into `maps` and forgets its spread."""

    def keep(image_id: str, soft: np.ndarray, spread: float) -> None:
        assert 0 <= spread <= 1
        maps[image_id] = soft

    return keep
