"""The pages of the API document: whole, linked, from nowhere else, the same from a folder and a server."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path
from posixpath import join, normpath
from threading import Event
from typing import Any

import httpx
import orjson
import pytest
from backports import zstd

import app.main
from app.http.problem_pages import pages
from app.site.docs.book import CHAPTERS, Book
from app.site.docs.prose import Prose
from app.site.docs.serving import docs
from app.site.docs.writing import ENDING, write
from tests.document import DOCUMENT

_ADDRESS = "http://studio.test"
_TEXT = orjson.dumps(DOCUMENT)
_OPERATION = re.compile(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)`")


class Page(HTMLParser):
    """What a page leads to and loads, what can be led to on it, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert tag not in {"style", "iframe", "form"}, tag
        assert tag != "script" or given["src"], given
        assert not [name for name in given if name == "style" or name.startswith("on")], given
        if "id" in given:
            self.anchors.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.loads += (given[name] for name in ("src", "href") if name in given and tag != "a")

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages")
    write(_TEXT, made)
    return made


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, Page]:
    return {
        path.relative_to(folder).as_posix(): Page(path.read_text("utf-8"))
        for path in folder.rglob(f"*{ENDING}")
    }


@pytest.fixture
async def site() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(docs(lambda: _TEXT))
    async with httpx.AsyncClient(transport=transport, base_url=_ADDRESS) as client:
        yield client


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in DOCUMENT["paths"].items():
        for verb, operation in verbs.items():
            yield verb.upper(), path, operation


def test_every_link_leads_to_a_place_that_is_there(folder: Path, files: dict[str, Page]) -> None:
    for name, page in files.items():
        assert len({*page.anchors}) == len(page.anchors), name
        for link in page.links:
            assert "://" not in link, (name, link)
            path, _, anchor = link.partition("#")
            target = normpath(join(name, "..", path)) if path else name
            assert (folder / target).is_file(), (name, link)
            assert not anchor or anchor in files[target].anchors, (name, link)


def test_a_page_loads_what_is_ours_and_nothing_else(folder: Path, files: dict[str, Page]) -> None:
    for name, page in files.items():
        loaded = [normpath(join(name, "..", each.partition("?")[0])) for each in page.loads]
        assert loaded == ["icon.svg", "docs.css", "docs.js"]
    sheet, script = ((folder / name).read_text("utf-8") for name in ("docs.css", "docs.js"))
    assert not re.search(r"url\(|@import", sheet)
    assert not re.search(r"://|innerHTML|eval|fetch\(|import", script)


def test_all_that_is_told_is_found_by_its_name_and_the_index_is_small(
    folder: Path, files: dict[str, Page]
) -> None:
    script = (folder / "index.js").read_bytes()
    assert len(gzip.compress(script)) < 30_000
    told = orjson.loads(script.removeprefix(b"studioIndex = ").removesuffix(b";\n"))
    found = {
        (kind, entry[1] if entry[1:] and entry[1] else entry[0]) for kind, _, those in told for entry in those
    }
    assert {("operation", f"{verb} {path}") for verb, path, _ in _operations()} <= found
    assert {("schema", name) for name in DOCUMENT["components"]["schemas"]} <= found
    assert {("error", each.code) for each in pages()} <= found
    assert {("chapter", "The feed"), ("chapter", "Setting up"), ("page", "Clients")} <= found
    for _, page, those in told:
        for anchor, *_ in those:
            assert not anchor or anchor in files[page].anchors, (page, anchor)


def test_the_menu_opens_where_one_is_and_keeps_the_other_groups_closed(folder: Path) -> None:
    for tag, group, others in (("clients", "Records", "Letters"), ("webhooks", "Following changes", "Guide")):
        menu = (folder / f"api/{tag}{ENDING}").read_text("utf-8").partition('<nav id="menu"')[2]
        opened = {name: is_open for is_open, name in re.findall(r"<details( open)?><summary>([^<]*)", menu)}
        assert opened[group]
        assert not opened[others]


