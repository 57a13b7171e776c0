"""What a client sent for a record, checked against its declaration and brought to one JSON form."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import ValidationError

from app.sync.fields import Values
from app.sync.registry import Collection


class InvalidFieldsError(Exception):
    """Some fields do not hold what the collection declares; `reasons` gives a sentence per path."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("invalid fields")
        self.reasons = dict(reasons)


def canonical(collection: Collection, fields: Mapping[str, Any]) -> Values:
    """Return all fields of a record in JSON form, defaults filled in, or raise `InvalidFieldsError`."""
    try:
        record = collection.model.model_validate_json(orjson.dumps(fields))
    except ValidationError as error:
        raise InvalidFieldsError(_reasons(error)) from None
    except TypeError:
        raise InvalidFieldsError({"": "Numbers must fit in 64 bits."}) from None
    return record.model_dump(mode="json")


def _reasons(error: ValidationError) -> dict[str, str]:
    """Name the place and the rule; what was sent is never said back."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return {".".join(map(str, each["loc"])): each["msg"].removeprefix("Value error, ") for each in found[:20]}
