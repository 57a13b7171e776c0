"""The examples of the pages: found in the chapters, run in each language, answered as they are shown.

`python -m tests.site.examples` runs them on a demo studio, and writes the answers into the chapters.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from app.site.docs.book import CHAPTERS
from app.site.docs.places import START_TEXT
from app.site.docs.samples import JAVASCRIPT, written
from app.webhooks.signing import headers_of, new_secret
from tests.serving import TRUST, demo_studio

CHAPTER_FILES = Path(__file__).resolve().parents[2] / "app" / "site" / "docs" / "chapters"
ORDER = (*CHAPTERS, START_TEXT)
"""The chapters as they are run: what one leaves behind, others go on with."""
SET_UP = "set-up"
"""What a reader fills in: it has nothing to be asked, and no answer."""
CLIENTS = 12
_FENCE = re.compile(r"^```(\w+) ([\w-]+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MORE = "…"
_LONGEST = 48
_MEMBERS = 8
_FIXED = {
    "verdict",
    "code",
    "op",
    "status",
    "state",
    "gallery_state",
    "token_type",
    "invoice_type",
    "total",
    "paid",
}
"""Members whose values are the same each time; of others only that they are there, and what they are."""
_PATIENCE = 60
_OURS = "Studio Sync pages"
_PREAMBLE = """\
const {{ {names} }} = {values};
console.log = (told) => process.stdout.write(JSON.stringify(told));
"""
Names = dict[str, Any]


@dataclass
class Example:
    """One example: its code by language, and what is said of its answer."""

    name: str
    code: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    shown: str = ""

    def told(self, answer: Any) -> str:
        """Return an answer as it is shown."""
        most = int(self.options.get("all", _MEMBERS))
        wanted = self.options.get("show")
        chosen = {name: answer[name] for name in wanted.split(",")} if wanted else answer
        brief = _brief(chosen, most if not wanted else len(chosen))
        if wanted and len(chosen) < len(answer):
            brief[_MORE] = _MORE
        text = written(brief, JAVASCRIPT) + "\n"
        return text.replace(f'"{_MORE}": "{_MORE}"', _MORE).replace(f'"{_MORE}"', _MORE)

    def left(self, answer: Any) -> Names:
        """Return what later examples go on with, by their names in capitals."""
        return {name: _at(answer, path) for name, path in self.options.items() if name.isupper()}


def examples() -> Iterator[Example]:
    """Yield the examples of all chapters, in the order they are run."""
    for chapter in ORDER:
        found: dict[str, Example] = {}
        for language, name, options, code in _FENCE.findall(
            (CHAPTER_FILES / f"{chapter}.md").read_text("utf-8")
        ):
            example = found.setdefault(name, Example(name))
            if language == "answer":
                example.shown = code
                example.options = dict(each.split("=", 1) for each in options.split())
            else:
                example.code[language] = code
        yield from (each for each in found.values() if each.name != SET_UP)


def shape(shown: str) -> str:
    """Return what of an answer is the same each time it is asked for."""
    told = re.sub(r'"(\w+)": ("(?:[^"\\]|\\.)*"|-?[\d.]+|null)', _fixed, shown)
    told = re.sub(r'(?<=[\[,])\s*"(?:[^"\\]|\\.)*"(?=\s*[,\]])', "0", told)
    return re.sub(r"\s+", "", told)


def _fixed(found: re.Match[str]) -> str:
    return found[0] if found[1] in _FIXED else f'"{found[1]}": 0'


@dataclass
class Reader:
    """Somebody who follows the examples in one language, in a studio, from beginning to end."""

    language: str
    names: Names

    def follow(self, example: Example) -> str:
        """Run an example, and return its answer as it is shown; later ones go on with what it leaves."""
        self.names["ONCE"] = str(uuid4())
        run = {"curl": self._in_shell, "python": self._in_python, "typescript": self._in_node}[self.language]
        answer = run(example.code[self.language])
        path = example.options.get("at")
        if path and self.language == "curl":
            answer = _at(answer, path)
        self.names |= example.left(answer)
        return example.told(answer)

    def _in_shell(self, code: str) -> Any:
        known = {name: str(value) for name, value in self.names.items()}
        return json.loads(_output(["/bin/sh", "-eu", "-c", code], **known))

    def _in_python(self, code: str) -> Any:
        printed: list[Any] = []
        # A client asks as the module does, but reads the machine's certificates once.
        with httpx.Client(verify=TRUST) as client:
            space = {**self.names, "httpx": client, "print": printed.append}
            exec(compile(code, self.language, "exec"), space)  # noqa: S102 - our own pages
        return printed[-1]

    def _in_node(self, code: str) -> Any:
        opening = _PREAMBLE.format(names=", ".join(self.names), values=json.dumps(self.names))
        return json.loads(_output(["node", "--input-type=module", "-e", opening + code]))


def _output(command: list[str], **environment: str) -> str:
    told = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


def readers(studio: Mapping[str, Any], languages: list[str], folder: Path) -> Iterator[Reader]:
    """Yield a reader for each language, with a sign-in, a place for a phone and ids of their own."""
    who = studio["users"][0]
    with httpx.Client(base_url=studio["base_url"], verify=TRUST) as desk:
        words = {"account": studio["account"], "initials": who["initials"], "password": who["password"]}
        signed_in = desk.post("/v1/auth/login", json=words).raise_for_status().json()
        desk.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        _make_room(desk, signed_in["user"]["id"], len(languages))
        picture = folder / "IMG_0412.jpg"
        picture.write_bytes(_a_picture(desk, gallery := _gallery(desk)))
        cash = next(
            each["id"]
            for each in desk.get("/v1/payment_methods").json()["records"]
            if each["description"] == "Cash"
        )
        for language in languages:
            own = (
                "PHONE",
                "CLIENT",
                "SESSION",
                "NEW_CLIENT",
                "STREAM",
                "INVOICE",
                "LINE",
                "PAYMENT",
                "OTHER_PAYMENT",
            )
            names = {each: str(uuid4()) for each in own}
            names |= {"STUDIO": studio["base_url"], "GALLERY": gallery, "CASH": cash, "PICTURE": str(picture)}
            names |= {"HOOK": "http://127.0.0.1:9/studio", **_a_post()}
            names |= {"NAME": f"IMG_{language}.jpg", **{name.upper(): value for name, value in words.items()}}
            yield Reader(language, names)
            _tidy(desk, language, names["CLIENT"], names["NEW_CLIENT"])


def _a_post() -> Names:
    """Return a post as a webhook receives it, and what it is verified by."""
    secret, event_id, body = new_secret(), uuid4(), '{"type": "clients.changed"}'
    headers = headers_of(event_id, 1_777_887_000, body.encode(), [new_secret(), secret])
    return {"SECRET": secret, "BODY": body} | {
        name.upper().replace("-", "_"): value for name, value in headers.items()
    }


def _tidy(desk: httpx.Client, language: str, *clients: str) -> None:
    """Have the clients of one language be nobody's duplicates in the next."""
    for number, each in enumerate(clients):
        own = {
            "first_name": language,
            "last_name": f"{language} {number}",
            "email": None,
            "company_name": None,
        }
        answer = desk.patch(f"/v1/clients/{each}", json=own, headers={"If-Match": "*"})
        answer.raise_for_status()


