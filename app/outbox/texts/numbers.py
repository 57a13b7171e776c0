"""Telephone numbers: as people write them, and as the whole world dials them (E.164)."""

from collections.abc import Iterable, Mapping
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

_USUAL = "US"


def e164(number: str, country: str | None) -> str | None:
    """Return a number as `+15185550123`; one without a country's code is one of `country` (ISO).

    None where no such number can be, or it has an extension. Whether anybody has it is not asked: lists of
    those that were given out are never up to date.
    """
    try:
        found = phonenumbers.parse(number, country or _USUAL)
    except NumberParseException:
        return None
    if found.extension or not phonenumbers.is_possible_number(found):
        return None
    return phonenumbers.format_number(found, PhoneNumberFormat.E164)


def written_as(number: str) -> list[str]:
    """Return the digits by which a number in E.164 may be written: with its country's code, and without."""
    digits = number.removeprefix("+")
    try:
        found = phonenumbers.parse(number)
    except NumberParseException:
        return [digits]
    national = phonenumbers.national_significant_number(found)
    at_home = phonenumbers.format_number(found, PhoneNumberFormat.NATIONAL)
    abroad = (f"{prefix}{digits}" for prefix in ("00", "011"))
    return list(dict.fromkeys([digits, national, "".join(filter(str.isdigit, at_home)), *abroad]))


def phones_with(phones: Iterable[Mapping[str, Any]], number: str, country: str | None) -> list[str]:
    """Return the ids of those of a client's phones that are a number in E.164."""
    return [each["id"] for each in phones if e164(each["number"], country) == number]
