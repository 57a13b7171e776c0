"""Letters at the console: why none goes, what became of each, by which server, and what they are made of."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.console.letters.words import UNREACHED
from app.core.db import Database
from app.core.principal import Level
from app.outbox.hosts import Hosts
from app.outbox.mail.way import EmailWay
from tests.accounts.people import give
from tests.console.browser import Browser
from tests.console.conftest import at_a_browser
from tests.outbox.mailboxes import PASSWORD, USER, Mailbox, listening
from tests.outbox.posting import LAURA, Office, new_office
from tests.samples import named, sample

SERVER = {
    "from_name": "Harbor Light",
    "from_address": "hello@harbor.example",
    "host": "smtp.harbor.example",
    "port": "465",
    "security": "tls",
    "user_name": "hello",
    "password": "abcd-efgh-ijkl",
}
HTML = '<p>Dear [[ClientFirstName]],</p><script>alert(1)</script><p style="color: red">here</p>'


@pytest.fixture(scope="module")
async def shared_office(database: Database, house: FastAPI, http: httpx.AsyncClient) -> AsyncIterator[Office]:
    """Make an office that the tests of this module share."""
    async with new_office(database, house, http) as made:
        yield made


@pytest.fixture
async def office(shared_office: Office) -> Office:
    """Return the office with nothing in its outbox."""
    await shared_office.forgets()
    return shared_office


@pytest.fixture(scope="module")
async def shared_browser(house: FastAPI, shared_office: Office) -> AsyncIterator[Browser]:
    """Sign its administrator in."""
    async with at_a_browser(house) as browser:
        await browser.sign_in(shared_office.studio)
        yield browser


@pytest.fixture
async def browser(office: Office, shared_browser: Browser) -> Browser:  # noqa: ARG001 - begins with nothing
    """Return the administrator's browser."""
    return shared_browser


async def closed(office: Office, code: str, channel: str = "email") -> None:
    """Have nothing go by a channel."""
    await office.studio.execute(
        "UPDATE letter_lanes SET closed_until = now() + interval '30 minutes', closed_code = $2"
        " WHERE account_id = $1 AND channel = $3",
        code,
        channel,
    )


async def test_letters_that_wait_for_a_server_are_told_at_home_and_in_the_outbox(
    office: Office, browser: Browser
) -> None:
    page = await browser.open("/outbox")
    assert "Nothing was sent yet" in page.text
    email = await office.writes()
    assert "Emails do not go" not in (await browser.open("/")).text
    await closed(office, "no_mail_server")
    for path in ("/", "/outbox", "/mail"):
        page = await browser.open(path)
        assert (
            "Emails do not go at present: No mail server is set up. 1 waits, and nothing is lost."
            in page.text
        )
        assert "/mail" in page.links
    await closed(office, "server_away")
    assert "It is tried again at" in (await browser.open("/outbox")).text
    await closed(office, "plan_used_up")
    assert "None goes before the next month" in (await browser.open("/outbox")).text
    page = await browser.open(f"/outbox/{email}")
    assert f"To {LAURA}" in page.text
    assert "Waits The month's texts are used up. Next try Next month" in page.text
    await office.studio.execute("UPDATE letters SET state = 'failed' WHERE account_id = $1")
    page = await browser.open("/")
    assert "1 email could not be sent" in page.text
    assert "/outbox?state=failed&channel=email" in page.links


async def test_a_letter_is_cancelled_and_sent_again_after_all(office: Office, browser: Browser) -> None:
    client = await office.client(first_name="Laura", last_name="Hartley")
    email = await office.writes(client_id=client["id"], html="<p>Your <b>images</b></p>")
    here = f"/outbox/{email}"
    page = await browser.open("/outbox")
    assert "Your images are online" in page.text
    assert "Laura Hartley" in page.text
    page = await browser.open(here)
    assert "Dear Laura, your images are ready." in page.text
    assert f"{here}/html" in page.links
    page = await browser.send(f"{here}/cancel")
    assert "It is not sent." in page.text
    assert f"/console{here}/cancel" not in page.reader.forms
    page = await browser.send(f"{here}/resend")
    assert "It waits once more" in page.text
    await office.works()
    page = await browser.send(f"{here}/cancel")
    assert (page.status, "This letter does not wait any more" in page.text) == (409, True)
    assert LAURA in page.text
    page = await browser.open(f"/outbox?client_id={client['id']}")
    assert "Only those about Laura Hartley" in page.text
    assert (await browser.open("/outbox/3d1b7c52-9f0e-4c1a-8b3d-0c7b7f5b2a41")).status == 404