def test_every_operation_is_told_with_all_its_codes_its_parameters_and_three_examples(
    files: dict[str, Page],
) -> None:
    for verb, path, operation in _operations():
        [tag] = operation["tags"]
        page = files[f"api/{tag}{ENDING}"]
        name = operation["operationId"]
        assert name in page.anchors
        assert f"{verb} {path}" in page.words
        assert page.words.count("TypeScript") == sum(tag in each["tags"] for *_, each in _operations())
        assert page.words.count("Refused") >= page.words.count("TypeScript")


def test_every_schema_and_every_code_is_told_in_one_place(files: dict[str, Page]) -> None:
    anchors = [each for page in files.values() for each in page.anchors]
    for name in DOCUMENT["components"]["schemas"]:
        assert anchors.count(name) == 1, name
    codes = {
        code
        for answer in DOCUMENT["components"]["responses"].values()
        for content in answer.get("content", {}).values()
        for code in content["examples"]
    }
    assert codes <= {*files[f"errors{ENDING}"].anchors}


def test_chapters_name_operations_that_exist() -> None:
    book = Book.of(_TEXT)
    told = {f"{verb} {path}" for verb, path, _ in _operations()}
    for name, text in book.texts.items():
        for words in _OPERATION.findall(text):
            assert words in told, (name, words)


