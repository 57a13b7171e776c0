"""Safety notices in words: what happened, why that is unusual, and what to ask of whom."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.console.api import Record

_WHY: Mapping[str, str] = {
    "after_failures": "after several wrong passwords",
    "new_device": "on a phone that had never signed in before",
    "new_network": "from a network that is new for this user",
    "user_limit": "Whoever tried them has to wait for a quarter of an hour each time.",
    "account_limit": "Tried with many initials. Whoever is not known here has to wait a quarter of an hour.",
    "network_limit": "So many came from one network that it has to wait for a quarter of an hour.",
}
_NOBODIES: Mapping[str, str] = {
    "user_limit": "Initials that nobody has",
    "account_limit": "Everybody",
    "network_limit": "Everybody",
}
_QUESTIONS: Mapping[str, str] = {
    "odd_sign_in": "Was this you?",
    "guessing": "Was this you?",
    "password_assigned": "Did you know of it?",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as people read it.

    `question` is what the user it concerns is asked, with yes or no; where there is none it is only seen.
    """

    notice: Record
    who: str
    what: str
    meaning: str
    question: str | None
    is_mine: bool
    answered: tuple[str, ...]


def told(notice: Record, people: Mapping[str, Record], user_id: str) -> Told:
    """Return a notice in words, for a user."""
    is_mine = notice["user_id"] == user_id
    asks = is_mine and notice["confirmed_at"] is None
    return Told(
        notice=notice,
        who="You" if is_mine else _who(notice, people),
        what=_what(notice, people),
        meaning=_meaning(notice),
        question=_QUESTIONS.get(notice["kind"]) if asks else None,
        is_mine=is_mine,
        answered=tuple(_answered(notice, people)),
    )


def _who(notice: Record, people: Mapping[str, Record]) -> str:
    if notice["user_id"] is None:
        return _NOBODIES[notice["why"][0]]
    return _name(notice["user_id"], people)


def _name(user_id: str, people: Mapping[str, Record]) -> str:
    return str(people[user_id]["display_name"]) if user_id in people else "Somebody"


def _what(notice: Record, people: Mapping[str, Record]) -> str:
    if notice["kind"] == "odd_sign_in":
        times = "" if notice["count"] == 1 else f", {notice['count']:,} times"
        return f"Signed in{times}"
    if notice["kind"] == "guessing":
        return f"{notice['count']:,} wrong password{'' if notice['count'] == 1 else 's'}"
    if notice["kind"] == "refresh_reused":
        return "A sign-in was ended"
    by = _name(notice["by_id"], people) if notice["by_id"] else "whoever runs the server"
    return f"The password was set by {by}"


def _meaning(notice: Record) -> str:
    if notice["kind"] == "refresh_reused":
        return (
            "It was used twice: what a phone or browser keeps was copied, or an answer was lost on its way. "
            "Whoever has it must sign in again."
        )
    if notice["kind"] == "password_assigned":
        return "All sign-ins of this user have ended."
    found = [_WHY[each] for each in notice["why"]]
    return found[0] if notice["kind"] == "guessing" else _sentence(" and ".join(found))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _answered(notice: Record, people: Mapping[str, Record]) -> list[str]:
    """Return who has said what to it."""
    found = []
    if notice["confirmed_at"]:
        name = _name(notice["user_id"], people)
        says = {True: "says that it is as it should be", False: "says: this was not me", None: "has seen it"}
        found.append(f"{name} {says[notice['was_expected']]}.")
    if notice["acknowledged_at"]:
        found.append(f"{_name(notice['acknowledged_by'], people)} has looked at it.")
    return found
