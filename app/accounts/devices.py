"""The devices of an account: two for each licence, authorized and deactivated by its administrators."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from app.accounts import erasures, store
from app.accounts.changes import tell
from app.accounts.endings import end_all
from app.accounts.erasures import Wiped
from app.accounts.errors import (
    DeviceBound,
    DeviceLimitReached,
    DeviceNotFound,
    EditionRequired,
    InvalidToken,
    StudioNotAllowed,
    UnknownUser,
    WipeOrderStale,
)
from app.accounts.events import DeviceWiped
from app.accounts.models import Account, Device, Edition
from app.accounts.queues import Queue
from app.accounts.standing import Standing
from app.accounts.tokens import WipeOrder
from app.core import clock, metrics
from app.core.db import Database, Session, WriteSession
from app.core.events import announce
from app.core.ids import new_id
from app.core.principal import Channel, Principal
from app.http.failures import what_passes_left

PER_LICENCE = 2

_A_MOMENT = timedelta(seconds=1)
_MOST_IDLE = 10
_OF_A_PHONE = ("bound_at", "name", "model", "platform", "wipe_ordered_at", "wiped_at")
"""What the record of changes tells of a phone whose row is freed: no other place knows it any more."""


async def authorize(session: WriteSession, who: Principal, user_id: UUID, studio_id: UUID | None) -> Device:
    """Add a row for a user's next phone, if a place is free; announces `DeviceChanged`.

    Whoever hears that may refuse the studio, or that none is named where there are several.
    """
    account = await _account(session)
    user = await store.read_user(session, user_id)
    if user is None or not user.is_active:
        raise UnknownUser
    if studio_id is not None and account.edition != Edition.ENTERPRISE:
        raise EditionRequired(minimum_edition=Edition.ENTERPRISE)
    if studio_id is not None and user.studios and studio_id not in user.studios:
        raise StudioNotAllowed
    await _require_place(session, account)
    device = Device(
        account_id=session.account_id,
        device_id=new_id(),
        user_id=user_id,
        studio_id=studio_id,
        authorized_at=clock.now(),
        authorized_by=who.user_id,
    )
    session.add(device)
    await tell(session, who, device, "user_id", "studio_id")
    return device


async def read(session: Session, device_id: UUID) -> Device:
    """Return a device of the account; raises `DeviceNotFound`."""
    device = await store.read_device(session, device_id)
    if device is None:
        raise DeviceNotFound
    return device


async def deactivate(
    session: WriteSession, who: Principal, device: Device, *, wipe: bool | None = None
) -> None:
    """Shut a phone out from its next request on, and tell it then to clear its copy, or to keep it.

    It is to clear it unless said otherwise; one that is shut out already goes on as it was told, unless told
    otherwise now. An order is taken back as long as it is not known to have been obeyed.
    """
    changed = set()
    if not device.is_inactive:
        device.is_inactive, wipe = True, wipe is not False
        device.deactivated_at, device.deactivated_by = clock.now(), who.user_id
        changed.add("is_inactive")
    if wipe and device.is_kept:
        device.wipe_nonce, device.wipe_ordered_at = new_id(), clock.now()
        changed.add("wipe_ordered_at")
    if wipe is False and device.wipe_nonce and not device.wiped_at:
        device.wipe_nonce = device.wipe_ordered_at = None
        changed.add("wipe_ordered_at")
    await _changed(session, who, device, changed)


async def reactivate(session: WriteSession, who: Principal, device: Device) -> None:
    """Let a phone in again that has kept its copy, or free its row for one to bind anew, if a place is free.

    Once a copy was to be cleared, what bound the row is forgotten and its sign-ins end, so that whichever
    phone comes starts with an empty copy. An order that was not obeyed yet no longer stands either.
    """
    if not device.is_inactive:
        return
    await _require_place(session, await _account(session))
    changed = {"is_inactive"}
    if not device.is_kept:
        await end_all(session, who, "reactivated", device.user_id, device.device_id)
        changed |= {name for name in _OF_A_PHONE if getattr(device, name) is not None}
        _unbind(device)
    device.is_inactive = False
    device.deactivated_at = device.deactivated_by = None
    await _changed(session, who, device, changed)


def _unbind(device: Device) -> None:
    device.device_uid = device.binding_id = device.bound_at = device.last_sync = None
    device.name = device.model = device.platform = device.app_version = device.schema_version = None
    device.queued = device.oldest_queued_at = None
    device.wipe_nonce = device.wipe_ordered_at = device.wiped_at = None


async def _changed(session: WriteSession, who: Principal, device: Device, names: set[str]) -> None:
    if names:
        device.version += 1
        await tell(session, who, device, *sorted(names))


async def remove(session: WriteSession, who: Principal, device_id: UUID) -> None:
    """Delete a row no phone is bound to, or one whose phone has confirmed that its copy is gone."""
    device = await read(session, device_id)
    if device.is_bound and device.wiped_at is None:
        raise DeviceBound
    await session.delete(device)
    await tell(session, who, device, is_gone=True)


async def confirm_wipe(session: WriteSession, order: WipeOrder) -> Device | Wiped:
    """Write down that a phone has cleared its copy; a second time changes nothing.

    The order itself is the proof, and the only one asked for: it was signed here for this phone and this one
    time, and the phone's tokens may long have ended or been wiped with the rest. Announces `DeviceWiped`.
    Where the account was erased there is nothing to write down.
    """
    device = await store.read_device(session, order.device_id)
    if device is None:
        if (wiped := await erasures.confirmed(session, order)) is None:
            raise InvalidToken
        return wiped
    if not device.is_inactive or device.wipe_nonce != order.nonce:
        raise WipeOrderStale
    if device.wiped_at is None:
        device.wiped_at, device.queued, device.oldest_queued_at = clock.now(), None, None
        device.version += 1
        phone = replace(
            Principal.system(device.account_id), channel=Channel.MOBILE, device_id=device.device_id
        )
        await end_all(session, phone, "wiped", device.user_id, device.device_id)
        await announce(session, phone, DeviceWiped(device.account_id, device.device_id, device.wiped_at))
    return device


async def note_sync(database: Database, stands: Standing, queue: Queue | None) -> None:
    """Write down that the caller's phone has completed a sync, and what it still holds if it says so.

    At most once a second, unless it holds more or less than before.

    To be called then and only then. It takes no turn among the account's writers: nothing is ordered by it,
    and where there is too much to do, or no database, it is left to the next sync.
    """
    who = stands.who
    if who.device_id is None:
        return
    if stands.last_sync is not None:
        lag = clock.now() - stands.last_sync
        metrics.sync_lag.record(max(0.0, lag.total_seconds()))
        if lag < _A_MOMENT and (queue is None or queue.changes == stands.queued):
            return
    with what_passes_left():
        async with database.beside(who.account_id) as session:
            await store.stamp_last_sync(session, who.device_id, queue)


@dataclass(frozen=True, slots=True)
class Pool:
    """The places of an account: how many there may be and how many are taken, perhaps too many."""

    limit: int
    in_use: int

    @property
    def over(self) -> int:
        """Return by how many the places taken exceed those there may be: licences were given back."""
        return max(0, self.in_use - self.limit)


async def pool_of(session: Session, account: Account) -> Pool:
    """Return how an account stands with its places."""
    return Pool(limit_of(account), await store.count_active_devices(session))


def limit_of(account: Account) -> int:
    """Return how many devices an account may have active."""
    return PER_LICENCE * account.licences


async def _require_place(session: WriteSession, account: Account) -> None:
    active = [device for device in await store.list_devices(session) if not device.is_inactive]
    limit = limit_of(account)
    if len(active) >= limit:
        raise DeviceLimitReached(
            limit=limit, in_use=len(active), licences=account.licences, idle=_idle(active)
        )


def _idle(devices: list[Device]) -> list[dict[str, str | None]]:
    """Name the devices that have not synced for longest, the longest first."""
    idle = sorted(devices, key=lambda device: (device.last_sync or device.authorized_at, device.device_id))
    return [
        {
            "id": str(device.device_id),
            "user_id": str(device.user_id),
            "name": device.name,
            "last_sync": device.last_sync.isoformat() if device.last_sync else None,
        }
        for device in idle[:_MOST_IDLE]
    ]


async def _account(session: WriteSession) -> Account:
    return await session.get_one(Account, session.account_id)
