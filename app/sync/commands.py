"""Commands: what a person does to a record that is more than setting its fields, each declared once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from pydantic import BaseModel, ValidationError

from app.accounts import features
from app.core.principal import Level
from app.sync import registry
from app.sync.feed import Key
from app.sync.fields import Values
from app.sync.reactions import Work
from app.sync.registry import Collection
from app.sync.schemas import Change
from app.sync.validation import InvalidFieldsError, reasons_of


class Judges(Protocol):
    """What a command may have judged besides: further changes, in its user's name."""

    async def load(self, changes: Sequence[Change]) -> None:
        """Read what is looked at when some changes are judged."""

    def redirected(self, change: Change) -> Change:
        """Return a change of a merged record as one of the record that stays; both must have been loaded."""

    def require_shown(self, change: Change, revision: int) -> None:
        """Refuse where the record of a change is not as it was at a revision; 0 is that of one not there."""

    def take(self, change: Change) -> None:
        """Make a change as if nobody else had changed anything; raises `ChangeRefused`."""


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a command: the record with its fields, what was sent along, and what to work with."""

    key: Key
    fields: Values
    sent: Any
    work: Work
    judge: Judges


Run = Callable[[Call], Mapping[str, Any]]
"""Does what is to be done, and returns the fields to be set on the record itself."""
Prepares = Callable[[Call], Awaitable[None]]
"""Reads what a command and the reactions to it will look at."""
IsDone = Callable[[Call], bool]
"""Says whether somebody has done just that before, also where the record is gone by it."""


@dataclass(frozen=True, slots=True)
class Command:
    """A declared command: which collections' records it is for, and what is sent along."""

    name: str
    collections: tuple[str, ...]
    takes: type[BaseModel]
    run: Run
    prepares: Prepares | None
    is_done: IsDone | None
    level: Level
    needs: Mapping[str, Level] = field(hash=False)
    is_keyed: bool

    def needed(self, collection: Collection) -> Mapping[str, Level]:
        """Return what level of which features a user needs to use it on a collection's records."""
        return {collection.feature: self.level, **self.needs} if collection.feature else self.needs

    @property
    def description(self) -> str:
        """Return the sentence its declaration opens with."""
        return (self.run.__doc__ or "").strip().partition("\n")[0]

    def read(self, sent: Mapping[str, Any]) -> BaseModel:
        """Return what was sent along, or raise `InvalidFieldsError`."""
        try:
            return self.takes.model_validate_json(orjson.dumps(sent))
        except ValidationError as error:
            raise InvalidFieldsError(reasons_of(error)) from None


_commands: dict[tuple[str, str], Command] = {}


def command(
    name: str,
    *,
    of: tuple[str, ...],
    takes: type[BaseModel],
    prepares: Prepares | None = None,
    is_done: IsDone | None = None,
    level: Level = Level.ADD_MODIFY,
    needs: Mapping[str, Level] | None = None,
    is_keyed: bool = False,
) -> Callable[[Run], Run]:
    """Declare a command.

    What it returns is set like any other fields, with all that follows. One that does more than that reads
    beforehand what it needs, in `prepares`. What `is_done` already is not done again. Its user
    must have a `level` of the feature of the collection, and what it `needs` of others. One that would do
    more when it is repeated `is_keyed`: a phone's is known by its number, and a desk sends a key with it.
    """

    def declare(run: Run) -> Run:
        new = Command(name, of, takes, run, prepares, is_done, level, needs or {}, is_keyed)
        for collection in of:
            if (collection, name) in _commands:
                raise TypeError(f"{name} of {collection} is declared twice")
            _commands[collection, name] = new
        return run

    return declare


def find(collection: str, name: str | None) -> Command | None:
    """Return the command of a name that records of a collection have, if there is one."""
    return _commands.get((collection, name or ""))


def commands() -> list[Command]:
    """Return every command once, by name and first collection."""
    return sorted(set(_commands.values()), key=lambda each: (each.name, each.collections))


def check() -> None:
    """Refuse commands of collections that are not declared."""
    for collection, name in _commands:
        if registry.named(collection) is None:
            raise TypeError(f"{name} is a command of {collection}, which is not declared")
    for each in commands():
        for key in each.needs:
            if features.named(key) is None:
                raise TypeError(f"{each.name} needs a level of {key}, which is not declared")
