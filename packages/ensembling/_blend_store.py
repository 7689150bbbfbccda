"""The blends of a folder: saving, opening, comparing, and choosing the best."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import jobs
from ensembling._blend import Blend
from ensembling._errors import BlendNameError, EnsemblingError
from ensembling.evaluation.comparison import Comparison
from ensembling.evaluation.comparison import compare as compared

BEST = "best"
"""The name that stands for the blend that `BlendStore.best` chooses."""

Groups = Callable[[], pd.Series | None]
"""Function that returns image id -> group, or None; called only if blends are compared."""


@dataclass(frozen=True)
class BlendStore:
    """Blends of one competition, a JSON file and a table of the images each.

    They are saved to a folder of the competition, so that competitions may use the same names.
    Older versions saved them to `folder` itself; these are read, too.

    Attributes:
        folder: of the blends of all competitions.
        competition: its name; blends of other competitions are ignored.
    """

    folder: Path
    competition: str

    @property
    def own(self) -> Path:
        """The folder of the competition's blends."""
        return self.folder / self.competition

    def names(self) -> list[str]:
        """Return the names of the blends, sorted."""
        return sorted(self._files())

    def _files(self) -> dict[str, Path]:
        """Return the JSON file of each blend by name."""
        old = [
            path
            for path in self.folder.glob("*.json")
            if _record(path).get("competition") == self.competition
        ]
        return {path.stem: path for path in [*old, *self.own.glob("*.json")]}

    def check_name(self, name: str) -> None:
        """Check that a blend can be stored under a name, new or known.

        Raises:
            jobs.BadName: the message says why not.
        """
        jobs.check_name(name, "a blend", [path.stem for path in self.own.glob("*.json")])

    def save(self, blend: Blend, images: pd.DataFrame) -> None:
        """Save a blend for its competition under its name, with the table of images from `fit`.

        Raises:
            jobs.BadName: nothing can be stored under the name.
        """
        store = BlendStore(self.folder, blend.competition)
        store.check_name(blend.name)
        own = store.own
        table = own / f"{blend.name}.parquet"
        jobs.write_table(table, images)
        record = {**blend.as_dict(), "table": jobs.file_digest(table)}
        jobs.write_json(own / f"{blend.name}.json", {**record, "digest": jobs.digest(record)})

    def delete(self, name: str) -> None:
        """Delete a blend: its record last, so that an interrupted call can be repeated."""
        record = self._files()[name]
        for suffix in (".png", ".parquet", ".json"):
            jobs.remove(record.with_suffix(suffix))

    def rename(self, blend: Blend, name: str) -> Blend:
        """Save a blend under another name and delete it under the old one.

        Raises:
            jobs.BadName: nothing can be stored under the name.
            BlendNameError: the name is taken.
        """
        if name in self._files():
            raise BlendNameError(f"there is a blend {name} already: choose another name")
        renamed = dataclasses.replace(blend, name=name)
        self.save(renamed, self.images(blend))
        picture = self.table_path(blend.name).with_suffix(".png")
        if picture.exists():
            os.replace(picture, self.own / f"{name}.png")
        self.delete(blend.name)
        return renamed

    def path(self, name: str) -> Path:
        """Return the JSON file of a blend."""
        return self._files()[name]

    def blends(self) -> dict[str, Blend]:
        """Return the blends of the competition by name.

        Raises:
            BlendNameError: there is none.
            EnsemblingError: one cannot be read.
        """
        files = self._files()
        found = [Blend.from_dict(_record(files[name])) for name in sorted(files)]
        if not found:
            raise BlendNameError(f"there is no blend in {self.own}: make one, `tools blend`")
        return {blend.name: blend for blend in found}

    def open(self, name: str, groups: Groups) -> tuple[Blend, str]:
        """Return a blend and the reason for its choice; "best" is chosen by `best`.

        Raises:
            BlendNameError: there is no such blend; the message has the nearest name.
        """
        blends = self.blends()
        if name == BEST:
            return self.best(list(blends.values()), groups)
        if name not in blends:
            known = jobs.known_names(name, [BEST, *blends])
            raise BlendNameError(f"{name!r} is not a blend: {known}")
        return blends[name], f"{name} was given"

    def best(self, blends: Sequence[Blend], groups: Groups) -> tuple[Blend, str]:
        """Return the best blend and the reason for the choice.

        The one with the highest honest score, unless the score of a blend of fewer runs on the same
        images is lower by at most one standard error of the difference (Breiman et al.,
        Classification and Regression Trees, 1984).
        """
        top = max(blends, key=lambda blend: blend.score_honest)
        said = f"{top.name} has the best honest score, {top.score_honest:.4f}"
        for other in sorted(blends, key=lambda blend: (len(blend.runs), -blend.score_honest)):
            if len(other.runs) >= len(top.runs):
                break
            if not self._comparable(top, other):
                continue
            behind = compared(self.images(top), self.images(other), groups())
            if behind.difference <= behind.error:
                return other, (
                    f"{said}, but {other.name} of {len(other.runs)} instead of {len(top.runs)} "
                    f"runs is lower by only {behind.difference:.4f}, standard error "
                    f"{behind.error:.4f}: {other.name} is used"
                )
        return top, f"{said}: it is used"

    def compare(self, first: Blend, second: Blend, groups: Groups) -> Comparison:
        """Compare two blends on the images that both were scored on.

        Raises:
            EnsemblingError: they were scored on different images or annotations.
        """
        images = [self.images(blend) for blend in (first, second)]
        if first.data_digest != second.data_digest:
            raise EnsemblingError(
                f"{first.name} and {second.name} were scored on different images or annotations: "
                "make them again on the same data"
            )
        return compared(images[0], images[1], groups())

    def images(self, blend: Blend) -> pd.DataFrame:
        """Return the honest score of every image: fold, score, predicted, indexed by image id.

        Raises:
            EnsemblingError: the table is missing, damaged or of another blend.
        """
        path, record = self.table_path(blend.name), self._files().get(blend.name)
        again = f"make it again, `tools blend {' '.join(blend.runs)} --name {blend.name}`"
        if not path.exists():
            raise EnsemblingError(f"the blend {blend.name} has no table of its images: {again}")
        try:
            known = record and _record(record).get("table")
            if known not in (None, jobs.file_digest(path)):
                raise EnsemblingError(f"{path} is not the table of the blend: {again}")
            return jobs.read_table(path)
        except jobs.NotReadable as error:
            raise EnsemblingError(f"{error}: {again}") from None

    def table_path(self, name: str) -> Path:
        """Return the path of the table of a blend's images."""
        return self._files().get(name, self.own / f"{name}.json").with_suffix(".parquet")

    def _comparable(self, a: Blend, b: Blend) -> bool:
        known = all(self.table_path(blend.name).exists() for blend in (a, b))
        return known and a.data_digest == b.data_digest


def _record(path: Path) -> dict[str, Any]:
    """Return the content of a blend's JSON file.

    Raises:
        EnsemblingError: it is damaged, or has changed since it was written.
    """
    reason = "it has changed"
    try:
        record = dict(jobs.read_json(path))
        digest = record.pop("digest", None)  # none in version 0.1.0
        if digest in (None, jobs.digest(record)):
            return record
    except (jobs.NotReadable, TypeError, ValueError) as error:
        reason = str(error)
    raise EnsemblingError(
        f"the blend {path.stem} is damaged ({reason}): delete {path} and make it again, "
        f"`tools blend --name {path.stem}`"
    )
