"""The scope of now: compiled for whoever asks, kept until something it was compiled from changes."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from app.accounts.events import (
    AccountChanged,
    AccountCreated,
    KeyChanged,
    SecurityGroupChanged,
    UserChanged,
)
from app.core.db import Session, WriteSession
from app.core.events import Event, hears
from app.core.principal import Principal
from app.core.revisions import Clock
from app.sync import facts, feed, preference_store, registry
from app.sync.circumstances import NOBODY_YET, Circumstances
from app.sync.compile import compile_near, compile_rights, compile_scope
from app.sync.cursor import Packed, packed_scope
from app.sync.facts import SITES
from app.sync.preferences import PreferenceSet
from app.sync.scope import Scope
from app.sync.sight import sight_of

_Key = tuple[UUID, UUID | None, UUID | None, UUID | None, tuple[str, ...] | None, int, bool]
_Stamp = tuple[UUID, int, date]
_Compiled = tuple[_Stamp, "Target"]
_MOST = 10_000
_compiled: OrderedDict[_Key, _Compiled] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Target:
    """What a device should hold on this `day`, what comes first, how often it was told to start again.

    `rights` is what its user may see, on the device or not; `base` is the scope as a cursor at rest has it.
    """

    scope: Scope
    near: Scope
    rights: Scope
    resync: int
    day: date
    base: Packed


async def target_of(
    session: Session,
    who: Principal,
    at: Clock,
    names: list[str] | None,
    schema_version: int | None,
    *,
    is_whole: bool = False,
    is_final: bool = True,
) -> Target:
    """Return what a device should hold now, or all of it that may be seen: the `is_whole` scope of a feed.

    `scope_revision` moves with everything a scope is compiled from, in the transaction that changes it, and
    is read in the snapshot of the pull itself: what was compiled under the same number is still right.
    What a transaction sees that has itself moved it is not final, and neither read from nor kept for others.
    """
    if is_final and (kept := kept_target(who, at, names, schema_version, is_whole=is_whole)):
        return kept
    if is_whole and names is not None:
        # There are more subsets of the collections than may be kept.
        whole = await target_of(session, who, at, None, schema_version, is_whole=True, is_final=is_final)
        return _cut(whole, names)
    version, today = version_for(at, schema_version), at.day_in(who.time_zone)
    in_force = await preference_store.in_force(session, who)
    given = await circumstances_of(session, who, in_force.preferences, today, version)
    rights = compile_rights(None if given.sees_private else given.me, version, given.sight)
    scope = _whole(rights, version) if is_whole else compile_scope(given, names)
    near = scope if is_whole else compile_near(given, names)
    target = Target(scope, near, rights, in_force.resync, today, packed_scope(scope))
    if is_final:
        _compiled[_key(who, names, version, is_whole=is_whole)] = (_stamp(at, today), target)
    if len(_compiled) > _MOST:
        _compiled.popitem(last=False)
    return target


def kept_target(
    who: Principal,
    at: Clock,
    names: list[str] | None,
    schema_version: int | None,
    *,
    is_whole: bool = False,
) -> Target | None:
    """Return what a device should hold now, if that was compiled before and nothing of it has changed."""
    if is_whole and names is not None:
        whole = kept_target(who, at, None, schema_version, is_whole=True)
        return None if whole is None else _cut(whole, names)
    key = _key(who, names, version_for(at, schema_version), is_whole=is_whole)
    stamp, target = _compiled.get(key, (None, None))
    if stamp != _stamp(at, at.day_in(who.time_zone)):
        return None
    _compiled.move_to_end(key)
    return target


def _whole(rights: Scope, version: int) -> Scope:
    """Return what may be seen, as far as the account's feed has come."""
    return {number: rule for number, rule in rights.items() if registry.numbered(number).since <= version}


def _cut(whole: Target, names: list[str]) -> Target:
    """Return what may be seen of the collections asked for."""
    wanted = {number: rule for number, rule in whole.scope.items() if registry.numbered(number).name in names}
    return replace(whole, scope=wanted, near=wanted, base=packed_scope(wanted))


def _key(who: Principal, names: list[str] | None, version: int, *, is_whole: bool) -> _Key:
    wanted = tuple(names) if names is not None else None
    # An API key and its owner's desk share the user, have no device, and may see different things.
    return who.account_id, who.user_id, who.device_id, who.key_id, wanted, version, is_whole


def _stamp(at: Clock, today: date) -> _Stamp:
    return at.epoch, at.scope_revision, today


async def rights_of(session: Session, who: Principal, at: Clock) -> Scope:
    """Return what a user may see, in the shape of the account's feed: what is asked for and not kept."""
    version = version_for(at, None)
    if who.is_administrator:
        return compile_rights(None, version)
    numbers = await feed.known_numbers(session, [str(who.user_id)])
    return compile_rights(numbers.get(str(who.user_id), NOBODY_YET), version, sight_of(who))


def version_for(at: Clock, stated: int | None) -> int:
    """Return the schema version an app is served: what it knows, as far as the account's feed has come."""
    return min(stated or registry.schema_version(), at.feed_schema)


async def circumstances_of(
    session: Session, who: Principal, preferences: PreferenceSet, today: date, version: int
) -> Circumstances:
    """Read all a scope is compiled from."""
    found = await facts.find(session, is_bound=who.sites is not None)
    mine = [str(each) for each in (who.user_id, *who.departments) if each]
    wanted = {
        *mine,
        *registry.label_names(),
        *(str(each) for each in preferences.ids()),
        *(str(each) for ids in found.values() for each in ids),
    }
    numbers = await feed.known_numbers(session, wanted)
    known = {
        name: tuple(sorted(numbers[str(each)] for each in ids if str(each) in numbers))
        for name, ids in found.items()
    }
    at_home = {numbers.get(str(each)) for each in who.sites or ()}
    return Circumstances(
        today=today,
        preferences=preferences,
        me=numbers.get(str(who.user_id), NOBODY_YET),
        mine=tuple(sorted(numbers[each] for each in mine if each in numbers)),
        sees_private=who.is_administrator,
        numbers=numbers,
        facts=known,
        elsewhere=tuple(each for each in known.get(SITES, ()) if each not in at_home),
        sight=sight_of(who),
        schema_version=version,
    )


@hears(AccountCreated)
async def begin_with_the_newest(session: WriteSession, who: Principal, event: Event) -> None:
    """Let a new account's phones have all there is: nothing was written in it before."""
    del who, event
    await feed.raise_schema(session, registry.schema_version())


@hears(UserChanged)
@hears(AccountChanged)
@hears(SecurityGroupChanged)
@hears(KeyChanged)
async def compile_anew(session: WriteSession, who: Principal, event: Event) -> None:
    """Have every scope of the account compiled anew: rights, departments or the day may be others."""
    del who, event
    await feed.move_scope(session)
