"""A studio whose galleries sell: what clients see and do in them, and what its desk makes of it."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.galleries import carts, ordering
from app.galleries.carts import PricedCart, Wish
from app.galleries.models import Picture, PictureState
from app.galleries.order_models import WebOrder
from app.galleries.ordering import Checkout
from app.galleries.visits import Visit
from app.sync.store import Write
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.contract.records import by_server
from tests.samples import named, sample

Json = dict[str, Any]
PRINT, ALBUM, VOUCHER = uuid4(), uuid4(), uuid4()


def product(product_id: UUID, item: str, price: int, **more: Any) -> Json:
    """Return a product as it is sent."""
    return {"id": str(product_id), "item": item, "name": f"A {item}", "price": price, **more}


def products() -> list[Json]:
    """Return a print of one image, taxed and shipped; an album of two; and a voucher of none."""
    return [
        product(PRINT, "PR-0810", 4550, tax_rate=8875),
        product(ALBUM, "AL-2", 20000, tax_rate=5000, images=2),
        product(VOUCHER, "GV", 5000, images=0, is_shipped=False),
    ]


@dataclass(frozen=True)
class Room:
    """A client's open gallery."""

    visit: Visit
    session_id: UUID


@dataclass
class Shop:
    """The studio, its desk, and what its clients do."""

    studio: Studio
    desk: Desk
    price_list: str

    @property
    def who(self) -> Principal:
        """Return on whose behalf pages act."""
        return Principal.system(self.studio.account.account_id, "", self.studio.account.time_zone)

    def writing(self) -> AbstractAsyncContextManager[WriteSession]:
        """Open a transaction."""
        return self.studio.database.writing(self.studio.account.account_id)

    async def server(self, collection: str, record_id: UUID | str, **fields: Any) -> None:
        """Have the server write a record."""
        await by_server(self.studio, Write(collection, UUID(str(record_id)), fields))

    async def sell(self, name: str, offered: list[Json], **more: Any) -> Json:
        """Set a price list that may be there already."""
        listed = (await self.desk.ask("GET", "web-price-lists")).json()["price_lists"]
        [known] = [each for each in listed if each["name"] == name] or [{"id": str(uuid4()), "version": 0}]
        body = {"name": name, "shipping": 995, "products": offered, **more}
        path = f"web-price-lists/{known['id']}"
        answer = await self.desk.ask("PUT", path, body, if_match=f'"{known["version"]}"')
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def room(self, price_list: str | None = None, images: int = 3) -> Room:
        """Open a gallery of a new client, with images 0001, 0002 and so on."""
        client, booked = uuid4(), uuid4()
        await self.server("clients", client, **sample("clients", first_name="Laura", last_name="Hartley"))
        shown = {"gallery_state": "online", "web_price_list": price_list or self.price_list}
        fields = sample("sessions", client_id=str(client), events=[], **shown)
        await self.server("sessions", booked, **fields)
        account_id = self.studio.account.account_id
        async with self.writing() as session:
            sql = "SELECT id FROM galleries WHERE account_id = $1 AND session_id = $2"
            gallery = await session.raw.fetchval(sql, account_id, booked)
            session.add_all(_picture(account_id, booked, nth) for nth in range(1, images + 1))
        return Room(Visit(gallery, client), booked)

    async def put(self, room: Room, product_id: UUID, quantity: int, *images: str) -> PricedCart:
        """Put something into the cart."""
        async with self.writing() as session:
            return await carts.put_line(
                session, self.who, room.visit, Wish(uuid4(), product_id, quantity, images)
            )

    async def cart(self, room: Room) -> PricedCart:
        """Return the cart as it is shown."""
        async with self.studio.database.reading(self.studio.account.account_id) as session:
            return await carts.read_cart(session, self.who, room.visit)

    async def place(self, room: Room, **asked: Any) -> WebOrder:
        """Order what is in the cart, as it is shown."""
        tag = asked.pop("tag", None) or (await self.cart(room)).tag
        checkout = Checkout(**{"key": uuid4().hex, "tag": tag, **asked})
        async with self.writing() as session:
            return await ordering.place(session, self.who, room.visit, checkout)

    async def ordered(self, room: Room) -> WebOrder:
        """Have two prints and a voucher ordered, to be paid later; that comes to 159.03."""
        await self.put(room, PRINT, 2, "0001")
        await self.put(room, VOUCHER, 1)
        return await self.place(room)

    async def paying(self, room: Room, amount: int, state: str = "processing") -> UUID:
        """Have a card be charged for a deposit of the client."""
        payment = uuid4()
        made = {"payment_type": "payment", "state": state, "amount": amount, "date": "2026-05-04"}
        await self.server("payments", payment, client_id=str(room.visit.client_id), **made)
        return payment

    async def sync(self) -> Json:
        """Run the data sync by hand."""
        answer = await self.desk.ask("POST", "web-orders/data-sync")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def told(self, order: WebOrder) -> Json:
        """Return an order as the desk reads it."""
        answer = await self.desk.ask("GET", f"web-orders/{order.id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def invoice(self, order: WebOrder) -> Json:
        """Return the invoice an order became, as a desk reads it."""
        answer = await self.desk.read(named("invoices"), order.id)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def panel(self) -> Json:
        """Return the orders of the home page's Services panel."""
        panels = (await self.desk.ask("GET", "home")).json()["panels"]
        [services] = [each for each in panels if each["panel"] == "services"]
        return dict(services["web_orders"])

    async def forget(self, collection: str, record_id: UUID | str) -> None:
        """Have the server delete a record."""
        await by_server(self.studio, Write.delete(collection, UUID(str(record_id))))


def _picture(account_id: UUID, session_id: UUID, nth: int) -> Picture:
    return Picture(
        account_id=account_id,
        id=uuid4(),
        session_id=session_id,
        name=f"{nth:04}.jpg",
        number=f"{nth:04}",
        is_online=True,
        state=PictureState.READY,
        media_type="image/jpeg",
        size_bytes=1,
        sha256=b"",
        uploaded_at=clock.now(),
    )


async def opened(studio: Studio, desk: Desk) -> Shop:
    """Switch the galleries of a studio on, and have them sell."""
    company = named("companies"), studio.account.account_id
    assert (await desk.change(*company, {"has_galleries": True})).status_code == 200
    shop = Shop(studio, desk, "Portraits online")
    await shop.sell(shop.price_list, products())
    return shop
