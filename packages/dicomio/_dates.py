"""Ages and dates as headers write them (DICOM PS3.5 6.2, AS and DA)."""

import re
from datetime import date

YEARS = {"Y": 1.0, "": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


def age_in_years(text: object) -> int | None:
    """Return full years for "058Y", "58", "006M" (AS, or without its unit); None for others."""
    found = re.fullmatch(r"([0-9]{1,4})\s*([YMWD]?)", str(text or "").strip().upper())
    return None if found is None else int(int(found[1]) * YEARS[found[2]] + 1e-9)


def date_of(text: object) -> date | None:
    """Return the day of "19870325" (DA), "1987.03.25" (ACR-NEMA 2.0) or "1987-03-25".

    None for anything else, such as a day that is in no calendar.
    """
    found = re.fullmatch(r"([0-9]{4})([.-]?)([0-9]{2})\2([0-9]{2})", str(text or "").strip())
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return None


def full_years(birth: date | None, day: date | None) -> int | None:
    """Return the age on a day in full years; None where a date is missing or they are swapped."""
    if birth is None or day is None or day < birth:
        return None
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
