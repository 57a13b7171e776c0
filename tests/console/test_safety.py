"""What keeps the console from being used by another site, and from having more rights than its user."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.features import features
from app.console import site, webhooks
from app.console.galleries import site as galleries
from app.console.letters import site as letters
from app.core.db import Database
from app.core.principal import Level
from app.http.limits import RateLimits
from tests.accounts.people import give, secured
from tests.accounts.studios import Studio, new_studio
from tests.console.browser import HERE, Browser
from tests.console.conftest import at_a_browser

PAGES = [
    "/",
    "/password",
    "/devices",
    "/preferences",
    "/health",
    "/sign-ins",
    "/inbox",
    "/users",
    "/users/new",
    "/groups",
    "/groups/new",
    "/groups/security",
    "/company",
    "/lists",
    "/lists/client_statuses",
    "/lists/organizations/new",
    "/audit",
    *(each for each in letters.SHOWN if "{" not in each and not each.endswith("/remove")),
]
GUARDED = ("/devices", "/health", "/users", "/groups", "/audit")
EVERYBODYS = {
    "/password",
    "/preferences/estimate",
    "/inbox/{entry_id:uuid}",
    "/inbox/{entry_id:uuid}/discard",
    "/sign-ins/{notice_id:uuid}",
}
"""What anybody may do: to themselves, to nothing at all, or what is judged like the change it is about."""

DIFFERENT = {
    **dict.fromkeys(("name", "description", "first_name", "last_name"), "Somewhat different"),
    **dict.fromkeys(("password", "new_password"), "three ducks on a pond"),
    "initials": "XX",
    "slot_minutes": "20",
    "emails_past_days": "7",
    "is_inactive": "yes",
}
"""What is typed into forms, each of which takes what it has a field for."""

_ELSEWHERE = galleries.DONE.keys() | letters.DONE.keys() | webhooks.DONE.keys()
"""What is sent from pages about galleries, letters and webhooks, which is tried beside their other tests."""
_IN_PATH = re.compile(r"\{(\w+)(?::\w+)?\}")


@pytest.fixture(scope="module")
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make an account that all of these share: pages are looked at, and nothing that is sent is taken."""
    return await new_studio(database, http, house.state.keys)


@pytest.fixture(scope="module")
async def administrator(house: FastAPI, studio: Studio) -> AsyncIterator[Browser]:
    """Sign the administrator in."""
    async with at_a_browser(house) as browser:
        await browser.sign_in(studio)
        yield browser


@pytest.fixture(scope="module")
async def photographer(house: FastAPI, studio: Studio) -> AsyncIterator[Browser]:
    """Sign somebody in who is no administrator."""
    async with at_a_browser(house) as browser:
        await browser.sign_in(studio, "PK")
        yield browser


@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/nowhere"])
async def test_every_page_says_what_it_may_load(administrator: Browser, path: str) -> None:
    page = await administrator.open(path)
    policy = page.answer.headers["content-security-policy"]
    for word in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'"):
        assert word in policy
    for word in ("frame-ancestors 'none'", "base-uri 'none'"):
        assert word in policy
    assert "unsafe" not in policy
    assert "data:" not in policy
    headers = page.answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


