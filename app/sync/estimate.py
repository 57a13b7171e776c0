"""The arithmetic of an estimate: what a rule lets a phone hold, from tallies alone, a pure function.

Exact are whole months, labels, owners, and all there is. Estimated are the days within a month, which count
evenly, labels together with owners, and parents that come with children of several kinds.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from math import prod

from app.sync.anchors import ALWAYS, SLOTS
from app.sync.rendering import is_carried
from app.sync.scope import EARLIEST, Rule
from app.sync.tallies import Counted, Months, Numbers, Tally

Window = tuple[date, date]

_OWN = 0
"""Where the other days of a parent have slots, its own has this number."""
_BRACE_AND_COMMA = 2
"""What a record takes on a page beside its parts."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many records, and how many bytes of JSON they are."""

    records: int = 0
    bytes: int = 0


def estimate(rule: Rule, tally: Tally, today: date) -> Amount:
    """Return about how much of a collection a rule lets a phone hold."""
    calendar = _Calendar(today)
    weights: Mapping[date, float] = tally.records
    if rule.edges or rule.by_activity:
        records = _with_children(rule, tally, calendar)
    else:
        weights = _own(rule, tally, calendar)
        records = sum(weights.values())
    found = round(min(max(records, 0), sum(tally.records.values())))
    return Amount(found, round(found * _size(tally, rule.parts, weights)))


@dataclass(frozen=True, slots=True)
class _Calendar:
    """How much of a month lies in a window, as today sees it."""

    today: date

    def within(self, months: Months, window: Window) -> dict[date, float]:
        """Return amounts as far as they lie in a window; what is always at hand lies in each."""
        return {month: amount * self.share(months, month, window) for month, amount in months.items()}

    def total(self, months: Months, window: Window) -> float:
        """Return all that lies in a window."""
        return sum(self.within(months, window).values())

    def share(self, months: Months, month: date, window: Window) -> float:
        """Return which part of one of the months lies in a window."""
        if month == ALWAYS or (window[0] <= month and window[1] == ALWAYS):
            return 1.0
        last = _end(month) - timedelta(days=1)
        if not month <= self.today < last:
            return _overlap((month, last), window)
        past, tomorrow = self._past(months, month), self.today + timedelta(days=1)
        until_today = _overlap((month, self.today), window)
        return past * until_today + (1 - past) * _overlap((tomorrow, last), window)

    def _past(self, months: Months, month: date) -> float:
        """Return which part of this month has been: what is yet to come goes by how full the next one is."""
        end = _end(month)
        daily = months.get(end, 0) / (_end(end) - end).days
        to_come = daily * (end - self.today - timedelta(days=1)).days
        return 1 - min(1.0, to_come / months[month]) if months[month] else 1.0


