import pytest
from hypothesis import given
from hypothesis import strategies as st

import jobs

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_the_order_of_keys_does_not_matter(value: dict) -> None:
    assert jobs.digest(value) == jobs.digest(dict(reversed(value.items())))


def test_the_borders_between_parts_matter() -> None:
    assert jobs.digest("ab", "c") != jobs.digest("a", "bc")
    assert jobs.digest(b"ab", b"c") != jobs.digest(b"a", b"bc")
    assert jobs.digest(1) != jobs.digest(1.5)


def test_it_is_stable_between_versions() -> None:
    assert jobs.digest("fold", {"a": [1, 2]}) == "06ff5f74365b09d3"


def test_nan_has_no_digest() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        jobs.digest(float("nan"))
