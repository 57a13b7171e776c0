"""The clients of the demo studio: their names, families, telephones and addresses."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any
from unicodedata import normalize
from uuid import UUID

from app.demo import words
from app.demo.dice import Dice, lasting_id
from app.demo.kinds import HEADSHOT, KINDS, SCHOOL, SENIOR, WEDDING, Kind
from app.demo.scene import Scene

_PARENT_AGES = (28, 52)
_STUDENTS = (SENIOR, SCHOOL)
_NAMES = {"Mother": words.WOMEN, "Daughter": words.WOMEN, "Son": words.MEN}


@dataclass(frozen=True, slots=True)
class Person:
    """A client as the rest of the story needs to know it."""

    place: int
    client_id: UUID
    kind: Kind
    since: date
    first_name: str
    last_name: str
    email: str
    phone: str
    has_sms: bool
    organization_id: str | None
    family: list[dict[str, Any]]

    @property
    def full_name(self) -> str:
        """Return both names."""
        return f"{self.first_name} {self.last_name}"


def meet(scene: Scene, dice: Dice, place: int) -> Person:
    """Return the client of a place: earlier places came to the studio earlier."""
    first, last = dice.one_of(words.FIRST_NAMES), dice.one_of(words.LAST_NAMES)
    kind = dice.one_of(KINDS)
    days = (scene.today - scene.first_day).days
    return Person(
        place=place,
        client_id=lasting_id(scene.seed, "clients", place),
        kind=kind,
        since=scene.first_day + timedelta(days=place * days // scene.clients),
        first_name=first,
        last_name=last,
        email=f"{_plain(first)}.{_plain(last)}{place}@example.com",
        phone=f"({dice.one_of(('518', '838'))}) 555-01{dice.between(0, 99):02}",
        has_sms=dice.chance(0.85),
        organization_id=_organization(scene, dice, kind),
        family=_family(scene, dice, kind),
    )


def describe(scene: Scene, dice: Dice, person: Person) -> dict[str, Any]:
    """Return the fields of a client that do not follow from its sessions and invoices."""
    student = person.kind in _STUDENTS
    fields: dict[str, Any] = {
        "client_type": "business" if person.kind is HEADSHOT else "consumer",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "organization_id": person.organization_id,
        "student_id": f"S-{20_000 + person.place}" if student else None,
        "graduation_year": person.since.year + dice.between(0, 1) if student else None,
        "address": _address(dice),
        "email": person.email,
        "phones": _phones(dice, person),
        "family": person.family,
        "lead_source_id": scene.listed("lead_sources", dice.one_of(_SOURCES)),
        "group_ids": [scene.listed("client_groups", person.kind.group)],
        "birthday": _birthday(dice, scene.today, 16 if student else _PARENT_AGES[0], _PARENT_AGES[1]),
    }
    if person.place and dice.chance(0.12):
        fields["referred_by_id"] = scene.placed("clients", dice.between(0, person.place - 1))
    if person.kind is WEDDING:
        fields["anniversary"] = (person.since + timedelta(days=dice.between(150, 330))).isoformat()
    if dice.chance(0.25):
        fields["notes"] = dice.one_of(words.CLIENT_NOTES)
    if dice.chance(0.03):
        fields["call_warning"] = "Never before noon"
    return fields


_SOURCES = ("referral", "referral", "web_search", "web_search", "social_media", "walk-in", "school")


def _organization(scene: Scene, dice: Dice, kind: Kind) -> str | None:
    if kind in _STUDENTS:
        return scene.placed("organizations", dice.between(0, len(words.SCHOOLS) - 1))
    if kind is HEADSHOT:
        place = len(words.SCHOOLS) + dice.between(0, len(words.BUSINESSES) - 1)
        return scene.placed("organizations", place)
    return None


def _family(scene: Scene, dice: Dice, kind: Kind) -> list[dict[str, Any]]:
    if kind is HEADSHOT:
        return []
    if kind in _STUDENTS:
        return [_member(scene, dice, "Mother", 38, 52)]
    if kind is WEDDING:
        return [_member(scene, dice, "Partner", 24, 38)]
    children = [
        _member(scene, dice, dice.one_of(("Daughter", "Son")), 0, 15) for _ in range(dice.between(1, 3))
    ]
    return [_member(scene, dice, "Spouse", *_PARENT_AGES), *children]


def _member(scene: Scene, dice: Dice, relationship: str, youngest: int, oldest: int) -> dict[str, Any]:
    return {
        "id": str(dice.record_id()),
        "first_name": dice.one_of(_NAMES.get(relationship, words.FIRST_NAMES)),
        "relationship": relationship,
        "birthday": _birthday(dice, scene.today, youngest, oldest),
    }


def _birthday(dice: Dice, today: date, youngest: int, oldest: int) -> str:
    return (today - timedelta(days=dice.between(youngest * 365 + 1, oldest * 365))).isoformat()


def _address(dice: Dice) -> dict[str, Any]:
    city, postal_code = dice.one_of(words.TOWNS)
    return {
        "line_1": f"{dice.between(1, 480)} {dice.one_of(words.STREETS)}",
        "line_2": f"Apt {dice.between(1, 24)}" if dice.chance(0.15) else None,
        "city": city,
        "region": "NY",
        "postal_code": postal_code,
    }


def _phones(dice: Dice, person: Person) -> list[dict[str, Any]]:
    mobile = {
        "id": str(dice.record_id()),
        "label": "Mobile",
        "number": person.phone,
        "is_sms_enabled": person.has_sms,
    }
    if dice.chance(0.7):
        return [mobile]
    number = f"(518) 555-01{dice.between(0, 99):02}"
    return [mobile, {"id": str(dice.record_id()), "label": "Home", "number": number}]


@cache
def _plain(name: str) -> str:
    """Return a name as it goes into an email address."""
    letters = normalize("NFD", name.lower().replace("ł", "l").replace("ø", "o"))
    return "".join(letter for letter in letters if "a" <= letter <= "z")
