"""Ready-made triggers: letters most studios want, each with what sends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from app.accounts.features import require
from app.accounts.standing import Work
from app.automations.made import Made
from app.automations.reaching import Act
from app.automations.triggers import saving, store
from app.automations.triggers.kinds import SPECS, Kind
from app.automations.triggers.models import Trigger
from app.automations.triggers.schemas import TriggerMakeRequest
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.desk.hubs.saved import SHIPPED
from app.http.errors import NotFound
from app.templates import saving as templates
from app.templates import store as template_store
from app.templates.fields import Basis
from app.templates.models import TemplateKind
from app.templates.saving import TEMPLATES
from app.templates.schemas import TemplateRequest

_GREETING = 'Dear [[ClientFirstName or "client"]],'
_CLOSING = "Kind regards,\n[[CompanyName]]"


@dataclass(frozen=True, slots=True)
class ReadyMade:
    """A template and what sends it. `words` are what the status it waits for is likely to be called."""

    key: str
    name: str
    description: str
    kind: Kind
    subject: str
    lines: tuple[str, ...]
    call: str
    words: tuple[str, ...] = ()
    on_field: str | None = None
    offset_days: int = 0
    filter_name: str | None = None

    @property
    def statuses(self) -> str | None:
        """Return the list of the status it waits for."""
        return SPECS[self.kind].statuses if self.words else None

    @property
    def text(self) -> str:
        """Return what its letter says."""
        return "\n\n".join((_GREETING, *self.lines, _CLOSING))


READY_MADE = {
    each.key: each
    for each in (
        ReadyMade(
            "images_online",
            "Images online",
            "Tells clients that their images are online, when a gallery is published.",
            Kind.SESSION_GALLERY,
            "Your images are online",
            (
                "Your images are ready to be seen:\n[[SessionGalleryLink]]",
                "[% if SessionWebExpireDate %]You find them there until [[SessionWebExpireDate]].[% endif %]",
            ),
            "Tell [[ClientFirstName]] that the images are online",
        ),
        ReadyMade(
            "gallery_expires",
            "Gallery expires",
            "Reminds clients a week before their gallery expires.",
            Kind.SESSION_DATE,
            "Your images are online until [[SessionWebExpireDate]]",
            (
                "Your online gallery closes on [[SessionWebExpireDate|long]].",
                "Until then you can look at your images, and order:\n[[SessionGalleryLink]]",
            ),
            "Remind [[ClientFirstName]]: the gallery expires on [[SessionWebExpireDate]]",
            on_field="web_expire_date",
            offset_days=-7,
            filter_name="Galleries Online",
        ),
        ReadyMade(
            "order_received",
            "Order received",
            "Thanks clients for an order from their gallery.",
            Kind.INVOICE_STATUS,
            "We have your order [[InvoiceWebOrderNumber]]",
            ("Thank you for your order [[InvoiceWebOrderNumber]].", "[[InvoiceDetails]]"),
            "Thank [[ClientFirstName]] for order [[InvoiceWebOrderNumber]]",
            words=("received",),
            filter_name="Web Orders",
        ),
        ReadyMade(
            "order_processed",
            "Order processed",
            "Tells clients that their order is being made.",
            Kind.INVOICE_STATUS,
            "Your order [[InvoiceWebOrderNumber]] is being made",
            ("Your order [[InvoiceWebOrderNumber]] has been processed. We tell you when it is ready.",),
            "Tell [[ClientFirstName]] that order [[InvoiceWebOrderNumber]] is being made",
            words=("processed", "production", "ordered"),
            filter_name="Web Orders",
        ),
        ReadyMade(
            "order_ready",
            "Order ready",
            "Tells clients that their order can be picked up.",
            Kind.INVOICE_STATUS,
            "Your order [[InvoiceWebOrderNumber]] is ready",
            ("Your order [[InvoiceWebOrderNumber]] is ready to be picked up.",),
            "Tell [[ClientFirstName]] that order [[InvoiceWebOrderNumber]] is ready",
            words=("ready", "pick-up", "pick up"),
            filter_name="Web Orders",
        ),
    )
}


async def listed(session: Session) -> Sequence[tuple[ReadyMade, UUID | None, bool]]:
    """Return all there are, each with the status it is likely to wait for, and whether it was made."""
    made = {(each.kind, each.name) for each in await store.triggers(session)}
    return [
        (each, await _likely(session, each), (each.kind.value, each.name) in made)
        for each in READY_MADE.values()
    ]


async def make(
    work: Work[WriteSession], key: str, status_id: UUID | None, *, is_active: bool = False
) -> Trigger:
    """Make a template and the trigger that sends it, not active yet; raises `NotFound`."""
    wanted = READY_MADE.get(key)
    if wanted is None:
        raise NotFound
    require(work.who, TEMPLATES, Level.ADD_ONLY)
    spec = SPECS[wanted.kind]
    letter = TemplateRequest(
        kind=TemplateKind.FORM_LETTER,
        basis=spec.basis,
        subject=wanted.subject,
        text=wanted.text,
        name=await _free_name(work.session, wanted.name),
    )
    template = await templates.make(work, letter)
    status = (status_id or await _likely(work.session, wanted)) if wanted.words else status_id
    return await saving.make(
        work,
        TriggerMakeRequest(
            name=wanted.name,
            kind=wanted.kind.value,
            status_id=status,
            on_field=wanted.on_field,
            offset_days=wanted.offset_days,
            filter_id=_shipped(spec.basis, wanted.filter_name) if wanted.filter_name else None,
            action=Act.EMAIL,
            fallback=Act.CALL,
            template_id=template.template_id,
            made=Made(subject=wanted.call),
            is_block_bypassed=True,
            is_active=is_active,
        ),
    )


async def _likely(session: Session, wanted: ReadyMade) -> UUID | None:
    """Return the first status whose name has one of the words in it."""
    if wanted.statuses is None:
        return None
    entries = await store.entries(session, wanted.statuses)
    found = (
        entry_id for word in wanted.words for entry_id, description in entries if word in description.lower()
    )
    return next(found, None)


async def _free_name(session: Session, name: str) -> str:
    names = (name if nth == 1 else f"{name} {nth}" for nth in count(1))
    for each in names:
        if not await template_store.is_named(session, each):
            return each
    raise TypeError("there is always another number")


def _shipped(basis: Basis, name: str) -> UUID:
    return next(each.saved_id for each in SHIPPED if each.hub == basis.hub and each.name == name)
