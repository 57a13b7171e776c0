"""A studio that writes: a letter that waits, templates, triggers, communications, and how all that goes."""

from typing import Any

from clients.python.tests.serving import Desk
from tests.accounts.studios import Studio
from tests.contract.desks import at_a_desk
from tests.samples import named, sample

SERVER = {
    "from_name": "Harbor Light",
    "from_address": "hello@harbor.example",
    "host": "smtp.harbor.example",
    "port": 465,
    "security": "tls",
    "user_name": "hello",
    "password": "abcd-efgh-ijkl",
}


async def furnish_letters(desk: Desk, words: str) -> None:
    """Have everything on the pages about letters, with words that are long."""
    asking = await at_a_desk(desk.studio)
    name = words[:100]
    client = await _told(asking.create(named("clients"), sample("clients", last_name=name)))
    sent = {"to_addresses": [f"{'laura' * 12}@hartley.example"], "subject": words, "client_id": client["id"]}
    await _told(asking.create(named("emails"), {"date": "2026-05-04", "body": words, **sent}))
    await _told(asking.ask("POST", "letter-blocks", {"address": sent["to_addresses"][0]}))
    await _told(asking.ask("PUT", "mail-server", SERVER, if_match='"0"'))
    letter = {"kind": "html_email", "basis": "client", "subject": words, "html": f"<p>{words}</p>"}
    template = await _told(asking.ask("POST", "templates", {**letter, "name": name}))
    said: dict[str, Any] = {"name": name, "action": "email", "template_id": template["id"]}
    await _told(asking.ask("POST", "triggers", {**said, "kind": "client_date", "on_field": "birthday"}))
    for start in (None, {"date": "2999-01-02", "time": "09:00:00"}):
        made = await _told(asking.ask("POST", "communications", {**said, "hub": "clients"}))
        path = f"communications/{made['id']}"
        await _told(asking.ask("POST", f"{path}/recipients"))
        if start:
            await _told(asking.ask("POST", f"{path}/start", start))
    sending: dict[str, Any] = {
        "headers": {**asking.headers, "Content-Type": "text/plain"},
        "content": b"Prices",
    }
    await _told(asking.client.post("/v1/letter-files", params={"name": f"{words[:90]}.txt"}, **sending))
    await keep_line(desk.studio)


async def keep_line(studio: Studio) -> None:
    """Keep a text line as if its provider had let in with it."""
    await studio.execute(
        "INSERT INTO text_lines (account_id, account_sid, auth_token, from_number, hook_key, version)"
        " VALUES ($1, $2, '', '+15185550100', '', 1)",
        f"AC{'0' * 32}",
    )


async def _told(asked: Any) -> dict[str, Any]:
    answer = await asked
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())
