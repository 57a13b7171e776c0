"""How preferences become rules: what the collections' own rules have in common."""

from datetime import date, timedelta
from typing import Any

from app.studio.preferences import MobilePreferences, People
from app.sync.circumstances import Circumstances
from app.sync.fields import Part, Values
from app.sync.rendering import BIT
from app.sync.scope import Rule

ESTIMATE = "estimate"
PROSPECT = "prospect"


def preferences_of(given: Circumstances) -> MobilePreferences:
    """Return the preferences in force; a company that has set none has the usual ones."""
    return given.preferences or MobilePreferences()


def rule(given: Circumstances, *, omit: int = 0, **anchors: Any) -> Rule:
    """Return a rule that also leaves out notes and custom fields where they are not wanted."""
    wanted = preferences_of(given)
    notes = 0 if wanted.include_notes else BIT[Part.NOTES]
    custom = 0 if wanted.include_custom_fields else BIT[Part.CUSTOM]
    return Rule(omit=omit | notes | custom, **anchors)


def usual(given: Circumstances) -> Rule:
    """Return the rule of a collection whose records all belong."""
    return rule(given)


def owners(given: Circumstances, whose: People) -> tuple[int, ...] | None:
    """Return whose records are wanted, none for everybody's."""
    return {People.EVERYONE: None, People.OWN: (given.me,), People.DEPARTMENTS: given.mine}[whose]


def without_content(is_wanted: bool) -> int:
    """Return the bits that leave out content and its preview."""
    return 0 if is_wanted else BIT[Part.CONTENT] | BIT[Part.PREVIEW]


def months_ago(today: date, months: int) -> date:
    """Return the day so many months of thirty days before, or the beginning of time for none."""
    return today - timedelta(days=30 * months) if months else date.min


def is_unread(values: Values) -> bool:
    """Say whether a message waits to be read."""
    return bool(values["is_unread"])
