"""What comes in is read from the mailbox: once, kept with whom it concerns, and never answered."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.standing import Work, acting
from app.core import clock
from app.core.db import Database, WriteSession
from app.core.principal import Principal
from app.core.vault import Vault
from app.outbox.hosts import Hosts
from app.outbox.incoming.fetching import Fetching
from app.outbox.incoming.imap import Box, Shut
from app.outbox.incoming.mailbox import opened
from app.outbox.jobs import forget_old, jobs_of
from app.outbox.mail import servers
from app.outbox.mail.servers import NewMailbox, NewServer
from app.outbox.states import Security
from tests.accounts.studios import Studio, new_studio
from tests.contract.phones import Record
from tests.contract.records import planted
from tests.outbox.mailboxes import PASSWORD, USER, Mailbox, certified, listening
from tests.outbox.posting import FROM, LAURA, Office
from tests.outbox.sinks import PASSWORD as SERVERS_PASSWORD
from tests.outbox.sinks import USER as SERVERS_USER
from tests.samples import named

PRIVATE = Hosts(allows_private=True, allows_plain=True)


@dataclass
class Post:
    """An office with a mailbox that is read."""

    office: Office
    mailbox: Mailbox
    fetching: Fetching

    async def fetch(self) -> None:
        """Look into the mailbox."""
        await self.fetching.fetch(self.office.studio.database, self.office.account_id)

    async def emails(self) -> list[Record]:
        """Return the emails that came in, as a phone would have them."""
        rows = await self.office.studio.execute(
            "SELECT id FROM emails WHERE account_id = $1 AND direction = 'incoming' ORDER BY subject"
        )
        return [{"id": str(row["id"]), **await self.office.email(str(row["id"]))} for row in rows]

    async def sends(self, *to: str, **fields: Any) -> tuple[str, str]:
        """Have an email sent, and return its id and its `Message-ID`."""
        email = await self.office.writes(*to, **fields)
        await self.office.works()
        return email, f"<{email}@harbor.example>"

    async def code(self) -> str | None:
        """Return what stood in the way of the last look."""
        [row] = await self.office.studio.execute("SELECT in_code FROM mail_servers WHERE account_id = $1")
        code: str | None = row["in_code"]
        return code

    async def blocks(self) -> dict[str, str]:
        """Return what is not written to any more."""
        rows = await self.office.studio.execute(
            "SELECT address_key, reason FROM letter_blocks WHERE account_id = $1"
        )
        return {row["address_key"]: row["reason"] for row in rows}


async def set_up(post: Post, **changed: Any) -> None:
    """Set the mailbox up, as the API does."""
    database, account = post.office.studio.database, post.office.account_id

    @asynccontextmanager
    async def opens() -> AsyncIterator[Work[WriteSession]]:
        async with database.writing(account) as session:
            yield await acting(session, Principal.system(account))

    box = NewMailbox("127.0.0.1", post.mailbox.port, USER, PASSWORD, "INBOX")
    new = NewServer(
        from_name="Harbor",
        from_address=FROM,
        reply_to=None,
        host="127.0.0.1",
        port=post.office.sink.port,
        security=Security.STARTTLS,
        user_name=SERVERS_USER,
        password=SERVERS_PASSWORD,
        per_minute=600,
        per_day=None,
        mailbox=replace(box, **changed),
    )
    [row] = await post.office.studio.execute(
        "SELECT coalesce(max(version), 0) AS version FROM mail_servers WHERE account_id = $1"
    )
    await servers.put(opens, post.fetching.vault, PRIVATE, new, row["version"])


@pytest.fixture(scope="module")
async def stranger(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make another account."""
    return await new_studio(database, http, house.state.keys)


@pytest.fixture
async def post(office: Office) -> AsyncIterator[Post]:
    """Return an office whose mailbox has been set up, with one email in it from before."""
    await office.studio.execute("DELETE FROM letters_in WHERE account_id = $1")
    mailbox = Mailbox()
    mailbox.brings(written(subject="Of the past"))
    async with listening(mailbox):
        made = Post(office, mailbox, Fetching(office.outbox.vault, PRIVATE))
        await set_up(made)
        for each in await made.emails():
            await office.desk.delete(named("emails"), each["id"])
        yield made


