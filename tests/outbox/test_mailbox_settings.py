"""A mailbox is set up at a desk: signed in to first, its password never told, refusals in plain words."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI

from app.outbox.hosts import Hosts
from app.outbox.mail.way import EmailWay
from tests.contract.desks import at_a_desk
from tests.outbox.mailboxes import PASSWORD, USER, Mailbox, listening
from tests.outbox.posting import Office
from tests.outbox.sinks import PASSWORD as SERVERS_PASSWORD
from tests.outbox.sinks import USER as SERVERS_USER


@pytest.fixture
async def mailbox(house: FastAPI) -> AsyncIterator[Mailbox]:
    """Run a mailbox, in a house of developers."""
    way = house.state.email_way
    house.state.email_way = EmailWay(
        house.state.vault, Hosts(allows_private=True, allows_plain=True), None, None
    )
    made = Mailbox()
    async with listening(made):
        yield made
    house.state.email_way = way


def server(**mailbox: Any) -> dict[str, Any]:
    """Return the body of a request; with no mailbox of one without it."""
    named = {"user_name": USER, "password": PASSWORD, "host": "127.0.0.1", **mailbox}
    return {
        "from_name": "Harbor",
        "from_address": "hello@harbor.example",
        "host": "127.0.0.1",
        "port": 465,
        "security": "tls",
        "user_name": SERVERS_USER,
        "password": SERVERS_PASSWORD,
        "mailbox": named if mailbox else None,
    }


async def test_a_mailbox_is_signed_in_to_before_it_is_kept(office: Office, mailbox: Mailbox) -> None:
    ask, at = office.desk.ask, mailbox.port
    refused = await ask("PUT", "mail-server", server(port=at, password="wrong"), if_match='"0"')
    assert (refused.status_code, refused.json()["code"]) == (422, "mail_login_refused"), refused.text
    assert (refused.json()["target"], refused.json()["said"]) == (
        "mailbox",
        "[AUTHENTICATIONFAILED] Invalid credentials",
    )
    refused = await ask("PUT", "mail-server", server(port=at, folder="Spam"), if_match='"0"')
    assert (refused.status_code, refused.json()["code"]) == (422, "mail_folder_not_found")
    assert (await ask("GET", "mail-server")).json()["code"] == "mail_server_not_found"
    made = await ask("PUT", "mail-server", server(port=at), if_match='"0"')
    assert made.status_code == 200, made.text
    assert "mailböxes" not in made.text
    told = made.json()["mailbox"]
    assert (told["user_name"], told["folder"], told["code"]) == (USER, "INBOX", None)
    assert told["checked_at"]
    signed_in = mailbox.commands.count("AUTHENTICATE PLAIN")
    kept = await ask("PUT", "mail-server", server(port=at, password=None), if_match='"1"')
    assert (kept.status_code, mailbox.commands.count("AUTHENTICATE PLAIN")) == (200, signed_in)
    elsewhere = server(port=at, host="imap.thief.example", password=None)
    refused = await ask("PUT", "mail-server", elsewhere, if_match='"2"')
    assert (refused.json()["code"], refused.json()["target"]) == (
        "mail_password_missing",
        "mailbox.password",
    )
    gone = await ask("PUT", "mail-server", server(), if_match='"2"')
    assert (gone.status_code, gone.json()["mailbox"]) == (200, None)
    [row] = await office.studio.execute(
        "SELECT in_password, d.mailboxes_due_at AS due FROM mail_servers JOIN account_directory d"
        " USING (account_id) WHERE account_id = $1"
    )
    assert (row["in_password"], row["due"]) == (None, None)


async def test_a_mailbox_in_a_private_network_is_refused_and_one_that_is_away_is_told(
    office: Office, house: FastAPI, mailbox: Mailbox
) -> None:
    desk = await at_a_desk(office.studio)
    slipped = server(port=993, user_name="a\r\nb")
    assert (await desk.ask("PUT", "mail-server", slipped, if_match='"0"')).status_code == 422
    away = await desk.ask("PUT", "mail-server", server(port=9), if_match='"0"')
    assert (away.status_code, away.json()["code"]) == (502, "mail_server_away")
    house.state.email_way = EmailWay(house.state.vault, Hosts(), None, None)
    refused = await desk.ask("PUT", "mail-server", server(port=993), if_match='"0"')
    assert (refused.status_code, refused.json()["code"]) == (422, "mail_host_refused")
    assert mailbox.commands == []


async def test_a_check_that_is_not_taken_says_why(office: Office, mailbox: Mailbox) -> None:
    body = {**server(), "port": office.sink.port, "security": "starttls"}
    made = await office.desk.ask("PUT", "mail-server", body, if_match='"0"')
    assert made.status_code == 200, made.text
    await office.studio.execute("UPDATE users SET email = 'jo@harbor.example' WHERE account_id = $1")
    office.sink.at_data = "554 5.7.1 This looks like spam"
    refused = await office.desk.ask("POST", "mail-server/check")
    assert (refused.status_code, refused.json()["code"]) == (422, "mail_check_refused"), refused.text
    assert (refused.json()["said"], mailbox.commands) == ("5.7.1 This looks like spam", [])
