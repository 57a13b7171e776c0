"""Where events are never posted to: networks of ours by any name, when it is kept and when it is used."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from dns.asyncresolver import Resolver
from fastapi import FastAPI

from app.outbox import hosts as hosts_of
from app.outbox.hosts import HostAway, Hosts, resolved
from app.webhooks.errors import WebhookTargetRefused
from app.webhooks.posting import Poster
from app.webhooks.targets import require_open
from tests.keys.conftest import Program, a_key, code
from tests.webhooks.conftest import Receiver

PUBLIC = "93.184.215.14"
NAMES = {
    "hooks.example": [PUBLIC],
    "localhost.": ["127.0.0.1"],
    "inside.example": ["10.1.2.3"],
    "both.example": [PUBLIC, "169.254.169.254"],
    "six.example": ["::ffff:127.0.0.1"],
    "nat.example": ["64:ff9b::7f00:1"],
    "local.example": ["fe80::1%eth0"],
    "unique.example": ["fd00::1"],
}


async def named(host: str, port: int) -> Sequence[str]:
    """Look names up: those above, and what any machine knows without asking."""
    if host in NAMES:
        return NAMES[host]
    if host.endswith(".example"):
        raise OSError("no such name")
    return await resolved(host, port)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example/", "not_https"),
        ("ftp://hooks.example/", "not_https"),
        ("//hooks.example/", "not_https"),
        ("https://hooks.example:22/", "port"),
        ("https://hooks.example:99999/", "malformed"),
        ("https://me:you@hooks.example/", "user_info"),
        ("https://hooks.example\\@127.0.0.1/", "malformed"),
        ("https://hooks.example/#a", "fragment"),
        ("https://hooks.example/\nX: y", "malformed"),
        ("https://hooks.exämple/", "malformed"),
        ("https:///path", "malformed"),
        ("https://" + "a" * 2_000, "malformed"),
        ("https://127.0.0.1/", "private"),
        ("https://2130706433/", "private"),
        ("https://0x7f.1/", "private"),
        ("https://localhost./", "not_found"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://inside.example/", "not_found"),
        ("https://both.example/", "not_found"),
        ("https://six.example/", "not_found"),
        ("https://nat.example/", "not_found"),
        ("https://local.example/", "not_found"),
        ("https://unique.example/", "not_found"),
        ("https://nowhere.example/", "not_found"),
    ],
)
async def test_an_address_that_is_not_out_in_the_open_is_not_kept(url: str, reason: str) -> None:
    with pytest.raises(WebhookTargetRefused) as refused:
        await require_open(url, Hosts(resolve=named))
    assert refused.value.extra["reason"] == reason


async def test_one_out_in_the_open_is_kept() -> None:
    await require_open("https://hooks.example:8443/studio?a=b", Hosts(resolve=named))


async def test_a_name_that_leads_elsewhere_when_it_is_used_leads_nowhere(receiver: Receiver) -> None:
    told = iter([[PUBLIC], ["127.0.0.1"]])

    async def rebound(_host: str, _port: int) -> Sequence[str]:
        return next(told)

    hosts = Hosts(resolve=rebound)
    await require_open("https://hooks.example/", hosts)
    poster = Poster(hosts, 5)
    async with poster.lines() as lines:
        assert (await poster.post(lines, "https://hooks.example/", {}, b"{}")).code == "host_refused"
        assert (await poster.post(lines, receiver.url, {}, b"{}")).code == "host_refused"
    assert receiver.posts == []


async def test_who_saves_one_is_told_why_it_is_not(house: FastAPI, owner: Program) -> None:
    key = await a_key(owner)
    usual = house.state.email_way
    house.state.email_way = replace(usual, hosts=Hosts(resolve=named))
    try:
        sent = {"url": "https://inside.example/", "types": ["*"], "key_id": key.id}
        refused = await owner.ask("POST", "webhooks", sent)
        made = await owner.ask("POST", "webhooks", {**sent, "url": "https://hooks.example/"})
        path = f"webhooks/{made.json()['id']}"
        change = {"url": "https://169.254.169.254/latest/meta-data"}
        changed = await owner.ask("PATCH", path, change, if_match='"1"')
        await owner.ask("DELETE", path)
    finally:
        house.state.email_way = usual
    assert code(refused) == code(changed) == (422, "webhook_target_refused")
    assert (refused.json()["reason"], changed.json()["reason"]) == ("not_found", "private")


class _SilentNameServer(asyncio.DatagramProtocol):
    """A name server that hears every question, and never answers."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        self.asked.append(data)


async def test_names_that_are_never_answered_keep_nobody_else_from_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are asked for by no thread: those of `getaddrinfo` are few, and the database is found by them."""
    loop = asyncio.get_running_loop()
    line, server = await loop.create_datagram_endpoint(_SilentNameServer, local_addr=("127.0.0.1", 0))
    asker = Resolver(configure=False)
    asker.nameservers, asker.port = ["127.0.0.1"], line.get_extra_info("sockname")[1]
    monkeypatch.setattr(hosts_of, "get_default_resolver", lambda: asker)
    monkeypatch.setattr(hosts_of, "LOOKUP_SECONDS", 0.3)
    waiting = [
        asyncio.create_task(Hosts().vetted(f"{number}.tarpit.example", 443, frozenset({443})))
        for number in range(20)
    ]
    assert await loop.getaddrinfo("localhost", 443)
    refused = await asyncio.gather(*waiting, return_exceptions=True)
    line.close()
    assert {type(each) for each in refused} == {HostAway}
    assert len(server.asked) >= len(waiting), "the name server was asked each"
