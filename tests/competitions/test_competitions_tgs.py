"""TGS Salt: its metric, and synthetic sections in the form of the competition's files."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import contest
import imagestack
import rlemask
from competitions.tgs_salt import borders
from competitions.tgs_salt.metric import mean_precision
from competitions.tgs_salt.sections import SIDE, draw, synthesize

SHAPE = (SIDE, SIDE)
TRAIN, TEST = 60, 12
SEED = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic data with positive and empty images."""
    folder = tmp_path_factory.mktemp("made") / "data"
    positives = synthesize(folder, images=TRAIN, test=TEST, seed=SEED)
    assert positives == sum(bool(text) for text in table(folder, "train.csv")["rle_mask"])
    return folder


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, dtype=str, keep_default_na=False).set_index("id")


def picture(path: Path) -> np.ndarray:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None, path
    return found


def test_the_metric_is_the_share_of_thresholds_that_an_overlap_exceeds():
    overlaps = np.array([0, 0.5, 0.5001, 0.55, 0.7, 0.7001, 0.95, 0.9501, 1])
    wanted = [sum(k > t / 100 for t in range(50, 100, 5)) / 10 for k in overlaps]
    assert wanted == [0, 0, 0.1, 0.1, 0.4, 0.5, 0.9, 1, 1]
    assert mean_precision(overlaps).tolist() == pytest.approx(wanted)
    assert mean_precision(overlaps.reshape(3, 3)).shape == (3, 3)


def test_the_files_are_those_of_the_competition(made):
    train, test = table(made, "train.csv"), table(made, "test-truth.csv")
    sample, depths = table(made, "sample_submission.csv"), table(made, "depths.csv")
    assert (len(train), len(test)) == (TRAIN, TEST)
    assert list(sample.index) == list(test.index)
    assert (sample["rle_mask"] == "1 1").all()
    assert list(depths.index) == [*train.index, *test.index]
    assert depths["z"].astype(int).between(50, 959).all()
    assert depths.index.is_unique
    assert depths.index.str.fullmatch("[0-9a-f]{10}").all()
    names = {"train/images": train, "train/masks": train, "test/images": test}
    for folder, rows in names.items():
        found = {path.name for path in (made / folder).iterdir()}
        assert found == {f"{image_id}.png" for image_id in rows.index}
    assert not (made / "test" / "masks").exists(), "truth of test images is in the table only"


def test_pictures_have_three_equal_channels_of_eight_bits(made):
    for path in [*made.glob("*/images/*.png")]:
        found = picture(path)
        assert (found.shape, found.dtype) == ((*SHAPE, 3), np.uint8)
        assert (found == found[..., :1]).all()
        assert np.array_equal(imagestack.read_image(path), found[..., 0])


def test_masks_have_sixteen_bits_with_salt_and_eight_without_and_are_the_rle(made):
    texts = table(made, "train.csv")["rle_mask"]
    for image_id, text in texts.items():
        found = picture(made / "train" / "masks" / f"{image_id}.png")
        assert found.shape == SHAPE
        assert found.dtype == (np.uint16 if text else np.uint8)
        assert set(np.unique(found)) <= {0, 65535}
        assert np.array_equal(found > 0, rlemask.decode(text, SHAPE, "kaggle") > 0)
    assert 0 < (texts == "").sum() < TRAIN


def test_runs_are_absolute_from_one_down_the_columns(made):
    texts = [text for text in table(made, "train.csv")["rle_mask"] if text]
    for text in texts:
        starts, lengths = np.array(text.split(), int).reshape(-1, 2).T
        assert starts[0] >= 1
        assert (starts + lengths - 1).max() <= SIDE * SIDE
        assert (np.diff(starts) > lengths[:-1]).all(), "in order, and not touching"
        flat = np.zeros(SIDE * SIDE, bool)
        for start, length in zip(starts, lengths, strict=True):
            flat[start - 1 : start - 1 + length] = True
        assert np.array_equal(
            flat.reshape(SHAPE, order="F"), rlemask.decode(text, SHAPE, "kaggle") > 0
        )


