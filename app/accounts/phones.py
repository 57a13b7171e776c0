"""A phone as it would ask, for whoever looks at it from within the house."""

from dataclasses import dataclass
from uuid import UUID

from app.accounts import store
from app.accounts.errors import DeviceDeactivated, DeviceInactive, DeviceNotFound
from app.accounts.features import levels_in
from app.accounts.models import Account, Device, User
from app.accounts.standing import refuse_lapsed
from app.core.db import Session
from app.core.errors import AppError
from app.core.principal import Channel, Principal


@dataclass(frozen=True, slots=True)
class Phone:
    """A device's row, its user, who asks when it does, and why it would be refused, if it would."""

    device: Device
    user: User
    who: Principal
    refusal: AppError | None


async def phone_of(session: Session, device_id: UUID) -> Phone:
    """Return a device of the account."""
    account, device = await store.read_account(session), await store.read_device(session, device_id)
    if account is None or device is None:
        raise DeviceNotFound
    return await _phone(session, account, device)


async def phones_called(session: Session, word: str) -> list[Phone]:
    """Return the devices of the account with this id or, in any case of letters, this name."""
    account = await store.read_account(session)
    if account is None:
        return []
    found = [each for each in await store.list_devices(session) if _is_called(each, word)]
    return [await _phone(session, account, each) for each in found]


def _is_called(device: Device, word: str) -> bool:
    return _id(word) == device.device_id or (device.name or "").casefold() == word.strip().casefold()


def _id(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None


async def _phone(session: Session, account: Account, device: Device) -> Phone:
    user = await store.read_user(session, device.user_id)
    if user is None:
        raise DeviceNotFound
    levels = await store.read_levels(session, user.user_id)
    who = _principal(account, user, device, levels)
    return Phone(device, user, who, _refusal(account, user, device))


def _principal(account: Account, user: User, device: Device, levels: str | None) -> Principal:
    return Principal(
        account_id=account.account_id,
        account_name=account.account_name,
        time_zone=account.time_zone,
        channel=Channel.MOBILE,
        user_id=user.user_id,
        initials=user.initials,
        is_administrator=user.is_administrator,
        device_id=device.device_id,
        binding_id=device.binding_id,
        studio_id=device.studio_id,
        departments=tuple(user.departments),
        levels=levels_in(levels) if levels is not None else None,
    )


def _refusal(account: Account, user: User, device: Device) -> AppError | None:
    try:
        if device.is_inactive:
            raise DeviceInactive if device.wipe_nonce is None else DeviceDeactivated
        refuse_lapsed({
            "is_active": user.is_active,
            "subscription_state": account.subscription_state,
            "edition": account.edition,
            "device_id": device.device_id,
        })  # fmt: skip
    except AppError as refusal:
        return refusal
    return None