def _make_room(desk: httpx.Client, user_id: str, places: int) -> None:
    """Have places for phones: those that are taken are given up."""
    for each in desk.get("/v1/devices").json()["devices"]:
        if not each["is_inactive"]:
            found = desk.get(f"/v1/devices/{each['id']}")
            desk.patch(
                f"/v1/devices/{each['id']}",
                json={"is_inactive": True, "wipe": False},
                headers={"If-Match": found.headers["etag"]},
            ).raise_for_status()
    for _ in range(places):
        desk.post("/v1/devices", json={"user_id": user_id}).raise_for_status()


def _gallery(desk: httpx.Client) -> str:
    """Return a session whose gallery is online."""
    page = desk.get("/v1/sessions", params={"limit": 500}).json()["records"]
    return next(str(each["id"]) for each in page if each["gallery_state"] == "online")


def _a_picture(desk: httpx.Client, gallery: str) -> bytes:
    [first, *_] = desk.get(f"/v1/sessions/{gallery}/pictures").json()["pictures"]
    return desk.get(first["links"]["original"]).raise_for_status().content


def _at(told: Any, path: str) -> Any:
    for step in path.split("."):
        told = told[int(step) if step.isdigit() else step]
    return told


def _brief(told: Any, most: int) -> Any:
    """Return as much of an answer as is shown."""
    if isinstance(told, dict):
        # Within an answer a few members say what kind of thing it is.
        shown = {name: _brief(each, min(most, 20)) for name, each in list(told.items())[:most]}
        return {**shown, _MORE: _MORE} if len(told) > most else shown
    if isinstance(told, list):
        few = 1 if told and isinstance(told[0], dict) and len(told) > 2 else 2
        return [_brief(each, most) for each in told[:few]] + ([_MORE] if len(told) > few else [])
    if isinstance(told, str) and len(told) > _LONGEST and " " not in told:
        return told[:20] + _MORE
    return told


def record() -> None:
    """Write the answers of a demo studio into the chapters."""
    with tempfile.TemporaryDirectory() as place, demo_studio(Path(place), CLIENTS, ENVIRONMENT="development"):
        for reader in readers(json.loads(Path(place, "demo.json").read_text()), ["curl"], Path(place)):
            told = {each.name: reader.follow(each) for each in examples()}
    for chapter in ORDER:
        page = CHAPTER_FILES / f"{chapter}.md"
        text = page.read_text("utf-8")
        page.write_text(
            re.sub(
                r"^(```answer ([\w-]+).*?\n).*?^```$",
                lambda found: f"{found[1]}{told[found[2]]}```",
                text,
                flags=re.MULTILINE | re.DOTALL,
            ),
            "utf-8",
        )


if __name__ == "__main__":
    record()
