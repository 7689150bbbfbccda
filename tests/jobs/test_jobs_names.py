"""A name under which something is stored is no path, visible, and valid on every system."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jobs

BAD = {
    "": "blank", " ": "blank", "\t": "blank", "\n": "blank",
    "a\nb": "control", "a\x00b": "control", "a\x1b[2Jb": "control", "a\u202eb": "control",
    "a\u200bb": "control", "a\u00a0b": "control", "a\ud800b": "control", "a\rb": "control",
    "a/b": "it has /", "/": "it has /", "/etc/passwd": "it has /", "../x": "it has /",
    "a\\b": r"it has \\", "..\\x": r"it has \\", "C:x": "it has :", "a*b?": r"it has \* \?",
    'a"b': "it has", "<a>": "it has < >", "a|b": "it has",
    " a": "blank", "a ": "blank",
    ".": "full stop", "..": "full stop", ".a": "full stop", "...": "full stop", "a.": "full stop",
    "-a": "hyphen", "--home": "hyphen",
    "best": "reserved", "BEST": "reserved", "con": "Windows", "NUL": "Windows",
    "com1": "Windows", "aux.txt": "Windows", "LPT9.a.b": "Windows",
    "x" * 101: "longer", "é" * 51: "longer", "x" * 100_000: "longer",
}  # fmt: skip
GOOD = ("a", "my blend", "v1.2", "lightgbm-0a1b2c3d", "Ünï (2)", "日本", "bestest", "con1",
        "x" * 100, "a,b", "#1", "100%", "a'b", "$(x)", "~a")  # fmt: skip


@pytest.mark.parametrize("name", BAD, ids=lambda name: ascii(name[:12]))
def test_a_bad_name_is_refused_with_its_reason(name: str) -> None:
    assert jobs.name_fault(name)
    with pytest.raises(jobs.BadName, match=BAD[name]) as raised:
        jobs.check_name(name, "a blend")
    line = str(raised.value)
    assert line.isprintable()
    assert len(line) < 300
    assert "cannot be the name of a blend" in line
    assert line.endswith("choose another --name")


@pytest.mark.parametrize("name", GOOD, ids=lambda name: ascii(name[:12]))
def test_a_good_name_is_returned(name: str) -> None:
    assert jobs.check_name(name, "a blend") == name


@given(st.text())
def test_what_passes_stays_one_visible_part_of_a_path(name: str) -> None:
    if not jobs.name_fault(name):
        assert name.strip() == name != ""
        assert name.isprintable()
        assert not set(name) & set("/\\:")
        assert name not in (".", "..")
        assert len(name.encode()) <= 100


NEARLY = [
    ("mine", "Mine"), ("MINE", "mine"), ("straße", "STRASSE"), ("Ünï", "üNÏ"),
    ("caf\u00e9", "cafe\u0301"), ("CAF\u00c9", "cafe\u0301"),
]  # fmt: skip


@pytest.mark.parametrize(("new", "old"), [*NEARLY, *(pair[::-1] for pair in NEARLY)])
def test_a_name_that_some_file_systems_take_for_another_is_refused(new: str, old: str) -> None:
    with pytest.raises(jobs.BadName, match="only in case or encoding; choose another --name"):
        jobs.check_name(new, "a blend", ["other", old])
    assert jobs.check_name(new, "a blend", ["other", old, new]) == new, "it exists already"
    assert jobs.check_name(new, "a blend", ["other", f"{old}2"]) == new


@given(st.text(min_size=1), st.lists(st.text(min_size=1)))
def test_existing_names_are_told_apart_where_case_is_ignored(name: str, others: list[str]) -> None:
    if jobs.name_fault(name):
        return
    try:
        jobs.check_name(name, "a blend", others)
    except jobs.BadName:
        assert name not in others
        return
    assert name in others or name.casefold() not in [one.casefold() for one in others]
