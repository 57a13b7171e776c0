"""Postal addresses, kept inside the record they belong to."""

from app.sync.fields import Element, Line, field


class Address(Element):
    """Where post goes; it changes as one, so that two halves of different addresses never meet."""

    line_1: Line | None = field("Street and number.", example="12 Orchard Lane", default=None)
    line_2: Line | None = field("Flat, suite or building.", example="Apt 4", default=None)
    city: Line | None = field("City or town.", example="Albany", default=None)
    region: Line | None = field("State, province or county.", example="NY", default=None)
    postal_code: Line | None = field("ZIP or postal code.", example="12207", default=None)
    country: Line | None = field("Country, none for the company's own.", example="US", default=None)


ADDRESS = {
    "line_1": "12 Orchard Lane",
    "line_2": None,
    "city": "Albany",
    "region": "NY",
    "postal_code": "12207",
    "country": "US",
}
"""The sample address of every field that holds one."""
