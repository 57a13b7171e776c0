"""What a studio lives through with its phones, told by what each of them shows.

Pat Kerr photographs, Jo Doe runs the studio; each has a phone, and the phones are not always connected.
"""

from collections.abc import Callable

import pytest

from clients.python.tests.conftest import desk, house, new_phone
from clients.python.tests.phones import Phone
from clients.python.tests.serving import Desk
from studio_sync_client import DeviceWiped, SignedOut
from tests.samples import sample

__all__ = ["desk", "house", "new_phone"]

NewPhone = Callable[..., Phone]


@pytest.fixture
def pat(new_phone: NewPhone) -> Phone:
    """Sign Pat's phone in, with everything there is."""
    phone: Phone = new_phone()
    phone.client.sync()
    return phone


@pytest.fixture
def jo(new_phone: NewPhone) -> Phone:
    """Sign Jo's phone in, with everything there is."""
    phone: Phone = new_phone(initials="JD")
    phone.client.sync()
    return phone


def test_two_phones_and_a_tunnel(pat: Phone, jo: Phone) -> None:
    # Before the train leaves, Pat books the Hartleys, and both phones know.
    with pat.client.save() as save:
        laura = save.create("clients", {"first_name": "Laura", "last_name": "Hartley"})
        portrait = save.create("sessions", {"client_id": laura, "description": "Family portrait"})
    pat.client.sync()
    jo.client.sync()
    assert jo.shown("sessions", portrait)["description"] == "Family portrait"

    # In the tunnel Pat goes on working. All of it is there at once.
    pat.client.patch("clients", laura, {"job_title": "Teacher"})
    pat.client.patch("sessions", portrait, {"description": "Family portrait by the river"})
    frames = pat.client.create("tasks", {"subject": "Order frames", "client_id": laura})
    assert pat.shown("clients", laura)["job_title"] == "Teacher"
    assert pat.client.status().unpushed == 3

    # Meanwhile Jo changes something else about Laura, and the same thing about the session.
    jo.client.patch("clients", laura, {"last_name": "Hartley-Reed"})
    jo.client.patch("sessions", portrait, {"description": "Family portrait in the studio"})
    jo.client.sync()

    # Out of the tunnel: what does not clash is kept of both, of what does, what came first.
    [lost] = pat.client.sync().refused
    assert (lost.collection, lost.typed) == ("sessions", {"description": "Family portrait by the river"})
    jo.client.sync()
    for phone in (pat, jo):
        shown = phone.shown("clients", laura)
        assert (shown["job_title"], shown["last_name"]) == ("Teacher", "Hartley-Reed")
        assert phone.shown("sessions", portrait)["description"] == "Family portrait in the studio"
        assert phone.shown("tasks", frames)["client_id"] == laura

    # The river was agreed with Laura. It waited in Pat's inbox, and one tap brings it back.
    [entry] = pat.client.inbox()
    pat.client.resolve(entry, "take_mine")
    pat.client.sync()
    jo.client.sync()
    assert jo.shown("sessions", portrait)["description"] == "Family portrait by the river"
    assert (pat.client.inbox(), jo.client.inbox()) == ([], [])


def test_a_reschedule_against_a_cancellation(desk: Desk, pat: Phone, jo: Phone) -> None:
    laura = desk.write("clients", first_name="Laura")
    booked = {"client_id": laura, "description": "Portrait", "date": "2031-05-06", "is_confirmed": True}
    portrait = pat.client.create("sessions", booked)
    for phone in (pat, jo):
        phone.client.sync()

    # Laura asks Pat for another day, in a cellar without a connection. Her husband calls Jo and cancels.
    pat.client.patch("sessions", portrait, {"date": "2031-05-13"})
    jo.client.patch("sessions", portrait, {"is_cancelled": True})
    jo.client.sync()
    report = pat.client.sync()

    # Neither overwrote the other: it is cancelled, with the day they asked for, and to be confirmed again.
    assert report.refused == []
    jo.client.sync()
    for phone in (pat, jo):
        shown = phone.shown("sessions", portrait)
        assert (shown["date"], shown["is_cancelled"]) == ("2031-05-13", True)
        assert (shown["is_confirmed"], shown["is_rescheduled"]) == (False, True)

    # The history says who did what, for whoever calls Laura back.
    history = pat.shown("sessions", portrait)["status_notes"]
    assert "PK Rescheduled from 2031-05-06 to 2031-05-13" in history
    assert "JD Cancelled" in history


