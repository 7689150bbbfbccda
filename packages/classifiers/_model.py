"""The files of a model folder.

fit.json            digest of data and config, seed, number of models
inner.json          number of trees, calibration and figures from the inner folds
model_seed<k>.txt   the models in LightGBM's text format
model_seed<k>.json  digests of the models
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb

import jobs
from classifiers._calibration import Calibration
from classifiers._errors import WrongModel

STAMP = "fit.json"
DECIDED = "inner.json"


@dataclass(frozen=True)
class Decided:
    """Result of the inner folds, by which the final models are trained.

    Attributes:
        trees: number of trees of every model.
        calibration: of the mean probability of the models.
        figures: scores on the inner folds.
        p: uncalibrated out-of-fold probability of every training image; empty without inner
            folds.
    """

    trees: int
    calibration: Calibration
    figures: dict[str, float]
    p: tuple[float, ...] = ()


def claim(path: Path, stamp: dict[str, Any], what: str) -> None:
    """Write `stamp` to `path`, or check that the file there contains the same stamp.

    Args:
        path: JSON file in the folder to be claimed.
        stamp: identifies data, config and seed.
        what: content of the folder, for the error message.

    Raises:
        WrongModel: the file contains another stamp.
    """
    if not path.exists():
        jobs.write_json(path, stamp)
    elif jobs.read_json(path) != stamp:
        raise WrongModel(
            f"{path.parent} holds {what} other images, features, seed or config: delete the "
            "folder or choose another"
        )


def model_path(folder: Path, number: int) -> Path:
    """Return the path of the text of model `number`."""
    return folder / f"model_seed{number}.txt"


def save_model(path: Path, text: str) -> None:
    """Write the digest, then the text, so that no text is without a digest."""
    jobs.write_json(path.with_suffix(".json"), {"digest": jobs.digest(text)})
    jobs.write_text(path, text)


def save_decided(folder: Path, decided: Decided) -> None:
    """Write the result of the inner folds with its digest."""
    record = asdict(decided)
    jobs.write_json(folder / DECIDED, {"digest": jobs.digest(record), "record": record})


def read_decided(folder: Path) -> Decided:
    """Read the result of the inner folds.

    Raises:
        WrongModel: the file is missing or was changed.
    """
    path = folder / DECIDED
    held = _json(path, {"digest", "record"}, f"delete {path.name} and train again")
    record = held["record"]
    if jobs.digest(record) != held["digest"]:
        raise WrongModel(f"{path} is not what was written: delete {path.name} and train again")
    calibration = record["calibration"]
    slopes = tuple(calibration["slopes"])
    kept = Calibration(calibration["method"], slopes, calibration["shift"])
    return Decided(record["trees"], kept, record["figures"], tuple(record["p"]))


def model_files(folder: Path) -> list[Path]:
    """Return the model files in `folder`, in the order of their seeds.

    Raises:
        WrongModel: model files are missing.
    """
    stamp = folder / STAMP
    wanted = jobs.read_json(stamp).get("models", 0) if stamp.exists() else 0
    paths = [model_path(folder, number) for number in range(wanted)]
    found = sum(path.exists() for path in paths)
    if not wanted or found < wanted:
        held = f"{found} of its {wanted} models" if wanted else "no models"
        raise WrongModel(f"{folder} holds {held}: run the training to its end first")
    return paths


def load_models(folder: Path, names: list[str]) -> list[lgb.Booster]:
    """Return all models in `folder`, which must be trained on the columns `names`.

    Raises:
        WrongModel: see `model_files` and `load_model`; or the columns differ.
    """
    boosters = []
    for path in model_files(folder):
        boosters.append(load_model(path))
        if boosters[-1].feature_name() != names:
            raise WrongModel(
                f"{path} was trained on other columns than this feature table has: build the "
                "features with the same families or train again"
            )
    return boosters


def load_model(path: Path) -> lgb.Booster:
    """Read one model text file.

    Some damaged texts make LightGBM abort the process, so the digest is checked first.

    Raises:
        WrongModel: the digest does not match.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    if jobs.digest(text) != known_digest(path):
        raise WrongModel(f"{path} is not the model that was written: delete it and train again")
    return lgb.Booster(model_str=text)


def known_digest(path: Path) -> str:
    """Return the stored digest of the model at `path`.

    Raises:
        WrongModel: the digest is missing or not readable.
    """
    source = path.with_suffix(".json")
    return str(_json(source, {"digest"}, f"delete {path.name} and train again")["digest"])


def _json(path: Path, keys: set[str], remedy: str) -> dict[str, Any]:
    try:
        record = jobs.read_json(path)
        if record.keys() >= keys:
            return record
        reason = "it holds no digest"
    except jobs.NotReadable as error:
        reason = str(error)
    raise WrongModel(f"{path} is of no use ({reason}): {remedy}")
