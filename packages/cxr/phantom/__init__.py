"""Synthetic chest radiographs with pneumothorax, in the form of the SIIM-ACR competition.

`radiograph` draws one picture with its mask; `write_dataset` writes a folder that every tool for
the real competition reads.
"""

from cxrphantom._anatomy import Patient, draw_patient
from cxrphantom._dataset import Summary, write_dataset
from cxrphantom._errors import FolderNotEmpty, PhantomError
from cxrphantom._radiograph import Phantom, radiograph

__all__ = [
    "FolderNotEmpty",
    "Patient",
    "Phantom",
    "PhantomError",
    "Summary",
    "draw_patient",
    "radiograph",
    "write_dataset",
]