def test_a_reschedule_against_a_reschedule(desk: Desk, pat: Phone, jo: Phone) -> None:
    laura = desk.write("clients", first_name="Laura")
    portrait = pat.client.create("sessions", {"client_id": laura, "date": "2031-05-06"})
    for phone in (pat, jo):
        phone.client.sync()
    pat.client.patch("sessions", portrait, {"date": "2031-05-13"})
    jo.client.patch("sessions", portrait, {"date": "2031-05-20"})
    jo.client.sync()

    # There is one day in the end, the same on both phones, and Pat is told that it is not the one he typed.
    [lost] = pat.client.sync().refused
    assert (lost.verdict, lost.typed) == ("conflict", {"date": "2031-05-13"})
    assert pat.shown("sessions", portrait)["date"] == "2031-05-20"
    pat.client.resolve(pat.client.inbox()[0], "keep_theirs")
    pat.client.sync()
    assert pat.shown("sessions", portrait)["date"] == "2031-05-20"


def test_a_client_is_merged_while_a_phone_books_her(desk: Desk, pat: Phone, jo: Phone) -> None:
    # Laura is there twice: as Laura Hartley, and as L. Hartley with her telephone number.
    laura = desk.write("clients", first_name="Laura", last_name="Hartley", phones=[], notes=None)
    number = {"id": "7d9f9d5e-52a5-4a0e-8a35-6f3c1a400001", "label": "Mobile", "number": "(518) 555-0123"}
    twice = desk.write("clients", first_name="L.", last_name="Hartley", phones=[number], notes=None)
    for phone in (pat, jo):
        phone.client.sync()

    # At a fair without a connection Pat books the one, notes what she likes, and Jo merges her at the studio.
    booked = pat.client.create("sessions", {"client_id": twice, "description": "Portrait"})
    pat.client.patch("clients", twice, {"notes": "Likes the river."})
    jo.client.command("clients", twice, "merge", {"into": laura})
    jo.client.sync()

    # The booking is Laura's. What was noted about the one who is gone is kept, for a person to copy.
    [lost] = pat.client.sync().refused
    assert (lost.code, lost.typed) == ("record_merged", {"notes": "Likes the river."})
    jo.client.sync()
    for phone in (pat, jo):
        assert phone.client.get("clients", twice) is None
        assert phone.client.survivor("clients", twice) == laura
        assert phone.shown("sessions", booked)["client_id"] == laura
        assert [each["number"] for each in phone.shown("clients", laura)["phones"]] == ["(518) 555-0123"]
    [entry] = pat.client.inbox()
    pat.client.patch("clients", laura, entry.typed)
    pat.client.resolve(entry, "dismiss")
    pat.client.sync()
    jo.client.sync()
    assert jo.shown("clients", laura)["notes"] == "Likes the river."


def test_a_stolen_phone(desk: Desk, pat: Phone, jo: Phone, new_phone: NewPhone) -> None:
    laura = desk.write("clients", **sample("clients", first_name="Laura"))
    for phone in (pat, jo):
        phone.client.sync()
    call = pat.client.create("tasks", {"subject": "Call Laura", "client_id": laura})
    pat.client.sync()

    # The phone is gone from the car. Jo shuts it out, and sees that its last work had arrived.
    desk.deactivate(pat.device_id)
    jo.client.sync()
    assert jo.shown("tasks", call)["subject"] == "Call Laura"

    # When the thief switches it on, there is nothing left of the studio, and nobody to sign in as.
    with pytest.raises(DeviceWiped):
        pat.client.sync()
    assert pat.holds() == {}
    with pytest.raises(SignedOut):
        pat.client.sync()

    # Pat signs in on another phone the same evening and has everything.
    another = new_phone()
    another.client.sync(verify=True)
    assert another.shown("tasks", call)["subject"] == "Call Laura"
    assert another.holds().keys() >= {("clients", laura), ("tasks", call)}
