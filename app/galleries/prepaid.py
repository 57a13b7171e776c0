"""Prepaid orders: what a client has paid for before choosing the images it is made from, online.

What the gallery's pages call takes a session of the account, who acts, and the visit. Where it raises
`OrderRefused` nothing is done.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import orjson

from app.core.db import Session, WriteSession
from app.core.principal import Principal
from app.galleries import order_store
from app.galleries.automatic_tasks import Occasion, TaskEvent, writes_for
from app.galleries.order_refusals import PictureNotOnline, PrepaidChanged, PrepaidSettled, TooManyImages
from app.galleries.pricing import MOST_IMAGES, Product
from app.galleries.visits import Visit, open_shop
from app.studio.invoices import PrepaidUploadState
from app.studio.status_notes import with_remark
from app.sync import records, registry
from app.sync.draft import Draft
from app.sync.fields import Values
from app.sync.reactions import Work, Written, on_write
from app.sync.refusals import ChangeRefused
from app.sync.store import Write, write

_NUMBERS = 10
"""How many images the history of an invoice names; others are in its lines."""


@dataclass(frozen=True, slots=True)
class PrepaidLine:
    """A thing that was paid for, with the numbers of the images that are chosen for it.

    It is made from `least` images at least and from `most` at most; nothing is chosen for one of none.
    """

    id: UUID
    item: str
    description: str
    quantity: int
    images: tuple[str, ...]
    least: int
    most: int

    @property
    def is_chosen(self) -> bool:
        """Say whether it has the images it is made from."""
        return len(self.images) >= self.least


@dataclass(frozen=True, slots=True)
class PrepaidOrder:
    """A prepaid order of a client in their gallery; `invoice_date` is a day in ISO form.

    Images can be chosen while it `is_open`, and others in their place. Its `tag` is another whenever its
    lines are: who chooses sends it back.
    """

    invoice_id: UUID
    invoice_number: int | None
    invoice_date: str
    description: str
    is_open: bool
    lines: tuple[PrepaidLine, ...]
    tag: str

    @property
    def is_chosen(self) -> bool:
        """Say whether images are chosen for all of it."""
        return all(each.is_chosen for each in self.lines)


@dataclass(frozen=True, slots=True)
class ImageChoice:
    """The images that are to be those of a line of an order, as that was shown; none to choose anew."""

    invoice_id: UUID
    line_id: UUID
    images: Sequence[str]
    tag: str


async def prepaid_orders(session: Session, who: Principal, visit: Visit) -> Sequence[PrepaidOrder]:
    """Return the prepaid orders of the client in this gallery that have gone online, the oldest first."""
    shop = await open_shop(session, who, visit)
    ids = await order_store.prepaid(session, shop.session_id, visit.client_id)
    found = await records.some(session, registry.numbered(registry.number_of("invoices")), ids)
    products = shop.products.values()
    return [_shown(each, found[each], products) for each in ids if each in found]


async def choose_images(
    session: WriteSession, who: Principal, visit: Visit, choice: ImageChoice
) -> PrepaidOrder:
    """Set the images of a line, at once on the studio's invoice, and return the order as it is then.

    They may be fewer than are needed in the end: a choice can be made bit by bit, and changed until the
    studio closes the order, by posting it or by taking its mark away. One sent again does nothing more.
    Raises `GalleryClosed`, `PrepaidSettled`, `PrepaidChanged`, `TooManyImages` and `PictureNotOnline`.
    """
    shop = await open_shop(session, who, visit)
    products = shop.products.values()
    invoice = await records.find(session, "invoices", choice.invoice_id)
    known = await order_store.prepaid(session, shop.session_id, visit.client_id)
    if invoice is None or choice.invoice_id not in known:
        raise PrepaidSettled
    order = _shown(choice.invoice_id, invoice, products)
    line = next((each for each in order.lines if each.id == choice.line_id), None)
    if line is None or not order.is_open:
        raise PrepaidSettled
    images = tuple(dict.fromkeys(choice.images))
    if images == line.images:
        return order
    if order.tag != choice.tag:
        raise PrepaidChanged
    if len(images) > line.most:
        raise TooManyImages(line.description)
    new = set(images) - set(line.images)
    if missing := sorted(new - await order_store.shown(session, shop.session_id, new)):
        raise PictureNotOnline(*missing)
    lines = [
        {**each, "images": list(images)} if each["id"] == str(line.id) else each for each in invoice["lines"]
    ]
    after = _shown(choice.invoice_id, {**invoice, "lines": lines}, products)
    noted = await _noted(session, who, choice.invoice_id, f"{line.item}: {_named(images)}")
    writes = [Write("invoices", choice.invoice_id, {"lines": lines, "status_notes": noted})]
    if after.is_chosen:
        writes += await writes_for(session, who, _occasion(after, visit, shop.session_id, invoice))
    try:
        await write(session, who, writes)
    except ChangeRefused:
        raise PrepaidSettled from None
    return after


@on_write("invoices")
def wait_to_go_online(written: Written, _: Work) -> None:
    """Let an invoice that is marked as prepaid wait to go online, and one that no longer is wait no more."""
    after = written.after
    if after is None or not written.changes("is_prepaid_online"):
        return
    now, none, pending = after["prepaid_upload_state"], PrepaidUploadState.NONE, PrepaidUploadState.PENDING
    if after["is_prepaid_online"] and now == none:
        after["prepaid_upload_state"] = pending.value
    elif written.before and not after["is_prepaid_online"] and now == pending:
        after["prepaid_upload_state"] = none.value


def _shown(invoice_id: UUID, invoice: Values, products: Collection[Product]) -> PrepaidOrder:
    made_from = {each.item: each.images for each in products}
    lines = tuple(_line(each, made_from.get(each["item"])) for each in invoice["lines"])
    return PrepaidOrder(
        invoice_id=invoice_id,
        invoice_number=invoice["invoice_number"],
        invoice_date=invoice["invoice_date"],
        description=invoice["description"],
        is_open=not invoice["is_posted"],
        lines=lines,
        tag=sha256(orjson.dumps(invoice["lines"], option=orjson.OPT_SORT_KEYS)).hexdigest()[:32],
    )


def _line(line: Values, made_from: int | None) -> PrepaidLine:
    """Return a line as it is shown: each piece may be of other images, and all of them of the same.

    What the gallery's price list does not have is made from one image.
    """
    pieces = max(line["quantity"], 0)
    least = (1 if made_from is None else made_from) if pieces else 0
    return PrepaidLine(
        id=UUID(line["id"]),
        item=line["item"],
        description=line["description"],
        quantity=line["quantity"],
        images=tuple(line["images"]),
        least=least,
        most=max(least, min(least * pieces, MOST_IMAGES)),
    )


async def _noted(session: WriteSession, who: Principal, invoice_id: UUID, happened: str) -> str:
    """Return the history of an invoice with what has been chosen."""
    key = registry.number_of("invoices"), invoice_id
    draft = await Draft.begin(session, who)
    await draft.load([key])
    return with_remark(draft.fields(key), draft.work, f"Images chosen online: {happened}")


def _named(images: Sequence[str]) -> str:
    if not images:
        return "none"
    others = len(images) - _NUMBERS
    return ", ".join(images[:_NUMBERS]) + (f" and {others} more" if others > 0 else "")


def _occasion(order: PrepaidOrder, visit: Visit, session_id: UUID, invoice: Values) -> Occasion:
    number = f" {order.invoice_number}" if order.invoice_number else ""
    return Occasion(
        event=TaskEvent.PREPAID_CHOICE,
        of=order.invoice_id,
        subject=f"Images of prepaid order{number} chosen online",
        description=None,
        client_id=visit.client_id,
        session_id=session_id,
        studio_id=invoice["studio_id"],
        invoice_id=order.invoice_id,
    )
