"""What clients are told about their logins is sent, and a link in it opens a new password: once, in time."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.core.db import Database
from app.core.principal import Principal
from app.outbox.hosts import Hosts
from app.outbox.incoming.reports import heed, reported
from app.outbox.mail.way import EmailWay, Relay
from app.outbox.worker import Outbox
from app.portal.jobs import forget_old
from app.readers.mails import Recipient, Report
from app.sync.store import Write
from tests.accounts.studios import Studio, new_studio
from tests.outbox.posting import later, server
from tests.outbox.sinks import Arrived, Sink, sinking
from tests.portal.conftest import ORIGIN, Asks, Visits
from tests.portal.galleries import OWN, Guest, Online, put_online, switch_on
from tests.samples import sample

FULL = "452 4.2.2 Over quota"


@dataclass
class Mail:
    """The studio's letters on their way, and the server they arrive at."""

    outbox: Outbox
    sink: Sink
    account_id: UUID

    async def works(self) -> None:
        """Send what is due."""
        await self.outbox.serve(self.account_id)

    async def arrived(self, online: Online) -> list[Arrived]:
        """Send what is due, and return what the gallery's client has got by now."""
        await self.works()
        address = (await online.record("clients", online.client_id))["email"]
        return [each for each in self.sink.letters if each.recipients == [address]]

    async def link(self, online: Online) -> str:
        """Return the path of the link the client has got last, within the gallery."""
        letter = (await self.arrived(online))[-1]
        return path_in(letter, online)


def words_of(letter: Arrived) -> str:
    return letter.text.replace("\r\n", "\n")


def path_in(letter: Arrived, online: Online) -> str:
    found = re.search(
        rf"^{re.escape(ORIGIN + online.path)}(/link/[A-Za-z0-9_-]{{32}})$", words_of(letter), re.MULTILINE
    )
    assert found, words_of(letter)
    return found[1]


@pytest.fixture(scope="module")
async def sink() -> AsyncIterator[Sink]:
    """Run a server letters arrive at."""
    async with sinking() as made:
        yield made


@pytest.fixture
async def mail(studio: Studio, house: FastAPI, sink: Sink) -> Mail:
    """Have the studio's letters sent there."""
    way = EmailWay(house.state.vault, Hosts(allows_plain=True), Relay(server(sink.port)), None)
    sink.letters.clear()
    sink.at_rcpt.clear()
    for table in ("letters", "letter_lanes", "letter_blocks"):
        await studio.execute(f"DELETE FROM {table} WHERE account_id = $1")
    outbox = Outbox(studio.database, (way,), house.state.vault, seconds=5)
    return Mail(outbox, sink, studio.account.account_id)


