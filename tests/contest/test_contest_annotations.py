import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contest

Csv = Callable[[str | bytes], Path]


@pytest.mark.parametrize(
    "content",
    [
        "ImageId,EncodedPixels\na,-1\nb,1 2\nb,5 1\n",
        "ImageId, EncodedPixels\na, -1\nb, 1 2\nb,5 1 \n",
        "\ufeffImageId, EncodedPixels\r\na,-1\r\nb,1 2\r\nb,5 1\r\n",
        'EncodedPixels,ImageId\n"-1","a"\n"1 2",b\n5 1,b',
        "ImageId,EncodedPixels,Note\na,,\n\nb,1 2,large\nb,5 1\n\n\n",
        "ImageId,EncodedPixels\n\na,-1,\nb,1 2,\nb,5 1,\n",
    ],
)
def test_what_the_copies_of_the_file_vary_in_does_no_harm(
    content: str, csv: Csv, spec: contest.Spec
) -> None:
    table = contest.read_annotations(csv(content), spec)
    assert list(table.columns) == ["image_id", "rle"]
    assert list(table.itertuples(index=False, name=None)) == [
        ("a", "-1"),
        ("b", "1 2"),
        ("b", "5 1"),
    ]


def test_all_faults_are_collected_with_their_lines(csv: Csv, spec: contest.Spec) -> None:
    content = "ImageId, EncodedPixels\na,-1\n,1 2\n\nc,1 x\nd,70 20\ne,1 2 3\n"
    with pytest.raises(contest.AnnotationError) as caught:
        contest.read_annotations(csv(content), spec)
    faults = caught.value.faults
    assert [(fault.row, fault.image_id) for fault in faults] == [
        (3, ""),
        (5, "c"),
        (6, "d"),
        (7, "e"),
    ]
    assert faults[1].message.startswith("line 5, image c, token 2, character 3: ")
    message = str(caught.value)
    assert "table.csv: 4 faults: " in message
    assert "and 1 more" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Image,Pixels\na,-1\n", r"no column ImageId \(found: Image, Pixels\)"),
        ("ImageId\na\n", "no column EncodedPixels"),
        ("", "it is empty"),
        ("\n\n", "no column ImageId"),
        ("ImageId,EncodedPixels\n", "it lists no image"),
        ("ImageId,EncodedPixels\na,-1,7\n", "line 2 has more fields than the header"),
        (b"ImageId,EncodedPixels\na,\xff\xfe\n", "it is not UTF-8 text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "it is not UTF-8 text"),
        ('ImageId,EncodedPixels\na,"1 2\n', "it is not a CSV file"),
    ],
)
def test_a_file_of_another_kind_is_named(
    content: str | bytes, message: str, csv: Csv, spec: contest.Spec
) -> None:
    with pytest.raises(contest.AnnotationError, match=message):
        contest.read_annotations(csv(content), spec)


def test_a_missing_file_is_named(tmp_path: Path, spec: contest.Spec) -> None:
    with pytest.raises(contest.AnnotationError, match=r"no\.csv: it cannot be read"):
        contest.read_annotations(tmp_path / "no.csv", spec)
    with pytest.raises(contest.AnnotationError, match="it cannot be read"):
        contest.read_annotations(tmp_path, spec)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=80))
def test_no_bytes_crash_it(content: bytes, csv: Csv, spec: contest.Spec) -> None:
    path, faults = csv(b"ImageId,EncodedPixels\n" + content), []
    try:
        rows = len(contest.read_annotations(path, spec))
    except contest.AnnotationError as error:
        rows, faults = 0, error.faults
    assert (rows > 0) != bool(faults)


def test_very_long_texts_are_read(csv: Csv, full_spec: contest.Spec) -> None:
    rle = " ".join(["1 1"] * 200_000)
    table = contest.read_annotations(csv(f"ImageId,EncodedPixels\na,{rle}\n"), full_spec)
    assert table["rle"][0] == rle


def test_groups(csv: Csv, spec: contest.Spec) -> None:
    groups = contest.read_groups(csv("ImageId,PatientGroup\na,007\nb,8\na,007\n"), spec)
    assert groups.to_dict() == {"a": "007", "b": "8"}
    assert (groups.index.name, groups.name) == ("image_id", "group")


def test_faulty_groups_are_refused(csv: Csv, spec: contest.Spec) -> None:
    with pytest.raises(contest.AnnotationError) as caught:
        contest.read_groups(csv("ImageId,PatientGroup\na,1\na,2\nb,\n,4\n"), spec)
    messages = [fault.message for fault in caught.value.faults]
    assert messages == [
        "line 3: image a has a second group",
        "line 4: PatientGroup is empty, give it a group of its own, such as its ImageId",
        "line 5: ImageId is empty",
    ]


def test_names_of_renamed_files(csv: Csv) -> None:
    path = csv("new_filename,ImageId,has_pneumo\n0_train_1_.png,a,1\n1_train_0_.png,b,0\n")
    names = contest.read_names(path, "new_filename", "ImageId")
    assert names == {"0_train_1_.png": "a", "1_train_0_.png": "b"}


def test_faulty_names_are_refused(csv: Csv) -> None:
    path = csv("new_filename,ImageId\nx.png,a\n,b\ny.png,\nx.png,c\nz.png,a\nx.png,a\n")
    with pytest.raises(contest.AnnotationError) as caught:
        contest.read_names(path, "new_filename", "ImageId")
    assert [(fault.row, fault.message) for fault in caught.value.faults] == [
        (3, "line 3: new_filename is empty"),
        (4, "line 4: ImageId is empty"),
        (5, "line 5: new_filename x.png is listed again"),
        (6, "line 6: ImageId a is listed again"),
        (7, "line 7: new_filename x.png is listed again"),
    ]
    assert str(caught.value).isprintable()
    with pytest.raises(contest.AnnotationError, match=r"no column ImageId \(found: a, b\)"):
        contest.read_names(csv("a,b\n"), "b", "ImageId")


def test_the_real_files_read(siim_data: Path, tmp_path: Path) -> None:
    spec = contest.load("siim_acr_pneumothorax")
    table = contest.read_annotations(siim_data / "train-rle.csv", spec)
    assert table["image_id"].nunique() == 1000
    groups = contest.read_groups(siim_data / "patients.csv", spec)
    assert set(table["image_id"]) == set(groups.index)
    large = tmp_path / "stage-1-train-rle.csv"
    large.write_bytes(gzip.decompress((siim_data / "stage-1-train-rle.csv.gz").read_bytes()))
    assert len(contest.read_annotations(large, spec)) == 11_582
