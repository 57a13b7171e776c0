"""Templates are saved whole once all in them can be filled in, and told what is wrong where they cannot."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.lifecycle import change_account
from app.accounts.models import Edition
from app.core import events
from app.core.db import Database, WriteSession
from app.core.principal import Level, Principal
from app.templates import saving
from app.templates.errors import TemplateInUse
from app.templates.events import TemplateRemoved
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import Desk, at_a_desk
from tests.desk.hubs.asking import give
from tests.samples import named, sample

Json = dict[str, Any]
LETTER: Json = {
    "kind": "form_letter",
    "basis": "session",
    "subject": "Until [[SessionWebExpireDate]]",
    "text": 'Dear [[ClientFirstName or "client"]]',
}


def letter(name: str, **changed: Any) -> Json:
    """Return the body of a template."""
    return {**LETTER, "name": name, **changed}


async def made(desk: Desk, name: str, **changed: Any) -> Json:
    """Save a template."""
    answer = await desk.ask("POST", "templates", letter(name, **changed))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def wrong(answer: httpx.Response) -> list[Json]:
    """Return what a refused template was told."""
    assert (answer.status_code, answer.json()["code"]) == (422, "template_invalid"), answer.text
    return list(answer.json()["fields"])


async def test_a_template_is_made_changed_by_version_and_removed(desk: Desk) -> None:
    answer = await desk.ask("POST", "templates", letter("Images online"))
    told = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    path = answer.headers["location"].removeprefix("/v1/")
    assert told["fields"] == ["ClientFirstName", "SessionWebExpireDate"]
    assert (told["gone"], told["html"], told["is_inactive"]) == ([], None, False)
    assert (await desk.ask("GET", path)).json() == told
    assert (await desk.ask("PUT", path, letter("Later"))).json()["code"] == "precondition_required"
    changed = await desk.ask("PUT", path, letter("Images are online", text="Soon"), if_match='"1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    late = await desk.ask("PUT", path, letter("Later"), if_match='"1"')
    assert (late.status_code, late.json()["code"]) == (412, "version_changed")
    listed = (await desk.ask("GET", "templates")).json()["templates"]
    assert [(each["name"], each["fields"]) for each in listed] == [
        ("Images are online", ["SessionWebExpireDate"])
    ]
    assert "text" not in listed[0]
    assert (await desk.ask("DELETE", path, if_match='"2"')).status_code == 204
    assert (await desk.ask("GET", path)).json()["code"] == "template_not_found"
    trail = (await desk.ask("GET", "audit?feature=templates")).json()["entries"]
    assert [each["action"] for each in trail[:3]] == ["deleted", "changed", "created"]


async def test_names_are_told_apart_without_case_and_kind_and_basis_stay(desk: Desk) -> None:
    first = await made(desk, "Reminder")
    taken = await desk.ask("POST", "templates", letter("REMINDER"))
    assert (taken.status_code, taken.json()["code"]) == (409, "template_name_taken")
    again = await desk.ask(
        "PUT",
        f"templates/{first['id']}",
        {"name": "Reminder", "kind": "text", "basis": "client", "text": "Hello"},
        if_match='"1"',
    )
    assert [(each["path"], each["code"]) for each in wrong(again)] == [("kind", "fixed"), ("basis", "fixed")]


async def test_what_cannot_be_filled_in_is_refused_with_the_nearest_name(desk: Desk) -> None:
    body = letter("Odd", subject="[[SessionWebExpiryDate]]", text="Hello\n[[InvoiceTotal]] [[Frobnicate]]")
    assert wrong(await desk.ask("POST", "templates", body)) == [
        {
            "path": "subject",
            "code": "unknown_field",
            "token": "SessionWebExpiryDate",
            "nearest": "SessionWebExpireDate",
            "line": 1,
        },
        {
            "path": "text",
            "code": "wrong_basis",
            "token": "InvoiceTotal",
            "bases": ["invoice", "task"],
            "line": 2,
        },
        {"path": "text", "code": "unknown_field", "token": "Frobnicate", "line": 2},
    ]
    looped = letter("Odd", text="Hello\n\n[% for x in SessionNotes %]")
    assert wrong(await desk.ask("POST", "templates", looped)) == [
        {"path": "text", "code": "not_allowed", "line": 3}
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"text": " "}, ("text", "missing")),
        ({"subject": ""}, ("subject", "missing")),
        ({"html": "<p>x</p>"}, ("html", "not_expected")),
        ({"kind": "html_email"}, ("html", "missing")),
        ({"kind": "text"}, ("subject", "not_expected")),
        (
            {
                "kind": "text",
                "subject": "",
                "text": "x" * 1_600 + "[% if ClientFirstName %]y[% else %]zz[% endif %]",
            },
            ("text", "too_long"),
        ),
        ({"basis": "client", "subject": "x", "has_calendar": True}, ("has_calendar", "not_expected")),
        ({"email_type_id": "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"}, ("email_type_id", "not_found")),
    ],
)
async def test_each_kind_has_its_parts(desk: Desk, changed: Json, expected: tuple[str, str]) -> None:
    told = wrong(await desk.ask("POST", "templates", letter("Parts", **changed)))
    assert [(each["path"], each["code"]) for each in told] == [expected]


async def test_html_needs_the_professional_edition(
    database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    desk, who = await at_a_desk(studio), Principal.system(studio.account.account_id)
    html = {"kind": "html_email", "html": "<p>[[ClientFirstName]]</p>"}
    first = await made(desk, "In HTML", **html)
    for edition, allowed in ((Edition.ESSENTIAL, {"plain"}), (Edition.EXPRESS, set[str]())):
        async with database.writing(who.account_id) as session:
            await change_account(session, who, edition=edition)
        for name, body in (
            ("html", letter(f"HTML {edition}", **html)),
            ("plain", letter(f"Plain {edition}")),
        ):
            answer = await desk.ask("POST", "templates", body)
            assert answer.status_code == (201 if name in allowed else 403), answer.text
    assert (await desk.ask("GET", f"templates/{first['id']}")).status_code == 200


async def test_an_author_has_the_fields_they_may_view(
    database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    desk, photographer = await at_a_desk(studio), await at_a_desk(studio, initials="PK")
    client = (await desk.create(named("clients"), sample("clients", notes="Owes us a cake"))).json()
    noted = {"kind": "form_letter", "basis": "client", "subject": "x", "text": "[[ClientNotes]]"}
    saved = await made(desk, "Notes", **noted)
    await give(studio, client_notes=Level.NO_ACCESS, templates=Level.ADD_MODIFY)
    told = (await photographer.ask("GET", "template-fields?basis=client")).json()["fields"]
    assert "ClientEmail" in {each["token"] for each in told}
    assert "ClientNotes" not in {each["token"] for each in told}
    [fault] = wrong(await photographer.ask("POST", "templates", {**noted, "name": "Mine"}))
    assert fault["code"] == "unknown_field"
    asked = {"template_id": saved["id"], "record_id": client["id"]}
    hidden, shown = [
        (await who.ask("POST", "template-previews", asked)).json() for who in (photographer, desk)
    ]
    assert (hidden["text"], hidden["missing"]) == ("", ["ClientNotes"])
    assert shown["text"] == "Owes us a cake"
    await give(studio, templates=Level.VIEW_ONLY)
    refused = await photographer.ask("POST", "templates", letter("Mine"))
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


async def test_fields_have_the_company_s_own_labels(studio: Studio, desk: Desk) -> None:
    labels = (
        '[{"id": "9a3e1f8c-1c55-4f65-8e0a-6f3c1a190001", "collection": "clients",'
        ' "custom_field": "text_1", "label": "Favourite colour"}]'
    )
    await studio.execute(
        "UPDATE companies SET custom_labels = $2::text::jsonb WHERE account_id = $1 RETURNING 1", labels
    )
    told = (await desk.ask("GET", "template-fields?basis=session")).json()
    found = {each["token"]: each for each in told["fields"]}
    assert found["ClientCustomText1"]["label"] == "Client: Favourite colour"
    assert found["SessionWebExpireDate"]["path"] == "web_expire_date"
    assert (await desk.ask("GET", "template-fields?basis=nobody")).status_code == 422


async def test_a_template_somebody_sends_by_stays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    used = await made(desk, "Used")

    async def refuse(session: WriteSession, who: Principal, event: TemplateRemoved) -> None:
        del session, who
        if event.template_id == UUID(used["id"]):
            raise TemplateInUse

    monkeypatch.setitem(events._inside, TemplateRemoved, [refuse])
    answer = await desk.ask("DELETE", f"templates/{used['id']}", if_match='"1"')
    assert (answer.status_code, answer.json()["code"]) == (409, "template_in_use")
    assert (await desk.ask("GET", f"templates/{used['id']}")).status_code == 200


async def test_there_are_only_so_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await made(desk, "One")
    monkeypatch.setattr(saving, "MOST", 1)
    answer = await desk.ask("POST", "templates", letter("One more"))
    assert (answer.status_code, answer.json()["code"]) == (409, "template_limit_reached")


async def test_a_draft_is_previewed_with_a_record_of_one_s_own(desk: Desk, stranger: Studio) -> None:
    client = (await desk.create(named("clients"), sample("clients", first_name="Laura"))).json()
    theirs = await at_a_desk(stranger)
    foreign = (await theirs.create(named("clients"), sample("clients"))).json()
    draft = {
        "kind": "html_email",
        "basis": "client",
        "subject": "Hello [[ClientFirstName]]",
        "html": "<p onclick=x>[[ClientFirstName]] <b>[[ClientStudioName]]</b></p>",
    }

    async def preview(record_id: str, **changed: Any) -> httpx.Response:
        asked = {"draft": {**draft, **changed}, "record_id": record_id}
        return await desk.ask("POST", "template-previews", asked)

    told = (await preview(client["id"])).json()
    assert told == {
        "subject": "Hello Laura",
        "text": "Laura",
        "html": "<p>Laura <b></b></p>",
        "calendar": None,
        "missing": ["ClientStudioName"],
    }
    for record_id in (foreign["id"], told_nothing := "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"):
        answer = await preview(record_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "preview_record_not_found")
    [fault] = wrong(await preview(client["id"], subject="[[SessionDate]]"))
    assert (fault["code"], "session" in fault["bases"]) == ("wrong_basis", True)
    long = await preview(client["id"], html="[[ClientFirstName]]" + "&" * 60_000)
    assert (long.status_code, long.json()["code"]) == (422, "preview_too_long")
    both = {"draft": draft, "template_id": told_nothing, "record_id": client["id"]}
    for asked in (both, {"record_id": client["id"]}):
        assert (await desk.ask("POST", "template-previews", asked)).json()["code"] == "invalid_request"
