"""A phone as it would ask, for whoever looks at it from within the house."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts import store
from app.accounts.errors import DeviceDeactivated, DeviceInactive, DeviceNotFound
from app.accounts.models import Device, User
from app.accounts.standing import refuse_lapsed, who_asks
from app.core.db import Session
from app.core.errors import AppError
from app.core.principal import Principal


@dataclass(frozen=True, slots=True)
class Asker:
    """A device's row, its user, who asks when it does, and why it would be refused, if it would."""

    device: Device
    user: User
    who: Principal
    refusal: AppError | None


async def phone_of(session: Session, device_id: UUID) -> Asker:
    """Return a device of the account."""
    device = await store.read_device(session, device_id)
    if device is None:
        raise DeviceNotFound
    return await _asker(session, device)


async def phones_called(session: Session, word: str) -> list[Asker]:
    """Return the devices of the account with this id or, in any case of letters, this name."""
    found = [each for each in await store.list_devices(session) if _is_called(each, word)]
    return [await _asker(session, each) for each in found]


def _is_called(device: Device, word: str) -> bool:
    return _id(word) == device.device_id or (device.name or "").casefold() == word.strip().casefold()


def _id(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None


async def _asker(session: Session, device: Device) -> Asker:
    user = await store.read_user(session, device.user_id)
    row = await store.read_standing_of_device(session, device.device_id)
    if user is None or row is None:
        raise DeviceNotFound
    return Asker(device, user, who_asks(row, device.account_id), _refusal(row))


def _refusal(row: Any) -> AppError | None:
    """Return why a phone would be refused; nobody is here to obey an order to clear its copy."""
    try:
        if row["is_inactive"]:
            raise DeviceInactive if row["wipe_nonce"] is None else DeviceDeactivated
        refuse_lapsed(row)
    except AppError as refusal:
        return refusal
    return None
