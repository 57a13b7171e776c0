"""One session in a client's story, with all that those who tell of it need to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from app.demo.dice import Dice
from app.demo.people import Person
from app.demo.sales import Order
from app.demo.scene import Colleague, Scene
from app.demo.visits import Visit


@dataclass(frozen=True)
class Chapter:
    """One session, who it is for, and what was ordered from it."""

    scene: Scene
    dice: Dice
    person: Person
    visit: Visit
    orders: Sequence[Order]

    @cached_property
    def links(self) -> dict[str, str]:
        """Return the fields by which a record belongs to this session."""
        return {"client_id": str(self.person.client_id), "session_id": str(self.visit.session_id)}

    @property
    def photographer(self) -> Colleague:
        """Return who photographs."""
        return self.scene.staff[self.visit.photographer]

    def somebody(self) -> Colleague:
        """Return one of the staff."""
        return self.scene.staff[self.dice.between(0, 1)]
