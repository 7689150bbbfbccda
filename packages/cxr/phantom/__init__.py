"""Synthetic chest radiographs with pneumothorax, in the format of the SIIM-ACR competition.

`radiograph` returns one image with its mask; `write_dataset` writes a data set in the layout of
the competition's files.
"""

from cxr.phantom.anatomy import Patient, draw_patient
from cxr.phantom.dataset import FolderNotEmpty, Summary, write_dataset
from cxr.phantom.radiograph import Phantom, radiograph

__all__ = [
    "FolderNotEmpty",
    "Patient",
    "Phantom",
    "Summary",
    "draw_patient",
    "radiograph",
    "write_dataset",
]
