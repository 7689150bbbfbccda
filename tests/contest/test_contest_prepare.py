"""A plain folder of pictures becomes a data set without any code of the competition's own."""

import dataclasses
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import contest
import rlemask
from contest.tables.mask_pictures import differing

SHAPE = (8, 10)


@pytest.fixture
def plain(spec: contest.Spec) -> contest.Spec:
    """Pictures, mask pictures or a table, and all optional parts."""
    more = {"masks": ("masks",), "groups": ("groups.csv",), "facts": ("facts.csv",)}
    return dataclasses.replace(spec, data={**spec.data, **more}, facts={"depth": "number"})


def write(path: Path, seed: int = 0, picture: np.ndarray | None = None) -> np.ndarray:
    """Write a picture of noise, or the one given, and return it."""
    made = np.random.default_rng(seed).integers(0, 256, SHAPE, dtype=np.uint8)
    made = made if picture is None else picture
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), made)
    return made


def mask_of(name: str) -> np.ndarray:
    """Return a mask of 8 * (`ord(name) - ord("a")`) pixels, no stripe; that of "a" is empty."""
    flat = np.zeros(SHAPE, np.uint8).reshape(-1)
    flat[1 : 1 + 8 * (ord(name) - ord("a"))] = 1
    return flat.reshape(SHAPE, order="F")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Training images a, b and c with mask pictures, and test images y and z."""
    for seed, name in enumerate("abc"):
        write(tmp_path / "data" / "train" / f"{name}.png", seed)
        write(tmp_path / "data" / "masks" / f"{name}.png", picture=mask_of(name) * 255)
    for seed, name in enumerate("yz"):
        write(tmp_path / "data" / "test" / f"{name}.png", 10 + seed)
    return tmp_path / "data"


def prepared(root: Path, spec: contest.Spec, **how: Any) -> contest.Dataset:
    layout = contest.locate(root, spec, test_only=how.get("test_only", False))
    return contest.prepare(layout, spec, cache=root.parent / "cache", **how)


def annotate(root: Path, spec: contest.Spec, names: str = "abc") -> None:
    rows = [f"{name},{rlemask.encode(mask_of(name), spec.dialect)}" for name in names]
    (root / "train.csv").write_text("\n".join(["ImageId,EncodedPixels", *rows]) + "\n")


def test_pictures_alone(root: Path, plain: contest.Spec) -> None:
    data = prepared(root, plain)
    assert list(data.train.index) == list("abc")
    assert list(data.test.index) == data.sample_ids == list("yz")
    for name in "abc":
        assert np.array_equal(data.truth[name].mask(), mask_of(name))
    assert data.areas.to_dict() == {"a": 0, "b": 8, "c": 16}
    assert data.labels.to_dict() == {"a": 0, "b": 1, "c": 1}
    assert data.groups is None
    assert (list(data.facts.index), list(data.facts.columns)) == (list("abcyz"), [])
    assert list(data.notes) == ["no sample submission: the 2 test images are used in sorted order"]
    assert data.path("y") == root / "test" / "y.png"
    assert data.image("a", 4).shape == (4, 4)


def test_all_tables(root: Path, plain: contest.Spec) -> None:
    annotate(root, plain, "ba")
    (root / "sample.csv").write_text("ImageId,EncodedPixels\nz,-1\ny,-1\n")
    (root / "groups.csv").write_text("ImageId,PatientGroup\na,1\nb,1\n")
    (root / "facts.csv").write_text("ImageId,depth\na,1\nb,2\ny,3\nz,4\n")
    data = prepared(root, plain)
    assert list(data.train.index) == ["a", "b"]
    assert list(data.sample_ids) == list(data.test.index) == ["z", "y"]
    assert data.groups is not None
    assert data.groups.to_dict() == {"a": "1", "b": "1"}
    assert data.facts["depth"].to_dict() == {"a": 1.0, "b": 2.0, "y": 3.0, "z": 4.0}
    assert list(data.notes) == [
        "1 training images have no annotation row and are left out, first c"
    ]


def test_the_digest_names_images_and_masks(root: Path, plain: contest.Spec) -> None:
    before = prepared(root, plain).digest
    assert prepared(root, plain).digest == before
    write(root / "masks" / "a.png", picture=mask_of("b") * 255)
    other = prepared(root, plain).digest
    write(root / "train" / "b.png", 99)
    assert len({before, other, prepared(root, plain).digest}) == 3


def test_facts_may_be_made_of_the_images(root: Path, plain: contest.Spec) -> None:
    (root / "facts.csv").write_text("this is not read")
    data = prepared(
        root, plain, facts=lambda images: (images[["bits"]].astype("float64"), ["made"])
    )
    assert data.facts["bits"].to_dict() == dict.fromkeys("abcyz", 8.0)
    assert data.notes[-1] == "made"


def test_test_images_alone(root: Path, plain: contest.Spec) -> None:
    for name in ("train", "masks"):
        (root / name).rename(root.parent / name)
    data = prepared(root, plain, test_only=True)
    assert (len(data.train), len(data.truth), list(data.test.index)) == (0, 0, ["y", "z"])
    assert data.facts.index.tolist() == ["y", "z"]
    assert (data.groups, data.labels.tolist()) == (None, [])


def test_no_masks_of_any_kind(root: Path, plain: contest.Spec) -> None:
    (root / "masks").rename(root.parent / "elsewhere")
    with pytest.raises(contest.DataError) as caught:
        contest.locate(root, plain)
    assert str(caught.value) == (
        f"{root} lacks annotations (train.csv or masks): point --data at the data folder"
    )


def test_everything_that_is_missing_is_named(tmp_path: Path, plain: contest.Spec) -> None:
    with pytest.raises(contest.DataError) as caught:
        contest.locate(tmp_path, plain)
    for words in ("train images (train)", "test images (test)", "annotations (train.csv or masks)"):
        assert words in str(caught.value)
    bare = dataclasses.replace(plain, data={})
    with pytest.raises(contest.DataError, match=r"annotations \(competition.toml names no place\)"):
        contest.locate(tmp_path, bare)


def test_one_id_in_two_formats(root: Path, plain: contest.Spec) -> None:
    write(root / "train" / "a.bmp", 7)
    with pytest.raises(contest.DataError) as caught:
        prepared(root, plain)
    line = str(caught.value)
    assert line.startswith(f"1 file(s) under {root / 'train'} cannot be used: ")
    assert "a.png: same image id as a.bmp, other content; keep one of them" in line
    assert "\n" not in line


def test_damaged_pictures_are_all_reported(root: Path, plain: contest.Spec) -> None:
    for name in "ab":
        path = root / "train" / f"{name}.png"
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(contest.DataError, match=r"2 file\(s\) under .*a\.png.*b\.png.*--accept"):
        prepared(root, plain)
    with pytest.raises(contest.DataError, match=r"1 file\(s\) under .*b\.png"):
        prepared(root, plain, accepted=frozenset("a"))
    data = prepared(root, plain, accepted=frozenset("ab"))
    assert list(data.train.index) == ["c"]
    assert "2 images are left out, as accepted by `tools data audit --accept`" in data.notes


def test_a_mask_picture_without_image(root: Path, plain: contest.Spec) -> None:
    write(root / "masks" / "d.png", picture=mask_of("d") * 255)
    with pytest.raises(contest.DataError) as caught:
        prepared(root, plain)
    assert str(caught.value) == (
        "1 annotated images have no readable file, first d: complete the data, or leave them "
        "out with `tools data audit --accept`"
    )
    assert "d" not in prepared(root, plain, accepted=frozenset("d")).truth


def test_an_image_without_mask_picture_is_left_out_and_told(
    root: Path, plain: contest.Spec
) -> None:
    (root / "masks" / "b.png").unlink()
    data = prepared(root, plain)
    assert list(data.train.index) == ["a", "c"]
    assert data.notes[0] == "1 training images have no annotation row and are left out, first b"


def test_faulty_mask_pictures_are_refused_in_one_line(root: Path, plain: contest.Spec) -> None:
    small = root / "masks" / "a.png"
    write(small, picture=np.zeros((8, 9), np.uint8))
    grey = mask_of("b") * 255
    grey[3, 3] = 128
    write(root / "masks" / "b.png", picture=grey)
    cut = root / "masks" / "c.png"
    cut.write_bytes(cut.read_bytes()[:-20])
    with pytest.raises(contest.DataError) as caught:
        prepared(root, plain)
    line = str(caught.value)
    assert line.startswith("3 mask picture(s) cannot be used: ")
    assert f"{small}: 8 x 9 pixels, not 8 x 10" in line
    assert f"{root / 'masks' / 'b.png'}: level 128 besides 0 and 255" in line
    assert str(cut) in line
    assert line.endswith(": replace them, or give the table of annotations")
    annotate(root, plain)
    assert len(prepared(root, plain).train) == 3, "the table is the truth where there is one"


@pytest.mark.parametrize(
    ("level", "kind"), [(1, np.uint8), (255, np.uint8), (1, np.uint16), (257, np.uint16),
                        (65535, np.uint16)],
)  # fmt: skip
def test_any_one_level_is_a_mask(
    level: int, kind: type[np.unsignedinteger], root: Path, plain: contest.Spec
) -> None:
    for name in "abc":
        write(root / "masks" / f"{name}.png", picture=mask_of(name).astype(kind) * kind(level))
    assert prepared(root, plain).areas.to_dict() == {"a": 0, "b": 8, "c": 16}


def test_mask_pictures_are_decoded_once(
    root: Path, plain: contest.Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepared(root, plain)
    with monkeypatch.context() as patch:
        patch.setattr("imagestack.read_levels", None)
        again = prepared(root, plain)
    assert dict(again.truth) == dict(first.truth)
    write(root / "masks" / "a.png", picture=mask_of("c") * 255)
    assert prepared(root, plain).areas["a"] == 16


def test_pictures_that_differ_from_the_table_are_named(root: Path, plain: contest.Spec) -> None:
    annotate(root, plain, "ab")
    write(root / "masks" / "b.png", picture=mask_of("c") * 255)
    table = contest.read_masks(root / "train.csv", plain)
    pictures = contest.read_mask_pictures(root / "masks", None, plain, root.parent / "cache")
    assert differing(table, pictures) == [
        ("b", "b: 8 pixels differ from its mask picture"),
        ("c", "c: has a mask picture, but no annotation row"),
    ]


def test_the_highest_folder_with_most_parts_is_the_root(root: Path, plain: contest.Spec) -> None:
    deep = root.parent / "x" / "y"
    deep.mkdir(parents=True)
    root = root.rename(deep / "data")
    assert contest.locate(deep.parent, plain).root == root
    annotate(deep.parent, plain)
    layout = contest.locate(deep.parent, plain)
    assert (layout.root, layout.annotations) == (root, deep.parent / "train.csv")
    annotate(root, plain)
    assert contest.locate(deep.parent, plain).annotations == root / "train.csv", "the nearest"
