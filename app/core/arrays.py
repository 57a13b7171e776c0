"""Arrays for the database as the text of one: the driver looks at each element of its own several times."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

_NULL = "NULL"
_INFINITY = "infinity"
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"'})


def parameter(place: int, kind: str) -> str:
    """Return how a statement reads an array of a kind; bytes are the driver's own."""
    return f"${place}::bytea[]" if kind == "bytea" else f"${place}::text::{kind}[]"


def array(kind: str, values: Sequence[Any]) -> Any:
    """Return some values as what `parameter` reads.

    Of texts only those of the kind "text" may have signs in them: a "varchar" is a word as it stands.
    """
    if kind == "bytea":
        return values
    if not values:
        return "{}"
    told = _TOLD.get(kind, str)
    if values.count(values[0]) == len(values):
        elements = [_NULL if values[0] is None else told(values[0])] * len(values)
    elif None in values:
        elements = [_NULL if each is None else told(each) for each in values]
    else:
        elements = list(map(told, values))
    return "{" + ",".join(elements) + "}"


def columns(kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Any]:
    """Return what some rows have, an array for each of their columns."""
    values = zip(*rows, strict=True) if rows else [()] * len(kinds)
    return [array(kind, column) for kind, column in zip(kinds, values, strict=True)]


def parameters(kinds: Sequence[str], first: int) -> str:
    """Return how a statement reads the arrays of some columns, numbered from a place."""
    return ", ".join(parameter(place, kind) for place, kind in enumerate(kinds, first))


def _day(value: date) -> str:
    # The driver says it so, too: it is how a day is written that no other comes after.
    return _INFINITY if value == date.max else str(value)


def _quoted(text: str) -> str:
    has_any = '"' in text or "\\" in text
    return f'"{text.translate(_ESCAPES)}"' if has_any else f'"{text}"'


_TOLD: Mapping[str, Callable[[Any], str]] = {"date": _day, "text": _quoted}
"""How values are said of which their own text is not what the database reads."""
