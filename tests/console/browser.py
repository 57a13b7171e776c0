"""A browser without script: it keeps cookies, follows links, and sends the forms of the page it has open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from tests.accounts.studios import PASSWORD, Studio

HERE = "https://studio.test"


class _Reader(HTMLParser):
    """Reads what a person sees, and the forms."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.forms: dict[str, dict[str, list[str]]] = {}
        self._form: dict[str, list[str]] = {}
        self._select = ""
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag == "form":
            self._form = self.forms[given["action"]] = {}
        if tag == "select":
            self._select = given["name"]
        if tag == "option" and "selected" in given:
            self._form.setdefault(self._select, []).append(given["value"])
        if tag == "textarea":
            self._textarea = given["name"]
            self._form[self._textarea] = [""]
        is_off = given.get("type") in ("checkbox", "radio") and "checked" not in given
        if tag == "input" and "name" in given and not is_off:
            self._form.setdefault(given["name"], []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._textarea is not None:
            self._form[self._textarea][0] += data.removeprefix("\n")


@dataclass(frozen=True)
class Page:
    """A page as it was answered, and as it reads."""

    answer: httpx.Response
    reader: _Reader

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.reader.words).split())

    @property
    def path(self) -> str:
        return self.answer.url.path

    def form(self, path: str) -> dict[str, list[str]]:
        return self.reader.forms[f"/console{path}"]

    @property
    def links(self) -> list[str]:
        return [each.removeprefix("/console") for each in self.reader.links if each.startswith("/console")]


@dataclass
class Browser:
    """Somebody at a browser."""

    client: httpx.AsyncClient
    page: Page = field(init=False)

    async def open(self, path: str) -> Page:
        """Open a page, and follow where it leads."""
        return self._at(await self.client.get(f"/console{path}", follow_redirects=True))

    async def send(self, path: str, **typed: str | list[str]) -> Page:
        """Send a form of the open page with something typed into it, and follow where it leads."""
        filled = {name: list(values) for name, values in self.page.form(path).items()}
        filled |= {name: each if isinstance(each, list) else [each] for name, each in typed.items()}
        return self._at(await self.post(path, filled, follow_redirects=True))

    async def post(
        self,
        path: str,
        filled: Mapping[str, list[str]],
        *,
        follow_redirects: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send anything as a form."""
        headers = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"} if headers is None else headers
        return await self.client.post(
            f"/console{path}", data=dict(filled), headers=headers, follow_redirects=follow_redirects
        )

    async def sign_in(self, studio: Studio, initials: str = "JD", password: str = PASSWORD) -> Page:
        """Sign in as a person does."""
        await self.open("/sign-in")
        return await self.send(
            "/sign-in", account=studio.account.account_name, initials=initials, password=password
        )

    def _at(self, answer: httpx.Response) -> Page:
        reader = _Reader()
        reader.feed(answer.text)
        self.page = Page(answer, reader)
        return self.page
