"""The kinds of client the demo studio has, and what a session of each is like."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of client; keys are those of the starter lists, prices in cents."""

    session_type: str
    title: str
    fee: int
    minutes: int
    classification: str
    group: str
    returns: float
    consultation: float
    order: float

    @property
    def hours(self) -> int:
        """Return the hours of the diary a session takes."""
        return -(-self.minutes // 60)


FAMILY = Kind("family", "Family portrait", 14900, 60, "portrait", "families", 0.36, 0.1, 0.9)
CHILDREN = Kind("children", "Children's portrait", 11900, 45, "portrait", "families", 0.3, 0.05, 0.9)
NEWBORN = Kind("newborn", "Newborn session", 24900, 150, "portrait", "families", 0.25, 0.5, 0.9)
SENIOR = Kind("senior", "Senior portrait", 19900, 90, "portrait", "seniors", 0.03, 0.3, 0.9)
SCHOOL = Kind("school", "School portrait", 2500, 15, "school", "seniors", 0.3, 0.0, 0.6)
WEDDING = Kind("wedding", "Wedding", 185000, 480, "wedding", "weddings", 0.0, 1.0, 0.8)
HEADSHOT = Kind("headshot", "Business headshot", 9900, 30, "commercial", "business", 0.3, 0.1, 0.8)

KINDS = (
    *[FAMILY] * 8,
    *[CHILDREN] * 4,
    *[NEWBORN] * 2,
    *[SENIOR] * 3,
    *[SCHOOL] * 2,
    WEDDING,
    *[HEADSHOT] * 2,
)
"""One entry per share of the clients."""