def written(sender: str = LAURA, text: str = "Thank you!", **headers: str) -> bytes:
    """Return an email."""
    message = EmailMessage(SMTP)
    message["From"], message["To"] = sender, FROM
    usual = {"subject": "Re: Your images are online", "message_id": f"<{uuid4()}@hartley.example>"}
    for name, value in {**usual, **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def report(kind: str, fields: str, about: str) -> bytes:
    """Return a report of an email, as servers write it."""
    return (
        f"From: MAILER-DAEMON@example.com\r\nTo: {FROM}\r\nSubject: Undelivered\r\n"
        f"Message-ID: <{uuid4()}@example.com>\r\n"
        f"Content-Type: multipart/report; report-type={kind}; boundary=x\r\n\r\n"
        f"--x\r\nContent-Type: text/plain\r\n\r\nSomething happened.\r\n"
        f"--x\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n"
        f"--x\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {about}\r\n\r\nBody\r\n--x--\r\n"
    ).encode()


def bounce(about: str, status: str = "5.1.1", whom: str = LAURA, said: str = "550 No such user") -> bytes:
    action = "failed" if status.startswith("5") else "delayed"
    return report(
        "delivery-status",
        f"Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; {whom}\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {said}\r\n",
        about,
    )


def complaint(about: str, kind: str = "abuse", whom: str = "") -> bytes:
    told = f"Original-Rcpt-To: <{whom}>\r\n" if whom else ""
    return report(
        "feedback-report", f"Feedback-Type: {kind}\r\nUser-Agent: Loop/1\r\nVersion: 1\r\n{told}", about
    )


async def test_an_answer_comes_in_once_with_what_it_concerns(post: Post) -> None:
    session = await planted(post.office.studio, "sessions")
    client = await post.office.client(email="other@hartley.example")
    email, message_id = await post.sends(session_id=str(session), client_id=client["id"])
    answer = EmailMessage(SMTP)
    answer["From"], answer["To"], answer["Subject"] = "Unknown <friend@example.com>", FROM, "Re: online"
    answer["Message-ID"], answer["References"] = "<1@example.com>", f"<0@example.com> {message_id}"
    answer.set_content("Lovely!")
    answer.add_alternative('<p onclick="x()">Lovely!</p><img src="cid:1">', subtype="html")
    answer.add_attachment(b"12345", "application", "pdf", filename="list.pdf")
    post.mailbox.brings(answer.as_bytes())
    await asyncio.gather(post.fetch(), post.fetch())
    await post.fetch()
    [found] = await post.emails()
    assert (found["client_id"], found["session_id"]) == (client["id"], str(session))
    assert (found["is_unread"], found["delivery_state"], found["from_address"]) == (
        True,
        "received",
        "friend@example.com",
    )
    assert (found["date"], found["sent_at"]) == ("2025-05-04", "2025-05-04T09:30:00Z")
    assert found["body"] == "Lovely!\n\nAttachments, in the mailbox: list.pdf"
    assert found["html"].startswith("<p>Lovely!</p>")
    assert await post.code() is None
    asked = {each.partition(" ")[0] for each in post.mailbox.commands}
    assert asked <= {"CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID", "LOGOUT"}
    assert not [each for each in post.mailbox.commands if "BODY[" in each]
    sent = await post.office.email(email)
    assert sent["delivery_state"] == "sent"


async def test_who_writes_is_known_by_the_address_as_far_as_that_says_it(post: Post) -> None:
    one = await post.office.client(email="ONE@hartley.example")
    first = await post.office.client(email="both@hartley.example")
    last = await post.office.client(email="both@hartley.example")
    post.mailbox.brings(written("Laura <one@Hartley.example>", subject="A"))
    post.mailbox.brings(written("nobody@example.com", subject="B", auto_submitted="auto-replied"))
    post.mailbox.brings(written("both@hartley.example", subject="C"))
    await post.fetch()
    await post.sends("both@hartley.example", client_id=first["id"])
    await post.sends("both@hartley.example", client_id=last["id"])
    post.mailbox.brings(written("both@hartley.example", subject="D"))
    before = len(post.office.sink.letters)
    await post.fetch()
    await post.office.works()
    found = [each["client_id"] for each in await post.emails()]
    assert found == [one["id"], None, None, last["id"]]
    # Nothing that came in was answered, by whomever it was written.
    assert len(post.office.sink.letters) == before


async def test_the_same_email_by_two_ways_is_one_record(post: Post) -> None:
    same = written(subject="Twice", message_id="<2@hartley.example>")
    post.mailbox.brings(b"Received: by one\r\n" + same)
    post.mailbox.brings(b"Received: by other\r\n" + same)
    post.mailbox.brings(written(subject="Machine", message_id="<2@hartley.example>"))
    await post.fetch()
    assert [each["subject"] for each in await post.emails()] == ["Machine", "Twice"]
    for each in await post.emails():
        assert (await post.office.desk.delete(named("emails"), each["id"])).status_code == 204
    post.mailbox.brings(same)
    await post.fetch()
    assert await post.emails() == []


async def test_a_letter_that_came_back_says_so_and_its_address_is_blocked(post: Post) -> None:
    email, message_id = await post.sends()
    post.mailbox.brings(bounce(message_id, whom="Laura@Hartley.example"))
    await post.fetch()
    record = await post.office.email(email)
    assert (record["delivery_state"], record["delivery_error"]) == ("bounced", "The address does not exist.")
    assert (await post.blocks(), await post.emails()) == ({LAURA: "bounced"}, [])
    again = await post.office.writes()
    await post.office.works()
    assert (await post.office.email(again))["delivery_state"] == "blocked"
    told = (await post.office.desk.ask("GET", f"letters/{email}")).json()
    assert (told["state"], told["code"]) == ("sent", "no_such_address")


async def test_reports_block_no_more_than_they_say(post: Post) -> None:
    aiden = "aiden@hartley.example"
    full, full_id = await post.sends()
    late, late_id = await post.sends()
    many, many_id = await post.sends(LAURA, aiden)
    post.mailbox.brings(bounce(full_id, "5.2.2", said="552 Over quota"))
    post.mailbox.brings(bounce(late_id, "4.4.1"))
    post.mailbox.brings(bounce(late_id, whom="victim@example.com"))
    post.mailbox.brings(complaint(late_id, "not-spam"))
    post.mailbox.brings(complaint(many_id))
    await post.fetch()
    states = [(await post.office.email(each))["delivery_state"] for each in (full, late, many)]
    assert states == ["bounced", "sent", "spam"]
    assert await post.blocks() == {}
    post.mailbox.brings(bounce(many_id, "5.0.0", whom=aiden, said="550 5.1.1 unknown"))
    post.mailbox.brings(complaint(late_id))
    await post.fetch()
    assert await post.blocks() == {LAURA: "spam", aiden: "bounced"}
    assert (await post.office.email(late))["delivery_error"] == "It was called spam by who got it."
    assert await post.emails() == []


async def test_a_report_of_another_accounts_letter_is_an_email_like_any_other(
    post: Post, stranger: Studio
) -> None:
    message_id = f"<{uuid4()}@elsewhere.example>"
    await stranger.execute(
        "INSERT INTO letters (account_id, letter_id, channel, purpose, state, priority, is_bulk,"
        " bypasses_blocks, due_at, expires_at, tries, to_addresses, done_addresses, message_id, made_at)"
        " VALUES ($1, gen_random_uuid(), 'email', 'notice', 'sent', 1, false, false, now(), now(), 1, $3,"
        " '{}', $2, now())",
        message_id,
        [LAURA],
    )
    post.mailbox.brings(bounce(message_id))
    post.mailbox.brings(written("friend@example.com", in_reply_to=message_id, subject="Re"))
    await post.fetch()
    assert [(each["subject"], each["client_id"]) for each in await post.emails()] == [
        ("Re", None),
        ("Undelivered", None),
    ]
    assert await post.blocks() == {}
    [letter] = await stranger.execute("SELECT last_code FROM letters WHERE account_id = $1")
    assert letter["last_code"] is None


async def test_a_mailbox_that_counts_anew_is_read_from_then_on_and_says_so(post: Post) -> None:
    post.mailbox.validity, post.mailbox.tells_next = 8, False
    post.mailbox.brings(written(subject="Maybe read before"))
    await post.fetch()
    assert (await post.emails(), await post.code()) == ([], "began_anew")
    post.mailbox.brings(written(subject="New"))
    await post.fetch()
    assert [each["subject"] for each in await post.emails()] == ["New"]
    told = (await post.office.desk.ask("GET", "mail-server")).json()["mailbox"]
    assert told["message"] == "The mailbox was numbered anew, and is read from then on."
    await set_up(post)
    assert await post.code() is None


async def test_an_email_that_is_too_large_begins_and_one_that_lies_is_passed(post: Post) -> None:
    large = (
        b"From: laura@hartley.example\r\nSubject: A film\r\n"
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee there.\r\n--x\r\n"
        b"Content-Type: video/mp4; name=a.mp4\r\n\r\n" + b"0123456789abcde\n" * 720_000
    )
    post.mailbox.brings(large)
    post.mailbox.lies.add(post.mailbox.brings(written(subject="Endless")))
    post.mailbox.brings(written(subject="Behind"))
    await post.fetch()
    await post.fetch()
    film, behind = sorted(await post.emails(), key=lambda each: each["subject"])
    assert (film["subject"], behind["subject"]) == ("A film", "Behind")
    assert film["body"].startswith("See there.\n\nThis email is longer; all of it is in the mailbox.")
    assert "a.mp4" in film["body"]


async def test_a_server_that_is_silent_or_refuses_is_tried_later(post: Post) -> None:
    database, account = post.office.studio.database, post.office.account_id
    post.mailbox.brings(written())
    post.mailbox.hangs = "UID FETCH"
    await replace(post.fetching, seconds=0.3).fetch(database, account)
    assert await post.code() == "server_away"
    post.mailbox.hangs, post.mailbox.password = "", "another"
    await post.fetch()
    assert await post.code() == "login_refused"
    post.mailbox.password = PASSWORD
    clock.hold(clock.now() + timedelta(hours=1))
    await post.fetching.fetch_all(database)
    assert (len(await post.emails()), await post.code()) == (1, None)


async def test_who_sets_up_another_mailbox_reads_none_of_its_past(post: Post) -> None:
    other = Mailbox(validity=post.mailbox.validity)
    for number in range(5):
        other.brings(written(subject=f"Past {number}"))
    async with listening(other):
        post.mailbox = other
        await set_up(post, host="localhost")
        other.brings(written(subject="Now"))
        await post.fetch()
        assert [each["subject"] for each in await post.emails()] == ["Now"]


async def test_lines_are_secured_and_certificates_held_against_names(tmp_path: Path) -> None:
    shown, trusting = certified(tmp_path)
    box = Box("127.0.0.1", 0, USER, PASSWORD, "INBOX")
    plain, starting, secured = Mailbox(), Mailbox(tls=shown), Mailbox()
    async with listening(plain), listening(starting), listening(secured, shown):
        for mailbox, is_secured in ((starting, False), (secured, True)):
            at = replace(box, port=mailbox.port)
            async with opened(at, PRIVATE, trusted=trusting, is_secured=is_secured) as found:
                assert (found.validity, found.newest) == (7, 0)
            with pytest.raises(Shut, match="server_away"):
                await _open(at, is_secured=is_secured)
        assert not [each for each in starting.commands[-2:] if each.startswith("AUTH")]
        with pytest.raises(Shut, match="folder_not_found"):
            await _open(replace(box, port=plain.port, folder="Büro & mehr"))
        assert 'EXAMINE "B&APw-ro &- mehr"' in plain.commands
    with pytest.raises(Shut, match="host_refused"):
        async with opened(replace(box, port=993), Hosts()):
            pass


async def _open(box: Box, *, is_secured: bool | None = None, trusted: ssl.SSLContext | None = None) -> None:
    async with opened(box, PRIVATE, is_secured=is_secured, trusted=trusted):
        pass


async def test_passwords_are_sealed_anew_and_what_came_in_is_forgotten_in_time(post: Post) -> None:
    post.mailbox.brings(written())
    await post.fetch()
    studio, vault = post.office.studio, post.fetching.vault
    newer = Vault(b"12345678", {**vault._keys, b"12345678": vault._keys[vault.newest]})
    renew = next(each for each in jobs_of(newer, PRIVATE) if each.name.startswith("seal"))
    await renew.work(studio.database)
    [row] = await studio.execute("SELECT password, in_password FROM mail_servers WHERE account_id = $1")
    assert newer.is_newest(row["password"])
    assert newer.open(post.office.account_id, "imap", row["in_password"]) == PASSWORD
    clock.hold(clock.now() + timedelta(days=401))
    await forget_old(studio.database, Principal.system(post.office.account_id))
    assert not await studio.execute("SELECT FROM letters_in WHERE account_id = $1")
