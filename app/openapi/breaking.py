"""What breaks a client: the promises of one surface that the next one does not keep."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.openapi.surface import SCHEME, SHAPES, SIZES_AT_LEAST, SIZES_AT_MOST, Fact, Surface

_SIZES = (*SIZES_AT_LEAST, *SIZES_AT_MOST)
_SETS = ("security", "headers", "contents")
"""What may grow, but not shrink: each member is something that clients may do or read."""


@dataclass(frozen=True, slots=True)
class Break:
    """One promise that is not kept: where, and what became of it."""

    place: str
    words: str

    def __str__(self) -> str:
        """Return it as it is told to who has broken it."""
        return f"{self.place}: {self.words}"


def broken(before: Surface, after: Surface) -> list[Break]:
    """Return what clients of the surface before cannot do with the one after, in order.

    No break: a new operation, a field more in an answer, an input that may be left out, a code more of a
    status that is there already (clients go by the status of codes they do not know), a code that an
    operation has no longer while another has it (it could never come there), a wider input, values more of
    an answer where they were said to be open, a kind of event more, and a default that is told of
    where none was.
    """
    return sorted(_Comparison(before, after).breaks(), key=str)


def may_break(before: Surface, after: Surface) -> bool:
    """Say whether the version allows it: another major one, or another minor one while that is 0."""
    old, new = before.version.split("."), after.version.split(".")
    return old[0] != new[0] or (new[0] == "0" and old[1] != new[1])


class _Comparison:
    def __init__(self, before: Surface, after: Surface) -> None:
        self.was, self.now = before.facts, after.facts
        self.is_sent: bool
        self.is_answered: bool

    def breaks(self) -> Iterator[Break]:
        gone = {place for place, told in self.was if told == "operation" and (place, told) not in self.now}
        yield from (Break(place, "the operation is gone") for place in gone)
        places = {place for place, _ in self.was}
        lost = places - {place for place, _ in self.now}
        for place in lost:
            is_below = any(each in lost for each in _above(place))
            if _operation_of(place) not in gone and not is_below and self._matters(place):
                yield Break(place, "it is gone")
        for fact in self.was.keys() | self.now.keys():
            if fact[0] in lost or self.was.get(fact) == self.now.get(fact):
                continue
            self.is_sent, self.is_answered = self._ways(fact[0])
            if fact[0] in places:
                yield from self._changed(fact, self.was.get(fact), self.now.get(fact))
            elif _operation_of(fact[0]) in places:
                yield from self._added(fact)

    def _matters(self, place: str) -> bool:
        """Say whether a place is of the contract: a schema that nothing is made of promises nothing."""
        return any(self._ways(place))

    def _ways(self, place: str) -> tuple[bool, bool]:
        if not place.startswith("schema "):
            return " < " not in place, " < " in place
        name = place.split(" ")[1]
        for mark in ".[{":
            name = name.split(mark)[0]
        ways = self.was.get((f"schema {name}", "way"), "")
        return ">" in ways, "<" in ways

    def _added(self, fact: Fact) -> Iterator[Break]:
        """Yield what a new place breaks of an operation that was there before."""
        place, told = fact
        if told == "sent" and self.is_sent and self.now[fact] == "required":
            yield Break(place, "it has to be sent now")
        elif told == "status" and self.is_answered and self.now[fact].startswith("2"):
            yield Break(place, "it is a good answer that clients do not know")

    def _changed(self, fact: Fact, was: str | None, now: str | None) -> Iterator[Break]:
        place, told = fact
        if told == "codes":
            yield from self._other_codes(place, _members(was), _members(now))
        elif told in _SETS:
            yield from self._shrunk(place, told, _members(was), _members(now))
        elif told == "needs":
            yield from self._other_needs(place, _members(was), _members(now))
        elif told == "values":
            yield from self._other_values(place, was, now)
        elif told == "types":
            yield from self._other_types(place, _members(was), _members(now))
        elif words := self._other_words(told, was, now):
            yield Break(place, words)

    def _other_words(self, told: str, was: str | None, now: str | None) -> str:
        """Say what became of one word told of a place; nothing where nobody breaks on it."""
        if told == "operation":
            return f"the operation was called {was}, now {now}"
        if told == "sent":
            return self._left_out(was, now)
        if told == "default":
            is_other = self.is_sent and was is not None
            return f"what is left out was {was}, now {now or 'nobody says'}" if is_other else ""
        if told in (*_SIZES, *SHAPES, "closed"):
            return self._narrower(told, was, now)
        return f"it was {was}, now {now}" if told == SCHEME else ""

    def _left_out(self, was: str | None, now: str | None) -> str:
        if self.is_sent and now == "required":
            return "it may not be left out any longer"
        return "it may be missing now" if self.is_answered and was == "required" else ""

    def _narrower(self, told: str, was: str | None, now: str | None) -> str:
        """Say what may be sent no longer, or be answered now; nothing where all is as it was."""
        if told == "closed":
            return "members it does not name are refused now" if self.is_sent and now else ""
        if told in _SIZES:
            is_less = self.is_sent and _is_narrower(told, was, now)
            return f"less is taken: {told} was {was}, now {now}" if is_less else ""
        is_other = (self.is_sent and now is not None) or (self.is_answered and was is not None)
        return f"{told} was {was}, now {now}" if is_other else ""

    def _other_codes(self, place: str, was: set[str], now: set[str]) -> Iterator[Break]:
        """Yield the codes that have another name now: they are nowhere, or a new one is in their place."""
        kept, known = _codes_of(self.now), _codes_of(self.was)
        lost = was - now if now - known else was - now - kept
        if lost:
            yield Break(place, f"codes are gone: {'|'.join(sorted(lost))}")

    def _shrunk(self, place: str, told: str, was: set[str], now: set[str]) -> Iterator[Break]:
        if told == "security" and not was and now:
            yield Break(place, f"it was open, now it wants {'|'.join(sorted(now))}")
        elif told == "security" and not now:
            return
        elif lost := was - now:
            yield Break(place, f"{told} are gone: {'|'.join(sorted(lost))}")

    def _other_needs(self, place: str, was: set[str], now: set[str]) -> Iterator[Break]:
        if self.is_sent and (more := now - was):
            yield Break(place, f"has to be sent now: {'|'.join(sorted(more))}")
        # A field that is gone is told by itself.
        less = {each for each in was - now if (f"{place}.{each}", "types") in self.now}
        if self.is_answered and less:
            yield Break(place, f"may be missing from answers now: {'|'.join(sorted(less))}")

    def _other_values(self, place: str, was: str | None, now: str | None) -> Iterator[Break]:
        if self.is_sent and now is not None and (was is None or _members(was) - _members(now)):
            yield Break(place, f"fewer values are taken: it was {was or 'any'}, now {now}")
        opened = self.now.get((place, "open values"))
        if self.is_answered and was is not None and (now is None or _members(now) - _members(was)):
            yield Break(place, f"answers may have other values: it was {was}, now {now or opened or 'any'}")

    def _other_types(self, place: str, was: set[str], now: set[str]) -> Iterator[Break]:
        if self.is_sent and "any" not in now and not was <= _with_integers(now):
            yield Break(place, f"it is taken no longer: {'|'.join(sorted(was - now))}")
        if self.is_answered and "any" not in was and not now <= _with_integers(was):
            yield Break(place, f"answers may be what they were not: {'|'.join(sorted(now - was))}")


def _above(place: str) -> Iterator[str]:
    """Yield the places something is part of, if they were places."""
    yield from (place[:at] for at, letter in enumerate(place) if letter in " .[{")


def _operation_of(place: str) -> str:
    return place.split(" >", maxsplit=1)[0].split(" <", maxsplit=1)[0]


def _codes_of(facts: Mapping[Fact, str]) -> set[str]:
    return {code for (_, told), codes in facts.items() if told == "codes" for code in _members(codes)}


def _members(told: str | None) -> set[str]:
    return set(told.split("|")) if told else set()


def _is_narrower(told: str, was: str | None, now: str | None) -> bool:
    if was is None or now is None:
        return was is None
    return float(now) > float(was) if told in SIZES_AT_LEAST else float(now) < float(was)


def _with_integers(kinds: set[str]) -> set[str]:
    return kinds | {"integer"} if "number" in kinds else kinds
