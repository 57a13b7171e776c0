"""The account's preferences: declared once by a decorated class, and narrowed by a device's own; pure."""

from typing import Any, TypeVar
from uuid import UUID

from pydantic import Field

from app.http.schemas import Wire
from app.sync.fields import Link
from app.sync.narrowing import Limit, Narrows


class PreferenceSet(Wire):
    """What a company prefers its devices to hold; or, as a device's own, the keys set in it and no others."""

    def ids(self) -> set[UUID]:
        """Return the records the preferences name."""
        lists = (value for _, value in self if isinstance(value, list))
        return {each for values in lists for each in values}

    @classmethod
    def links(cls) -> dict[str, str]:
        """Return the collections whose records preferences name, by key."""
        marks = ((key, mark) for key, info in cls.model_fields.items() for mark in info.metadata)
        return {key: mark.collection for key, mark in marks if isinstance(mark, Link)}

    def own(self) -> dict[str, Any]:
        """Return the values that were set, by key."""
        return {key: getattr(self, key) for key in sorted(self.model_fields_set)}


P = TypeVar("P", bound=PreferenceSet)
_declared: list[type[PreferenceSet]] = []


def preference(
    description: str,
    *,
    example: Any,
    default: Any,
    narrows: Narrows,
    no_limit: int | None = None,
    only_if: tuple[str, str] | None = None,
) -> Any:
    """Describe a preference: what it does, what it is when nobody has set it, and what makes it narrower.

    A number of none means no limit, and so does `no_limit`. With `only_if`, another preference and the value
    it must have, it limits a device only where the company's has that value: elsewhere it says nothing.
    """
    extra: dict[str, Any] = {"x-narrows": narrows.value}
    if no_limit is not None:
        extra["x-no-limit"] = no_limit
    if only_if is not None:
        extra["x-only-if"] = {only_if[0]: str(only_if[1])}
    if default == []:
        return Field(
            default_factory=list, description=description, examples=[example], json_schema_extra=extra
        )
    return Field(default, description=description, examples=[example], json_schema_extra=extra)


def preferences(kind: type[P]) -> type[P]:
    """Declare what an account can prefer: there is one such class."""
    if _declared:
        raise TypeError(f"{kind.__name__}: preferences are declared already, as {_declared[0].__name__}")
    for key, info in kind.model_fields.items():
        if not info.description or not info.examples or info.is_required():
            raise TypeError(f"{kind.__name__}.{key} needs a description, an example and a default")
        limit = Limit.of(info)
        if limit.only_if and limit.only_if[0] not in kind.model_fields:
            raise TypeError(f"{kind.__name__}.{key} depends on {limit.only_if[0]}, which is not declared")
    _declared.append(kind)
    return kind


def registered() -> type[PreferenceSet]:
    """Return the declared class; without values it has the defaults."""
    return _declared[0]


def narrowed(company: P, device: P) -> P:
    """Return what holds on a device: of each key it has set the narrower value, else the company's.

    So a company that narrows later is obeyed, whatever the device set before.
    """
    own = device.own()
    return company.model_copy(update={key: _narrower(company, key, value) for key, value in own.items()})


def differing(company: PreferenceSet, device: PreferenceSet) -> dict[str, tuple[Any, Any]]:
    """Return the keys at which something else than the company's value matters: that, and what holds."""
    effective = narrowed(company, device)
    return {
        key: (getattr(company, key), getattr(effective, key))
        for key in device.own()
        if getattr(effective, key) != getattr(company, key) and _matters(effective, key)
    }


def widening(company: PreferenceSet, device: PreferenceSet) -> list[str]:
    """Return the keys by which a device would hold what its company does not want it to."""
    return [key for key, value in device.own().items() if _narrower(company, key, value) != value]


def _matters(values: PreferenceSet, key: str) -> bool:
    """Say whether the other preference, if it depends on one, has the value it must have."""
    limit = Limit.of(type(values).model_fields[key])
    return limit.only_if is None or getattr(values, limit.only_if[0]) == limit.only_if[1]


def _narrower(company: PreferenceSet, key: str, own: Any) -> Any:
    if not _matters(company, key):
        return own
    return Limit.of(type(company).model_fields[key]).narrower(getattr(company, key), own)
