"""Data entry: what the company asks for when a person saves a record, and what it wants from its lists."""

from collections.abc import Mapping
from typing import Any

from app.core.principal import Channel
from app.studio.companies import RuleLevel
from app.studio.rules.settings import company, settings_of
from app.sync import registry
from app.sync.fields import Values
from app.sync.links import element_of
from app.sync.reactions import Work, Written, on_write
from app.sync.refusals import ChangeRefused
from app.sync.rendering import EMPTY
from app.sync.tables import Kind

_LIMITED: Mapping[str, tuple[str, str]] = {
    "clients": ("is_lead_source_limited", "lead_source_other"),
    "appointments": ("is_appointment_type_limited", "appointment_type_other"),
}
"""The setting that limits a collection to a list, and the field of free words it forbids."""


class FieldRequired(ChangeRefused):
    """The company requires some fields that were left empty, and its `validation_rules` say so."""

    code = "field_required"
    message = "The company requires this to be filled in."


class NotOnList(ChangeRefused):
    """The company wants a choice from its list, and free words were entered instead."""

    code = "not_on_list"
    message = "This must be chosen from the list."


@on_write(at_hand=company, is_of_deletions=False)
def asked_for(written: Written, work: Work) -> None:
    """Refuse what leaves a required field empty, and warn of an empty one that should be filled.

    A record that was there before is asked only for what is changed. What the house itself writes has nobody
    who could be asked.
    """
    if written.after is None or work.who.channel is Channel.SYSTEM:
        return
    rules = settings_of(work)["validation_rules"]
    if not rules:
        return
    empty: dict[str, list[str]] = {RuleLevel.REQUIRED: [], RuleLevel.PROMPT: []}
    for rule in rules:
        path = rule["record_field"]
        if _is_about(rule, written) and _value(written.after, path) in EMPTY and _is_saved(written, path):
            empty[rule["level"]].append(path)
    if empty[RuleLevel.REQUIRED]:
        raise FieldRequired(dict.fromkeys(empty[RuleLevel.REQUIRED], FieldRequired.message))
    if empty[RuleLevel.PROMPT]:
        work.warn("field_wanted", "The company would like this to be filled in.", empty[RuleLevel.PROMPT])


@on_write(*_LIMITED, at_hand=company, is_of_deletions=False)
def from_the_list(written: Written, work: Work) -> None:
    """Refuse free words where the company limits a choice to its list; those that are there may stay."""
    setting, name = _LIMITED[registry.numbered(written.key[0]).name]
    is_typed = written.after is not None and written.after[name] and written.changes(name)
    if is_typed and settings_of(work)[setting]:
        raise NotOnList({name: NotOnList.message})


def _is_about(rule: Mapping[str, Any], written: Written) -> bool:
    """Say whether a rule is about a field people fill in this record; what is not known is passed over."""
    collection = registry.numbered(written.key[0])
    name, _, member = rule["record_field"].partition(".")
    found = collection.fields.get(name)
    if rule["collection"] != collection.name or found is None or found.is_read_only:
        return False
    inside = element_of(found.info.annotation) if found.kind is Kind.OBJECT else None
    return not member or bool(inside and member in inside.model_fields)


def _is_saved(written: Written, path: str) -> bool:
    return written.is_new or _value(written.before or {}, path) != _value(written.after or {}, path)


def _value(fields: Values, path: str) -> Any:
    """Return a field, or a member of an object by its path such as `custom.text_1`; blanks are nothing."""
    found: Any = fields
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found.strip() if isinstance(found, str) else found
