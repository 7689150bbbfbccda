"""When the leaderboard contradicts the cross-validation."""

from typing import Any

import pytest

import crossval


def row(cv: float | None, public: float | None, private: float | None = None) -> dict[str, Any]:
    interval = None if cv is None else [cv - 0.02, cv + 0.02]
    return {"blend": "b", "ref": 1, "score_honest": cv, "interval": interval,
            "public_score": public, "private_score": private}  # fmt: skip


def test_tau_counts_pairs_in_order() -> None:
    """Of the six pairs of (1, 2, 3, 4) and (1, 3, 2, 4) five are in order: (5 - 1) / 6."""
    rows = [row(cv, public) for cv, public in ((0.1, 1), (0.2, 3), (0.3, 2), (0.4, 4))]
    found = crossval.rank_correlations([*rows, row(0.5, None), row(None, 0.5)])
    assert found["public"] == {"tau": pytest.approx(4 / 6), "submissions": 4}
    assert found["private"] == {"tau": None, "submissions": 0}


def test_nothing_to_order_has_no_tau() -> None:
    assert crossval.rank_correlations([row(0.8, 0.8)])["public"]["tau"] is None
    same = [row(0.8, 0.80), row(0.8, 0.81), row(0.8, 0.82)]
    assert crossval.rank_correlations(same)["public"] == {"tau": None, "submissions": 3}


@pytest.mark.parametrize(("count", "warned"), [(3, False), (4, True)])
def test_a_reversed_order_is_warned_of_from_four_on(count: int, warned: bool) -> None:
    rows = [row(0.80 + n / 1000, 0.80 - n / 1000) for n in range(count)]
    found = crossval.contradictions(rows)
    assert bool(found) == warned
    if warned:
        assert found == [
            "CV and public score disagree on the order of 4 submissions (tau -1.00): do not choose "
            "by CV alone"
        ]
    assert (
        crossval.contradictions([row(0.80 + n / 1000, 0.80 + n / 1000) for n in range(count)]) == []
    )


def test_a_score_outside_its_own_interval_is_warned_of() -> None:
    found = crossval.contradictions([row(0.80, 0.779, 0.821), row(0.80, 0.781)])
    assert [text.split(" of ")[0] for text in found] == [
        "the public score 0.7790",
        "the private score 0.8210",
    ]
    assert "below the interval of its CV, 0.7800–0.8200" in found[0]
    assert "above" in found[1]
