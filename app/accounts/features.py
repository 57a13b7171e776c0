"""Features: what rights are given by, each declared once, and how much somebody may do with one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import orjson

from app.accounts.errors import PermissionDenied
from app.core.principal import Level, Principal


@dataclass(frozen=True, slots=True)
class Feature:
    """Something rights are given for.

    `default` is the level of whom nobody gave one, `least` the lowest that can be given. A guarded feature is
    the administrators' alone until the account activates security; any other is everybody's until then.
    """

    key: str
    label: str
    description: str
    default: Level = Level.FULL_ACCESS
    least: Level = Level.NO_ACCESS
    is_guarded: bool = False


_features: dict[str, Feature] = {}


def declare(feature: Feature) -> str:
    """Declare a feature and return its key."""
    if _features.setdefault(feature.key, feature) != feature:
        raise TypeError(f"the feature {feature.key} is declared twice")
    return feature.key


def features() -> list[Feature]:
    """Return every feature by its key."""
    return [_features[key] for key in sorted(_features)]


def named(key: str) -> Feature | None:
    """Return the feature of a key, if there is one."""
    return _features.get(key)


@lru_cache(maxsize=1_000)
def levels_in(text: str) -> Mapping[str, Level]:
    """Return the levels kept in a JSON text, by feature."""
    return MappingProxyType({key: Level(level) for key, level in orjson.loads(text).items()})


def resolved(feature: Feature, levels: Mapping[str, Level] | None) -> Level:
    """Return the level of a feature under some levels, or none: those of an account without security."""
    if levels is None:
        return feature.default if feature.is_guarded else Level.FULL_ACCESS
    return levels.get(feature.key, feature.default)


@lru_cache(maxsize=1_000)
def capped(given: str, own: str | None, *, is_administrator: bool) -> Mapping[str, Level]:
    """Return the levels of an API key of every feature: those it was given, as far as its owner has them.

    Both are JSON texts; `own` is none where the account has not activated security.
    """
    levels, owned = levels_in(given), None if own is None else levels_in(own)
    return MappingProxyType(
        {
            feature.key: _lower(
                levels.get(feature.key, Level.NO_ACCESS),
                Level.FULL_ACCESS if is_administrator else resolved(feature, owned),
            )
            for feature in features()
        }
    )


def _lower(one: Level, other: Level) -> Level:
    return other if one.covers(other) else one


def level_of(who: Principal, key: str) -> Level:
    """Return how much somebody may do with a feature."""
    return Level.FULL_ACCESS if who.is_administrator else resolved(_features[key], who.levels)


def levels_of(who: Principal) -> dict[str, Level]:
    """Return how much somebody may do with every feature."""
    return {feature.key: level_of(who, feature.key) for feature in features()}


def allows(who: Principal, key: str, level: Level) -> bool:
    """Say whether somebody may do with a feature what a level has."""
    return level_of(who, key).covers(level)


def require(who: Principal, key: str, level: Level) -> None:
    """Refuse who may not do with a feature what a level has."""
    if not allows(who, key, level):
        raise PermissionDenied(feature=key, level=level)


DEVICES = declare(
    Feature("devices", "Devices", "The phones of the account.", Level.NO_ACCESS, is_guarded=True)
)
USERS = declare(
    Feature(
        "users", "Users", "The people of the account, and their passwords.", Level.NO_ACCESS, is_guarded=True
    )
)
SECURITY = declare(
    Feature(
        "security", "Security", "Security groups, and what people may do.", Level.NO_ACCESS, is_guarded=True
    )
)
API_KEYS = declare(
    Feature(
        "api_keys",
        "API keys",
        "Keys by which other programs come in, each with no more than its owner's rights.",
        Level.NO_ACCESS,
        is_guarded=True,
    )
)
