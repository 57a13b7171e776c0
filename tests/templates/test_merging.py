"""A letter has the fields of its own record, in words, and nothing of anybody else's."""

import re
from collections.abc import Mapping
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.outbox.unsubscribing import yours
from app.portal.links import path_of
from app.templates.engine import LONGEST_MESSAGE
from app.templates.fields import Basis, known
from app.templates.merging import Merged, merge
from app.templates.models import TemplateKind
from app.templates.wording import Wording
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, at_a_desk
from tests.desk.hubs.asking import invoiced, set_by_server
from tests.facts import Property
from tests.samples import named, sample
from tests.templates.conftest import PUBLIC_URL

Json = dict[str, Any]
Mine = dict[Basis, str]


async def _has(desk: Desk, collection: str, **fields: Any) -> Json:
    answer = await desk.create(named(collection), sample(collection, **fields))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def _merged(studio: Studio, worded: Wording, *ids: str) -> dict[UUID, Merged]:
    async with studio.database.reading(studio.account.account_id) as session:
        return await merge(session, worded, [UUID(each) for each in ids], public_url=PUBLIC_URL)


async def _one(studio: Studio, basis: Basis, record_id: str, **worded: Any) -> Merged:
    kind = TemplateKind.HTML_EMAIL if "html" in worded else TemplateKind.FORM_LETTER
    found = await _merged(studio, Wording(kind, basis, **worded), record_id)
    return found[UUID(record_id)]


async def test_a_letter_about_a_session_is_in_words(studio: Studio, desk: Desk) -> None:
    client = await _has(desk, "clients", first_name="Laura & Jo", notes="First\nsecond <b>")
    booked = await _has(desk, "sessions", client_id=client["id"], date="2026-06-20", start_time="10:00:00")
    await set_by_server(studio, "sessions", booked, web_expire_date="2026-08-01")
    merged = await _one(
        studio,
        Basis.SESSION,
        booked["id"],
        subject="[[SessionDate|long]]\u2028[[ClientNotes]] [[CompanyName]]",
        html='<p title="[[ClientNotes]]">Dear [[ClientFirstName]],</p>[[ClientNotes]] until'
        " [[SessionWebExpireDate]] at [[SessionStartTime]] <script>alert(1)</script>"
        '<a href="[[SessionGalleryLink or "https://letters.example"]]">here</a>',
    )
    assert merged.subject == "June 20, 2026 First second <b> Studio of a test"
    assert merged.html is not None
    assert "<p>Dear Laura &amp; Jo,</p>First<br>second &lt;b&gt; until Aug 1, 2026 at 10:00 AM" in merged.html
    assert merged.text.endswith("until Aug 1, 2026 at 10:00 AM here (https://letters.example)")
    assert (merged.client_id, merged.missing) == (UUID(client["id"]), ("SessionGalleryLink",))


async def test_the_gallery_s_address_is_in_a_letter_while_it_is_open(studio: Studio, desk: Desk) -> None:
    client = await _has(desk, "clients")
    booked = await _has(desk, "sessions", client_id=client["id"])
    said: Json = {"subject": "x", "text": "[[SessionGalleryLink]]"}
    gallery, by = uuid4(), UUID(booked["id"])
    hides = (
        "UPDATE companies SET has_galleries = true, is_expired_gallery_hidden = $2"
        " WHERE account_id = $1 RETURNING 1"
    )
    await studio.execute(
        "INSERT INTO galleries (account_id, id, session_id, address, published_at)"
        " VALUES ($1, $2, $3, 'k7Qm', now()) RETURNING 1",
        gallery,
        by,
    )
    for state, is_hidden, is_open in (
        ("online", True, True),
        ("expired", False, True),
        ("expired", True, False),
        ("taken_down", False, False),
    ):
        await studio.execute(hides, is_hidden)
        await set_by_server(studio, "sessions", booked, gallery_state=state)
        shown = f"{PUBLIC_URL}{path_of('k7Qm')}" if is_open else ""
        assert (await _one(studio, Basis.SESSION, booked["id"], **said)).text == shown, state


async def test_a_link_to_unsubscribe_waits_in_an_email_for_its_recipient(studio: Studio, desk: Desk) -> None:
    client = (await _has(desk, "clients"))["id"]
    said: Json = {"subject": "x", "html": '<a href="[[UnsubscribeLink]]">No more</a>', "text": ""}
    merged = await _one(studio, Basis.CLIENT, client, **said)
    assert merged.html is not None
    assert f'href="{yours(PUBLIC_URL)}"' in merged.html
    assert merged.text == f"No more ({yours(PUBLIC_URL)})"
    message = Wording(TemplateKind.TEXT, Basis.CLIENT, text="Bye [[UnsubscribeLink]]")
    assert (await _merged(studio, message, client))[UUID(client)].missing == ("UnsubscribeLink",)


