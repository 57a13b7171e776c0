"""Which processors there are and where they answer: the one place that knows more than the port.

Another processor is one more class of `app.cards.gateway.Gateway`, and one more arm here.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.cards.transit.wire import ANSWER_SECONDS, CONNECT_SECONDS, Wire
from app.core.settings import Settings
from app.studio.companies import CardProcessor

TSYS = CardProcessor.TSYS


class Environment(StrEnum):
    """Where cards are charged: in earnest, at the processor's own trial, or nowhere at all."""

    PRODUCTION = "production"
    STAGING = "staging"
    SIMULATOR = "simulator"


_ADDRESSES = {
    Environment.PRODUCTION: "https://gateway.transit-pass.com",
    Environment.STAGING: "https://stagegw.transnox.com",
}


class Processors:
    """The ways to processors, as far as this server uses them."""

    def __init__(
        self, settings: Settings, *, connecting: float = CONNECT_SECONDS, answering: float = ANSWER_SECONDS
    ) -> None:
        """Take the addresses from the settings; a simulator is none where the server is in production."""
        self._addresses = dict(_ADDRESSES)
        if settings.environment != "production" and settings.transit_simulator_url:
            self._addresses[Environment.SIMULATOR] = settings.transit_simulator_url
        self._seconds = {"connecting": connecting, "answering": answering}
        self._wires: dict[Environment, Wire] = {}
        self._refused: dict[UUID, datetime] = {}

    def serves(self, environment: str) -> bool:
        """Say whether cards are charged in an environment by this server."""
        return environment in self._addresses

    def wire(self, environment: Environment) -> Wire:
        """Return the way to a processor, which is opened when it is first needed."""
        if environment not in self._wires:
            self._wires[environment] = Wire(self._addresses[environment], **self._seconds)
        return self._wires[environment]

    def is_new_refusal(self, account_id: UUID, changed_at: datetime) -> bool:
        """Say whether it was not heard before that an account's credentials of some time are refused."""
        is_new = self._refused.get(account_id) != changed_at
        self._refused[account_id] = changed_at
        return is_new

    async def close(self) -> None:
        """Close every way."""
        for wire in self._wires.values():
            await wire.close()