class _Checker(HTMLParser):
    """Finds what the policy would keep from working, and what comes from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "style" in given or tag == "style" or (tag == "script" and "src" not in given):
            self.found.append(f"{tag} {given}")
        self.found += [f"{tag} {name}" for name in given if name.startswith("on")]
        self.found += [
            given[name]
            for name in ("src", "href", "action")
            if name in given and not re.match(r"/console/|#", given[name])
        ]
        self.ids += [given["id"]] if "id" in given else []


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_opens_and_has_nothing_inline_or_from_elsewhere(
    administrator: Browser, path: str
) -> None:
    page = await administrator.open(path)
    assert (page.status, page.path) == (200, f"/console{path}")
    checker = _Checker()
    checker.feed(page.answer.text)
    assert checker.found == []
    assert len(checker.ids) == len(set(checker.ids))


@pytest.mark.parametrize("name", ["console.css", "console.js", "icon.svg"])
async def test_what_pages_load_is_kept_until_it_changes(nobody: Browser, name: str) -> None:
    page = await nobody.open("/sign-in")
    [address] = re.findall(rf"/console/static/{re.escape(name)}\?v=\w+", page.answer.text)
    answer = await nobody.client.get(address)
    assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert (await nobody.client.get(f"/console/static/{name}")).headers["cache-control"] == "no-store"
    assert (await nobody.client.get("/console/static/secrets.css")).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": HERE},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://studio.test"},
        {"Origin": "https://[studio.test"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.test"},
    ],
)
async def test_a_form_of_another_site_is_not_taken(
    studio: Studio, administrator: Browser, headers: dict[str, str]
) -> None:
    page = await administrator.open("/devices")
    filled = {**page.form("/devices"), "user_id": [str(studio.photographer.user_id)]}
    refused = await administrator.post("/devices", filled, headers=headers)
    assert refused.status_code == 403
    refused = await administrator.post("/sign-in", {"account": ["demo"]}, headers=headers)
    assert refused.status_code == 403
    refused = await administrator.post("/sign-out", page.form("/sign-out"), headers=headers)
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
    assert await _rows(studio) == 1


@pytest.mark.parametrize(
    ("at", "origin", "status"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", 422),
        ("http://studio.test", "https://studio.test", 422),
        ("http://studio.test", "http://studio.test", 403),
    ],
)
async def test_a_page_without_encryption_is_ours_only_at_this_very_machine(
    nobody: Browser, at: str, origin: str, status: int
) -> None:
    answer = await nobody.client.post(f"{at}/console/sign-in", data={"to": ""}, headers={"Origin": origin})
    assert answer.status_code == status


@pytest.mark.parametrize("token", [None, "", "AAAA", "not base64 é", "A" * 64])
async def test_a_form_without_the_session_s_word_is_not_taken(
    studio: Studio, administrator: Browser, token: str | None
) -> None:
    filled = {"user_id": [str(studio.photographer.user_id)]} | ({"form_token": [token]} if token else {})
    assert (await administrator.post("/devices", filled)).status_code == 403
    assert await _rows(studio) == 1


async def test_a_form_of_another_session_is_not_taken(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    theirs = (await colleague.open("/devices")).form("/devices")["form_token"]
    filled = {"user_id": [str(studio.photographer.user_id)], "form_token": theirs}
    assert (await administrator.post("/devices", filled)).status_code == 403


async def test_no_two_forms_have_the_same_word(administrator: Browser) -> None:
    first = (await administrator.open("/devices")).form("/devices")["form_token"]
    assert (await administrator.open("/devices")).form("/devices")["form_token"] != first


async def test_a_form_that_is_too_large_or_none_at_all_is_refused(administrator: Browser) -> None:
    assert (await administrator.post("/devices", {"user_id": ["x" * 260_000]})).status_code == 413
    answer = await administrator.client.post(
        "/console/devices", json={"user_id": "x"}, headers={"Origin": HERE}
    )
    assert answer.status_code == 415
    answer = await administrator.client.post(
        "/console/devices",
        content=b"a=%ff",
        headers={"Origin": HERE, "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("path", GUARDED)
async def test_who_lacks_a_right_is_not_offered_the_page_and_refused_by_the_api(
    photographer: Browser, path: str
) -> None:
    home = await photographer.open("/")
    assert path not in home.links
    page = await photographer.open(path)
    assert page.status == 403
    assert "You do not have the right" in page.text
    assert "You do not have the right to do this." in page.text


@dataclass(frozen=True)
class Watched:
    """An administrator, somebody who may view everything and change nothing, and what addresses can name."""

    administrator: Browser
    viewer: Browser
    known: dict[str, str]


@pytest.fixture(scope="module")
async def watched(database: Database, house: FastAPI, http: httpx.AsyncClient) -> AsyncIterator[Watched]:
    """Make an account that has activated security, and sign both in."""
    studio = await new_studio(database, http, house.state.keys)
    async with at_a_browser(house) as administrator, at_a_browser(house) as viewer:
        await administrator.sign_in(studio)
        await viewer.sign_in(studio, "PK")
        await secured(studio)
        await give(studio, **{each.key: Level.VIEW_ONLY for each in features()})
        yield Watched(administrator, viewer, await _known(studio, administrator))


@pytest.mark.parametrize("pattern", [each for each in site._DONE if each not in EVERYBODYS | _ELSEWHERE])
async def test_who_lacks_a_right_changes_nothing_by_sending_the_form_all_the_same(
    watched: Watched, pattern: str
) -> None:
    known = watched.known
    path = _IN_PATH.sub(lambda found: known[found[1]], pattern)
    page = await watched.administrator.open(path if pattern in site._SHOWN else f"/lists/{known['list']}")
    word = (await watched.viewer.open("/")).form("/sign-out")["form_token"]
    typed = {**DIFFERENT, "user_id": known["user_id"], "over": known["over"]}
    filled = {**page.form(path), **{name: [value] for name, value in typed.items()}, "form_token": word}
    answer = await watched.viewer.post(path, filled)
    assert (answer.status_code, "You do not have the right" in answer.text) == (403, True)


async def _known(studio: Studio, administrator: Browser) -> dict[str, str]:
    """Return what addresses of the console can have in them, and a neighbour of the entry of a list."""
    await administrator.open("/groups/new")
    await administrator.send("/groups/new", name="Seasonal")
    await administrator.open("/keys/new")
    await administrator.send("/keys/new", name="Booking widget")
    [key] = await studio.execute("SELECT key_id FROM api_keys WHERE account_id = $1")
    [device] = await studio.execute("SELECT device_id FROM devices WHERE account_id = $1")
    [group] = await studio.execute("SELECT group_id FROM security_groups WHERE account_id = $1")
    entry, over = await studio.execute(
        "SELECT id FROM lead_sources WHERE account_id = $1 AND description IN ('Referral', 'Web search')"
    )
    return {
        "user_id": str(studio.photographer.user_id),
        "device_id": str(device["device_id"]),
        "group_id": str(group["group_id"]),
        "key_id": str(key["key_id"]),
        "list": "lead_sources",
        "entry_id": str(entry["id"]),
        "over": str(over["id"]),
        "action": "deactivate",
    }


async def test_each_ask_of_a_page_is_an_ask_of_the_public_api(
    administrator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = httpx.AsyncClient.request

    async def noted(self: httpx.AsyncClient, method: str, path: str, **named: object) -> httpx.Response:
        if str(self.base_url).startswith("http://api"):
            asked.append(f"{method} {path} {self.headers.get('authorization', '')[:7]}")
        return await ask(self, method, path, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(httpx.AsyncClient, "request", noted)
    await administrator.open("/devices")
    assert "GET /v1/devices Bearer " in asked
    assert all(each.split()[1].startswith("/v1/") for each in asked)


@pytest.mark.parametrize("path", ["/devices", "/audit.csv"])
async def test_a_page_counts_as_one_request_of_its_address(
    administrator: Browser, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(RateLimits, "count_address", lambda _, address: counted.append(address))
    assert (await administrator.open(path)).status == 200
    assert counted == ["127.0.0.1"]


async def test_the_console_is_no_part_of_the_api_document(house: FastAPI) -> None:
    assert not [path for path in house.openapi()["paths"] if path.startswith("/console")]


async def _rows(studio: Studio) -> int:
    return len(await studio.execute("SELECT 1 FROM devices WHERE account_id = $1"))
