"""Whatever happens: each web order is one invoice or is held, and the sums agree to the cent."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from app.galleries import data_sync
from app.galleries.order_models import WebOrder
from app.galleries.order_refusals import OrderRefused
from app.sync.refusals import ChangeRefused
from tests.galleries.orders.shops import ALBUM, PRINT, VOUCHER, Room, Shop

T = TypeVar("T")
STEPS = 40
_IMAGES = {PRINT: 1, ALBUM: 2, VOUCHER: 0}


@dataclass
class History:
    """What happened to a studio, and what was answered."""

    shop: Shop
    dice: random.Random
    rooms: list[Room] = field(default_factory=list)
    charging: dict[UUID, str | None] = field(default_factory=dict)
    placed: dict[str, tuple[Room, str, WebOrder]] = field(default_factory=dict)

    async def step(self) -> None:
        """Have one more thing happen."""
        often = (self.place, self.place, self.charged)
        acts = (*often, self.repeat, self.sync, self.lose, self.move, self.give)
        await self.dice.choice(acts)()

    async def place(self) -> None:
        """Order something, to be paid later or by a card that is charged or not."""
        if len(self.rooms) < 3 or self.dice.random() < 0.3:
            self.rooms.append(await self.shop.room())
        room = self.dice.choice(self.rooms)
        try:
            for _ in range(self.dice.randint(1, 3)):
                wanted = self.dice.choice(list(_IMAGES))
                images = [f"{self.dice.randint(1, 3):04}" for _ in range(_IMAGES[wanted])]
                cart = await self.shop.put(room, wanted, self.dice.randint(1, 7), *images)
            end = self.dice.choice([None, None, "approved", "declined"])
            payment = await self.shop.paying(room, cart.sums.total) if end else None
            key = uuid4().hex
            order = await self.shop.place(room, key=key, tag=cart.tag, payment_id=payment)
        except (OrderRefused, ChangeRefused):
            # The gallery's session is no more, or its client.
            self.rooms.remove(room)
            return
        self.placed[key] = room, cart.tag, order
        if payment:
            self.charging[payment] = end

    async def charged(self) -> None:
        """Have it known what became of a card."""
        for payment in self._some(list(self.charging)):
            await self.shop.server("payments", payment, state=self.charging.pop(payment))

    async def repeat(self) -> None:
        """Place an order again, as who has heard no answer does."""
        for key, (room, tag, order) in self._some(list(self.placed.items())):
            again = await self.shop.place(room, key=key, tag=tag, payment_id=order.payment_id)
            assert again.number == order.number

    async def sync(self) -> None:
        """Run the data sync twice at once."""
        database, who = self.shop.studio.database, self.shop.who
        asked = self.dice.random() < 0.5
        await asyncio.gather(*(data_sync.run(database, who, is_asked=asked) for _ in range(2)))

    async def lose(self) -> None:
        """Delete a session, and often its client, as far as nothing else is theirs."""
        for room in self._some(self.rooms):
            for collection, record_id in (("sessions", room.session_id), ("clients", room.visit.client_id)):
                try:
                    await self.shop.forget(collection, record_id)
                except ChangeRefused:
                    return
                if self.dice.random() < 0.5:
                    return

    async def move(self) -> None:
        """Give a session to another client."""
        for room in self._some(self.rooms):
            to = self.dice.choice(self.rooms)
            if await self._is_there("sessions", room) and await self._is_there("clients", to):
                await self.shop.server("sessions", room.session_id, client_id=str(to.visit.client_id))

    async def give(self) -> None:
        """Give a held order to whom there is, without a session."""
        held = (await self.shop.desk.ask("GET", "web-orders?state=held")).json()["web_orders"]
        living = [each for each in self.rooms if await self._is_there("clients", each)]
        for order in self._some(held if living else []):
            to = {"client_id": str(self.dice.choice(living).visit.client_id), "session_id": None}
            await self.shop.desk.ask("POST", f"web-orders/{order['id']}/data-sync", {"given_to": to})

    async def _is_there(self, collection: str, room: Room) -> bool:
        record_id = room.session_id if collection == "sessions" else room.visit.client_id
        answer = await self.shop.desk.ask("GET", f"{collection}/{record_id}")
        return answer.status_code == 200

    def _some(self, among: list[T]) -> list[T]:
        return [self.dice.choice(among)] if among else []


@pytest.mark.parametrize("seed", [11, 12])
async def test_each_order_is_one_invoice_or_is_held(shop: Shop, seed: int) -> None:
    history = History(shop, random.Random(seed))  # noqa: S311 - a repeatable history
    for _ in range(STEPS):
        await history.step()
    counted = "SELECT state, count(*) AS orders FROM web_orders WHERE account_id = $1 GROUP BY state"
    counts = {row["state"]: row["orders"] for row in await shop.studio.execute(counted)}
    panel = await shop.panel()
    assert (panel["ready_to_download"], panel["held"]) == (counts.get("ready", 0), counts.get("held", 0))
    while history.charging:
        await history.charged()
    await history.sync()
    invoices = await shop.studio.execute(
        "SELECT id, web_order_number, total, paid, pending_payments, balance_due FROM invoices"
        " WHERE account_id = $1 AND web_order_number IS NOT NULL"
    )
    by_number = {row["web_order_number"]: row for row in invoices}
    assert len(by_number) == len(invoices)
    seen = set()
    for *_, placed in history.placed.values():
        order, invoice = await shop.told(placed), by_number.get(placed.number)
        seen.add(order["state"])
        assert order["state"] in {"downloaded", "held", "cancelled"}
        assert (invoice is not None) == (order["state"] == "downloaded")
        if invoice:
            sums = (invoice["total"], invoice["paid"] + invoice["pending_payments"], invoice["balance_due"])
            owed = 0 if order["payment_id"] else placed.total
            assert sums == (placed.total, placed.total, owed)
    assert seen == {"downloaded", "held", "cancelled"}
