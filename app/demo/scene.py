"""What every story of the demo studio knows: the day, the lists, the people, the numbers given so far."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from uuid import UUID

from app.demo.diary import Diary
from app.demo.dice import lasting_id
from app.studio.starter import starter_id
from app.studio.starter_lists import LISTS

PAST = timedelta(days=5 * 365)
AHEAD = timedelta(days=365)
POSTED_AFTER = timedelta(days=60)
COMPANY = "Harbor Light Portraits"
PHONE = "(518) 555-0100"
EMAIL = "hello@harborlight.example"


@dataclass(frozen=True, slots=True)
class Colleague:
    """A user of the demo studio."""

    user_id: str
    initials: str
    name: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """The running numbers of the account."""

    client: "count[int]" = field(default_factory=lambda: count(1001))
    session: "count[int]" = field(default_factory=lambda: count(2001))
    invoice: "count[int]" = field(default_factory=lambda: count(5001))
    task: "count[int]" = field(default_factory=lambda: count(301))
    web_order: "count[int]" = field(default_factory=lambda: count(100_001))


class Scene:
    """One studio on one day; keeps nothing of the stories but running numbers and the hours taken."""

    def __init__(
        self, account_id: UUID, seed: int, clients: int, today: date, staff: tuple[Colleague, Colleague]
    ) -> None:
        """Set the scene for so many clients."""
        self.account_id = account_id
        self.seed = seed
        self.clients = clients
        self.today = today
        self.first_day = today - PAST
        self.last_day = today + AHEAD
        self.staff = staff
        self.numbers = Numbers()
        self.diary = Diary(self.first_day - timedelta(days=60), self.last_day)
        self._listed = {
            (name, entry.key): str(starter_id(account_id, name, entry.key))
            for name, entries in LISTS.items()
            for entry in entries
        }

    def listed(self, collection: str, key: str) -> str:
        """Return the id of an entry of the starter lists."""
        return self._listed[collection, key]

    def placed(self, collection: str, place: int) -> str:
        """Return the id of a client, a school or another thing with a place in the story."""
        return str(lasting_id(self.seed, collection, place))

    def is_posted(self, day: date) -> bool:
        """Say whether accounting has locked what happened on a day."""
        return day + POSTED_AFTER < self.today