async def test_letters_are_found_by_how_they_stand_and_paged(office: Office, browser: Browser) -> None:
    for _ in range(51):
        await office.posts()
    failed = await office.posts("laura@@hartley")
    await office.works()
    await office.works()
    await office.works()
    page = await browser.open("/outbox?state=failed&purpose=notice")
    assert (f"/outbox/{failed}" in page.links, "The address is not one." in page.text) == (True, True)
    assert "Next" not in page.text
    page = await browser.open("/outbox?state=sent")
    [older] = [each for each in page.links if "page=" in each]
    assert "state=sent" in older
    page = await browser.open(older)
    assert page.text.count("Safety notice") == 1 + 1, "the choice, and one letter"
    assert "No such letters" in (await browser.open("/outbox?state=blocked")).text
    assert (await browser.open("/outbox?state=nonsense&page=x")).status == 200


async def test_what_is_secret_is_not_shown(office: Office, browser: Browser) -> None:
    secret = await office.posts(seal=office.outbox.vault)
    page = await browser.open(f"/outbox/{secret}")
    assert "told to nobody here" in page.text
    assert "Something was noticed." not in page.text


async def test_addresses_are_blocked_and_unblocked(browser: Browser) -> None:
    assert "Nobody is blocked" in (await browser.open("/blocks")).text
    page = await browser.send("/blocks", address="laura")
    assert (page.status, "marked fields" in page.text) == (422, True)
    page = await browser.send("/blocks", address="Laura+1@Hartley.example")
    assert "laura+1@hartley.example Blocked by hand Jo Doe" in page.text
    [ask] = [each for each in page.links if each.startswith("/blocks/remove")]
    assert "Unblock laura+1@hartley.example?" in (await browser.open(ask)).text
    page = await browser.send("/blocks/remove")
    assert "Letters go to this address again." in page.text
    assert "Nobody is blocked" in page.text
    assert "Numbers that ask" in (await browser.open("/blocks?channel=text")).text
    assert (await browser.open("/blocks/remove")).status == 422


async def test_a_mail_server_is_set_checked_and_forgotten(browser: Browser) -> None:
    page = await browser.open("/mail")
    assert "Send a letter to myself" not in page.text
    page = await browser.send("/mail", **{**SERVER, "port": "5432"})
    assert (page.status, "the port is none of mail servers" in page.text) == (422, True)
    assert page.form("/mail")["host"] == ["smtp.harbor.example"]
    page = await browser.send("/mail", **SERVER)
    assert "Saved. What waited for a server goes at once." in page.text
    assert SERVER["password"] not in page.answer.text
    page = await browser.send("/mail", host="smtp.elsewhere.example")
    assert (page.status, "Type the password" in page.text) == (422, True)
    await browser.open("/mail")
    box = {"mailbox.host": "127.0.0.1", "mailbox.user_name": "hello", "mailbox.password": "a-b-c-d"}
    page = await browser.send("/mail", **box)
    assert (page.status, "leads into a private network" in page.text) == (422, True)
    assert page.form("/mail")["mailbox.host"] == ["127.0.0.1"]
    await browser.open("/mail")
    page = await browser.send("/mail/check")
    assert (page.status, "You have no e-mail address" in page.text) == (422, True)
    await browser.open("/mail")
    stale = {**browser.page.form("/mail"), "from_name": ["Somebody else"], "version": ["7"]}
    answer = await browser.post("/mail", stale)
    assert (answer.status_code, "Somebody else has changed this meanwhile." in answer.text) == (412, True)
    page = await browser.open("/mail/remove")
    assert "Forget smtp.harbor.example?" in page.text
    page = await browser.send("/mail/remove")
    assert "The server and its password are forgotten." in page.text


async def test_who_saves_the_server_keeps_the_mailbox(
    office: Office, browser: Browser, house: FastAPI
) -> None:
    usual = house.state.email_way
    house.state.email_way = EmailWay(
        house.state.vault, Hosts(allows_private=True, allows_plain=True), None, None
    )
    async with listening(mailbox := Mailbox()):
        box = {"host": "127.0.0.1", "port": str(mailbox.port), "user_name": USER, "password": PASSWORD}
        await browser.open("/mail")
        page = await browser.send("/mail", **SERVER, **{f"mailbox.{name}": it for name, it in box.items()})
        assert "Saved." in page.text
    await browser.open("/mail")
    page = await browser.send("/mail", from_name="Harbor")
    house.state.email_way = usual
    assert "Saved." in page.text
    assert page.form("/mail")["from_name"] == ["Harbor"]
    kept = (await office.desk.ask("GET", "mail-server")).json()["mailbox"]
    assert (kept["user_name"], kept["folder"], kept["port"]) == (USER, "INBOX", mailbox.port)


