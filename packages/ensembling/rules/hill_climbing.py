"""Search for weights with sum 1: greedy selection, then exchanges."""

from collections.abc import Callable
from math import gcd

from ensembling.maps.member import Weights

PICKS = 6
"""Members picked by the greedy search, with replacement: weights in steps of a sixth."""


def hill_climb(
    members: int, value: Callable[[Weights], float], allowed: tuple[bool, ...] | None = None
) -> tuple[Weights, list[tuple[Weights, float]]]:
    """Return the best weights found, and the steps of the search.

    Greedy selection with replacement (Caruana et al., Ensemble selection from libraries of
    models, ICML 2004) of up to `PICKS` members; then, from equal weights or the best step,
    exchanges between two members in ever halved amounts until none improves the value. Ties do not
    change the weights, so weights without influence stay equal.

    Args:
        value: function of weights to maximise; called once for each weights.
        allowed: members with a weight; None for all.

    Returns:
        Weights, each 0 or more; and each step's weights with their value, equal weights first.
    """
    free = [k for k in range(members) if allowed is None or allowed[k]]
    known: dict[tuple[int, ...], float] = {}

    def worth(counts: tuple[int, ...]) -> float:
        counts = _reduced(counts)
        if counts not in known:
            known[counts] = value(_shares(counts))
        return known[counts]

    equal = tuple(int(k in free) for k in range(members))
    path, counts = [equal], (0,) * members
    for _ in range(PICKS):
        counts = max((_moved(counts, k) for k in free), key=worth)
        path.append(counts)
    best = max(path, key=worth)
    while True:
        doubled = tuple(2 * count for count in best)
        swaps = [_moved(_moved(doubled, k), j, -1) for j in free if doubled[j] for k in free]
        better = max(swaps, key=worth)
        if worth(better) <= worth(best) or sum(better) > 8 * PICKS:
            break
        best = _reduced(better)
        path.append(best)
    return _shares(best), [(_shares(step), worth(step)) for step in path]


def _moved(counts: tuple[int, ...], which: int, step: int = 1) -> tuple[int, ...]:
    return tuple(count + step * (k == which) for k, count in enumerate(counts))


def _reduced(counts: tuple[int, ...]) -> tuple[int, ...]:
    divisor = gcd(*counts)
    return tuple(count // divisor for count in counts)


def _shares(counts: tuple[int, ...]) -> Weights:
    return tuple(count / sum(counts) for count in counts)
