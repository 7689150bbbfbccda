"""What a competition.toml may name beyond what it must: parts of the data, facts, bands, groups."""

import pytest

import contest
from contest.spec.load import parse


def test_only_the_images_are_needed(toml: str) -> None:
    bare = toml.replace('annotations = ["train.csv"]\n', "")
    bare = bare.replace('sample_submission = ["sample.csv"]\n', "")
    bare = bare.replace('group = "PatientGroup"\n', "")
    assert len(bare.splitlines()) == len(toml.splitlines()) - 3
    spec = parse(bare.encode(), "spots")
    assert spec.data == {"train_images": ("train",), "test_images": ("test",)}
    assert (spec.facts, spec.bands, spec.mirrors) == ({}, {}, ())
    assert spec.columns.group == "group"


def test_everything_else_is_taken_as_it_is_named(toml: str) -> None:
    more = toml.replace(
        "[columns]",
        'groups = ["p.csv", "in/p.csv"]\nplates = ["plates.csv"]\n[facts]\ndepth = "number"\n'
        'stain = "text"\n[bands]\ndepth = [0, 250, 600]\n[columns]',
    )
    spec = parse(f'mirrors = ["some-one/a_b"]\n{more}'.encode(), "spots")
    assert spec.data["groups"] == ("p.csv", "in/p.csv")
    assert spec.data["plates"] == ("plates.csv",)
    assert spec.facts == {"depth": "number", "stain": "text"}
    assert spec.bands == {"depth": (0, 250, 600)}
    assert spec.mirrors == ("some-one/a_b",)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ('[facts]\ndepth = "numbers"', "facts.depth: 'numbers' is not number or text"),
        ("[facts]\ndepth = 3", "facts.depth: 3 is not a text"),
        ("[bands]\ndepth = [3, 3]", r"bands.depth: \[3, 3\], it must be ascending whole numbers"),
        ("[bands]\ndepth = [3, 1]", "bands.depth"),
        ("[bands]\ndepth = [0.5]", "bands.depth"),
        ("[bands]\ndepth = [true]", "bands.depth"),
        ("[bands]\ndepth = []", r"bands.depth: \[\], it must be"),
        ("[bands]\ndepth = 3", "bands.depth: 3 is not a list of whole numbers"),
    ],
)
def test_faults_of_facts_and_bands_name_their_key(toml: str, table: str, fault: str) -> None:
    assert parse(f'{toml}[facts]\ndepth = "number"\n[bands]\ndepth = [0]'.encode(), "spots")
    with pytest.raises(contest.SpecError, match=fault):
        parse(f"{toml}{table}\n".encode(), "spots")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('facts = "all"', "facts: 'all' is not a table"),
        ("bands = [3]", r"bands: \[3\] is not a table"),
        ('mirrors = "a/b"', "mirrors: 'a/b' is not a list of owner/slug"),
        ('mirrors = ["a/b", "../b", 3]', "2 faults: mirrors: '../b' is not owner/slug; mirrors: 3"),
        ('mirrors = ["a/b/c"]', "mirrors: 'a/b/c' is not owner/slug"),
    ],
)
def test_faults_of_whole_tables(toml: str, line: str, fault: str) -> None:
    with pytest.raises(contest.SpecError, match=fault):
        parse(f"{line}\n{toml}".encode(), "spots")


def test_the_old_name_of_groups_is_a_part_that_nobody_reads(toml: str) -> None:
    """Parts are free, so that it is no fault; nothing but groups divides the folds."""
    more = toml.replace("[columns]", 'patients = ["p.csv"]\n[columns]')
    assert "groups" not in parse(more.encode(), "spots").data
