"""When clients of the demo studio come to be photographed."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.demo.dice import Dice
from app.demo.kinds import WEDDING
from app.demo.people import Person
from app.demo.scene import Scene


@dataclass(frozen=True, slots=True)
class Visit:
    """A session as the rest of the story needs to know it."""

    session_id: UUID
    number: int
    day: date
    hour: int
    photographer: int
    booked_on: date
    is_cancelled: bool
    is_past: bool


def visits(scene: Scene, dice: Dice, person: Person) -> list[Visit]:
    """Return a client's sessions in order; one who never had any is a prospect."""
    found: list[Visit] = []
    if dice.chance(0.07):
        return found
    wish = person.since + timedelta(days=dice.between(7, 45) if person.kind is not WEDDING else 240)
    while wish < scene.last_day:
        found.append(_visit(scene, dice, person, wish))
        if not dice.chance(person.kind.returns):
            break
        wish = found[-1].day + timedelta(days=dice.between(180, 400))
    return found


def _visit(scene: Scene, dice: Dice, person: Person, wish: date) -> Visit:
    latest = scene.last_day if wish >= scene.today else scene.today - timedelta(days=1)
    day, hour, someone = scene.diary.book(wish, person.kind.hours, dice.between(0, 1), latest)
    earliest = day - timedelta(days=dice.between(5, 30))
    return Visit(
        session_id=dice.record_id(),
        number=next(scene.numbers.session),
        day=day,
        hour=hour,
        photographer=someone,
        booked_on=max(person.since, min(earliest, scene.today - timedelta(days=dice.between(0, 9)))),
        is_cancelled=dice.chance(0.05),
        is_past=day < scene.today,
    )
