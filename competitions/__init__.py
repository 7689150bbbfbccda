"""One folder per competition: competition.toml, experiments, prepare, metric, NOTES.

The variable TOOLS_COMPETITIONS names a further folder of competitions.
"""

import os

if own := os.environ.get("TOOLS_COMPETITIONS"):
    __path__.append(os.path.abspath(own))
