"""The galleries of the demo studio: real pictures, sent, made smaller and shown as any others are."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.accounts import passwords
from app.accounts.standing import Work
from app.core import clock
from app.core.db import Database, Session, WriteSession
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.revisions import read_clock
from app.demo import words
from app.demo.dice import Dice, lasting_id
from app.demo.harbours import painted
from app.demo.sales import TAX_PERCENT
from app.demo.sessions import PICTURES, PRICE_LIST
from app.demo.sign_in import DemoClient, new_password
from app.galleries import groups, limits, pictures, price_lists, store, uploads
from app.galleries.files import Files
from app.galleries.hosting import OPEN
from app.galleries.models import Picture, PictureState, Rating
from app.galleries.price_lists import OfferedProduct, PriceList
from app.galleries.store import Arrived
from app.galleries.tending import Tending
from app.galleries.uploads import Sent
from app.portal import logins
from app.portal.links import path_of
from app.portal.models import PortalLogin

_DRAWN = 18
"""How many different pictures there are; each session has some of them."""
_AT_ONCE = 4
_SHIPPING = 1200
_QUOTA = limits.GIGABYTE


@dataclass(frozen=True, slots=True)
class Gallery:
    """A session whose gallery stands open, and whose it is."""

    session_id: UUID
    client_id: UUID
    address: str
    name: str
    email: str


async def open_galleries(
    db: Database, files: Files, who: Principal, seed: int, *, workers: int
) -> DemoClient | None:
    """Give each gallery that stands open its pictures, and return how the client of one signs in to it.

    None where no gallery is open. Smaller sizes are made by so many processes.
    """
    async with db.writing(who.account_id) as session:
        await price_lists.put(session, who, _price_list(seed), 0)
        found = await _open(session)
    if not found:
        return None
    drawn = [painted(Dice(seed, "harbour", n)) for n in range(_DRAWN)]
    turn = asyncio.Semaphore(_AT_ONCE)

    async def fill(place: int, gallery: Gallery) -> None:
        chosen = [drawn[(place * PICTURES + n) % _DRAWN] for n in range(PICTURES)]
        async with turn:
            await _send(db, files, who, gallery.session_id, chosen)

    await asyncio.gather(*(fill(place, each) for place, each in enumerate(found)))
    await _make_smaller(Tending(db, files, workers), who.account_id)
    async with db.writing(who.account_id) as session:
        work = await _work(session, who)
        for each in found:
            await _choose(work, each.session_id)
        await _group(work, found[0].session_id)
    return await _let_in(db, who.account_id, found[0])


def _price_list(seed: int) -> PriceList:
    products = tuple(
        OfferedProduct(
            id=lasting_id(seed, "web product", item),
            item=item,
            name=name,
            description="",
            price=price,
            tax_rate=TAX_PERCENT * 1_000,
            is_shipped=not item.startswith("DG"),
            images=1,
            is_active=True,
        )
        for item, name, price in words.ITEMS
    )
    return PriceList(lasting_id(seed, "web price list"), PRICE_LIST, _SHIPPING, True, 0, products)


async def _open(session: Session) -> list[Gallery]:
    """Return the galleries that stand open, first the one that does so for longest."""
    rows = await session.raw.fetch(
        """
        SELECT s.id, s.client_id, g.address, concat_ws(' ', c.first_name, c.last_name) AS name, c.email
        FROM sessions s
        JOIN galleries g ON g.account_id = $1 AND g.session_id = s.id AND g.taken_down_at IS NULL
        JOIN clients c ON c.account_id = $1 AND c.id = s.client_id
        WHERE s.account_id = $1 AND s.gallery_state = ANY ($2)
        ORDER BY s.web_expire_date DESC, s.id
        """,
        session.account_id,
        [each.value for each in OPEN],
    )
    return [Gallery(*row) for row in rows]


async def _work(session: WriteSession, who: Principal) -> Work[WriteSession]:
    return Work(who, await read_clock(session), None, None, None, session)


async def _send(
    db: Database, files: Files, who: Principal, session_id: UUID, contents: Sequence[bytes]
) -> None:
    """Send pictures to a session, as tus does from outside: begun, received, and made pictures of."""
    async with db.writing(who.account_id) as session:
        work = await _work(session, who)
        begun = [
            await uploads.begin(work, session_id, Sent(f"{n:04}.png", len(content), ""), _QUOTA)
            for n, content in enumerate(contents, 1)
        ]
        places = [uploads.place_of(each) for each in begun]
    parts = [new_id() for _ in contents]
    for place, part_id, content in zip(places, parts, contents, strict=True):
        await files.keep_part(place, part_id, content)
    async with db.writing(who.account_id) as session:
        until = clock.now() + limits.KEPT_FOR
        for place, part_id, content in zip(places, parts, contents, strict=True):
            await store.go_on(session, place.picture_id, 0, Arrived([part_id], len(content)), until)
    for place in places:
        await uploads.finish(db, files, who.account_id, place.picture_id)


async def _make_smaller(tending: Tending, account_id: UUID) -> None:
    """Make all smaller sizes now; what fails is made by whoever serves."""
    is_whole, waiting = True, 1
    while is_whole and waiting:
        is_whole = await tending.look_after(account_id)
        async with tending.database.reading(account_id) as session:
            sql = "SELECT count(*) FROM pictures WHERE account_id = $1 AND state = $2"
            waiting = await session.raw.fetchval(sql, account_id, PictureState.WAITING)


async def _choose(work: Work[WriteSession], session_id: UUID) -> None:
    """Show all pictures of a session but the last, which is rated so."""
    *liked, other = [each.id for each, _ in await _of(work, session_id)]
    await pictures.rate(work, session_id, liked, Rating.SELECTED)
    await pictures.rate(work, session_id, [other], Rating.NOT_SELECTED)
    await pictures.show(work, session_id, liked, is_online=True)


async def _group(work: Work[WriteSession], session_id: UUID) -> None:
    """Give a session a group its client sees."""
    first = [each.id for each, _ in await _of(work, session_id)][: PICTURES // 2]
    made, _ = await groups.make(work, session_id, "Our choice for your wall", first)
    await groups.change(work, made.id, None, True)


async def _of(work: Work[WriteSession], session_id: UUID) -> Sequence[tuple[Picture, Sequence[UUID]]]:
    page = await pictures.list_some(work, store.Wanted(session_id), store.BEFORE_ALL, PICTURES)
    return page.pictures


async def _let_in(db: Database, account_id: UUID, gallery: Gallery) -> DemoClient:
    """Give the client of a gallery a password of their own."""
    password = new_password()
    kept = await passwords.hash_password(password)
    async with db.writing(account_id) as session:
        login = PortalLogin(
            account_id=account_id,
            client_id=gallery.client_id,
            user_name=gallery.email,
            user_name_key=logins.key_of(gallery.email),
            is_default=False,
            changed_at=clock.now(),
        )
        logins.set_own(login, kept)
        session.add(login)
    return DemoClient(gallery.name, gallery.email, password, path_of(gallery.address))
