"""Letters are looked after at a desk: listed, read, sent again, cancelled; servers are set and checked."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from app.accounts.users import NewUser, change_user, create_user
from app.core import clock
from app.core.db import Database
from app.core.principal import Level, Principal
from app.outbox.hosts import HostRefused, Hosts
from app.outbox.jobs import forget_old
from app.outbox.mail.way import EmailWay, Relay
from app.outbox.posting import Content
from app.outbox.states import Channel, Purpose
from app.outbox.worker import Outbox
from tests.accounts.studios import PASSWORD
from tests.contract.desks import at_a_desk
from tests.outbox.posting import LAURA, Office, server
from tests.outbox.sinks import PASSWORD as SERVERS_PASSWORD
from tests.outbox.sinks import USER, sinking

SERVER = {
    "from_name": "Härbor",
    "from_address": "hello@harbor.example",
    "host": "127.0.0.1",
    "port": 465,
    "security": "starttls",
    "user_name": USER,
    "password": SERVERS_PASSWORD,
}


async def test_a_letter_that_failed_is_seen_and_sent_again(office: Office) -> None:
    office.sink.at_data = "554 5.7.1 This looks like spam"
    email = await office.writes()
    await office.works()
    [failed] = (await office.desk.ask("GET", "letters?state=failed")).json()["letters"]
    assert (failed["id"], failed["code"], failed["collection"]) == (email, "taken_for_spam", "emails")
    read = (await office.desk.ask("GET", f"letters/{email}")).json()
    assert (read["subject"], read["said"]) == ("Your images are online", "5.7.1 This looks like spam")
    office.sink.at_data = None
    await office.studio.execute("UPDATE letters SET purpose = 'trigger' WHERE account_id = $1")
    again = await office.desk.ask("POST", f"letters/{email}/resend")
    assert (again.status_code, again.json()["state"]) == (200, "waiting"), again.text
    due, expires = [datetime.fromisoformat(again.json()[each]) for each in ("due_at", "expires_at")]
    assert expires - due == timedelta(days=3), "that of a trigger's, not of a typed one's"
    refused = await office.desk.ask("POST", f"letters/{email}/resend")
    assert (refused.status_code, refused.json()["code"]) == (409, "letter_not_ended")
    await office.works()
    assert (await office.email(email))["delivery_state"] == "sent"
    refused = await office.desk.ask("POST", f"letters/{email}/resend")
    assert (refused.status_code, refused.json()["code"]) == (409, "letter_was_sent")
    [lane] = (await office.desk.ask("GET", "outbox")).json()["lanes"]
    assert (lane["waiting"], lane["failed"], lane["sent_this_month"]) == (0, 0, 1)


async def test_a_letter_that_waits_is_cancelled_and_is_a_draft_again(office: Office) -> None:
    email = await office.writes()
    assert (await office.desk.ask("GET", f"letters/{email}")).json()["to_addresses"] == [LAURA]
    answer = await office.desk.ask("POST", f"letters/{email}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled"), answer.text
    again = await office.desk.ask("POST", f"emails/{email}/send", if_match="*")
    assert again.json()["delivery_state"] == "queued", "a command that takes nothing needs no body"
    answer = await office.desk.ask("POST", f"letters/{email}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled"), answer.text
    record = await office.email(email)
    assert (record["is_draft"], record["delivery_state"]) == (True, "draft")
    refused = await office.desk.ask("POST", f"letters/{email}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "letter_not_waiting")
    await office.works()
    assert office.sink.letters == []


async def test_what_is_secret_is_sent_and_told_to_nobody_and_gone_then(office: Office) -> None:
    secret = await office.posts(
        purpose=Purpose.PORTAL,
        content=Content("Your login", "The word is swordfish"),
        seal=office.outbox.vault,
    )
    read = await office.desk.ask("GET", f"letters/{secret}")
    assert (read.json()["is_secret"], "swordfish" in read.text) == (True, False)
    assert b"swordfish" not in bytes((await office.letter(secret))["sealed"])
    await office.works()
    [arrived] = office.sink.letters
    assert "swordfish" in arrived.text
    assert (await office.letter(secret))["sealed"] is None


async def test_who_may_not_see_a_letter_knows_of_none(office: Office, database: Database) -> None:
    email = await office.writes()
    user = await create_user(
        database, office.studio.account, NewUser(f"N{uuid4().hex[:3]}", PASSWORD, "Nell", "Fox")
    )
    who = Principal.system(office.account_id)
    async with database.writing(office.account_id) as session:
        await change_user(session, who, user.user_id, levels={"outbox": Level.NO_ACCESS})
    await office.studio.execute("UPDATE accounts SET is_security_active = true WHERE account_id = $1")
    try:
        desk = await at_a_desk(office.studio, initials=user.initials)
        for path in ("letters", f"letters/{email}", "outbox", "letter-blocks", "mail-server"):
            assert (await desk.ask("GET", path)).json()["code"] == "permission_denied"
    finally:
        await office.studio.execute("UPDATE accounts SET is_security_active = false WHERE account_id = $1")
    assert (await office.desk.ask("GET", f"letters/{uuid4()}")).json()["code"] == "letter_not_found"


async def test_an_address_is_blocked_by_hand_and_let_go_again(office: Office) -> None:
    made = await office.desk.ask("POST", "letter-blocks", {"address": "LAURA@hartley.example"})
    assert (made.status_code, made.json()["address"], made.json()["reason"]) == (200, LAURA, "by_hand")
    email = await office.writes()
    await office.works()
    assert (await office.email(email))["delivery_error"] == "This address is on the block list."
    [block] = (await office.desk.ask("GET", "letter-blocks")).json()["blocks"]
    assert block["by_id"]
    gone = await office.desk.ask("DELETE", f"letter-blocks?address={LAURA}")
    assert gone.status_code == 204
    again = await office.desk.ask("DELETE", f"letter-blocks?address={LAURA}")
    assert (again.status_code, again.json()["code"]) == (404, "letter_block_not_found")


async def test_a_server_is_set_by_version_and_its_password_is_never_told(office: Office) -> None:
    ask = office.desk.ask
    assert (await ask("GET", "mail-server")).json()["code"] == "mail_server_not_found"
    assert (await ask("PUT", "mail-server", SERVER)).json()["code"] == "precondition_required"
    made = await ask("PUT", "mail-server", SERVER, if_match='"0"')
    assert made.status_code == 200, made.text
    assert SERVERS_PASSWORD not in made.text
    stale = await ask("PUT", "mail-server", SERVER, if_match='"0"')
    assert stale.json()["code"] == "version_changed"
    wicked = await ask("PUT", "mail-server", {**SERVER, "from_name": "Jo\r\nBcc: all@x"}, if_match='"1"')
    assert wicked.json()["fields"] == [{"path": "body.from_name", "code": "not_one_line"}]
    elsewhere = {**SERVER, "host": "smtp.thief.example", "password": None}
    refused = await ask("PUT", "mail-server", elsewhere, if_match='"1"')
    assert refused.json()["code"] == "mail_password_missing"
    refused = await ask("PUT", "mail-server", {**SERVER, "port": 5432}, if_match='"1"')
    assert refused.json()["code"] == "mail_host_refused"
    checked = await ask("POST", "mail-server/check")
    assert checked.json()["code"] == "email_address_missing"
    await office.studio.execute("UPDATE users SET email = 'jo@harbor.example' WHERE account_id = $1")
    checked = await ask("POST", "mail-server/check")
    assert (checked.status_code, checked.json()["code"]) == (422, "mail_host_refused")
    assert (await ask("GET", "mail-server")).json()["checked_code"] == "host_refused"
    assert (await ask("DELETE", "mail-server", if_match='"1"')).status_code == 204


async def test_nobody_slips_a_header_in(office: Office) -> None:
    wicked = "Hello\r\nBcc: everybody@example.com\u2028X-More: 1"
    await office.posts(content=Content(wicked, "Text", from_name="Jo\r\nBcc: all@example.com"))
    await office.works()
    [arrived] = office.sink.letters
    assert arrived.recipients == [LAURA]
    assert (arrived.message["Bcc"], arrived.message["X-More"]) == (None, None)
    assert arrived.message["Subject"] == "Hello Bcc: everybody@example.com X-More: 1"


async def test_a_bad_address_fails_alone(office: Office) -> None:
    bad = await office.posts("laura@@hartley")
    good = await office.posts("<laura>@hartley.example", LAURA)
    await office.works()
    assert (await office.letter(bad))["last_code"] == "bad_address"
    assert (await office.letter(good))["state"] == "sent"
    [arrived] = office.sink.letters
    assert arrived.recipients == [LAURA]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "::a00:1",
        "::ffff:0:a00:1",
        "192.0.0.192",
        "0.0.0.0",  # noqa: S104 - nobody binds
    ],
)
async def test_no_line_leads_into_a_private_network(address: str) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14", address]

    with pytest.raises(HostRefused):
        await Hosts(resolve=resolve).connect("mail.example", 465, frozenset({465}))


async def test_a_login_that_is_refused_closes_the_lane_and_says_so(office: Office) -> None:
    made = await office.desk.ask("PUT", "mail-server", {**SERVER, "password": "wrong"}, if_match='"0"')
    assert made.status_code == 200, made.text
    await office.studio.execute("UPDATE mail_servers SET port = $2 WHERE account_id = $1", office.sink.port)
    email = await office.writes()
    await office.works()
    [lane] = (await office.desk.ask("GET", "outbox")).json()["lanes"]
    assert (lane["code"], lane["waiting"]) == ("login_refused", 1)
    right = {**SERVER, "from_name": "Harbor"}
    assert (await office.desk.ask("PUT", "mail-server", right, if_match='"1"')).status_code == 200
    await office.studio.execute("UPDATE mail_servers SET port = $2 WHERE account_id = $1", office.sink.port)
    await office.works()
    assert (await office.email(email))["delivery_state"] == "sent"


async def test_a_server_without_a_login_is_said_to_have_none(office: Office) -> None:
    await office.writes()
    usual = office.outbox.ways
    async with sinking(auth_exclude_mechanism=["LOGIN", "PLAIN"]) as sink:
        relay = Relay(server(sink.port))
        office.outbox.ways = [EmailWay(office.outbox.vault, Hosts(allows_plain=True), relay, None)]
        await office.works()
        office.outbox.ways = usual
    [lane] = (await office.desk.ask("GET", "outbox")).json()["lanes"]
    assert lane["message"] == "The mail server offers no way to sign in by a password on this port."


async def test_letters_go_at_the_pace_of_the_account(office: Office) -> None:
    clock.hold(clock.now())
    made = await office.desk.ask(
        "PUT", "mail-server", {**SERVER, "per_minute": 2, "per_day": 3}, if_match='"0"'
    )
    assert made.status_code == 200, made.text
    await office.studio.execute("UPDATE mail_servers SET port = $2 WHERE account_id = $1", office.sink.port)
    for _ in range(5):
        await office.posts(expires_at=clock.now() + timedelta(days=4))
    began, gone = clock.now(), list[datetime]()
    while (due := await office.due()) is not None:
        clock.hold(max(due, clock.now()))
        await office.works()
        gone += [clock.now()] * (len(office.sink.letters) - len(gone))
    seconds = [(each - began).total_seconds() for each in gone]
    assert seconds[:3] == [0, 30, 60]
    assert [each.date() - began.date() for each in gone[3:]] == [timedelta(days=1)] * 2


async def test_letters_are_forgotten_long_after_they_ended(office: Office) -> None:
    clock.hold(clock.now())
    sent, bulk = await office.posts(), await office.posts(is_bulk=True)
    await office.works()
    waits = await office.posts(due_at=clock.now() + timedelta(days=300))
    clock.hold(clock.now() + timedelta(days=91))
    await forget_old(office.studio.database, Principal.system(office.account_id))
    left = await office.studio.execute("SELECT letter_id FROM letters WHERE account_id = $1")
    assert {row["letter_id"] for row in left} == {bulk, waits} != {sent}


async def test_who_has_one_letter_does_not_wait_for_who_has_many(office: Office) -> None:
    for _ in range(60):
        await office.posts()
    await office.works()
    assert len(office.sink.letters) == 25
    due = await office.due()
    assert due is not None
    assert due <= clock.now()
    both = [Outbox(office.studio.database, office.outbox.ways, office.outbox.vault, 5) for _ in range(3)]
    while await office.due() is not None:
        await asyncio.gather(*(each.serve(office.account_id) for each in both))
    assert len(office.sink.letters) == len({each.message["Message-ID"] for each in office.sink.letters}) == 60


async def test_texts_wait_where_there_is_no_line(office: Office) -> None:
    text = await office.posts("+15185550123", channel=Channel.TEXT)
    await office.works()
    lanes = {each["channel"]: each for each in (await office.desk.ask("GET", "outbox")).json()["lanes"]}
    assert (lanes["text"]["code"], lanes["text"]["waiting"]) == ("no_text_line", 1)
    assert (await office.letter(text))["state"] == "waiting"
