"""Which refusals the rules of a collection may answer a write with, read from the rules as they are declared.

A rule is a function, and what it refuses with is named in its code, or in that of what it calls. So nobody
keeps lists: a rule that comes to refuse with a code more has it in the document of all it is declared for.
What may happen is told too often rather than too seldom: that a path is never taken, no code tells.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

from app.sync import registry
from app.sync.commands import Command
from app.sync.fields import OnDelete
from app.sync.judging import Judge
from app.sync.reactions import reactions_to
from app.sync.refusals import (
    AlreadyExists,
    ChangeRefused,
    NotUnique,
    ReadOnlyField,
    RecordChanged,
    Resolved,
    StillReferenced,
    UnknownReference,
    change_refusals,
)
from app.sync.registry import Collection
from app.sync.schemas import Operation

Rule = Callable[..., Any]
_OURS = "app."
_GENERAL = ChangeRefused.__module__
"""Where the refusals are that the engine itself has, by what is declared of a collection."""
_ANY = "take"
"""What of its judge a command has changes judged by, of the collections it speaks of, or of any."""
_SHOWN = "require_shown"
_REMOVES = "remove"


def refused_with(
    collection: Collection, op: Operation, command: Command | None
) -> frozenset[type[ChangeRefused]]:
    """Return what a write to a collection may be refused with, whoever it is that writes."""
    own = [each for each in (command.run, command.prepares, command.is_done) if each] if command else []
    asked = {name for each in own for name in _reached(each).names}
    is_judging, is_removing = _ANY in asked, _REMOVES in asked or op is Operation.DELETE
    written = _spoken_of(own) | {collection.name}
    if is_removing:
        written |= {gone for name in written for gone in _going_with(name)}
    if is_judging and not any(
        each.is_made_at_desk for each in registry.collections() if each.name in written
    ):
        return frozenset(change_refusals())
    named = {each for rule in (*own, *_rules(written, op)) for each in _reached(rule).refusals}
    sets = is_judging or op in (Operation.CREATE, Operation.PATCH)
    fields = [
        spec for each in registry.collections() if each.name in written for spec in each.fields.values()
    ]
    told = {
        AlreadyExists: is_judging or op is Operation.CREATE,
        NotUnique: op is not Operation.DELETE and any(each.is_unique for each in fields),
        ReadOnlyField: sets and any(each.is_read_only for each in fields),
        StillReferenced: is_judging or is_removing,
        UnknownReference: op is Operation.COMMAND or (sets and _has_links(collection)),
        RecordChanged: False,
        Resolved: False,
    }
    return frozenset(
        each
        for each in change_refusals()
        if each in named or (each.__module__ == _GENERAL and told.get(each, True))
    )


def _spoken_of(own: Iterable[Rule]) -> set[str]:
    """Return the collections that the code of a command names: what it may write beside its record."""
    names = {each.name for each in registry.collections()}
    return {name for each in own for name in _reached(each).words & names}


def _rules(written: Iterable[str], op: Operation) -> Iterator[Rule]:
    """Yield the functions that say what becomes of a write to some collections."""
    for name in written:
        for reaction in reactions_to(name):
            if reaction.is_of_deletions or op is not Operation.DELETE:
                yield from (each for each in (reaction.react, reaction.asks) if each)


def _going_with(collection: str) -> set[str]:
    """Return the collections whose records may go when one of this one does."""
    found, waiting = set[str](), [collection]
    while waiting:
        below = {
            child.name
            for child, spec in registry.referring(waiting.pop())
            if spec.on_delete is OnDelete.CASCADE
        }
        waiting += below - found
        found |= below
    return found


def _has_links(collection: Collection) -> bool:
    names = (each.name for each in registry.collections())
    return any(child is collection for name in names for child, _ in registry.referring(name))


@dataclass(frozen=True, slots=True)
class Reached:
    """What the code of a rule and of what it calls has: refusals, words, and names it asks for."""

    refusals: frozenset[type[ChangeRefused]]
    words: frozenset[str]
    names: frozenset[str]


@cache
def _reached(rule: Rule) -> Reached:
    """Return what the code of a rule has, and that of what it calls as far as it is ours."""
    refusals: set[type[ChangeRefused]] = set()
    words, names = set[str](), set[str]()
    seen: set[FunctionType] = set()
    waiting: list[Any] = [rule]
    while waiting:
        found = waiting.pop()
        found = getattr(found, "__wrapped__", found)
        if isinstance(found, type) and issubclass(found, ChangeRefused):
            refusals.add(found)
        elif isinstance(found, str):
            words.add(found)
        elif isinstance(found, FunctionType) and found not in seen and found.__module__.startswith(_OURS):
            seen.add(found)
            codes = list(_codes(found.__code__))
            words |= {each for code in codes for each in code.co_consts if isinstance(each, str)}
            own = {name for code in codes for name in code.co_names}
            names |= own
            waiting += _named(found, own)
    return Reached(frozenset(refusals), frozenset(words), frozenset(names))


def _named(function: FunctionType, names: Iterable[str]) -> Iterator[Any]:
    """Yield what names in a function's code stand for: of its module, of other modules, and around it."""
    for name in names:
        found = function.__globals__.get(name)
        if isinstance(found, ModuleType) and found.__name__.startswith(_OURS):
            yield from (vars(found).get(each) for each in names)
        else:
            yield from _within(found)
    if _SHOWN in names:
        yield Judge.require_shown
    for cell in function.__closure__ or ():
        yield from _within(cell.cell_contents)


def _within(found: Any) -> Iterable[Any]:
    """Return what may be called of what a name stands for."""
    if (
        isinstance(found, type)
        and found.__module__.startswith(_OURS)
        and not issubclass(found, ChangeRefused)
    ):
        return vars(found).values()
    if isinstance(found, dict):
        return found.values()
    return found if isinstance(found, tuple | list | set | frozenset) else (found,)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)