@pytest.fixture
async def stranger(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make another studio that has galleries."""
    made = await new_studio(database, http, house.state.keys)
    await switch_on(made)
    return made


async def told(ask: Asks, online: Online, state: str = "open") -> list[dict[str, Any]]:
    """Return what staff see of a client's letters."""
    found = (await ask("GET", f"/v1/portal-letters?limit=100&state={state}")).json()["letters"]
    return [each for each in found if each["client_id"] == str(online.client_id)]


async def forgets(guest: Guest, name: str | None = None) -> None:
    """Ask for a new login at the gallery."""
    online = guest.online
    name = name or (await online.record("clients", online.client_id))["email"]
    assert (await guest.post("/forgotten", {"user_name": name})).status_code == 202


@pytest.fixture
async def visitor(studio: Studio, visits: Visits, ask: Asks) -> Guest:
    """Open a browser of nobody at a gallery whose client has a password of their own."""
    online = await put_online(studio)
    given = await ask("PUT", online.login, {"user_name": f"ann {online.client_id}", "password": OWN})
    assert given.status_code == 200, given.text
    # Each from a network of its own: asking is counted by that.
    return await visits(online, f"198.51.100.{online.client_id.int % 250}")


async def test_a_reset_is_told_to_the_client_and_the_password_is_not(
    online: Online, ask: Asks, mail: Mail
) -> None:
    assert (await ask("POST", f"{online.login}/reset")).status_code == 200
    [waiting] = await told(ask, online)
    assert (waiting["delivery_state"], waiting["sent_at"]) == ("queued", None)
    sql = "SELECT content, sealed FROM letters WHERE account_id = $1 AND letter_id = $2"
    [row] = await online.studio.execute(sql, UUID(waiting["id"]))
    assert row["content"] is None
    assert online.address.encode() not in row["sealed"]
    [letter] = await mail.arrived(online)
    email = (await online.record("clients", online.client_id))["email"]
    assert f"{ORIGIN}{online.path}\n" in words_of(letter)
    assert f"User name: {email}\nPassword: your last name\n" in words_of(letter)
    assert "Featherstone" not in str(letter.message)
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert await told(ask, online) == []
    [sent] = await told(ask, online, "all")
    assert (sent["delivery_state"], sent["acknowledged_at"]) == ("sent", None)
    assert sent["sent_at"]
    [row] = await online.studio.execute(sql, UUID(waiting["id"]))
    assert row["sealed"] is None


async def test_a_reset_that_is_void_is_told(online: Online, ask: Asks, mail: Mail, guest: Guest) -> None:
    user_name = (await ask("POST", f"{online.login}/reset")).json()["user_name"]
    for word in ("Smith", "Jones", "Miller", "Brown", "Hill"):
        await guest.sign_in(user_name, word)
    _, letter = await mail.arrived(online)
    assert letter.message["Subject"] == "Your login was tried too often"
    assert f"{ORIGIN}{online.path}/forgotten\n" in words_of(letter)


async def test_a_link_opens_a_new_password_and_nothing_else_and_once(
    visitor: Guest, mail: Mail, visits: Visits
) -> None:
    online = visitor.online
    await forgets(visitor)
    link = await mail.link(online)
    for _ in range(2):
        assert (await visitor.open(link)).status == 200, "to look at it is not to follow it"
    assert not visitor.client.cookies
    assert (await visitor.post(link, {}, headers={"Origin": "https://evil.example"})).status_code in {
        403,
        415,
    }
    await visitor.open(link)
    followed = await visitor.post(link, {"go": "yes"}, follow=True)
    assert followed.url.path == f"{online.path}/password"
    for path in ("", f"/pictures/{online.pictures[0]}", "/details"):
        assert (await visitor.open(path)).status == 403
    again = await visits(online)
    assert (await again.open(link)).status == 404
    assert (await again.post(link, {"go": "yes"})).status_code == 404
    await visitor.open("/password")
    assert (await visitor.send("/password", new_password="seven swans a-swimming")).path == online.path
    assert (await again.sign_in(f"ann {online.client_id}", OWN)).status == 401
    assert (await again.sign_in(f"ann {online.client_id}", "seven swans a-swimming")).path == online.path


async def test_of_two_who_follow_a_link_at_once_one_comes_in(
    visitor: Guest, mail: Mail, visits: Visits
) -> None:
    await forgets(visitor)
    link = await mail.link(visitor.online)
    both = visitor, await visits(visitor.online)
    answers = await asyncio.gather(*(each.post(link, {"go": "yes"}) for each in both))
    assert sorted(each.status_code for each in answers) == [303, 404]
    assert len([each for each in both if each.client.cookies]) == 1


async def test_a_link_opens_nothing_at_another_gallery_or_studio(
    visitor: Guest, mail: Mail, stranger: Studio, visits: Visits
) -> None:
    await forgets(visitor)
    link = await mail.link(visitor.online)
    for studio in (visitor.online.studio, stranger):
        elsewhere = await visits(await put_online(studio))
        made_up = (await elsewhere.open(f"/link/{'a' * 32}")).text
        assert (await elsewhere.open(link)).status == 404
        assert elsewhere.page.text == made_up
        assert (await elsewhere.post(link, {"go": "yes"})).status_code == 404
        assert not elsewhere.client.cookies
    assert (await visitor.open(link)).status == 200, "and stays good where it belongs"


async def test_only_the_hash_of_a_link_is_kept_and_who_guesses_is_held_up(
    visitor: Guest, mail: Mail, visits: Visits
) -> None:
    await forgets(visitor)
    link = await mail.link(visitor.online)
    secret = link.removeprefix("/link/")
    sql = "SELECT token_hash FROM portal_links WHERE account_id = $1 AND client_id = $2"
    [row] = await visitor.online.studio.execute(sql, visitor.online.client_id)
    assert row["token_hash"] == sha256(secret.encode()).digest()
    sql = "SELECT l::text AS whole FROM letters l WHERE account_id = $1"
    assert not [row for row in await visitor.online.studio.execute(sql) if secret in row["whole"]]
    guesser = await visits(visitor.online, "198.51.100.251")
    found = [(await guesser.open(f"/link/{secret[:-2]}{each:02}")).status for each in range(40)]
    assert (found[0], found[-1]) == (404, 429)


async def test_the_hour_of_a_link_begins_when_it_is_sent(visitor: Guest, mail: Mail) -> None:
    online = visitor.online
    address = (await online.record("clients", online.client_id))["email"]
    clock.hold(clock.now())
    try:
        await forgets(visitor)
        mail.sink.at_rcpt[address] = FULL
        for _ in range(6):
            await mail.works()
            later(minutes=30)
        mail.sink.at_rcpt.clear()
        later(hours=4)
        link = await mail.link(online)
        later(minutes=59)
        assert (await visitor.open(link)).status == 200
        later(minutes=2)
        assert (await visitor.open(link)).status == 404
        assert (await visitor.post(link, {"go": "yes"})).status_code == 404
        await forget_old(online.studio.database, Principal.system(mail.account_id))
    finally:
        clock.hold(None)
    sql = "SELECT FROM portal_links WHERE account_id = $1 AND client_id = $2"
    assert not await online.studio.execute(sql, online.client_id)


async def test_another_login_ends_links_and_letters_that_wait(visitor: Guest, ask: Asks, mail: Mail) -> None:
    online = visitor.online
    await forgets(visitor)
    link = await mail.link(online)
    await forgets(visitor)
    assert (await ask("PUT", online.login, {"password": "three ducks on a pond"})).status_code == 200
    assert (await visitor.open(link)).status == 404
    assert len(await mail.arrived(online)) == 1, "a link that opens nothing is not sent"


async def test_a_link_follows_a_client_who_is_merged(visitor: Guest, ask: Asks, mail: Mail) -> None:
    online, stays = visitor.online, uuid4()
    await forgets(visitor)
    link = await mail.link(online)
    await online.write(Write("clients", stays, sample("clients", email="ann@elsewhere.example")))
    into = f"/v1/clients/{online.client_id}/merge", {"into": str(stays)}, {"If-Match": "*"}
    assert (await ask("POST", *into)).status_code == 200
    assert (await visitor.post(link, {"go": "yes"}, follow=True)).url.path == f"{online.path}/password"


async def test_what_staff_have_told_is_not_sent(online: Online, ask: Asks, mail: Mail) -> None:
    await ask("POST", f"{online.login}/reset")
    [letter] = await told(ask, online)
    done = (await ask("POST", f"/v1/portal-letters/{letter['id']}/acknowledge")).json()
    assert (done["delivery_state"], done["sent_at"]) == (None, None)
    assert await mail.arrived(online) == []


async def test_what_does_not_arrive_is_for_staff(
    studio: Studio, ask: Asks, mail: Mail, visits: Visits
) -> None:
    online = await put_online(studio)
    address = (await online.record("clients", online.client_id))["email"]
    mail.sink.at_rcpt[address] = "552 5.2.2 Over quota"
    await ask("POST", f"{online.login}/reset")
    await mail.works()
    [letter] = await told(ask, online)
    assert (letter["delivery_state"], letter["delivery_error"]) == ("failed", "The mailbox is full.")
    await online.write(Write("clients", online.client_id, {"email": None}))
    await forgets(await visits(online, "198.51.100.252"), address)
    newest, _ = await told(ask, online)
    assert (newest["kind"], newest["delivery_state"]) == ("login_forgotten", None)
    sql = "SELECT count(*) AS many FROM letters WHERE account_id = $1 AND client_id = $2"
    [row] = await studio.execute(sql, online.client_id)
    assert row["many"] == 1


async def test_what_comes_back_later_is_for_staff_again(studio: Studio, ask: Asks, mail: Mail) -> None:
    online = await put_online(studio)
    await ask("POST", f"{online.login}/reset")
    await mail.works()
    assert await told(ask, online) == []
    address = (await online.record("clients", online.client_id))["email"]
    sql = "SELECT message_id FROM letters WHERE account_id = $1 AND client_id = $2"
    [row] = await studio.execute(sql, online.client_id)
    report = Report("delivery", row["message_id"], [Recipient([address], "failed", "5.1.1", "Unknown")])
    async with studio.database.writing(studio.account.account_id) as session:
        letter = await reported(session, report)
        assert letter is not None
        await heed(session, report, letter, clock.now())
    [again] = await told(ask, online)
    assert (again["delivery_state"], again["sent_at"]) == ("bounced", None)
    assert again["delivery_error"] == "The address does not exist."


async def test_without_knowing_where_it_is_the_server_sends_no_links(
    studio: Studio, house: FastAPI, ask: Asks, mail: Mail
) -> None:
    online = await put_online(studio)
    house.state.public_url = None
    try:
        await ask("POST", f"{online.login}/reset")
    finally:
        house.state.public_url = ORIGIN
    assert await mail.arrived(online) == []
    [letter] = await told(ask, online)
    assert letter["delivery_state"] is None


async def test_a_name_that_is_not_theirs_sends_nothing_and_theirs_no_more_than_three(
    visitor: Guest, mail: Mail
) -> None:
    online = visitor.online
    await forgets(visitor, "nobody@there.example")
    assert await mail.arrived(online) == []
    for _ in range(5):
        await forgets(visitor, f"ANN {online.client_id}")
    letters = await mail.arrived(online)
    assert len(letters) == 3
    assert len({path_in(each, online) for each in letters}) == 3
    other = replace(visitor, online=await put_online(online.studio))
    await forgets(other, f"ann {online.client_id}")
    assert len(await mail.arrived(online)) == 3
