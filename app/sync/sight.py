"""Sight: what somebody may view at all, by the levels of the features that collections name; a right."""

from app.accounts.features import allows
from app.core.principal import Level, Principal
from app.sync import registry
from app.sync.circumstances import Sight
from app.sync.fields import Part
from app.sync.registry import Collection
from app.sync.rendering import BIT
from app.sync.scope import Rule


def sight_of(who: Principal) -> Sight:
    """Return what somebody's levels let them view."""
    return Sight(
        denied=frozenset(each.number for each in registry.collections() if not _may_see(who, each)),
        hidden={each.number: bits for each in registry.collections() if (bits := _hidden(who, each))},
    )


def names_hidden(collection: Collection, rule: Rule) -> set[str]:
    """Return the fields of a collection that lie in parts a rule leaves out."""
    parts = (part for part in collection.part_names if rule.omit & BIT[part])
    late = (each.names for each in collection.late_parts if each.part and rule.omit & BIT[each.part])
    return {name for names in (*(collection.part_names[part] for part in parts), *late) for name in names}


def _may_see(who: Principal, collection: Collection) -> bool:
    is_barred = collection.is_for_people and who.key_id is not None
    return not is_barred and _may_view(who, collection.feature)


def _may_view(who: Principal, feature: str | None) -> bool:
    return feature is None or allows(who, feature, Level.VIEW_ONLY)


def _hidden(who: Principal, collection: Collection) -> int:
    parts = [part for part, feature in collection.part_features.items() if not _may_view(who, feature)]
    # What is sent in the place of a long text would tell of it too.
    return sum(BIT[part] for part in (*parts, *([Part.PREVIEW] if Part.CONTENT in parts else [])))
