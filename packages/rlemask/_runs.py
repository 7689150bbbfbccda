"""Masks represented by their runs, with set operations, areas and connected components."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rlemask import _maskkernels, _runkernels

UNION, INTERSECTION, DIFFERENCE, EXCLUSIVE = 0b1110, 0b1000, 0b0100, 0b0110


@dataclass(frozen=True, eq=False)
class Runs:
    """A mask as sorted, disjoint and non-adjacent runs; created by `parse` or `runs_of`.

    Operators on masks of equal shape and pixel order: ``a | b``, ``a & b``, ``a - b``, ``a ^ b``,
    ``a == b``; ``~a`` is the complement. ``len(a)`` is the number of runs.

    Attributes:
        toggles: int64 `(2 * runs,)`, strictly ascending: for each run its first pixel and the
            pixel after its last. Read-only by convention.
        shape: `(h, w)` in pixels.
        columns: whether pixels are numbered down the columns, else along the rows; from 0.
    """

    toggles: np.ndarray = field(repr=False)
    shape: tuple[int, int]
    columns: bool = True

    @property
    def starts(self) -> np.ndarray:
        """The first pixel of each run, int64."""
        return self.toggles[::2]

    @property
    def lengths(self) -> np.ndarray:
        """The number of pixels of each run, int64, at least 1."""
        return self.toggles[1::2] - self.toggles[::2]

    @property
    def area(self) -> int:
        """The number of pixels in the mask."""
        return int(self.lengths.sum())

    @property
    def size(self) -> int:
        """The number of pixels of the image, h * w."""
        return self.shape[0] * self.shape[1]

    def mask(self) -> np.ndarray:
        """Return the mask as uint8 `(h, w)` of 0 and 1, in Fortran order if `columns`."""
        h, w = self.shape
        flat = np.zeros(h * w, np.uint8)
        _maskkernels.fill(flat, self.toggles)
        return flat.reshape(w, h).T if self.columns else flat.reshape(h, w)

    def in_order(self, columns: bool) -> Runs:
        """Return the mask with pixels numbered down the columns, or along the rows."""
        return self if columns == self.columns else runs_of(self.mask(), columns=columns)

    def iou(self, other: Runs) -> float:
        """Return the intersection over union (Jaccard index); 1.0 if both masks are empty."""
        self._check(other)
        pixels, others, shared = _runkernels.overlap(self.toggles, other.toggles)
        union = pixels + others - shared
        return shared / union if union else 1.0

    def bounding_box(self) -> tuple[int, int, int, int] | None:
        """Return (top, left, bottom, right) in pixels, the last two exclusive; None if empty."""
        if not len(self):
            return None
        side = self.shape[0] if self.columns else self.shape[1]
        starts, lasts = self.starts, self.toggles[1::2] - 1
        low, high = int(starts[0] // side), int(lasts[-1] // side) + 1
        if (starts // side < lasts // side).any():
            first, last = 0, side  # a run over the end of a line touches both borders
        else:
            first, last = int((starts % side).min()), int((lasts % side).max()) + 1
        return (first, low, last, high) if self.columns else (low, first, high, last)

    def stripes(self) -> str:
        """Return "vertical" if all rows are equal, "horizontal" if all columns are.

        Return "" for any other mask, also for an empty one and one of the whole image.
        """
        if self.area in (0, self.size):
            return ""
        h, w = self.shape
        for name, columns, length in (("vertical", True, h), ("horizontal", False, w)):
            # Every run consists of whole lines; only a multiple of a line is worth the conversion.
            if not self.area % length and not np.any(self.in_order(columns).toggles % length):
                return name
        return ""

    def pieces(self, connectivity: int = 8) -> list[Runs]:
        """Return the connected components by descending area; equal areas in pixel order.

        Args:
            connectivity: 4 connects pixels with a common edge, 8 also those with a common corner.

        Source: union-find over runs, as in He, Chao & Suzuki, "A run-based two-scan labeling
        algorithm", IEEE Trans. Image Processing 17 (2008).
        """
        if connectivity not in (4, 8):
            raise ValueError(f"connectivity is 4 or 8, not {connectivity}")
        side = self.shape[0] if self.columns else self.shape[1]
        starts, stops = _runkernels.cut_at_lines(self.toggles, side)
        labels = _runkernels.connected(starts, stops, side, connectivity == 8)
        order = np.argsort(labels, kind="stable")
        cuts = np.flatnonzero(np.diff(labels[order])) + 1
        found = [
            Runs(toggles_from(starts[part], stops[part]), self.shape, self.columns)
            for part in np.split(order, cuts)
            if part.size
        ]
        return sorted(found, key=lambda piece: -piece.area)

    def __len__(self) -> int:
        return self.toggles.size // 2

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Runs):
            return NotImplemented
        same = (self.shape, self.columns) == (other.shape, other.columns)
        return same and np.array_equal(self.toggles, other.toggles)

    __hash__ = None  # type: ignore[assignment]

    def __or__(self, other: Runs) -> Runs:
        return self._combined(other, UNION)

    def __and__(self, other: Runs) -> Runs:
        return self._combined(other, INTERSECTION)

    def __sub__(self, other: Runs) -> Runs:
        return self._combined(other, DIFFERENCE)

    def __xor__(self, other: Runs) -> Runs:
        return self._combined(other, EXCLUSIVE)

    def __invert__(self) -> Runs:
        everything = Runs(np.array([0, self.size], np.int64), self.shape, self.columns)
        return everything - self

    def _combined(self, other: Runs, table: int) -> Runs:
        self._check(other)
        toggles = _runkernels.combine(self.toggles, other.toggles, table)
        return Runs(toggles, self.shape, self.columns)

    def _check(self, other: Runs) -> None:
        if (self.shape, self.columns) != (other.shape, other.columns):
            raise ValueError(
                f"masks of {self.shape} (columns={self.columns}) and {other.shape} "
                f"(columns={other.columns}) do not match: parse both with one shape and dialect, "
                "or use in_order"
            )


def empty(shape: tuple[int, int], *, columns: bool = True) -> Runs:
    """Return an empty mask of `shape` `(h, w)`."""
    return Runs(np.empty(0, np.int64), shape, columns)


def runs_of(mask: np.ndarray, *, columns: bool = True) -> Runs:
    """Return the runs of the non-zero pixels of a mask.

    Args:
        mask: boolean or integer `(h, w)` in any memory order.
        columns: number pixels down the columns, else along the rows.

    Raises:
        ValueError: not two-dimensional, no pixels, or floating point (apply a threshold).
    """
    mask = _as_bytes(np.asarray(mask))
    h, w = mask.shape
    scan = mask.T if columns else mask
    if scan.flags.c_contiguous:
        flat = scan.reshape(-1)
        words = _padded(flat[: flat.size // 256 * 256].reshape(-1, 256)).view(np.uint64)
        return Runs(_maskkernels.straight_toggles(flat, words), (h, w), columns)
    crossed, width = _padded(scan.T), scan.shape[0]
    words = crossed.view(np.uint64)
    counts, busy = _maskkernels.crossed_counts(crossed, words, width)
    toggles = _maskkernels.crossed_toggles(crossed, words, counts, busy)
    return Runs(toggles, (h, w), columns)


def toggles_from(starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Return the toggles (int64) of the union of intervals [start, stop), in any order."""
    some = stops > starts
    order = np.argsort(starts[some], kind="stable")
    starts, stops = starts[some][order], np.maximum.accumulate(stops[some][order])
    apart = starts[1:] > stops[:-1]
    first, last = np.append(True, apart), np.append(apart, True)
    if not starts.size:
        return np.empty(0, np.int64)
    return np.stack([starts[first], stops[last]], axis=1).reshape(-1)


def _as_bytes(mask: np.ndarray) -> np.ndarray:
    if mask.ndim != 2 or not mask.size:
        raise ValueError(f"a mask must be two-dimensional and not empty, not shape {mask.shape}")
    if mask.dtype.kind not in "bui":
        raise ValueError(f"a mask must be boolean or integer, not {mask.dtype}: apply a threshold")
    if mask.dtype.itemsize == 1:
        return mask.view(np.uint8)
    return (mask != 0).view(np.uint8)


def _padded(mask: np.ndarray) -> np.ndarray:
    """Return the mask in C order, 8-byte aligned, zero-padded to a width divisible by 8."""
    width = -(-mask.shape[1] // 8) * 8
    if width == mask.shape[1] and mask.flags.c_contiguous and mask.ctypes.data % 8 == 0:
        return mask
    padded = np.zeros((mask.shape[0], width), np.uint8)
    padded[:, : mask.shape[1]] = mask
    return padded
