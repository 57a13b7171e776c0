"""Levels of features in a form: a choice for each feature, and none where something else decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.console import words
from app.console.api import Api, Record
from app.http.forms import Fields

_FIELD = "level_"
LABELS = words.LEVELS


@dataclass(frozen=True, slots=True)
class Right:
    """A feature, and the levels that can be given of it."""

    key: str
    field: str
    label: str
    description: str
    default: str
    options: Sequence[tuple[str, str]]


async def rights(api: Api) -> list[Right]:
    """Return all that rights are given for."""
    told = await api.get("/v1/features")
    return [_right(each, told["levels"]) for each in told["features"]]


def read(fields: Fields) -> dict[str, str]:
    """Return the levels a form has sent, without those something else decides."""
    return {
        name.removeprefix(_FIELD): level
        for name, level in fields.items()
        if name.startswith(_FIELD) and level in LABELS
    }


def _right(feature: Record, levels: Sequence[str]) -> Right:
    given = levels[levels.index(feature["least"]) :]
    return Right(
        key=feature["key"],
        field=_FIELD + feature["key"],
        label=feature["label"],
        description=feature["description"],
        default=LABELS[feature["default"]],
        options=[(each, LABELS[each]) for each in given],
    )