@lru_cache(maxsize=10_000)
def _end(month: date) -> date:
    """Return the first day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def _overlap(stretch: Window, window: Window) -> float:
    """Return which part of a stretch of days lies in a window."""
    first, last = max(stretch[0], window[0]), min(stretch[1], window[1])
    return max(0, (last - first).days + 1) / ((stretch[1] - stretch[0]).days + 1)


def _own(rule: Rule, tally: Tally, calendar: _Calendar) -> dict[date, float]:
    """Return the records that belong by themselves, by month of their own day."""
    passing = _passing(rule, tally)
    within = calendar.within(tally.records, (rule.lo, rule.hi))
    return {month: amount * passing(month) for month, amount in within.items()}


def _passing(rule: Rule, tally: Tally) -> Callable[[date], float]:
    """Return which part of a month passes what a rule asks beside the day."""
    labels, owners, private = (
        tally.by(counted) for counted in (Counted.LABELS, Counted.OWNERS, Counted.PRIVATE)
    )

    def passing(month: date) -> float:
        everything = tally.records.get(month, 0)
        labelled = everything if rule.required is None else _count(labels, month, rule.required)
        labelled -= _count(labels, month, rule.excluded, also=rule.required)
        owned = everything if rule.owners is None else _count(owners, month, rule.owners)
        owned -= 0 if rule.me is None else _count(private, month, rule.owners, but=rule.me)
        return labelled * owned / everything**2 if everything else 0.0

    return passing


def _count(
    sets: Mapping[Numbers, Months],
    month: date,
    one_of: Iterable[int] | None,
    *,
    also: Iterable[int] | None = None,
    but: int | None = None,
) -> int:
    """Count in a month what has one of some numbers, and one of others too, but not a certain one."""
    return sum(
        months.get(month, 0)
        for numbers, months in sets.items()
        if _has(numbers, one_of) and _has(numbers, also) and but not in numbers
    )


def _has(numbers: Numbers, one_of: Iterable[int] | None) -> bool:
    return one_of is None or not set(one_of).isdisjoint(numbers)


def _with_children(rule: Rule, tally: Tally, calendar: _Calendar) -> float:
    """Return how many parents belong by themselves or for their children's sake.

    Whom no child brings, but the window lets in, must pass the rest of the rule; that has little to do with
    children, so that of those the same part passes as of all.
    """
    days = _Days(tally, calendar)
    brought: dict[int, Window] = {slot: (edge, ALWAYS) for slot, edge in rule.edges}
    if rule.by_activity:
        active = (rule.lo, ALWAYS)
        let_in = {slot: min(active, brought.get(slot, active)) for slot in range(1, SLOTS + 1)}
        whole = replace(rule, lo=EARLIEST)
    else:
        let_in, whole = brought, rule
    belonging = sum(_own(whole, tally, calendar).values())
    of = calendar.total(tally.records, (whole.lo, whole.hi))
    by_child = days.any_in(brought)
    others = days.any_in({_OWN: (rule.lo, rule.hi), **let_in}) - by_child
    return by_child + (others * belonging / of if of else 0.0)


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of parents: their own, and the latest of each kind below them."""

    tally: Tally
    calendar: _Calendar

    def any_in(self, windows: Mapping[int, Window]) -> float:
        """Return how many parents have any of some days in its window.

        Of each parent the very last day is known, and which it is: when that one lies in its window, the
        parent belongs for certain. When it does not, another may: how often is taken from how many have that
        other one in its window without its being their last.
        """
        last = {slot: self._last(slot, is_below=_OWN not in windows) for slot in range(SLOTS + 1)}
        chances = {slot: self._chance(slot, window, last) for slot, window in windows.items()}
        found = 0.0
        for slot, months in last.items():
            for month, amount in months.items():
                certain = self.calendar.share(months, month, windows[slot]) if slot in windows else 0.0
                missed = prod(
                    1 - chance * self.calendar.share(months, month, (windows[other][0], ALWAYS))
                    for other, chance in chances.items()
                    if other != slot and certain < 1
                )
                found += amount * (1 - (1 - certain) * missed)
        return found

    def _chance(self, slot: int, window: Window, last: Mapping[int, Months]) -> float:
        """Return how likely a day that is not the last lies in its window, as far as it can."""
        those = self.calendar.total(self._latest(slot), window) - self.calendar.total(last[slot], window)
        others = [months for other, months in last.items() if other != slot]
        among = sum(self.calendar.total(months, (window[0], ALWAYS)) for months in others)
        return min(1.0, max(0.0, those / among)) if among else 0.0

    def _latest(self, slot: int) -> Months:
        if slot == _OWN:
            return self.tally.records
        return self.tally.by(Counted.LATEST).get((slot,), {})

    def _last(self, slot: int, *, is_below: bool) -> Months:
        """Return when the last day is of one kind, among those below alone or with the own day."""
        found = self.tally.by(Counted.LAST if is_below else Counted.ACTIVITY).get((slot,), {})
        if is_below:
            return found
        if slot != _OWN:
            return found
        return {month: amount + found.get(month, 0) for month, amount in self.tally.records.items()}


def _size(tally: Tally, parts: int, weights: Mapping[date, float]) -> float:
    """Return how many bytes a record takes, on the average of some of each month."""
    carried = [months for (place,), months in tally.by(Counted.BYTES).items() if is_carried(place - 1, parts)]
    total = sum(weights.values())
    heavy = sum(
        weight * sum(months.get(month, 0) for months in carried) / tally.records[month]
        for month, weight in weights.items()
        if tally.records[month]
    )
    return heavy / total + _BRACE_AND_COMMA if total else 0.0
