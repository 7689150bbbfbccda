"""Transfer syntaxes and who decodes them, chosen by name (DICOM PS3.5 A, PS3.6 A).

pydicom would choose by itself, but its choice depends on what else is installed and is slow for
JPEG Baseline when GDCM is there. No GPL decoder is ever chosen, and GDCM is not: it ends the
process on some damaged JPEG Lossless streams.
"""

import importlib.util

from dicomio._structure import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
RLE = "1.2.840.10008.1.2.5"
LOSSLESS = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (57, 70))
JPEG = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70))
JPEG_LS = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (80, 81))
JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 201, 202, 203))

PLUGINS = {
    IMPLICIT_LITTLE: "",
    EXPLICIT_LITTLE: "",
    DEFLATED: "",
    EXPLICIT_BIG: "",
    JPEG_BASELINE: "pillow",
    JPEG_EXTENDED: "pillow",
    "1.2.840.10008.1.2.4.57": "imagecodecs",
    "1.2.840.10008.1.2.4.70": "imagecodecs",
    "1.2.840.10008.1.2.4.80": "pyjpegls",
    "1.2.840.10008.1.2.4.81": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",
    "1.2.840.10008.1.2.4.91": "pylibjpeg",
    "1.2.840.10008.1.2.4.201": "pylibjpeg",
    "1.2.840.10008.1.2.4.202": "pylibjpeg",
    "1.2.840.10008.1.2.4.203": "pylibjpeg",
    RLE: "pydicom",
}
"""pydicom's plug-in for each syntax, or a decoder that `_decode.py` calls itself.

"" where the pixels are not compressed, "imagecodecs" for libjpeg-turbo by that package. Greyscale
goes elsewhere for two of them: JPEG Baseline to simplejpeg, JPEG Extended to imagecodecs, which
reads 12 bits too.
"""
MODULES = {
    "": "pydicom",
    "pydicom": "pydicom",
    "pillow": "PIL",
    "imagecodecs": "imagecodecs",
    "pyjpegls": "jpeg_ls",
    "pylibjpeg": "openjpeg",
}


def missing_decoders() -> list[str]:
    """Return the transfer syntaxes (UIDs) whose decoder is not installed."""
    there = {name: importlib.util.find_spec(module) is not None for name, module in MODULES.items()}
    return [syntax for syntax, plugin in PLUGINS.items() if not there[plugin]]