def test_the_truth_of_the_test_images_is_that_of_their_drawing(made):
    truth = table(made, "test-truth.csv")["rle_mask"]
    for number, (image_id, text) in enumerate(truth.items(), TRAIN):
        one = draw(np.random.default_rng([SEED, number]))
        assert np.array_equal(rlemask.decode(text, SHAPE, "kaggle") > 0, one.mask)
        found = picture(made / "test" / "images" / f"{image_id}.png")
        assert np.array_equal(found[..., 0], one.image)


def test_another_seed_draws_other_images(made, tmp_path):
    synthesize(tmp_path / "other", images=4, test=1, seed=SEED + 1)
    assert not set(table(tmp_path / "other", "train.csv").index) & set(
        table(made, "train.csv").index
    )
    first, second = (draw(np.random.default_rng([seed, 0])).image for seed in (SEED, SEED + 1))
    assert not np.array_equal(first, second)


def test_progress_counts_all_images(tmp_path):
    seen: list[tuple[str, int, int]] = []
    synthesize(
        tmp_path / "data", images=3, test=2, seed=0,
        report=lambda label, done, total, _: seen.append((label, done, total)),
    )  # fmt: skip
    assert seen == [("images", k, 5) for k in (1, 2, 3, 4, 5)]


def test_drawings_are_as_often_positive_as_in_the_competition():
    drawn = [draw(np.random.default_rng([1, number])) for number in range(400)]
    positive = np.array([one.mask.any() for one in drawn])
    assert 0.5 < positive.mean() < 0.7
    assert 0.5 < positive[:200].mean() < 0.7
    coverage = np.array([one.mask.mean() for one in drawn])[positive]
    assert 0.3 < coverage.mean() < 0.6, "0.41 in the competition"
    depths = np.array([one.depth for one in drawn])
    assert depths.min() >= 50
    assert depths.max() <= 959
    for one in drawn:
        assert (one.image.shape, one.image.dtype) == (SHAPE, np.uint8)
        assert (one.mask.shape, one.mask.dtype) == (SHAPE, bool)
    black = [one for one in drawn if not one.image.any()]
    assert 1 <= len(black) <= 20
    assert not any(one.mask.any() for one in black)
    assert all(one.image.std() > 2 for one in drawn if one.image.any())


def test_salt_is_told_from_layers_by_its_texture():
    """Reflections of layers are stronger than the noise inside salt, so there is much to learn."""
    inside, outside = [], []
    for number in range(60):
        one = draw(np.random.default_rng([1, number]))
        if 0.2 < one.mask.mean() < 0.8:
            steps = np.abs(np.diff(one.image.astype(float), axis=0))
            inside.append(steps[one.mask[1:]].mean())
            outside.append(steps[~one.mask[1:]].mean())
    assert len(inside) > 10
    assert np.mean(np.array(outside) > inside) > 0.6


def test_the_competition_reads_them(made, tmp_path):
    spec = contest.load("tgs_salt")
    dataset = contest.competition_of(spec).prepare(made, spec, cache=tmp_path)
    texts = table(made, "train.csv")["rle_mask"]
    assert {i: mask.area > 0 for i, mask in dataset.truth.items()} == dict(texts != "")
    assert dataset.facts["z"].to_dict() == table(made, "depths.csv")["z"].astype(float).to_dict()
    image_id = str(texts.index[0])
    shown = picture(made / "train" / "images" / f"{image_id}.png")[..., 0]
    assert np.array_equal(dataset.image(image_id, SIDE), shown)


def test_neighbours_are_the_tiles_that_continue_each_other() -> None:
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.normal(128, 60, (202, 303)).astype(np.float32), (0, 0), 3)
    whole = np.clip((noise - 128) * 8 + 128, 0, 255).astype(np.uint8)
    tiles = np.stack([whole[r : r + 101, c : c + 101] for r in (0, 101) for c in (0, 101, 202)])
    flat = np.full((2, 101, 101), 90, np.uint8)
    other = rng.integers(0, 255, (3, 101, 101), dtype=np.uint8)
    images = np.concatenate([tiles, flat, other])
    found = {tuple(pair) for pair in borders.neighbours(images).tolist()}
    assert found == {(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)}
    groups = borders.groups_of([f"i{k}" for k in range(11)], images)
    assert groups[:6].nunique() == 1
    assert groups.nunique() == 6
