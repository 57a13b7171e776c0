"""Which collections an address may name: those there are, as far as they are read, written or commanded."""

from collections.abc import Iterable

from starlette.convertors import Convertor, register_url_convertor

from app.sync import registry
from app.sync.commands import Command, commands
from app.sync.registry import Collection


def readable() -> list[Collection]:
    """Return the collections that can be read: all of them."""
    return registry.collections()


def writable() -> list[Collection]:
    """Return the collections whose records people make and remove, if only administrators do."""
    return [each for each in registry.collections() if each.is_made_at_desk]


def changeable() -> list[Collection]:
    """Return the collections whose records people change, if only administrators do."""
    return [each for each in registry.collections() if each.is_changed_at_desk]


def commanded() -> list[Collection]:
    """Return the collections that have commands."""
    return [each for each in registry.collections() if commands_of(each)]


def commands_of(collection: Collection) -> list[Command]:
    """Return what can be done to the records of a collection beside setting their fields, by name."""
    return [each for each in commands() if collection.name in each.collections]


def declare() -> None:
    """Let the addresses of routes name them: `{collection:writable}`."""
    for kind in (readable, writable, changeable, commanded):
        register_url_convertor(kind.__name__, _Names(kind()))


class _Names(Convertor[str]):
    """A part of an address that is one of some names: no fixed address is ever taken for a collection."""

    def __init__(self, collections: Iterable[Collection]) -> None:
        self.regex = "|".join(each.name for each in collections)  # type: ignore[misc] # not one for all here

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value
