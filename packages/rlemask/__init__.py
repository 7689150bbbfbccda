"""Run-length texts of masks: reading, writing, and arithmetic on the runs.

Written here because the competition's dialect (gaps relative to the end of the previous run,
pixels numbered down the columns) is where public code goes wrong; checked against pycocotools in
the tests. `rlemasklib` (C) does arithmetic on runs as well, but text to mask takes it 1.5 times
as long, Dice of two texts 4 times. Importing this package does not import numba; the first call
does.
"""

from rlemask._codec import area_column, decode, dice, dice_column, encode
from rlemask._dialects import DIALECTS, Dialect, dialect_of
from rlemask._errors import Fault, RLEError
from rlemask._parse import Text, Texts, parse, parse_column
from rlemask._runs import Runs, empty, runs_of

__all__ = [
    "DIALECTS",
    "Dialect",
    "Fault",
    "RLEError",
    "Runs",
    "Text",
    "Texts",
    "area_column",
    "decode",
    "dialect_of",
    "dice",
    "dice_column",
    "empty",
    "encode",
    "parse",
    "parse_column",
    "runs_of",
]
