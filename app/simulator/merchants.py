"""The merchants the simulator knows: none but these can get a key."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Merchant:
    """One merchant; `devices` says of each whether it is active."""

    mid: str
    user: str
    password: str
    devices: dict[str, bool]


DEMO = Merchant("889900001", "DEMO", "demo-of-the-simulator", {"88990000101": True})
"""Who there is when nobody else was named; what it opens charges nobody."""


class Merchants:
    """All merchants of one simulator."""

    def __init__(self, merchants: list[Merchant]) -> None:
        self._by_mid = {each.mid: each for each in merchants}
        self._by_device = {device: each for each in merchants for device in each.devices}
        if len(self._by_mid) < len(merchants) or len(self._by_device) < sum(
            len(each.devices) for each in merchants
        ):
            raise ValueError("A merchant or a device stands there twice.")

    def of_device(self, device: str) -> Merchant | None:
        """Return whose a device is."""
        return self._by_device.get(device)

    def signed_in(self, mid: str, user: str, password: str) -> Merchant | None:
        """Return the merchant whose words these are."""
        found = self._by_mid.get(mid)
        return found if found is not None and (found.user, found.password) == (user, password) else None


def read_merchants(path: Path) -> Merchants:
    """Read merchants from a file of JSON.

    It is a list of `{"mid": …, "user": …, "password": …, "devices": {"88990000101": true}}`.

    Raises:
        ValueError: it is not in this form.

    """
    try:
        return Merchants([Merchant(**each) for each in json.loads(path.read_text())])
    except (TypeError, AttributeError) as refused:
        raise ValueError("This is no list of merchants.") from refused
