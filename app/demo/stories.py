"""One client's story with the demo studio, from the first call to the last picture picked up."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from app.demo.chapters import Chapter
from app.demo.chores import appointments, tasks
from app.demo.conversations import calls, texts
from app.demo.dice import Dice
from app.demo.furniture import furniture
from app.demo.histories import happened
from app.demo.letters import emails
from app.demo.people import Person, describe, meet
from app.demo.sales import Ledger
from app.demo.scene import Scene
from app.demo.sessions import session
from app.demo.till import Till
from app.demo.visits import Visit, visits
from app.sync.store import Write

_INACTIVE_AFTER = timedelta(days=3 * 365)
_LOYAL_FROM = 3
_TELLERS = (appointments, tasks, calls, emails, texts)
"""Who tells what hangs on a session, parents first."""


def stories(scene: Scene) -> Iterator[list[Write]]:
    """Yield the studio's furniture, then each client with all that hangs on it; parents always first."""
    yield list(furniture(scene))
    for place in range(scene.clients):
        yield _story(scene, place)


def _story(scene: Scene, place: int) -> list[Write]:
    dice = Dice(scene.seed, "client", place)
    person = meet(scene, dice, place)
    found = visits(scene, dice, person)
    till = Till(scene, dice, person)
    ledger = Ledger(scene, dice, person, till)
    for visit in found:
        ledger.bill(visit)
        if dice.chance(0.04):
            ledger.estimate(visit)
    client = {
        **describe(scene, dice, person),
        **_standing(scene, dice, person, found),
        "balance": ledger.balance,
        "unapplied_deposits": ledger.deposits,
        "saved_cards": _cards(scene, dice),
    }
    chapters = [Chapter(scene, dice, person, visit, ledger.orders_of(visit)) for visit in found]
    return [
        Write("clients", person.client_id, client),
        *(session(scene, dice, person, visit) for visit in found),
        *ledger.invoices,
        *till.payments,
        *(each for tell in _TELLERS for chapter in chapters for each in tell(chapter)),
    ]


def _standing(scene: Scene, dice: Dice, person: Person, found: list[Visit]) -> dict[str, Any]:
    """Return number and status: a number comes with the first session; until then it is a prospect."""
    if not found:
        due = max(person.since, scene.today) + timedelta(days=14)
        status = scene.listed("client_statuses", "prospect")
        begun = happened(person.since, "10:10", scene.staff[0], "Status: Prospect")
        return {"status_id": status, "status_due_date": due.isoformat(), "status_notes": begun}
    key = _status(scene, found)
    return {
        "client_number": next(scene.numbers.client),
        "status_id": scene.listed("client_statuses", key),
        "status_reason": "Moved away" if key == "inactive_client" and dice.chance(0.3) else None,
        "status_notes": happened(found[0].booked_on, "10:10", scene.staff[0], "Status: First-time client"),
    }


def _status(scene: Scene, found: list[Visit]) -> str:
    if found[-1].day < scene.today - _INACTIVE_AFTER:
        return "inactive_client"
    if len(found) >= _LOYAL_FROM:
        return "loyalty_client"
    return "client" if len(found) > 1 else "first-time_client"


def _cards(scene: Scene, dice: Dice) -> list[dict[str, Any]]:
    if not dice.chance(0.15):
        return []
    card = {
        "id": str(dice.record_id()),
        "payment_method_id": scene.listed("payment_methods", "visa"),
        "brand": "visa",
        "last_four": f"{dice.between(0, 9999):04}",
        "expiry_month": dice.between(1, 12),
        "expiry_year": scene.today.year + dice.between(0, 4),
        "is_default": True,
    }
    return [card]