def test_a_chapter_says_of_each_name_in_its_examples_where_it_comes_from() -> None:
    book = Book.of(_TEXT)
    for chapter in CHAPTERS:
        text = book.texts[chapter]
        code = "".join(re.findall(r"^```curl .*?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        own = {"STUDIO", *re.findall(r"^([A-Z_]+)=", code, re.MULTILINE)}
        for name in {*re.findall(r"\$([A-Z][A-Z_]*)", code)} - own:
            assert f"`{name}`" in prose, (chapter, name)
        assert not code or "[the set-up](start.md#setting-up)" in prose, chapter


async def test_what_is_served_is_what_is_written(site: httpx.AsyncClient, folder: Path) -> None:
    for name in ("", "keys", "records", "api/clients", "errors", "schemas", "operations"):
        served = await site.get(f"/{name}")
        assert served.headers["content-type"].startswith("text/html")
        written = (folder / f"{name or 'index'}{ENDING}").read_text("utf-8")
        back = "../" * name.count("/") or "./"
        told = re.sub(rf'(href="[^"]*?){re.escape(ENDING)}', r"\1", written)
        assert served.text == re.sub(r'href="(?:\.\./)*index(#[^"]*)?"', rf'href="{back}\1"', told)
    assert (await site.get("/openapi.json")).json() == DOCUMENT
    for name, kind in (("docs.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        served = await site.get(f"/{name}")
        assert served.headers["content-type"].startswith(kind)
        assert served.content == (folder / name).read_bytes()


async def test_a_page_is_sent_once_under_a_policy_that_runs_our_own_script_alone(
    site: httpx.AsyncClient,
) -> None:
    first = await site.get("/keys")
    policy = first.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; " in policy
    assert "unsafe" not in policy
    again = await site.get("/keys", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await site.get("/no-such-chapter")).status_code == 404
    assert (await site.get("/../app/main.py")).status_code == 404


def test_what_others_have_written_is_shown_and_never_run() -> None:
    made = {**DOCUMENT, "tags": [{**each, "description": "<script>x</script>"} for each in DOCUMENT["tags"]]}
    page = (Book.of(orjson.dumps(made)).page("api/clients") or b"").decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_lines_that_provoke_a_code_stand_beside_it(files: dict[str, Page]) -> None:
    told = files[f"errors{ENDING}"].words
    provoked = [each.provoked_by for each in pages() if each.provoked_by]
    assert len(provoked) > 100
    for each in provoked:
        assert "\n".join((*each.given, each.line)) in told
        assert f"Refused: {each.because}." in told


def test_names_in_prose_lead_to_where_they_are_told() -> None:
    book = Book.of(_TEXT)
    prose: Prose = book.prose
    assert 'href="api/clients#clients_list"' in prose.line("Ask `GET /v1/clients`.", "keys")
    assert 'href="errors#permission_denied"' in prose.line("Else `permission_denied`.", "keys")
    assert "href" not in prose.line("The field `last_name`.", "keys")


async def test_a_page_is_sent_as_small_as_its_reader_takes_it(site: httpx.AsyncClient) -> None:
    plain = await site.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    tags = {plain.headers["etag"]}
    for encoding in ("zstd", "gzip"):
        asked = {"Accept-Encoding": encoding}
        smaller = await site.get("/openapi.json", headers=asked)
        assert (smaller.headers["content-encoding"], smaller.headers["vary"]) == (encoding, "Accept-Encoding")
        assert int(smaller.headers["content-length"]) < len(plain.content) / 5
        content = zstd.decompress(smaller.content) if encoding == "zstd" else smaller.content
        assert orjson.loads(content) == DOCUMENT
        tags.add(tag := smaller.headers["etag"])
        again = await site.get("/openapi.json", headers={**asked, "If-None-Match": tag})
        assert (again.status_code, again.headers["etag"]) == (304, tag)
    assert len(tags) == 3


async def test_who_waits_for_the_first_page_keeps_no_thread_from_others() -> None:
    loop, is_asked, is_free = asyncio.get_running_loop(), asyncio.Event(), Event()

    def text() -> bytes:
        loop.call_soon_threadsafe(is_asked.set)
        assert is_free.wait(20)
        return _TEXT

    async with httpx.AsyncClient(transport=httpx.ASGITransport(docs(text)), base_url=_ADDRESS) as client:
        asking = [asyncio.ensure_future(client.get("/keys")) for _ in range(40)]
        await is_asked.wait()
        await asyncio.to_thread(is_free.set)
        assert {(await each).status_code for each in asking} == {200}


async def test_a_slash_too_many_leads_to_the_page_and_no_page_is_said_to_be_none(
    site: httpx.AsyncClient,
) -> None:
    for path, page in (("/keys/", "../keys"), ("/api/clients/", "../clients")):
        led = await site.get(path)
        assert (led.status_code, led.headers["location"]) == (308, page)
    missing = await site.get("/no-such-chapter/")
    assert missing.status_code == 404
    assert "There is no page at this address." in Page(missing.text).words
    assert "default-src 'none'" in missing.headers["content-security-policy"]


async def test_the_address_of_a_server_shows_where_there_is_something_to_see() -> None:
    transport = httpx.ASGITransport(app.main.create_app())
    async with httpx.AsyncClient(transport=transport, base_url=_ADDRESS) as client:
        shown = await client.get("/")
        assert shown.status_code == 200
        page = Page(shown.text)
        assert page.links == ["/console/", "/app/", "/docs/"]
        assert page.loads == ["/docs/icon.svg", "/docs/docs.css"]
        assert "default-src 'none'" in shown.headers["content-security-policy"]
        told = await client.get("/problems/too_large", headers={"Accept": "text/html,*/*;q=0.8"})
        assert (told.status_code, told.headers["location"]) == (303, "/docs/errors#too_large")
        assert (await client.get("/problems/too_large")).json()["code"] == "too_large"


def test_an_operation_tells_who_may_ask_it(files: dict[str, Page]) -> None:
    def who(tag: str, name: str) -> str:
        words = re.search(r"Asked by ([^.]*)\. " + name + r"\b", files[f"api/{tag}{ENDING}"].words)
        return words[1] if words else ""

    assert who("sync", "sync_push") == "a person on a phone"
    assert who("sync", "sync_exchange") == "a person on a phone, and at a desk where nothing is pushed"
    assert who("clients", "clients_create") == "a person at a desk, or an API key"
    assert who("clients", "clients_list") == "a person, at a desk or on a phone, or an API key"
    assert who("limits", "limits_read") == "anybody, whether signed in or not"


def test_what_a_verdict_has_in_fields_a_refusal_has_in_reasons() -> None:
    told = {each.code: each.description for each in pages()}
    assert "`reasons` has the figure" in told["above_balance"]
    assert "`fields` names each place" in told["invalid_request"]