def test_why_nothing_was_made_is_told_for_each_code() -> None:
    handbook = Path("docs/communications.md").read_text().partition("why nothing was made")[2]
    rows = [row for row in handbook.partition("\n\n")[0].splitlines() if row.startswith("| `")]
    codes = {code for row in rows for code in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert codes
    assert codes <= UNREACHED.keys()


async def test_a_template_is_made_and_what_is_wrong_in_it_told_at_its_place(browser: Browser) -> None:
    page = await browser.open("/templates")
    assert "/templates/new" in page.links
    assert "What letters are about" in (await browser.open("/templates/new")).text
    here = "/templates/new?kind=html_email&basis=session"
    page = await browser.open(here)
    assert "[[SessionWebExpireDate]]" in page.text
    page = await browser.send(here, name="Online", subject="[[InvoiceTotal]]", html="Hi\n[[ClientFristName]]")
    assert page.status == 422
    assert "Line 2: There is no field [[ClientFristName]]. Did you mean [[ClientFirstName]]?" in page.text
    assert "Line 1: Only letters about an invoice" in page.text
    assert 'aria-describedby="html-mistake"' in page.answer.text
    assert page.form(here)["name"] == ["Online"]
    page = await browser.send(here, subject="Your images", html=HTML)
    assert "The template was made." in page.text
    assert page.form(page.path.removeprefix("/console"))["html"] == [HTML]
    await browser.open(here)
    page = await browser.send(here, name="ONLINE", subject="x", html="y")
    assert (page.status, "Another template has this name." in page.text) == (409, True)
    assert (await browser.open("/templates/new?kind=poem&basis=session")).status == 200


async def test_a_template_is_changed_by_two_and_removed(browser: Browser) -> None:
    new = "/templates/new?kind=form_letter&basis=client"
    await browser.open(new)
    page = await browser.send(new, name="Two", subject="Hello", text="Dear [[ClientFirstName]]")
    here = page.path.removeprefix("/console")
    first = page.form(here)
    page = await browser.send(here, text="Dear friend")
    assert "The template was saved." in page.text
    assert "nothing was changed" in (await browser.send(here)).text
    answer = await browser.post(here, {**first, "subject": ["Good day"]})
    assert answer.status_code == 412
    assert "What they saved" in answer.text
    assert "Good day" in answer.text
    assert answer.text.count("Dear friend") == 1 + 1, "told, and kept where it was not touched"
    await browser.open(f"{here}/remove")
    page = await browser.send(f"{here}/remove")
    assert "The template was removed." in page.text
    assert (await browser.open(here)).status == 404


async def test_a_preview_is_of_a_real_record_and_its_html_can_do_nothing(
    office: Office, browser: Browser
) -> None:
    client = await office.client(first_name="Zoë <b>", last_name="Quill", job_title=None)
    session = await office.desk.create(named("sessions"), sample("sessions", client_id=client["id"]))
    assert session.status_code == 201, session.text
    new = "/templates/new?kind=html_email&basis=session"
    await browser.open(new)
    page = await browser.send(
        new, name="Seen", subject="For [[ClientFirstName]][[ClientJobTitle]]", html=HTML
    )
    here = f"{page.path.removeprefix('/console')}/preview"
    assert here in page.links
    page = await browser.open(f"{here}?words=quill")
    [shown] = [each for each in page.links if each.startswith(f"{here}?record=")]
    assert "Zoë <b> Quill" in page.text
    page = await browser.open(shown)
    assert "For Zoë <b>" in page.text
    assert "Blank here: Client: Job title." in page.text
    [alone] = [each for each in page.links if each.startswith(f"{here}/html")]
    page = await browser.open(alone)
    assert "Dear Zoë &lt;b&gt;," in page.answer.text
    assert "<script" not in page.answer.text
    policy = page.answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; img-src https:; style-src 'unsafe-inline';")
    assert page.answer.headers.get_list("cross-origin-opener-policy") == ["unsafe-none"]
    page = await browser.open(f"{here}?record=3d1b7c52-9f0e-4c1a-8b3d-0c7b7f5b2a41")
    assert (page.status, "This record is no longer there" in page.text) == (404, True)


async def test_who_has_no_right_to_letters_is_offered_none(house: FastAPI, office: Office) -> None:
    studio = office.studio
    await give(studio, outbox=Level.NO_ACCESS, templates=Level.VIEW_ONLY)
    await studio.execute("UPDATE accounts SET is_security_active = true WHERE account_id = $1")
    try:
        async with at_a_browser(house) as browser:
            page = await browser.sign_in(studio, "PK")
            assert not {"/outbox", "/mail"} & set(page.links)
            assert (await browser.open("/outbox")).status == 403
            page = await browser.open("/templates")
            assert (page.status, "/templates/new" in page.links) == (200, False)
    finally:
        await studio.execute("UPDATE accounts SET is_security_active = false WHERE account_id = $1")
