"""Many are chosen, looked over, and written to: each once, however often the work is cut."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.automations import saying
from app.automations.communications import choosing, running, store
from app.automations.communications.running import carry_on
from app.core import clock
from app.core.principal import Level
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, at_a_desk
from tests.desk.hubs.asking import give, invoiced, leaf
from tests.samples import named, sample

Json = dict[str, Any]
PUBLIC_URL = "https://studio.example"


async def _asked(
    desk: Desk, verb: str, path: str, body: Any = None, status: int = 200, **headers: str
) -> Json:
    answer = await desk.ask(verb, path, body, **headers)
    assert answer.status_code == status, answer.text
    return dict(answer.json()) if answer.content else {}


async def _client(desk: Desk, last_name: str, **fields: Any) -> str:
    usual: Json = {
        "last_name": last_name,
        "first_name": None,
        "email": None,
        "phones": [],
        "company_name": None,
    }
    nowhere = {"address": None, "mailing_address": None, "new_address": None, "new_address_date": None}
    answer = await desk.create(named("clients"), sample("clients", **{**usual, **nowhere, **fields}))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _phone(number: str, *, is_marked: bool = False) -> list[Json]:
    return [{"id": str(uuid4()), "label": "Mobile", "number": number, "is_sms_enabled": is_marked}]


async def _template(desk: Desk, kind: str, **said: Any) -> str:
    body = {"name": uuid4().hex, "kind": kind, "basis": "client", **said}
    return str((await _asked(desk, "POST", "templates", body, 201))["id"])


async def _group(desk: Desk) -> str:
    body = {"description": uuid4().hex}
    return str((await _asked(desk, "POST", "client_groups", body, 201))["id"])


async def _communication(desk: Desk, group: str, **said: Any) -> str:
    body = {"name": "Spring", "hub": "clients", "chosen": {"group_ids": [group]}, **said}
    return str((await _asked(desk, "POST", "communications", body, 201))["id"])


async def _chosen(desk: Desk, made: str) -> dict[str, Json]:
    """Make the list, and return it by names."""
    told = await _asked(desk, "POST", f"communications/{made}/recipients")
    assert told["state"] == "ready"
    return await _listed(desk, made)


async def _listed(desk: Desk, made: str) -> dict[str, Json]:
    found = await _asked(desk, "GET", f"communications/{made}/recipients")
    return {each["name"]: each for each in found["recipients"]}


async def _begun(desk: Desk, group: str, **said: Any) -> str:
    """Make, list and start a communication."""
    made = await _communication(desk, group, **said)
    await _chosen(desk, made)
    await _asked(desk, "POST", f"communications/{made}/start", {})
    return made


async def _works(studio: Studio) -> None:
    await carry_on(studio.database, studio.account.account_id, public_url=PUBLIC_URL)


async def _letters(studio: Studio, made: str) -> list[Any]:
    return await studio.execute(
        "SELECT * FROM letters WHERE account_id = $1 AND communication_id = $2", UUID(made)
    )


async def test_a_template_s_files_go_with_each_email_and_stay_until_then(studio: Studio, desk: Desk) -> None:
    group = await _group(desk)
    await _client(desk, "Adams", email="laura@adams.example", group_ids=[group])
    headers = {**desk.headers, "Content-Type": "application/pdf"}
    sent = await studio.client.post(
        "/v1/letter-files", params={"name": "Prices.pdf"}, content=b"%PDF-1.7", headers=headers
    )
    file_id = sent.json()["id"]
    said = {"subject": "Prices", "text": "Hello", "file_ids": [file_id]}
    template = await _template(desk, "form_letter", **said)
    made = await _begun(desk, group, action="email", template_id=template)
    await _works(studio)
    [letter] = await _letters(studio, made)
    assert letter["content"]["file_ids"] == [file_id]
    without = {
        "name": "Prices",
        "kind": "form_letter",
        "basis": "client",
        "subject": "Prices",
        "text": "Hello",
    }
    assert (await desk.ask("PUT", f"templates/{template}", without, if_match='"1"')).status_code == 200
    kept = await desk.ask("DELETE", f"letter-files/{file_id}")
    assert (kept.status_code, kept.json()["code"]) == (409, "letter_file_in_use")
    await _asked(desk, "POST", f"letters/{letter['letter_id']}/cancel")
    assert (await desk.ask("DELETE", f"letter-files/{file_id}")).status_code == 204


async def test_a_list_is_looked_over_and_who_is_on_it_is_written_to_or_called(
    studio: Studio, desk: Desk
) -> None:
    group = await _group(desk)
    of = {"group_ids": [group]}
    laura = await _client(desk, "Adams", first_name="Laura", email="laura@adams.example", **of)
    await _client(desk, "Baker", email="LAURA@adams.example", **of)
    await _client(desk, "Clark", phones=_phone("(518) 555-0123"), **of)
    await _client(desk, "Davis", **of)
    await _client(desk, "Evans", email="no@evans.example", **of)
    frank = await _client(desk, "Frank", email="frank@frank.example", **of)
    await _client(desk, "Green", email="nobody@chose.example")
    await _asked(desk, "POST", "letter-blocks", {"address": "no@evans.example"})
    said = {"subject": "Spring is here", "html": '<p>Dear [[ClientFirstName or "you"]]</p><script>x</script>'}
    template = await _template(desk, "html_email", **said)
    made = await _communication(
        desk, group, action="email", fallback="call", template_id=template, category="Offers"
    )
    early = await desk.ask("POST", f"communications/{made}/start", {})
    assert (early.status_code, early.json()["code"]) == (409, "nobody_chosen")

    listed = await _chosen(desk, made)
    assert {name: (each["action"], each["code"]) for name, each in listed.items()} == {
        "Adams, Laura": ("email", None),
        "Baker": ("email", "same_address"),
        "Clark": ("call", None),
        "Davis": ("email", "no_address"),
        "Evans": ("email", "blocked"),
        "Frank": ("email", None),
    }
    assert [name for name, each in listed.items() if not each["is_left_out"]] == [
        "Adams, Laura",
        "Clark",
        "Frank",
    ]
    path = f"communications/{made}/recipients"
    await _asked(desk, "PATCH", path, {"record_ids": [frank], "is_left_out": True})
    back = [listed[name]["record_id"] for name in ("Baker", "Davis", "Evans")]
    ticked = await _asked(desk, "PATCH", path, {"record_ids": back, "is_left_out": False})
    assert [each["is_left_out"] for each in ticked["recipients"]] == [False, True, True]

    unseen = await desk.ask("POST", f"communications/{made}/start", {}, if_match='"2"')
    assert (unseen.status_code, unseen.json()["code"]) == (412, "version_changed")
    started = await _asked(desk, "POST", f"communications/{made}/start", {})
    assert (started["state"], started["recipients"]["to_do"]) == ("running", 3)
    again = await desk.ask("POST", f"communications/{made}/start", {})
    assert (again.status_code, again.json()["code"]) == (409, "communication_started")
    await _works(studio)
    told = await _asked(desk, "GET", f"communications/{made}")
    assert told["state"] == "done"
    assert told["recipients"] == {"total": 6, "left_out": 3, "to_do": 0, "made": 3, "not_made": 0}
    assert told["letters"]["waiting"] == 2

    rows = {row["to_addresses"][0]: row for row in await _letters(studio, made)}
    assert rows.keys() == {"laura@adams.example", "LAURA@adams.example"}
    letter = rows["laura@adams.example"]
    assert (letter["purpose"], letter["priority"], letter["is_bulk"]) == ("communication", 2, True)
    assert letter["content"]["html"] == "<p>Dear Laura</p>"
    email = await _asked(desk, "GET", f"emails/{letter['letter_id']}")
    assert (email["client_id"], email["delivery_state"], email["category"]) == (laura, "queued", "Offers")
    assert (email["subject"], email["body"], email["html"]) == ("Spring is here", "Dear Laura", None)
    call = await _asked(desk, "GET", f"phone_calls/{(await _listed(desk, made))['Clark']['made_id']}")
    assert (call["subject"], call["phone"]) == ("Spring is here", "(518) 555-0123")
    trail = (await _asked(desk, "GET", "audit?feature=communications"))["entries"]
    assert [each["action"] for each in trail[:3]] == ["changed", "changed", "created"]


async def test_records_are_chosen_by_filter_status_and_the_groups_of_their_clients(
    studio: Studio, desk: Desk
) -> None:
    group = await _group(desk)
    one = await _client(desk, "Chosen", email="chosen@studio.example", group_ids=[group])
    other = await _client(desk, "Elsewhere", email="elsewhere@studio.example")
    listed = await _asked(desk, "GET", "session_statuses")
    first, second, *_ = (each["id"] for each in listed["records"])
    wanted = []
    for client, status, subject in (
        (one, first, "Yes"),
        (one, second, "Yes"),
        (one, first, "No"),
        (other, first, "Yes"),
    ):
        fields = sample("sessions", client_id=client, status_id=status, description=subject)
        answer = await desk.create(named("sessions"), fields)
        assert answer.status_code == 201, answer.text
        wanted.append(answer.json()["id"])
    chosen = {"group_ids": [group], "status_ids": [first], "filter": leaf("description", "equals", "Yes")}
    call = {"action": "call", "made": {"subject": "About [[SessionDescription]]"}}
    made = await _communication(desk, group, **call, hub="sessions", chosen=chosen)
    assert [each["record_id"] for each in (await _chosen(desk, made)).values()] == [wanted[0]]

    billed = await invoiced(studio, client_id=other, bill_to_client_id=one)
    await invoiced(studio, client_id=one, bill_to_client_id=other)
    made = await _communication(desk, group, action="task", hub="invoices", made={"subject": "See to it"})
    [invoice] = (await _chosen(desk, made)).values()
    assert (invoice["record_id"], invoice["client_id"]) == (billed, one)
    await _asked(desk, "POST", f"communications/{made}/start", {})
    await _works(studio)
    task = await _asked(desk, "GET", f"tasks/{(await _listed(desk, made))['Chosen']['made_id']}")
    assert (task["subject"], task["invoice_id"], task["client_id"]) == ("See to it", billed, one)
    made = await _communication(desk, group, **call, hub="sessions")
    # A later version may lack what this one has.
    later = '{"filter": {"field": "frobnicate", "is": "equals", "value": "Yes"}}'
    by_id = "WHERE account_id = $1 AND communication_id = $2"
    await studio.execute(f"UPDATE communications SET chosen = $3::text::jsonb {by_id}", UUID(made), later)
    odd = await desk.ask("POST", f"communications/{made}/recipients")
    assert (odd.status_code, odd.json()["code"]) == (422, "invalid_query")


async def test_work_that_is_cut_goes_on_and_makes_nothing_twice(
    studio: Studio, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await _group(desk)
    for place in range(7):
        await _client(desk, f"Cut {place}", email=f"cut{place}@studio.example", group_ids=[group])
    template = await _template(desk, "form_letter", subject="Hello", text="Dear [[ClientLastName]]")
    made = await _begun(desk, group, action="email", template_id=template)
    monkeypatch.setattr(running, "AT_ONCE", 2)
    mark, calls = store.mark, list[int]()

    async def cut(*given: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise ConnectionError("killed")
        await mark(*given)

    monkeypatch.setattr(store, "mark", cut)
    with pytest.raises(ConnectionError):
        await _works(studio)
    assert (await _asked(desk, "GET", f"communications/{made}"))["recipients"]["made"] == 4
    assert len(await _letters(studio, made)) == 4
    await asyncio.gather(_works(studio), _works(studio))
    told = await _asked(desk, "GET", f"communications/{made}")
    assert (told["state"], told["recipients"]["made"], told["letters"]["waiting"]) == ("done", 7, 7)
    found = await desk.all(named("emails"))
    bodies = sorted(each["body"] for each in found if each["body"].startswith("Dear Cut"))
    assert bodies == [f"Dear Cut {place}" for place in range(7)]


async def test_each_is_judged_once_more_as_it_is_made(studio: Studio, desk: Desk) -> None:
    group = await _group(desk)
    gone = await _client(desk, "Gone", email="gone@studio.example", group_ids=[group])
    moved = await _client(desk, "Moved", email="before@studio.example", group_ids=[group])
    stops = await _client(desk, "Stops", email="stops@studio.example", group_ids=[group])
    template = await _template(desk, "form_letter", subject="Hello", text="[[ClientLastName]]")
    made = await _begun(desk, group, action="email", template_id=template)
    assert (await desk.delete(named("clients"), gone)).status_code == 204
    await desk.change(named("clients"), moved, {"email": "after@studio.example"})
    await desk.change(named("clients"), stops, {"email": None})
    await _works(studio)
    assert [row["to_addresses"] for row in await _letters(studio, made)] == [["after@studio.example"]]
    listed = await _listed(desk, made)
    assert {name: each["code"] for name, each in listed.items()} == {"Moved": None, "Stops": "no_address"}


async def test_what_a_rule_refuses_is_told_and_does_not_stop_the_rest(studio: Studio, desk: Desk) -> None:
    group = await _group(desk)
    await _client(desk, "Called", phones=_phone("(518) 555-0188"), group_ids=[group])
    kind = await _asked(desk, "POST", "phone_call_types", {"description": "Spring"}, 201)
    made = await _begun(desk, group, action="call", made={"subject": "Call", "type_id": kind["id"]})
    assert (await desk.delete(named("phone_call_types"), kind["id"])).status_code == 204
    await _works(studio)
    told = await _asked(desk, "GET", f"communications/{made}")
    assert (told["state"], told["recipients"]["not_made"]) == ("done", 1)
    assert (await _listed(desk, made))["Called"]["code"] == "refused"


async def test_one_that_cannot_be_made_does_not_stop_the_rest(
    studio: Studio, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await _group(desk)
    odd = await _client(desk, "Odd", email="odd@studio.example", group_ids=[group])
    await _client(desk, "Even", email="even@studio.example", group_ids=[group])
    template = await _template(desk, "form_letter", subject="Hello", text="Hello")
    ways = {"action": "email", "template_id": template}
    first, second = [await _begun(desk, group, **ways) for _ in range(2)]
    usual, mark = saying.words_for, store.mark

    async def fails(session: Any, basis: Any, ids: Any, **said: Any) -> Any:
        if UUID(odd) in ids:
            raise KeyError("a defect that shows in one")
        return await usual(session, basis, ids, **said)

    async def away(session: Any, communication_id: UUID, done: Any) -> None:
        if str(communication_id) == first:
            raise ConnectionError("away")
        await mark(session, communication_id, done)

    monkeypatch.setattr(running, "words_for", fails)
    monkeypatch.setattr(store, "mark", away)
    with pytest.raises(ConnectionError):
        await _works(studio)
    listed = await _listed(desk, second)
    assert {name: each["code"] for name, each in listed.items()} == {"Even": None, "Odd": "refused"}
    assert (await _asked(desk, "GET", f"communications/{second}"))["state"] == "done"
    assert (await _asked(desk, "GET", f"communications/{first}"))["state"] == "running"
    monkeypatch.setattr(store, "mark", mark)
    await _works(studio)


async def test_no_emails_go_to_many_while_nobody_could_unsubscribe(desk: Desk, house: FastAPI) -> None:
    group = await _group(desk)
    await _client(desk, "Many", email="many@studio.example", group_ids=[group])
    template = await _template(desk, "form_letter", subject="Hello", text="Hello")
    made = await _communication(desk, group, action="email", template_id=template)
    await _chosen(desk, made)
    house.state.public_url = None
    try:
        refused = await desk.ask("POST", f"communications/{made}/start", {})
    finally:
        house.state.public_url = PUBLIC_URL
    assert (refused.status_code, refused.json()["code"]) == (409, "public_url_missing")
    assert (await _asked(desk, "GET", f"communications/{made}"))["state"] == "ready"


async def test_it_starts_on_its_day_and_is_cancelled_as_far_as_it_has_not_gone(
    studio: Studio, desk: Desk
) -> None:
    group = await _group(desk)
    for place in range(3):
        await _client(desk, f"Day {place}", email=f"day{place}@studio.example", group_ids=[group])
    template = await _template(desk, "form_letter", subject="Hello", text="Hello")
    made = await _communication(desk, group, action="email", template_id=template)
    await _chosen(desk, made)
    now = clock.now()
    past = await desk.ask("POST", f"communications/{made}/start", {"date": "2020-02-02", "time": "09:00:00"})
    assert past.json()["fields"] == [{"path": "date", "code": "past"}]
    asked = {"date": f"{now.year + 1}-07-01", "time": "09:00:00"}
    told = await _asked(desk, "POST", f"communications/{made}/start", asked)
    # In Denver it is six hours before Greenwich in July.
    assert (told["state"], told["starts_at"]) == ("scheduled", f"{now.year + 1}-07-01T15:00:00Z")
    starts_at = datetime(now.year + 1, 7, 1, 15, tzinfo=UTC)
    async with studio.database.reading(studio.account.account_id) as session:
        assert await running.next_due(session) == starts_at
    refused = await desk.ask("DELETE", f"templates/{template}", if_match='"1"')
    assert (refused.status_code, refused.json()["code"]) == (409, "template_in_use")
    await _works(studio)
    assert not await _letters(studio, made)
    clock.hold(starts_at + timedelta(seconds=1))
    await _works(studio)
    clock.hold(None)
    rows = await _letters(studio, made)
    assert len(rows) == 3
    await studio.execute(
        "UPDATE letters SET state = 'sent' WHERE account_id = $1 AND letter_id = $2 RETURNING 1",
        rows[0]["letter_id"],
    )
    cancelled = await _asked(desk, "POST", f"communications/{made}/cancel")
    assert cancelled["state"] == "cancelled"
    await _works(studio)
    told = await _asked(desk, "GET", f"communications/{made}")
    assert (told["letters"]["sent"], told["letters"]["cancelled"], told["letters"]["waiting"]) == (1, 2, 0)
    assert told["ended_at"] is not None
    email = await _asked(desk, "GET", f"emails/{rows[1]['letter_id']}")
    assert (email["delivery_state"], email["is_draft"]) == ("draft", True)
    assert (
        await desk.ask("DELETE", f"communications/{made}", if_match=f'"{told["version"]}"')
    ).status_code == 204


async def test_what_is_cancelled_before_its_day_keeps_the_day_and_ends(studio: Studio, desk: Desk) -> None:
    group = await _group(desk)
    await _client(desk, "Never", group_ids=[group])
    made = await _communication(desk, group, action="task", made={"subject": "Look"})
    await _chosen(desk, made)
    asked = {"date": f"{clock.now().year + 1}-07-01", "time": "09:00:00"}
    planned = await _asked(desk, "POST", f"communications/{made}/start", asked)
    cancelled = await _asked(desk, "POST", f"communications/{made}/cancel")
    assert (cancelled["starts_at"], cancelled["ended_at"]) == (planned["starts_at"], None)
    await _works(studio)
    told = await _asked(desk, "GET", f"communications/{made}")
    assert (told["state"], told["ended_at"] is not None, told["recipients"]["made"]) == ("cancelled", True, 0)


async def test_a_change_of_whom_it_goes_to_makes_it_a_draft_again(desk: Desk) -> None:
    group, other = await _group(desk), await _group(desk)
    await _client(desk, "Draft", email="draft@studio.example", group_ids=[group])
    template = await _template(desk, "form_letter", subject="Hello", text="Hello")
    made = await _communication(desk, group, action="email", template_id=template)
    await _chosen(desk, made)
    body = {"name": "Autumn", "hub": "clients", "action": "email", "template_id": template}
    path = f"communications/{made}"
    told = await _asked(desk, "PUT", path, {**body, "chosen": {"group_ids": [group]}}, if_match='"2"')
    assert (told["state"], told["name"]) == ("ready", "Autumn")
    told = await _asked(desk, "PUT", path, {**body, "chosen": {"group_ids": [other]}}, if_match='"3"')
    assert (told["state"], told["recipients"]["total"]) == ("draft", 0)
    late = await desk.ask("PUT", path, body, if_match='"3"')
    assert (late.status_code, late.json()["code"]) == (412, "version_changed")


async def test_of_more_than_may_be_written_to_no_list_is_made(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await _group(desk)
    await _client(desk, "Adams", group_ids=[group])
    made = await _communication(desk, group, action="call", made={"subject": "Call"})
    monkeypatch.setattr(choosing, "MOST", 0)
    refused = await desk.ask("POST", f"communications/{made}/recipients")
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_recipients")


async def test_what_does_not_fit_together_is_told_place_by_place(desk: Desk) -> None:
    template = await _template(desk, "text", text="Hello")
    body = {"name": "Odd", "hub": "sessions", "action": "email", "fallback": "task", "template_id": template}
    made = {"subject": "[[ClientFirstNome]]", "user_id": str(uuid4())}
    answer = await desk.ask("POST", "communications", {**body, "made": made})
    assert answer.json()["code"] == "communication_invalid"
    assert [(each["path"], each["code"]) for each in answer.json()["fields"]] == [
        ("fallback", "does_not_fit"),
        ("template_id", "wrong_basis"),
        ("made.subject", "unknown_field"),
        ("made.user_id", "not_found"),
    ]
    odd = {"name": "Odd", "hub": "clients", "action": "call", "made": {"subject": "x"}}
    nowhere = {"filter": {"field": "frobnicate", "is": "blank", "value": True}, "filter_id": str(uuid4())}
    told = [
        (await desk.ask("POST", "communications", {**odd, "chosen": {name: value}})).json()["fields"][0]
        for name, value in nowhere.items()
    ]
    assert [(each["path"].split(".")[:2], each["code"]) for each in told] == [
        (["chosen", "filter"], "unknown_field"),
        (["chosen", "filter_id"], "not_found"),
    ]
    bare = await desk.ask("POST", "communications", {"name": "Bare", "hub": "clients", "action": "call"})
    assert bare.json()["fields"] == [{"path": "made.subject", "code": "missing"}]


async def test_who_may_not_see_a_client_does_not_write_to_them(studio: Studio, desk: Desk) -> None:
    group = await _group(desk)
    await _client(desk, "Unseen", email="unseen@studio.example", group_ids=[group])
    await give(studio, clients=Level.NO_ACCESS, phone_calls=Level.VIEW_ONLY)
    other = await at_a_desk(studio, initials="PK")
    call = {"name": "Calls", "action": "call", "made": {"subject": "Call"}}
    answer = await other.ask("POST", "communications", {**call, "hub": "clients"})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    made = await _communication(desk, group, action="call", made={"subject": "Call"})
    answer = await other.ask("POST", f"communications/{made}/recipients")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


async def test_texts_go_to_marked_phones_and_emails_where_there_is_none(studio: Studio, desk: Desk) -> None:
    group = await _group(desk)
    marked = _phone("(518) 555-0177", is_marked=True)
    await _client(desk, "Texted", phones=marked, email="texted@studio.example", group_ids=[group])
    await _client(
        desk, "Mailed", phones=_phone("(518) 555-0178"), email="m@studio.example", group_ids=[group]
    )
    template = await _template(desk, "text", text="Hello [[ClientLastName]]")
    said = {"action": "text", "fallback": "email", "template_id": template}
    made = await _begun(desk, group, **said, made={"subject": "A word to [[ClientLastName]]"})
    await _works(studio)
    listed = await _listed(desk, made)
    text = await _asked(desk, "GET", f"text_messages/{listed['Texted']['made_id']}")
    assert (text["phone"], text["message"], text["delivery_state"]) == (
        "(518) 555-0177",
        "Hello Texted",
        "queued",
    )
    email = await _asked(desk, "GET", f"emails/{listed['Mailed']['made_id']}")
    assert (email["subject"], email["body"]) == ("A word to Mailed", "Hello Mailed")


async def test_a_letter_on_paper_waits_to_be_printed_and_follows_a_client_who_is_merged(
    studio: Studio, desk: Desk
) -> None:
    group = await _group(desk)
    address = {"line_1": "12 Orchard Lane", "city": "Albany"}
    first = await _client(
        desk, "Paper", address={**sample("clients")["address"], **address}, group_ids=[group]
    )
    stays = await _client(desk, "Stays")
    template = await _template(desk, "form_letter", subject="To [[ClientLastName]]", text="A <b>\n\nB")
    await _begun(desk, group, action="letter", template_id=template)
    await _works(studio)
    [paper] = (await _asked(desk, "GET", "paper-letters?state=to_print"))["letters"]
    assert (paper["client_id"], paper["title"]) == (first, "To Paper")
    whole = await _asked(desk, "GET", f"paper-letters/{paper['id']}")
    assert whole["html"] == "<p>A &lt;b&gt;</p><p>B</p>"
    merged = await desk.ask("POST", f"clients/{first}/merge", {"into": stays})
    assert merged.status_code == 200, merged.text
    assert (await _asked(desk, "GET", f"paper-letters?client_id={stays}"))["letters"][0]["id"] == paper["id"]
    missing = await desk.ask("POST", "paper-letters/printed", {"ids": [paper["id"], str(uuid4())]})
    assert (missing.status_code, missing.json()["code"]) == (404, "paper_letter_not_found")
    done = await _asked(desk, "POST", "paper-letters/printed", {"ids": [paper["id"]]})
    assert done["letters"][0]["state"] == "printed"
    assert not (await _asked(desk, "GET", "paper-letters?state=to_print"))["letters"]
    printed = (await _asked(desk, "GET", "paper-letters/printed"))["letters"]
    assert [each["id"] for each in printed] == [paper["id"]]
