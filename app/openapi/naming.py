"""What schemas are called: by the names of their classes, or of our own where rooms have named alike."""

from typing import Any

from app.openapi.records import REF, Schema

NAMES = {
    "app__automations__triggers__kinds__Kind": "TriggerKind",
    "app__automations__triggers__kinds__State": "OccurrenceState",
    "app__automations__triggers__kinds__Why": "OccurrenceWhy",
    "app__core__principal__Channel": "Channel",
    "app__desk__client_list__schemas__LetterAnswer": "InitialAnswer",
    "app__desk__imports__schemas__FieldAnswer": "ImportFieldAnswer",
    "app__desk__imports__store__State": "ImportState",
    "app__desk__imports__targets__Kind": "ImportFieldKind",
    "app__notices__models__Why": "Why",
    "app__outbox__schemas__LetterAnswer": "LetterAnswer",
    "app__outbox__states__Channel": "LetterChannel",
    "app__outbox__states__State": "SendingState",
    "app__sync__schemas__FieldAnswer": "FieldAnswer",
    "app__sync__tables__Kind": "FieldKind",
}
"""Pydantic calls classes of one name by their modules; clients would break when a file is moved.

A name that is released stays with the class that has it, whoever comes later.
"""
_SENT = "-Input"


def rename(made: Schema) -> None:
    """Call schemas as they are called here, wherever they are referred to."""
    schemas: Schema = made["components"]["schemas"]
    names = {name: given for name, given in NAMES.items() if name in schemas}
    for name, schema in schemas.items():
        if name.endswith(_SENT):
            # Pydantic's name for what is sent; where the same is answered, one name does for both.
            same = (each for each, other in schemas.items() if each != name and other == schema)
            usual = name.removesuffix(_SENT) + "Input"
            other = next(same, usual)
            names[name] = NAMES.get(other, other)
    if taken := {given for given in names.values() if given in schemas and given not in names}:
        raise TypeError(f"schemas are called so already: {', '.join(sorted(taken))}")
    _follow(made, {REF + name: REF + given for name, given in names.items()})
    for name, given in names.items():
        schemas[given] = schemas.pop(name)


def _follow(told: Any, names: dict[str, str]) -> None:
    if isinstance(told, list):
        for each in told:
            _follow(each, names)
    elif isinstance(told, dict):
        target = told.get("$ref")
        if isinstance(target, str) and target in names:
            told["$ref"] = names[target]
        for each in told.values():
            _follow(each, names)
