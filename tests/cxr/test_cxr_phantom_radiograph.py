"""One radiograph: determinism, masks, realism of sizes and places."""

import numpy as np
import pytest

import cxr.phantom


def make(seed: int, **options: object) -> cxr.phantom.Phantom:
    return cxr.phantom.radiograph(np.random.default_rng(seed), size=256, **options)


def test_same_seed_same_picture_and_other_seed_another() -> None:
    first, again, other = make(1, positive=True), make(1, positive=True), make(2, positive=True)
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.mask, again.mask)
    assert (first.image != other.image).mean() > 0.5


def test_full_size_types() -> None:
    phantom = cxr.phantom.radiograph(np.random.default_rng(0), positive=True)
    for array in (phantom.image, phantom.mask, phantom.lungs, *phantom.rows):
        assert array.shape == (1024, 1024)
        assert array.dtype == np.uint8
    assert set(np.unique(phantom.mask)) == {0, 1}
    assert phantom.image.std() > 30


@pytest.mark.parametrize("seed", range(12))
def test_rows_unite_to_the_mask_inside_the_lungs(seed: int) -> None:
    phantom = make(seed, positive=True)
    assert phantom.rows
    assert all(row.any() for row in phantom.rows)
    np.testing.assert_array_equal(np.maximum.reduce(phantom.rows), phantom.mask)
    assert not (phantom.mask & (1 - phantom.lungs)).any()


def test_negative_has_an_empty_mask_and_no_rows() -> None:
    phantom = make(3, positive=False)
    assert phantom.rows == ()
    assert not phantom.mask.any()


def test_free_air_is_darker_than_the_same_place_of_the_other_lung() -> None:
    differences = []
    for seed in range(40):
        phantom = make(seed, positive=True)
        other = (phantom.mask[:, ::-1] > 0) & (phantom.lungs > 0) & (phantom.mask == 0)
        if other.any():
            air = phantom.image[phantom.mask > 0].mean()
            differences.append(air - phantom.image[other].mean())
    assert len(differences) > 25
    assert np.median(differences) < -3


def test_areas_match_the_annotations_of_the_competition() -> None:
    """Stage-1 training file: 5, 50 and 95 percent at 1,365, 8,493 and 46,132 px of 1024 x 1024."""
    rng = np.random.default_rng(0)
    from cxr.phantom.lesion import draw_area

    low, middle, high = np.percentile([draw_area(rng) for _ in range(4000)], (5, 50, 95))
    assert 1000 < low < 2200
    assert 8000 < middle < 11000
    assert 35_000 < high < 65_000


def test_several_rows_as_often_as_in_the_competition() -> None:
    """624 of the 2,379 positive images of the stage-1 training file have several rows."""
    counts = [len(make(seed, positive=True).rows) for seed in range(120)]
    assert 0.12 < np.mean([count > 1 for count in counts]) < 0.40


def test_a_patient_keeps_shape_age_and_sex() -> None:
    patient = cxr.phantom.draw_patient(np.random.default_rng(5))
    one = make(1, patient=patient, positive=False, view="PA")
    two = make(2, patient=patient, positive=False, view="PA")
    assert (one.age, one.sex) == (two.age, two.sex) == (patient.age, patient.sex)
    stranger = make(3, positive=False, view="PA")
    assert overlap(one, two) > overlap(one, stranger)


def overlap(one: cxr.phantom.Phantom, two: cxr.phantom.Phantom) -> float:
    return (one.lungs & two.lungs).sum() / (one.lungs | two.lungs).sum()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"size": 100}, "multiple of 64"), ({"size": 64}, "multiple of 64"), ({"view": "LL"}, "view")],
)
def test_bad_arguments_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cxr.phantom.radiograph(np.random.default_rng(0), **options)
