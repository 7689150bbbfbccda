"""The names of the dialects."""

import difflib

from rlemask._coco import Counts
from rlemask._dialect import Dialect
from rlemask._pairs import Pairs

DIALECTS: dict[str, Dialect] = {
    "coco": Counts(columns=True, packed=False),
    "coco-compressed": Counts(columns=True, packed=True),
    "kaggle": Pairs(columns=True, relative=False, first=1, empty=""),
    "kaggle-rows": Pairs(columns=False, relative=False, first=1, empty=""),
    "siim": Pairs(columns=True, relative=True, first=0, empty="-1"),
    "siim-rows": Pairs(columns=False, relative=True, first=0, empty="-1"),
}
"""SIIM-ACR's relative pairs, most other Kaggle competitions' absolute 1-based pairs, COCO's counts.

`encode` writes an empty mask as "-1" in "siim", "" in "kaggle", and one count in "coco".
"""


def dialect_of(name: str | Dialect) -> Dialect:
    """Return the dialect called `name`; a dialect is returned as it is.

    Raises:
        ValueError: lists the right names.
    """
    if not isinstance(name, str):
        return name
    if name in DIALECTS:
        return DIALECTS[name]
    likely = difflib.get_close_matches(name, DIALECTS)
    hint = f"did you mean {likely[0]}? " if likely else ""
    raise ValueError(f"{name!r} is not an RLE dialect: {hint}there are {', '.join(DIALECTS)}")
