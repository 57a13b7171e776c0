"""What a client sent for a record, checked against its declaration and brought to one JSON form."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, get_args

import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from app.sync.fields import Colour, EmailAddress, Values
from app.sync.registry import Collection, Record

_MOST_REASONS = 20
_LONGEST_PATH = 200
_NOTHING = "This must not be empty."
_WRONG = "This cannot be kept as it is."
_SENTENCES: Mapping[str, str] = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field.",
    "string_type": "This must be text.",
    "string_too_long": "This must have at most {max_length} characters.",
    "string_too_short": "This must have at least {min_length} characters.",
    "int_type": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "bool_type": "This must be true or false.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This must be at most {le}.",
    "enum": "This is not one of the choices.",
    "list_type": "This must be a list.",
    "too_long": "This must have at most {max_length} entries.",
    "too_short": "This must have at least {min_length} entries.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "uuid_type": "This is not an id.",
    "uuid_parsing": "This is not an id.",
    "date_type": "This is not a date.",
    "date_parsing": "This is not a date.",
    "date_from_datetime_parsing": "This is not a date.",
    "date_from_datetime_inexact": "This is not a date.",
    "time_type": "This is not a time of day.",
    "time_parsing": "This is not a time of day.",
    "datetime_type": "This is not an instant.",
    "datetime_parsing": "This is not an instant.",
    "datetime_from_date_parsing": "This is not an instant.",
    "timezone_aware": "An instant needs its zone.",
}
_FORMS: Mapping[str, str] = {
    get_args(EmailAddress)[1].pattern: "This is not an email address.",
    get_args(Colour)[1].pattern: "A colour is written as #rrggbb.",
}


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
        raise InvalidFieldsError(reasons_of(error)) from None
    except TypeError:
        raise InvalidFieldsError({"": "Numbers must fit in 64 bits."}) from None
    return record.model_dump(mode="json")


def canonical_each(collection: Collection, sent: Sequence[Mapping[str, Any]]) -> list[Values | None]:
    """Return the same of many records, none of those that are refused; all at once where none is."""
    many = _many(collection.model)
    with suppress(ValidationError, TypeError):
        return list(many.dump_python(many.validate_json(orjson.dumps(sent)), mode="json"))
    return [_canonical_or_none(collection, fields) for fields in sent]


def _canonical_or_none(collection: Collection, fields: Mapping[str, Any]) -> Values | None:
    try:
        return canonical(collection, fields)
    except InvalidFieldsError:
        return None


@cache
def _many(model: type[Record]) -> TypeAdapter[list[Record]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]


def reasons_of(error: ValidationError) -> dict[str, str]:
    """Name the place and the rule; what was sent is never said back."""
    found = error.errors(include_url=False)[:_MOST_REASONS]
    return {".".join(map(str, each["loc"]))[:_LONGEST_PATH]: _sentence(each) for each in found}


def _sentence(found: ErrorDetails) -> str:
    """Return a sentence of ours: the validator's own are for programmers, and some quote what was sent."""
    kind, context = found["type"], found.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if found["input"] is None or (kind == "string_too_short" and context["min_length"] == 1):
        return _NOTHING
    if kind == "string_pattern_mismatch":
        return _FORMS.get(context["pattern"], _WRONG)
    return _SENTENCES.get(kind, _WRONG).format_map(context)
