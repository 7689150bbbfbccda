"""Every layout in which people have the images is recognised, found and matched."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import contest
import imagestack
from competitions.siim_acr_pneumothorax.prepare import describe, locate, prepare
from tests.competitions import _sources as sources
from tests.competitions._sources import Chests

SPEC = contest.load("siim_acr_pneumothorax")
LOST = "the images are not DICOM files: age, sex, view and pixel spacing are unknown"
NO_SAMPLE = "no sample submission: the 3 test images are used in sorted order"
NESTED = "train images nested by study and series with stage-1 ids"
BOTH = f"{NESTED}, {NESTED.replace('train', 'test')}, annotations of stage 1"
FLAT = "train images flat with stage-1 ids as PNG, test images flat with stage-1 ids as PNG"
RENAMED = (
    "siim-acr-pneumothorax/ as root, train images renamed as PNG, test images renamed as PNG, "
    "mask images as annotations"
)

Build = Callable[[Chests, Path], None]


@pytest.fixture(scope="module")
def chests(tmp_path_factory: pytest.TempPathFactory) -> Chests:
    return sources.draw(tmp_path_factory.mktemp("drawn") / "data", images=8, test=3, seed=5)


def within(folder: str, build: Build) -> Build:
    return lambda chests, root: build(chests, root / folder)


def with_annotations(build: Build, where: str = "train-rle.csv") -> Build:
    def made(chests: Chests, root: Path) -> None:
        build(chests, root)
        sources.labels_only(chests, root)
        sources.write_annotations(root / where, chests)

    return made


PNG = sources.pictures
OLD = partial(PNG, train="input/train_png", test="input/test_png", masks="")
OF_1024 = partial(PNG, train="train/train", test="test/test", masks="mask")
MASKS = "mask images as annotations"
DEEP = FLAT.replace("flat", "nested by study and series")
LAYOUTS: dict[str, tuple[Build, str]] = {
    "jesperdramsch": (partial(sources.nested, sample=False), BOTH),
    "jesperdramsch, older": (within("pneumothorax", sources.nested), BOTH),
    "seesee": (within("siim", partial(sources.nested, sample=False)), BOTH),
    "vbookshelf": (sources.vbookshelf, RENAMED),
    "vbookshelf, 16 bits": (partial(sources.vbookshelf, depth=np.uint16), RENAMED),
    "iafoss": (PNG, f"{FLAT}, {MASKS}"),
    "iafoss, 16 bits": (partial(PNG, depth=np.uint16), f"{FLAT}, {MASKS}"),
    "iafoss, 1024": (OF_1024, f"{DEEP}, {MASKS}"),
    "abhishek": (
        with_annotations(partial(PNG, train="train_png", test="test_png", masks="")),
        f"{FLAT}, annotations of stage 1",
    ),
    "abhishek, older": (with_annotations(OLD), f"{FLAT}, annotations of stage 1"),
    "abhishek, table inside": (
        with_annotations(OLD, "input/train-rle.csv"),
        f"{FLAT}, annotations of stage 1",
    ),
    "first place": (
        within("dataset1024", partial(PNG, masks="mask")),
        f"dataset1024/ as root, {FLAT}, {MASKS}",
    ),
}
KEPT = {
    "data set": "datasets/owner/slug/versions/10",
    "competition": f"competitions/{SPEC.slug}",
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_recognised_and_read(name: str, chests: Chests, tmp_path: Path) -> None:
    build, words = LAYOUTS[name]
    build(chests, tmp_path / "data")
    told = describe(tmp_path / "data", SPEC)
    assert (told["train_images"], told["test_images"], told["layout"]) == (8, 3, words)
    listed = "older" in name and "jesper" in name
    assert [one.partition(":")[0] for one in told["lacks"]] == (
        [] if listed else ["sample submission"]
    )
    data = prepare(tmp_path / "data", SPEC, cache=tmp_path / "cache")
    check(data, chests)
    dicom = "dicom" in set(data.train["format"])
    assert list(data.notes) == ([] if listed else [NO_SAMPLE]) + ([] if dicom else [LOST])
    assert list(data.facts.columns) == (["view", "sex", "age", "spacing"] if dicom else [])


def check(data: contest.Dataset, chests: Chests) -> None:
    """Compare ids, pictures and masks with what was drawn."""
    assert sorted(data.train.index) == sorted(data.truth) == list(chests.train)
    assert list(data.test.index) == list(data.sample_ids) == list(chests.test)
    for image_id, mask in chests.masks.items():
        assert np.array_equal(data.truth[image_id].mask(), mask)
        assert data.areas[image_id] == mask.sum()
    assert 0 < data.labels.sum() < len(data.labels)
    for image_id, picture in chests.pictures.items():
        assert np.array_equal(data.image(image_id), picture)
    assert sorted(data.facts.index) == sorted(chests.pictures)


@pytest.mark.parametrize("place", KEPT)
@pytest.mark.parametrize("name", ["jesperdramsch", "vbookshelf", "iafoss", "first place"])
def test_a_layout_is_found_in_the_cache_of_kagglehub(
    name: str, place: str, chests: Chests, tmp_path: Path
) -> None:
    build, _ = LAYOUTS[name]
    build(chests, tmp_path / KEPT[place])
    (tmp_path / KEPT[place]).with_suffix(".complete").touch()
    for root in (tmp_path, tmp_path / KEPT[place]):
        check(prepare(root, SPEC, cache=tmp_path / "cache"), chests)


def test_the_newest_version_counts_even_where_an_older_one_holds_more(
    chests: Chests, tmp_path: Path
) -> None:
    slug = tmp_path / "datasets" / "owner" / "slug"
    sources.nested(chests, slug / "versions" / "9")
    sources.pictures(chests, slug / "versions" / "10")
    assert locate(slug, SPEC).root == slug / "versions" / "10"


def test_folders_called_versions_without_numbers_are_all_looked_at(
    chests: Chests, tmp_path: Path
) -> None:
    sources.pictures(chests, tmp_path / "versions" / "mine")
    assert locate(tmp_path, SPEC).root == tmp_path / "versions" / "mine"


def test_the_competitions_files_lack_the_training_images(chests: Chests, tmp_path: Path) -> None:
    sources.stage_2(chests, tmp_path / "data")
    told = describe(tmp_path / "data", SPEC)
    assert told["layout"] == "test images flat with stage-2 ids, annotations of stage 2"
    assert [one.partition(":")[0] for one in told["lacks"]] == ["train images"]
    assert "--dataset owner/slug" in told["lacks"][0]
    with pytest.raises(contest.DataError, match=r"lacks train images \(dicom-images-train or"):
        locate(tmp_path / "data", SPEC)
    data = prepare(tmp_path / "data", SPEC, cache=tmp_path / "cache", test_only=True)
    assert list(data.sample_ids) == [f"ID_{number:09x}" for number in range(3)]
    sources.nested(chests, tmp_path / "data")
    data = prepare(tmp_path / "data", SPEC, cache=tmp_path / "cache")
    assert list(data.train.index) == list(chests.train)
    assert data.sample_ids[0].startswith("ID_"), "the later stage counts"


def test_the_later_test_images_come_with_the_later_annotations(
    chests: Chests, tmp_path: Path
) -> None:
    sources.stage_2(chests, tmp_path)
    sources.nested(chests, tmp_path)
    layout = locate(tmp_path, SPEC)
    assert layout.annotations == tmp_path / "stage_2_train.csv"
    assert layout.sample == tmp_path / "stage_2_sample_submission.csv"


@pytest.mark.parametrize("old", [False, True])
def test_labels_alone_are_refused_with_what_to_add(
    old: bool, chests: Chests, tmp_path: Path
) -> None:
    below = "input/" if old else ""
    PNG(chests, tmp_path, train=f"{below}train_png", test=f"{below}test_png", masks="")
    sources.labels_only(chests, tmp_path)
    line = (
        f"{tmp_path}: train.csv contains labels only, no masks: put train-rle.csv of another "
        "mirror next to it"
    )
    with pytest.raises(contest.DataError) as caught:
        locate(tmp_path, SPEC)
    assert str(caught.value) == line
    assert line.partition(": ")[2] in describe(tmp_path, SPEC)["lacks"]
    assert prepare(tmp_path, SPEC, cache=tmp_path / "cache", test_only=True).sample_ids
    sources.write_annotations(tmp_path / "train-rle.csv", chests)
    check(prepare(tmp_path, SPEC, cache=tmp_path / "cache"), chests)


def test_annotations_beside_the_folder_of_a_mirror_are_found(
    chests: Chests, tmp_path: Path
) -> None:
    sources.vbookshelf(chests, tmp_path)
    sources.write_annotations(tmp_path / "train-rle.csv", chests)
    layout = locate(tmp_path, SPEC)
    assert layout.root == tmp_path / "siim-acr-pneumothorax"
    assert layout.annotations == tmp_path / "train-rle.csv"
    check(prepare(tmp_path, SPEC, cache=tmp_path / "cache"), chests)


def test_the_label_in_a_file_name_is_not_read(chests: Chests, tmp_path: Path) -> None:
    """Names that lie about every label give the same data set."""
    honest, lying = tmp_path / "honest", tmp_path / "lying"
    sources.vbookshelf(chests, honest)
    sources.vbookshelf(chests, lying, told=lambda true: not true)
    one, other = (prepare(root, SPEC, cache=tmp_path / "cache") for root in (honest, lying))
    check(other, chests)
    assert one.digest == other.digest
    assert one.labels.equals(other.labels)
    assert list(other.facts.columns) == []
    plain = imagestack.read_table(lying / "siim-acr-pneumothorax" / "png_images", workers=1)
    for table in (other.train, other.test):
        assert list(table.columns) == list(plain.columns)
    told = [column for column in other.train if column != "file"]
    assert other.train[told].equals(one.train[told])


def test_renamed_pictures_without_their_table_are_refused(chests: Chests, tmp_path: Path) -> None:
    sources.vbookshelf(chests, tmp_path)
    for table in (tmp_path / "siim-acr-pneumothorax").glob("stage_1_*.csv"):
        table.unlink()
    line = "png_images contains renamed images: put the tables stage_1_train_images.csv and"
    with pytest.raises(contest.DataError, match=line):
        locate(tmp_path, SPEC)
    assert any(one.startswith(line) for one in describe(tmp_path, SPEC)["lacks"])


def test_a_damaged_mask_picture_of_a_test_image_is_of_no_interest(
    chests: Chests, tmp_path: Path
) -> None:
    sources.vbookshelf(chests, tmp_path)
    (victim,) = tmp_path.rglob("png_masks/0_test_0_.png")
    victim.write_bytes(victim.read_bytes()[:-30])
    check(prepare(tmp_path, SPEC, cache=tmp_path / "cache"), chests)


def test_groups_are_read_beside_pictures_too(chests: Chests, tmp_path: Path) -> None:
    sources.pictures(chests, tmp_path)
    rows = [f"{image_id},g{number // 2}" for number, image_id in enumerate(chests.train)]
    sources.write_rows(tmp_path / "patients.csv", "ImageId,PatientGroup", *rows)
    groups = prepare(tmp_path, SPEC, cache=tmp_path / "cache").groups
    assert groups is not None
    assert groups.to_dict() == dict(row.split(",") for row in rows)
    sources.write_rows(tmp_path / "patients.csv", "ImageId,PatientGroup", *rows[1:])
    with pytest.raises(contest.DataError, match=r"has no group for 1 training images, first 1\."):
        prepare(tmp_path, SPEC, cache=tmp_path / "cache")
