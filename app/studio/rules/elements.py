"""What a record holds in lists, as an invoice its lines, is known by ids: no two of a list have the same."""

from functools import cache
from typing import Any, get_args, get_origin

from app.core.principal import Channel
from app.sync import registry
from app.sync.fields import Element, Values
from app.sync.reactions import Work, Written, on_write
from app.sync.refusals import InvalidFields

_TWICE = "Another one before it has this id."


@on_write(is_of_deletions=False)
def tell_apart(written: Written, work: Work) -> None:
    """Refuse a list in which an id stands twice; what is so already, or the house brings, may stay."""
    if written.after is None or work.who.channel is Channel.SYSTEM:
        return
    for name in _lists(written.key[0]):
        if written.changes(name) and (twice := _twice(name, written.after)):
            raise InvalidFields(twice)


def _twice(name: str, after: Values) -> dict[str, str]:
    ids = [each["id"] for each in after[name] or ()]
    if len(set(ids)) == len(ids):
        return {}
    return {f"{name}.{place}.id": _TWICE for place, each in enumerate(ids) if each in ids[:place]}


@cache
def _lists(number: int) -> tuple[str, ...]:
    """Return the fields of a collection that hold lists of what has an id."""
    fields = registry.numbered(number).model.model_fields
    return tuple(name for name, each in fields.items() if _is_of_elements(each.annotation))


def _is_of_elements(annotation: Any) -> bool:
    of = get_args(annotation)[0] if get_origin(annotation) is list else None
    return isinstance(of, type) and issubclass(of, Element) and "id" in of.model_fields
