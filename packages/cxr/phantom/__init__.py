"""Synthetic chest radiographs with pneumothorax, in the form of the SIIM-ACR competition.

`radiograph` draws one picture with its mask; `write_dataset` writes a folder that every tool for
the real competition reads.
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
