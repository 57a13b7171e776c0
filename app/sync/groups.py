"""Groups: the changes of one screen's save stand or fall together, and their neighbours do not notice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.sync import registry
from app.sync.feed import Key
from app.sync.judging import Judge, Ruling, links_of
from app.sync.refusals import Blocked, ChangeRefused
from app.sync.schemas import Atomicity, Change, Operation, Outcome

Decision = Ruling | ChangeRefused


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that stand or fall together, in the order they were made."""

    changes: tuple[Change, ...]

    def created(self) -> Iterable[Key]:
        """Yield the records the group makes."""
        return (key for change in self.changes for key in _made_by(change))

    def needs(self) -> Iterable[Key]:
        """Yield the records the group refers to."""
        return (target for change in self.changes for _, target in links_of(change))

    def decide(self, judge: Judge) -> dict[int, Decision]:
        """Judge every change; if one is refused, the draft is as before and the others are blocked by it."""
        checkpoint = judge.draft.checkpoint()
        decisions: dict[int, Decision] = {}
        for change in self.changes:
            decisions[change.n] = _judged(judge, change)
            if isinstance(decisions[change.n], ChangeRefused):
                # What refers to it is not at fault.
                judge.refused.update(dict.fromkeys(_made_by(change), change.n))
        for change in self.changes:
            if isinstance(decisions[change.n], Ruling) and change.op is not Operation.DELETE:
                decisions[change.n] = _linked(judge, change, decisions[change.n])
        refused = [n for n, decision in decisions.items() if isinstance(decision, ChangeRefused)]
        if refused:
            judge.draft.go_back(checkpoint)
            culprits = [n for n in refused if not isinstance(decisions[n], Blocked)]
            self._block(judge, decisions, (culprits or refused)[0])
        return decisions

    def refuse(self, judge: Judge, collection: str, refusal: ChangeRefused) -> dict[int, Decision]:
        """Refuse the change of a collection the database would not take, and block the others by it."""
        culprit = next((each for each in self.changes if each.collection == collection), self.changes[0])
        decisions: dict[int, Decision] = {change.n: Ruling(Outcome.APPLIED) for change in self.changes}
        decisions[culprit.n] = refusal
        self._block(judge, decisions, culprit.n)
        return decisions

    def _block(self, judge: Judge, decisions: dict[int, Decision], by: int) -> None:
        for n, decision in decisions.items():
            if isinstance(decision, Ruling):
                decisions[n] = Blocked(blocked_by=by)
        judge.refused.update(dict.fromkeys(self.created(), by))


def groups_of(changes: Sequence[Change], atomicity: Atomicity) -> list[Group]:
    """Part changes into groups, a group that makes a parent before those that refer to it."""
    members: dict[object, list[Change]] = {}
    for change in changes:
        named = change.group if atomicity is Atomicity.GROUP and change.group is not None else change.n
        members.setdefault("all" if atomicity is Atomicity.ALL else ("group", named), []).append(change)
    return _parents_first([Group(tuple(each)) for each in members.values()])


def decide(judge: Judge, groups: Iterable[Group]) -> dict[int, Decision]:
    """Judge groups in turn."""
    decisions: dict[int, Decision] = {}
    for group in groups:
        decisions |= group.decide(judge)
    return decisions


def _parents_first(groups: Sequence[Group]) -> list[Group]:
    """Keep the order in which things were done, but never a child before the group that makes its parent."""
    makers: dict[Key, Group] = {}
    for group in groups:
        for key in group.created():
            makers.setdefault(key, group)
    if not any(key in makers for group in groups for key in group.needs()):
        return list(groups)
    ordered: dict[int, Group] = {}
    for group in groups:
        _place(group, makers, ordered, frozenset())
    return list(ordered.values())


def _place(
    group: Group, makers: Mapping[Key, Group], ordered: dict[int, Group], waiting: frozenset[int]
) -> None:
    if id(group) in ordered or id(group) in waiting:
        return
    for key in group.needs():
        if key in makers:
            _place(makers[key], makers, ordered, waiting | {id(group)})
    ordered.setdefault(id(group), group)


def _made_by(change: Change) -> Iterable[Key]:
    collection = registry.named(change.collection)
    return [(collection.number, change.id)] if collection and change.op is Operation.CREATE else []


def _judged(judge: Judge, change: Change) -> Decision:
    try:
        return judge.judge(change)
    except ChangeRefused as refusal:
        return refusal


def _linked(judge: Judge, change: Change, ruling: Decision) -> Decision:
    try:
        judge.check_links(change)
    except ChangeRefused as refusal:
        return refusal
    return ruling
