"""What is sent to many, and what happens by itself, at the console: chosen, looked over, and followed."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.features import features
from app.automations.communications.running import carry_on
from app.automations.triggers.upkeep import look_after
from app.console.letters.site import DONE
from app.core.db import Database
from app.core.principal import Level
from app.http.forms import TOKEN
from tests.accounts.people import give
from tests.accounts.studios import Studio, new_studio
from tests.browser.writing import SERVER, keep_line
from tests.console.browser import HERE, Browser
from tests.console.conftest import at_a_browser
from tests.contract.desks import Desk, at_a_desk
from tests.contract.phones import Record
from tests.samples import named, sample

PUBLIC_URL = "https://studio.example"


@pytest.fixture(scope="module")
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make a studio that the tests of this module share."""
    house.state.public_url = PUBLIC_URL
    return await new_studio(database, http, house.state.keys)


@pytest.fixture(scope="module")
async def desk(studio: Studio) -> Desk:
    """Sign its administrator in."""
    return await at_a_desk(studio)


@pytest.fixture(scope="module")
async def browser(house: FastAPI, studio: Studio) -> AsyncIterator[Browser]:
    """Sign its administrator in at a browser."""
    async with at_a_browser(house) as browser:
        await browser.sign_in(studio)
        yield browser


async def made(desk: Desk, path: str, body: Record) -> Record:
    """Make something, and return it."""
    answer = await desk.ask("POST", path, body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def client_of(desk: Desk, last_name: str, **fields: Any) -> Record:
    """Make a client nothing but what is said reaches."""
    usual: dict[str, Any] = {
        "first_name": None,
        "email": None,
        "phones": [],
        "address": None,
        "mailing_address": None,
    }
    answer = await desk.create(
        named("clients"), sample("clients", last_name=last_name, **{**usual, **fields})
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def template_of(desk: Desk, **said: Any) -> Record:
    """Make a template of letters about clients."""
    body = {"name": f"Template {uuid4()}", "kind": "form_letter", "basis": "client"}
    return await made(desk, "templates", {**body, "subject": "Spring", "text": "Hello", **said})


async def test_many_are_chosen_looked_over_and_written_to(
    studio: Studio, desk: Desk, browser: Browser
) -> None:
    group = await made(desk, "client_groups", {"description": f"Group {uuid4()}"})
    of = {"group_ids": [group["id"]]}
    await client_of(desk, "Adams", email="adams@home.example", **of)
    baker = await client_of(desk, "Baker", email="baker@home.example", **of)
    await client_of(desk, "Clark", **of)
    template = await template_of(desk)
    assert "What is made for each" in (await browser.open("/communications/new")).text
    new = "/communications/new?hub=clients&action=email"
    page = await browser.open(new)
    assert template["name"] in page.text
    page = await browser.send("/communications/new", name="Spring")
    assert (page.status, "Please fill this in." in page.text) == (422, True)
    sent = {"template_id": template["id"], "chosen.group_ids": [group["id"]]}
    page = await browser.send("/communications/new", **sent)
    assert "Now make the list" in page.text
    here = page.path.removeprefix("/console")
    page = await browser.send(f"{here}/recipients/make")
    assert "2 of 3 get something." in page.text
    assert "Has no address for it" in page.text
    assert page.form(f"{here}/recipients")["to"] == page.form(f"{here}/recipients")["was"]
    left = [each for each in page.form(f"{here}/recipients")["to"] if each != baker["id"]]
    page = await browser.send(f"{here}/recipients", to=left)
    assert "1 of 3 get something." in page.text
    page = await browser.open(f"{here}/recipients?out=yes")
    assert ("Baker" in page.text, "Adams" in page.text) == (True, False)
    page = await browser.open(here)
    page = await browser.send(f"{here}/start", when="later", date="2020-01-02", time="09:00")
    assert (page.status, "This lies in the past." in page.text) == (422, True)
    page = await browser.send(f"{here}/start", when="later", date="", time="09:00")
    assert (page.status, "Please choose a day and a time." in page.text) == (422, True)
    page = await browser.send(f"{here}/start", when="now", date="2999-01-02", time="09:00")
    assert (page.status, "leave the day empty for it to begin at once" in page.text) == (422, True)
    page = await browser.send(f"{here}/start", when="now", date="")
    assert "It has begun." in page.text
    assert [f"{each}. " in page.text for each in range(1, 5)] == [True] * 4
    await carry_on(studio.database, studio.account.account_id, public_url=PUBLIC_URL)
    page = await browser.open(here)
    assert "1 of 1 made." in page.text
    assert "Waiting to be sent 1" in page.text
    await browser.open(f"{here}/cancel")
    page = await browser.send(f"{here}/cancel")
    assert "Nothing more is made" in page.text
    assert f"/console{here}/start" not in page.reader.forms


async def test_a_communication_is_changed_planned_and_removed(desk: Desk, browser: Browser) -> None:
    name = f"Zeller {uuid4()}"
    await client_of(desk, name)
    await browser.open("/communications/new?hub=clients&action=task")
    page = await browser.send(
        "/communications/new", name="Look", **{"made.subject": "Call [[ClientFristName]]"}
    )
    assert page.status == 422
    assert "There is no field [[ClientFristName]]. Did you mean [[ClientFirstName]]?" in page.text
    page = await browser.send(
        "/communications/new", **{"made.subject": "Look at it", "made.due_in_days": "3"}
    )
    here = page.path.removeprefix("/console")
    page = await browser.open(f"{here}/change")
    page = await browser.send(f"{here}/change", name="Look at them")
    assert "Look at them" in page.text
    await browser.send(f"{here}/recipients/make")
    await browser.open(here)
    page = await browser.send(f"{here}/start", when="later", date="2999-01-02", time="09:00")
    assert "It begins at 2 January 2999" in page.text
    assert (await browser.open(f"{here}/change")).status == 200
    page = await browser.send(f"{here}/change", name="Too late")
    assert (page.status, "was started meanwhile" in page.text) == (409, True)
    await browser.open(f"{here}/remove")
    page = await browser.send(f"{here}/remove")
    assert page.status == 409
    await browser.open(f"{here}/cancel")
    page = await browser.send(f"{here}/cancel")
    assert "It was stopped before anything was made." in page.text
    assert "Cancelled" in (await browser.open("/communications")).text


async def test_letters_on_paper_are_printed_several_at_once(
    studio: Studio, desk: Desk, browser: Browser
) -> None:
    assert "Nothing to print" in (await browser.open("/paper")).text
    group = await made(desk, "client_groups", {"description": f"Group {uuid4()}"})
    for number, name in enumerate(("Posted <b>", "Second")):
        post = {"line_1": f"{number} Main Street", "city": "Albany"}
        await client_of(desk, name, address=post, group_ids=[group["id"]])
    template = await template_of(desk, text="Dear [[ClientLastName]]")
    await browser.open("/communications/new?hub=clients&action=letter")
    sent = {"template_id": template["id"], "chosen.group_ids": [group["id"]]}
    page = await browser.send("/communications/new", name="By post", **sent)
    here = page.path.removeprefix("/console")
    await browser.send(f"{here}/recipients/make")
    await browser.open(here)
    await browser.send(f"{here}/start", when="now")
    await carry_on(studio.database, studio.account.account_id, public_url=PUBLIC_URL)
    page = await browser.open("/paper")
    form = page.form("/paper")
    assert len(form["letter"]) == 2
    sheets = await browser.post("/paper/print", form)
    assert "Dear Posted &lt;b&gt;" in sheets.text
    assert sheets.text.count('<article class="sheet">') == 2
    assert sheets.headers["content-security-policy"].startswith("sandbox;")
    page = await browser.send("/paper")
    assert "They are marked as printed." in page.text
    assert "Nothing to print" in page.text
    page = await browser.open("/paper?state=printed")
    assert "Jo Doe" in page.text
    page = await browser.send("/paper", letter=[])
    assert "Nothing was ticked" in page.text


async def test_a_ready_made_trigger_is_made_in_one_click_looked_at_and_switched_on(browser: Browser) -> None:
    await browser.open("/triggers")
    page = await browser.send("/triggers/ready-made/images_online")
    assert "The trigger and its template were made." in page.text
    here = page.path.removeprefix("/console")
    page = await browser.send(f"{here}/activate")
    assert "The trigger works from now on." in page.text
    page = await browser.send(f"{here}/deactivate")
    assert "The trigger does nothing more." in page.text
    page = await browser.open("/triggers")
    assert "Images online" in page.text
    await browser.open(f"{here}/remove")
    page = await browser.send(f"{here}/remove")
    assert "The trigger was removed." in page.text
    assert (await browser.open("/triggers/ready-made/nothing")).status == 405


async def test_a_trigger_is_made_with_what_its_kind_has_and_told_what_is_wrong(
    desk: Desk, browser: Browser
) -> None:
    template = await template_of(desk, basis="session")
    assert "It waits for" in (await browser.open("/triggers/new")).text
    assert "do not go together" in (await browser.open("/triggers/new?kind=email_delivery&action=email")).text
    page = await browser.open("/triggers/new?kind=session_date&action=email")
    assert "The day its gallery expires" in page.text
    page = await browser.send("/triggers/new", name="Remind")
    assert (page.status, "Please fill this in." in page.text) == (422, True)
    sent = {"on_field": "web_expire_date", "offset_days": "-7", "template_id": template["id"]}
    page = await browser.send("/triggers/new", fallback="call", **sent)
    assert "The trigger was made." in page.text
    here = page.path.removeprefix("/console")
    form = page.form(here)
    assert (form["offset_days"], form["on_field"], form["fallback"]) == (
        ["-7"],
        ["web_expire_date"],
        ["call"],
    )
    stale = dict(form)
    page = await browser.send(here, offset_days="-14")
    assert "The trigger was saved." in page.text
    answer = await browser.post(here, stale)
    assert (answer.status_code, "This is what they have saved." in answer.text) == (412, True)
    page = await browser.open(f"{here}?kind=session_status&action=call")
    assert "on_field" not in page.form(here)
    page = await browser.send(here, **{"made.subject": "Call them"})
    assert page.status == 422, "it waits for no status yet"


async def test_what_waits_in_the_queue_is_done_skipped_and_deleted(
    studio: Studio, desk: Desk, browser: Browser
) -> None:
    status = (await desk.ask("GET", "client_statuses")).json()["records"][0]
    body = {
        "name": "By hand",
        "kind": "client_status",
        "status_id": status["id"],
        "action": "task",
        "made": {"subject": "See to [[ClientLastName]]"},
        "is_automatic": False,
    }
    trigger = await made(desk, "triggers", body)
    for name in ("First", "Second", "Third"):
        await client_of(desk, name, status_id=status["id"])
    await look_after(studio.database, studio.account.account_id, public_url=PUBLIC_URL)
    page = await browser.open("/triggers")
    assert "3 of By hand in the queue" in page.text
    here = f"/trigger-queue?trigger_id={trigger['id']}"
    page = await browser.open(here)
    for name in ("First", "Second", "Third"):
        assert name in page.text
    ids = [each.partition('"')[0] for each in page.answer.text.split('name="occurrence" value="')[1:]]
    form = page.form(f"/trigger-queue/skip?trigger_id={trigger['id']}")
    for what, one, said in (
        ("process", ids[0], "the list tells of each"),
        ("skip", ids[1], "They were skipped."),
        ("delete", ids[2], "They were deleted."),
    ):
        sent = {"form_token": form["form_token"], "occurrence": [one]}
        answer = await browser.post(
            f"/trigger-queue/{what}?trigger_id={trigger['id']}", sent, follow_redirects=True
        )
        assert said in answer.text
    page = await browser.open(here)
    table = page.text.partition("raised by, the newest first")[2]
    assert [word in table for word in ("Done", "Skipped", "Deleted", "Waiting")] == [True, True, True, False]
    assert "occurrence" not in page.reader.forms[f"/console/trigger-queue/skip?trigger_id={trigger['id']}"]
    tasks = await studio.execute("SELECT subject FROM tasks WHERE account_id = $1 AND subject LIKE 'See to%'")
    assert len(tasks) == 1
    answer = await browser.post("/trigger-queue/forget", {"form_token": form["form_token"]})
    assert answer.status_code == 404


async def test_files_are_listed_handed_over_and_removed(desk: Desk, browser: Browser) -> None:
    page = await browser.open("/files")
    assert "No files yet" in page.text
    token = page.form("/files/send")["form_token"][0]
    headers = {
        "Origin": HERE,
        "Sec-Fetch-Site": "same-origin",
        "X-Form-Token": token,
        "Content-Type": "application/pdf",
    }
    path = "/console/files/send?name=prices.pdf"
    answer = await browser.client.post(path, content=b"%PDF-1.7 and so on", headers=headers)
    assert answer.status_code == 201, answer.text
    refused = await browser.client.post(path, content=b"%PDF-1.7", headers={**headers, "X-Form-Token": "x"})
    assert refused.status_code == 403
    page = await browser.open("/files")
    [here] = [each for each in page.links if each.startswith("/files/") and not each.endswith("/remove")]
    assert (await browser.client.get(f"/console{here}")).content == b"%PDF-1.7 and so on"
    template = await template_of(desk)
    edit = f"/templates/{template['id']}"
    await browser.open(edit)
    page = await browser.send(edit, file_ids=[here.removeprefix("/files/")])
    assert "The template was saved." in page.text
    assert page.form(edit)["file_ids"] == [here.removeprefix("/files/")]
    await browser.open(f"{here}/remove")
    page = await browser.send(f"{here}/remove")
    assert (page.status, "A template has this file" in page.text) == (409, True)
    await browser.open(edit)
    await browser.send(edit, file_ids=[])
    await browser.open(f"{here}/remove")
    assert "The file was removed." in (await browser.send(f"{here}/remove")).text


async def test_who_may_only_look_is_offered_nothing_and_refused_whatever_form_they_send(
    house: FastAPI, studio: Studio, desk: Desk
) -> None:
    client = await client_of(desk, "Quill")
    group: dict[str, Any] = {"filter_id": None, "group_ids": []}
    template = await template_of(desk, name="Seen by all")
    said = {"name": "Seen", "action": "email", "template_id": template["id"]}
    trigger = await made(desk, "triggers", {**said, "kind": "client_date", "on_field": "birthday"})
    communication = await made(desk, "communications", {**said, "hub": "clients", "chosen": group})
    written = {"date": "2026-05-04", "to_addresses": ["quill@home.example"], "client_id": client["id"]}
    email = await desk.create(named("emails"), written)
    await desk.ask("PUT", "mail-server", SERVER, if_match='"0"')
    await keep_line(studio)
    known = {
        "letter_id": email.json()["id"],
        "file_id": str(uuid4()),
        "template_id": template["id"],
        "trigger_id": trigger["id"],
        "communication_id": communication["id"],
        "key": "images_online",
        "what": "process",
    }
    typed = {
        "name": "Otherwise",
        "subject": "x",
        "text": "y",
        "version": "1",
        "channel": "email",
        "address": "laura@home.example",
        "letter": client["id"],
        "occurrence": client["id"],
        "to": client["id"],
        "hub": "clients",
        "kind": "client_date",
        "action": "email",
        "on_field": "birthday",
        "recipient": "client",
        "template_id": template["id"],
        "host": "smtp.home.example",
        "port": "465",
        "security": "tls",
        "user_name": "x",
        "password": "y",
        "from_name": "x",
        "from_address": "x@home.example",
        "account_sid": f"AC{'0' * 32}",
        "auth_token": "a-word-of-eight",
        "from_number": "+15185550100",
    }
    await give(studio, **{each.key: Level.VIEW_ONLY for each in features()})
    await studio.execute("UPDATE accounts SET is_security_active = true WHERE account_id = $1")
    try:
        async with at_a_browser(house) as browser:
            page = await browser.sign_in(studio, "PK")
            filled = {name: [each] for name, each in typed.items()} | {TOKEN: page.form("/sign-out")[TOKEN]}
            taken = {}
            for path in DONE.keys() - {"/paper/print"}:
                asked = path.replace(":uuid", "").format(**known)
                new = "?kind=form_letter&basis=client" if path == "/templates/new" else ""
                answer = await browser.post(f"{asked}{new}", filled)
                if answer.status_code != 403 or "You do not have the right" not in answer.text:
                    taken[path] = answer.status_code
            assert taken == {}
            for path in ("/communications", "/triggers", "/templates"):
                assert f"{path}/new" not in (await browser.open(path)).links
    finally:
        await studio.execute("UPDATE accounts SET is_security_active = false WHERE account_id = $1")


async def test_a_text_line_says_why_it_is_not_taken(browser: Browser) -> None:
    await browser.open("/mail/texts")
    page = await browser.send("/mail/texts", account_sid="AC1", auth_token="a-word-of-eight")
    assert (page.status, "This is not written as it should be." in page.text) == (422, True)