async def test_an_invoice_is_told_line_by_line(studio: Studio, desk: Desk) -> None:
    client = await _has(desk, "clients")
    line = {
        "id": str(uuid4()),
        "item": "PR",
        "description": "8x10 <print>",
        "quantity": 2,
        "unit_price": 4500,
        "discount": 500,
        "tax": 680,
    }
    record_id = await invoiced(studio, lines=[line], bill_to_client_id=client["id"], paid=5000)
    merged = await _one(
        studio, Basis.INVOICE, record_id, subject="[[InvoiceTotal]]", html="<p>x[[InvoiceDetails]]</p>"
    )
    assert merged.client_id == UUID(client["id"])
    assert merged.html is not None
    assert '<tr><td>2 x 8x10 &lt;print&gt;</td><td align="right">$85.00</td></tr>' in merged.html
    plain = await _one(studio, Basis.INVOICE, record_id, subject="x", text="[[InvoiceDetails]]")
    assert plain.text.splitlines()[:2] == ["2 x 8x10 <print> $85.00", "Subtotal $85.00"]
    assert plain.text.splitlines()[-2:] == ["Paid -$50.00", "Balance due $41.80"]


async def test_a_time_goes_with_a_letter_for_the_client_s_calendar(studio: Studio, desk: Desk) -> None:
    client = await _has(desk, "clients")
    booked = await _has(
        desk,
        "appointments",
        client_id=client["id"],
        date="2026-06-30",
        start_time="15:00:00",
        end_time="16:00:00",
        description="Ordering appointment",
    )
    said: Json = {"subject": "x", "text": "y", "has_calendar": True}
    calendar = (await _one(studio, Basis.APPOINTMENT, booked["id"], **said)).calendar
    assert calendar is not None
    lines = calendar.split("\r\n")
    assert {f"UID:{booked['id']}", "DTSTART:20260630T210000Z", "DTEND:20260630T220000Z"} <= {*lines}
    assert "SUMMARY:Ordering appointment\\, Studio of a test" in lines


async def test_a_text_message_that_is_too_long_says_so(studio: Studio, desk: Desk) -> None:
    client = await _has(desk, "clients", notes="x" * 2_000)
    worded = Wording(TemplateKind.TEXT, Basis.CLIENT, text="[[ClientNotes]]")
    [merged] = (await _merged(studio, worded, client["id"])).values()
    assert (merged.code, merged.text) == ("text_too_long", "")
    long = Wording(TemplateKind.FORM_LETTER, Basis.CLIENT, "x", "[[ClientNotes]]" * 100)
    [merged] = (await _merged(studio, long, client["id"])).values()
    assert merged.code == "too_long"
    assert LONGEST_MESSAGE < 2_000


async def _planted(studio: Studio, mark: str) -> Mine:
    """Make a record of each basis in an account whose every text begins with a mark and its own name."""
    desk = await at_a_desk(studio)

    def marked(collection: str, **links: Any) -> Json:
        made = sample(collection, **links)
        long = {"description", "notes", "subject", "location_other", "job_title", "first_name", "last_name"}
        return made | {name: f"{mark}-{collection}-{name}" for name in made.keys() & long}

    async def has(collection: str, **links: Any) -> str:
        answer = await desk.create(named(collection), marked(collection, **links))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    client = await has("clients")
    session = await has("sessions", client_id=client)
    return {
        Basis.CLIENT: client,
        Basis.SESSION: session,
        Basis.INVOICE: await invoiced(
            studio, bill_to_client_id=client, session_id=session, notes=f"{mark}-invoices-notes"
        ),
        Basis.APPOINTMENT: await has("appointments", client_id=client, session_id=session),
        Basis.TASK: await has("tasks", client_id=client, session_id=session),
    }


@pytest.mark.parametrize("many", [40, pytest.param(2_000, marks=pytest.mark.proof)])
async def test_no_letter_reads_another_account_s_record_or_another_field(
    studio: Studio, stranger: Studio, *, many: int, record_property: Property
) -> None:
    own, foreign = await _planted(studio, "own"), await _planted(stranger, "alien")
    dice, found = Random(many), 0  # noqa: S311 - a repeatable run
    for _ in range(many):
        basis = dice.choice([*Basis])
        tokens = dice.sample([*known(basis)], 250)
        text = "\n".join(f"{each}=[[{each}]]" for each in tokens)
        worded = Wording(TemplateKind.FORM_LETTER, basis, "x", text)
        letters = await _merged(studio, worded, own[basis], foreign[basis], str(uuid4()))
        assert [*letters] == [UUID(own[basis])]
        said = letters[UUID(own[basis])].text
        assert "alien" not in said
        found += _checked(said, known(basis))
    record_property("counted: letters of two accounts", many)
    assert found > many


def _checked(said: str, fields: Mapping[str, Any]) -> int:
    """Count the marks of a letter; each stands at a field of that name, of a record of that collection."""
    marks = re.findall(r"^(\w+)=own-(\w+)-(\w+)$", said, re.MULTILINE)
    for token, collection, name in marks:
        field = fields[token].found
        assert (field.origin, field.name) == (collection, name)
    assert len(marks) == said.count("own-")
    return len(marks)
