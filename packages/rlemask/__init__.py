"""Run-length encoding (RLE) of masks: reading, writing, and arithmetic on runs.

Supports relative pairs (gap since the end of the previous run, length) with pixels numbered down
the columns, which public decoders often read incorrectly. The tests compare with pycocotools.
`rlemasklib` (C) also operates on runs, but takes 1.5 times as long from text to mask and 4 times
as long for the Dice of two texts. numba is imported by the first call, not with the package.
"""

from rlemask._codec import area_column, decode, dice, dice_column, encode
from rlemask._dialects import DIALECTS, Dialect, Pairs, dialect_of
from rlemask._errors import Fault, RLEError
from rlemask._guess import Guess, guess_form
from rlemask._parse import Text, Texts, parse, parse_column
from rlemask._runs import Runs, empty, runs_of

__all__ = [
    "DIALECTS",
    "Dialect",
    "Fault",
    "Guess",
    "Pairs",
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
    "guess_form",
    "parse",
    "parse_column",
    "runs_of",
]
