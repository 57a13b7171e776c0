"""Who may give which rights to whom: nobody more than they have, and none that there are not."""

from collections.abc import Mapping
from uuid import UUID

from app.accounts import store
from app.accounts.errors import InvalidAccount, PermissionDenied, UnknownGroup
from app.accounts.features import features, level_of, named, resolved
from app.accounts.models import User
from app.core.db import WriteSession
from app.core.principal import Level, Principal


def kept_levels(levels: Mapping[str, str]) -> dict[str, str]:
    """Return levels by feature as they are kept; raises `InvalidAccount` of any that cannot be given."""
    for key, level in levels.items():
        feature = named(key)
        if feature is None:
            raise InvalidAccount("There is no such feature.", field=f"levels.{key}")
        if not Level(level).covers(feature.least):
            raise InvalidAccount(f"The least there is of it is {feature.least}.", field=f"levels.{key}")
    return {key: str(level) for key, level in sorted(levels.items())}


async def require_group(session: WriteSession, group_id: UUID | None) -> None:
    """Refuse a security group that does not exist."""
    if group_id is not None and await store.read_group(session, group_id) is None:
        raise UnknownGroup


async def require_no_more_than(session: WriteSession, who: Principal, user: User) -> None:
    """Refuse to let somebody change, or make, a user who may do more than they themselves."""
    if who.is_administrator:
        return
    group = await store.read_group(session, user.group_id) if user.group_id else None
    require_covered(who, {**(group.levels if group else {}), **user.levels}, is_all=user.is_administrator)


def require_covered(who: Principal, levels: Mapping[str, str], *, is_all: bool = False) -> None:
    """Refuse levels that go beyond those of whoever gives them."""
    given = {key: Level(level) for key, level in levels.items()}
    for feature in features():
        level = Level.FULL_ACCESS if is_all else resolved(feature, given)
        if not level_of(who, feature.key).covers(level):
            raise PermissionDenied(feature=feature.key, level=level)
