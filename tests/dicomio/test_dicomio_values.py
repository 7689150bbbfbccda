"""Texts in every character set that DICOM names read as pydicom reads them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

import dicomio

Writer = Callable[..., Path]
JAPANESE = "Yamada^Tarou=山田^太郎=やまだ^たろう"
CASES = [
    ("", "Smith^John"),
    ("ISO_IR 6", "Smith^John^^Dr"),
    ("ISO_IR 100", "Müller^Änne"),
    ("ISO_IR 101", "Wałęsa^Łukasz"),
    ("ISO_IR 109", "Ĝoja^Ĥelpo"),
    ("ISO_IR 110", "Kārlis^Ēriks"),
    ("ISO_IR 126", "Διονυσιος"),
    ("ISO_IR 127", "قباني^لنزار"),
    ("ISO_IR 138", "שרון^דבורה"),
    ("ISO_IR 144", "Люкceмбypг^Анна"),
    ("ISO_IR 148", "Çelik^Şule"),
    ("ISO_IR 166", "ประเสริฐ^สม"),
    ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
    ("ISO_IR 192", "Wang^XiaoDong=王^小东=Ωμέγα^Ž"),
    ("GB18030", "Wang^XiaoDong=王^小东"),
    ("GBK", "Wang^XiaoDong=王^小东"),
    (["", "ISO 2022 IR 87"], JAPANESE),
    (["ISO 2022 IR 6", "ISO 2022 IR 87", "ISO 2022 IR 159"], JAPANESE),
    (["ISO 2022 IR 13", "ISO 2022 IR 87"], "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
    (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    (["ISO 2022 IR 100", "ISO 2022 IR 144"], "Müller^Анна"),
    (["ISO 2022 IR 100", "ISO 2022 IR 126", "ISO 2022 IR 144"], "Dionysios=Διονυσιος=Люкc"),
]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize(("charset", "name"), CASES)
def test_names_read_as_written_and_as_pydicom_reads_them(
    charset: str | list[str], name: str, syntax: str, write_native: Writer, tmp_path: Path
) -> None:
    tags = {"SpecificCharacterSet": charset} if charset else {}
    path = write_native(np.zeros((4, 4), np.uint8), "one/x.dcm", syntax, **tags, PatientName=name)
    found = dicomio.record(path.read_bytes(), path)["patient_name"]
    assert found == name.rstrip("=")
    assert found == str(dcmread(path).PatientName)


@pytest.mark.parametrize(
    ("charset", "texts"),
    [
        ("ISO_IR 100", ["Größe", "naïve"]),
        ("ISO_IR 192", ["胸部", "Грудь"]),
        (["", "ISO 2022 IR 87"], ["胸部", "正面", "plain"]),
        (["", "ISO 2022 IR 149"], ["흉부", "plain"]),
        ("GB18030", ["胸部", "誠"]),
    ],
)
def test_values_of_several_texts_are_told_apart(
    charset: str | list[str], texts: list[str], write_native: Writer
) -> None:
    path = write_native(
        np.zeros((4, 4), np.uint8), SpecificCharacterSet=charset, OtherPatientNames=texts,
        ClinicalTrialSiteName=texts[0], PatientComments="\r\n".join(texts),
    )  # fmt: skip
    header, theirs = dicomio.read_header(path), dcmread(path)
    assert header["OtherPatientNames"] == texts == [str(one) for one in theirs.OtherPatientNames]
    assert header["ClinicalTrialSiteName"] == texts[0] == theirs.ClinicalTrialSiteName
    assert header["PatientComments"] == "\r\n".join(texts) == theirs.PatientComments


def test_a_second_byte_that_looks_like_a_backslash_splits_nothing(write_native: Writer) -> None:
    name = "Hon=本^本"
    path = write_native(
        np.zeros((4, 4), np.uint8), SpecificCharacterSet=["", "ISO 2022 IR 87"], PatientName=name
    )
    assert b"$BK\\" in path.read_bytes(), "本 is 0x4B5C in JIS X 0208"
    assert dicomio.read_header(path)["PatientName"] == name == str(dcmread(path).PatientName)


def test_the_example_of_the_standard_for_gb2312(write_native: Writer) -> None:
    """PS3.5 K.2; pydicom writes it without escapes and reads them as text, so no oracle."""
    name = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="
    path = write_native(
        np.zeros((4, 4), np.uint8), SpecificCharacterSet=["", "ISO 2022 IR 58"],
        PatientName="x" * len(name),
    )  # fmt: skip
    path.write_bytes(path.read_bytes().replace(b"x" * len(name), name))
    assert dicomio.read_header(path)["PatientName"] == "Zhang^XiaoDong=张^小东"


@pytest.mark.filterwarnings("ignore:Unknown encoding:UserWarning")
@pytest.mark.filterwarnings("ignore:Failed to decode:UserWarning")
@pytest.mark.parametrize("charset", ["ISO_IR 999", "ISO_IR 192", "nonsense"])
def test_bytes_of_another_character_set_lose_letters_but_not_the_file(
    charset: str, write_native: Writer, tmp_path: Path
) -> None:
    path = write_native(
        np.zeros((4, 4), np.uint8), "one/x.dcm", SpecificCharacterSet="ISO_IR 100",
        PatientName="M\xfcller^Anna",
    )  # fmt: skip
    data = path.read_bytes()
    assert data.count(b"ISO_IR 100") == 1
    path.write_bytes(data.replace(b"ISO_IR 100", charset.encode().ljust(10)))
    found = dicomio.record(path.read_bytes(), path)["patient_name"]
    assert found.startswith("M")
    assert found.endswith("ller^Anna")


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_private_and_missing_elements(syntax: str, write_native: Writer, tmp_path: Path) -> None:
    path = write_native(np.zeros((4, 4), np.uint8), "one/x.dcm", syntax, PatientName="")
    dataset = dcmread(path)
    block = dataset.private_block(0x0011, "HOUSE", create=True)
    block.add_new(0x01, "LO", "Größe")
    block.add_new(0x02, "US", 7)
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.save_as(path)
    header = dicomio.read_header(path)
    assert header["(0011,0010)"] == "HOUSE"
    assert header["PatientName"] is None
    if syntax != ImplicitVRLittleEndian:  # which does not say what a private value is
        assert (header["(0011,1001)"], header["(0011,1002)"]) == ("Größe", 7)
    row = dicomio.record(path.read_bytes(), path)
    assert all(row[n] is None for n in ("patient_name", "patient_age", "study_date", "view"))
