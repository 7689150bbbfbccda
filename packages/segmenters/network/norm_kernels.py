"""Machine code of batch norm with the activation after it, over rows of channels.

All arrays are float32 ``(rows, channels)``, a pixel of the batch to a row, or have a value per
channel. Each kernel works on the rows ``first`` to ``last - 1``. ``low`` and ``high`` are where
the activation clamps: ReLU is 0 and infinity.
"""

import numpy as np

import jobs

BLOCK = 512
"""Rows that are summed in float32 before their sum goes to float64."""


@jobs.compiled
def moments(
    x: np.ndarray, first: int, last: int, pivot: np.ndarray, sums: np.ndarray
) -> None:  # pragma: no cover - machine code
    """Write the sums of ``x - pivot`` and of its squares into float64 ``(2, channels)``."""
    channels = x.shape[1]
    one, two = np.empty(channels, np.float32), np.empty(channels, np.float32)
    sums[:] = 0.0
    for begin in range(first, last, BLOCK):
        one[:] = 0.0
        two[:] = 0.0
        for row in range(begin, min(begin + BLOCK, last)):
            for k in range(channels):
                away = x[row, k] - pivot[k]
                one[k] += away
                two[k] += away * away
        for k in range(channels):
            sums[0, k] += one[k]
            sums[1, k] += two[k]


@jobs.compiled
def normed(
    x: np.ndarray, first: int, last: int, scale: np.ndarray, shift: np.ndarray,
    low: np.float32, high: np.float32, y: np.ndarray,
) -> None:  # fmt: skip  # pragma: no cover - machine code
    """Write ``scale * x + shift``, clamped, into `y`."""
    for row in range(first, last):
        for k in range(x.shape[1]):
            z = x[row, k] * scale[k] + shift[k]
            z = low if z < low else z
            y[row, k] = high if z > high else z


@jobs.compiled
def slopes(
    x: np.ndarray, dy: np.ndarray, first: int, last: int, mean: np.ndarray, scale: np.ndarray,
    shift: np.ndarray, low: np.float32, high: np.float32, sums: np.ndarray,
) -> None:  # fmt: skip  # pragma: no cover - machine code
    """Write the sums of `dy`, where nothing was clamped, and of its product with ``x - mean``."""
    channels = x.shape[1]
    one, two = np.empty(channels, np.float32), np.empty(channels, np.float32)
    sums[:] = 0.0
    for begin in range(first, last, BLOCK):
        one[:] = 0.0
        two[:] = 0.0
        for row in range(begin, min(begin + BLOCK, last)):
            for k in range(channels):
                z = x[row, k] * scale[k] + shift[k]
                slope = dy[row, k] if (z > low) & (z < high) else np.float32(0.0)
                one[k] += slope
                two[k] += slope * (x[row, k] - mean[k])
        for k in range(channels):
            sums[0, k] += one[k]
            sums[1, k] += two[k]


@jobs.compiled
def pulled(
    x: np.ndarray, dy: np.ndarray, first: int, last: int, scale: np.ndarray, shift: np.ndarray,
    low: np.float32, high: np.float32, by_x: np.ndarray, fixed: np.ndarray, dx: np.ndarray,
) -> None:  # fmt: skip  # pragma: no cover - machine code
    """Write ``scale * dy + by_x * x + fixed`` into `dx`, `dy` as 0 where x was clamped."""
    for row in range(first, last):
        for k in range(x.shape[1]):
            z = x[row, k] * scale[k] + shift[k]
            slope = dy[row, k] if (z > low) & (z < high) else np.float32(0.0)
            dx[row, k] = scale[k] * slope + by_x[k] * x[row, k] + fixed[k]
