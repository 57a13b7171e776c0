"""A studio that sells, with galleries online and expired and an order that is held; and cards of clients."""

from app.galleries.files import Files, Place, Size
from app.sync.store import Write
from clients.python.tests.serving import Desk, House
from tests.accounts.studios import Studio
from tests.browser.visitors import Visitor
from tests.contract.desks import at_a_desk
from tests.galleries.orders.shops import opened
from tests.galleries.showing import photograph
from tests.portal.galleries import Online, assigned, put_online, written

VISA, POOR = "4111111111111111", "4000000000009995"
MERCHANT = {
    "environment": "simulator",
    "is_active": True,
    "merchant_id": "889900001",
    "user_id": "DEMO",
    "password": "demo-of-the-simulator",
    "device_id": "88990000101",
    "developer_id": "003227G001",
}


async def type_card(visitor: Visitor, number: str) -> None:
    """Type a card in, and press the button as soon as it is typed."""
    frame = visitor.page.frame_locator("[data-card]")
    await frame.get_by_label("Card number").fill(number)
    await frame.get_by_label("Expires").fill("08/2031")
    await visitor.page.get_by_role("button", name="Pay $").click()


async def furnish(house: House, desk: Desk, words: str, pictures: int = 6) -> Online:
    """Put sessions online, one of them expired, and have something ordered that cannot become an invoice."""
    studio = desk.studio
    shop = await opened(studio, await at_a_desk(studio))
    online = await put_online(studio, pictures=pictures, last_name=words)
    await assigned(online, is_reset=True)
    gone = await put_online(studio)
    expired = {"gallery_state": "expired", "web_expire_date": "2026-06-01"}
    await written(studio, Write("sessions", gone.session_id, expired))
    room = await shop.room()
    await shop.ordered(room)
    await shop.forget("sessions", room.session_id)
    await shop.sync()
    living = await shop.room()
    await shop.ordered(living)
    for session_id in (online.session_id, gone.session_id, living.session_id):
        answer = await shop.desk.ask("POST", f"sessions/{session_id}/picture-groups", {"name": "Ceremony"})
        assert answer.status_code == 201, answer.text
    await _keep(house.app.state.files, studio)
    return online


async def _keep(files: Files, studio: Studio) -> None:
    """Keep the smaller sizes of all pictures, as if they had been made."""
    content = [photograph(shade=30 * each) for each in range(8)]
    sql = "SELECT session_id, id FROM pictures WHERE account_id = $1"
    for nth, (session_id, picture_id) in enumerate(await studio.execute(sql)):
        place = Place(studio.account.account_id, session_id, picture_id)
        for size in (Size.WEB, Size.THUMBNAIL):
            await files.keep(place, size, content[nth % len(content)])
