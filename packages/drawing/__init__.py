"""Pictures: radiographs with outlines, contact sheets, PNG files. One look for the whole house."""

from drawing._picture import Panel, contact_sheet, panel, write_png

__all__ = ["Panel", "contact_sheet", "panel", "write_png"]
