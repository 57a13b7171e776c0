"""Cards of address books (vCard): each a client."""

import logging
import quopri
import re
from collections.abc import Iterator
from typing import Any

import vobject

from app.readers.refusals import TooLong, Unreadable
from app.readers.tables import MAX_ROWS, Row, Table, gathered
from app.readers.texts import decoded

_EDGE = re.compile(r"^(BEGIN|END):VCARD[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_PICTURE = re.compile(
    r"^(?:\w+\.)?(?:PHOTO|LOGO|KEY|SOUND)[;:][^\r\n]*(?:\r?\n[ \t][^\r\n]*)*(?:\r?\n)?",
    re.MULTILINE | re.IGNORECASE,
)
_ADDRESS = {
    "line_1": "street",
    "line_2": "extended",
    "city": "city",
    "region": "region",
    "postal_code": "code",
    "country": "country",
}
_PHONES = 4
"""As many as a client may have."""
_NO_YEAR = "--"
_LABELS = ("FAX", "CELL", "IPHONE", "HOME", "WORK", "MAIN")
_FOLDED = re.compile(r"\r?\n[ \t]")
_QUOTED = re.compile(
    r"^([^:\r\n]{0,200};(?:ENCODING=)?QUOTED-PRINTABLE[^:\r\n]{0,200}):((?:[^\r\n]*=\r?\n)*[^\r\n]*)",
    re.MULTILINE | re.IGNORECASE,
)
"""Texts of vCard 2.1, as telephones write them: lines that end with an equals sign go on in the next."""
_CHARSET = re.compile(r";CHARSET=([\w-]+)", re.IGNORECASE)
_SINGLE = re.compile(
    r"^((?:\w+\.)?(?:FN|NOTE|TITLE|ORG|ADR)\b[^:\r\n]*:)([^\r\n]*)", re.MULTILINE | re.IGNORECASE
)
"""What has one text, in which the library would take a comma that is not marked for the end of it."""
_BARE_COMMA = re.compile(r"(?<!\\),")
# Its log would have the lines it cannot read, and those are somebody's.
logging.getLogger("vobject.base").disabled = True

_UNREADABLE = "This card cannot be read."


def read_vcard(content: bytes) -> Table:
    """Read cards as a table whose columns are known; one that is damaged is an error by itself.

    Raises `Unreadable` and `TooLong`.
    """
    text = decoded(content).replace("\0", "")
    read = list(_cards(text))
    if not read:
        raise Unreadable(reason="not_this_format")
    columns = list(dict.fromkeys(name for texts, _ in read for name in texts)) or ["full_name"]
    rows = gathered(
        Row(number, [texts.get(name, "") for name in columns], problem)
        for number, (texts, problem) in enumerate(read, 1)
    )
    return Table(columns, rows, [*columns])


def _cards(text: str) -> Iterator[tuple[dict[str, str], str | None]]:
    for place, found in enumerate(_parted(text)):
        if place == MAX_ROWS:
            raise TooLong(limit="rows", most=MAX_ROWS)
        try:
            card = vobject.readOne(_plainly(found), ignoreUnreadable=True)
            yield _texts(card), None
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a damaged card breaks the library wherever it is damaged
            yield {}, _UNREADABLE


def _parted(text: str) -> Iterator[str]:
    """Yield each card from where it begins to the next end; every line is looked at once."""
    begun: int | None = None
    for edge in _EDGE.finditer(text):
        if edge[1].upper() == "BEGIN":
            begun = edge.start() if begun is None else begun
        elif begun is not None:
            yield text[begun : edge.end()]
            begun = None


def _plainly(card: str) -> str:
    """Return a card as the library reads it whole: without pictures, each text in one line and unquoted."""
    card = _FOLDED.sub("", _QUOTED.sub(_unquoted, _PICTURE.sub("", card)))
    return _SINGLE.sub(lambda found: found[1] + _BARE_COMMA.sub(r"\,", found[2]), card)


def _unquoted(found: re.Match[str]) -> str:
    told = _CHARSET.search(found[1])
    # Lines are folded with a space in front, which is none of the text.
    content = quopri.decodestring(re.sub(r"=\r?\n[ \t]?", "", found[2]).encode())
    text = content.decode(told[1] if told else "utf-8", "replace")
    head = re.sub(r";(?:ENCODING=)?QUOTED-PRINTABLE", "", _CHARSET.sub("", found[1]), flags=re.IGNORECASE)
    return f"{head}:{_line_breaks(text)}"


def _line_breaks(text: str) -> str:
    return re.sub(r"\r?\n", r"\\n", text)


def _texts(card: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    _names(card, found)
    for name, of in (("job_title", "title"), ("notes", "note")):
        found[name] = "\n".join(_plain(each.value) for each in card.contents.get(of, ()))
    addresses = [_plain(each.value) for each in card.contents.get("email", ())]
    found["email"] = ", ".join(each for each in addresses if each)
    for place, phone in enumerate(card.contents.get("tel", ())[:_PHONES], 1):
        types = [each.upper() for each in (*phone.params.get("TYPE", ()), *phone.singletonparams)]
        found[f"phone_{place}"] = _plain(phone.value)
        found[f"phone_{place}_label"] = next((each for each in _LABELS if each in types), "Other").title()
    for name, address in zip(("address", "mailing_address"), card.contents.get("adr", ()), strict=False):
        for part, of in _ADDRESS.items():
            found[f"{name}.{part}"] = _plain(getattr(address.value, of, ""))
    for name, of in (("birthday", "bday"), ("anniversary", "anniversary")):
        told = _plain(card.contents[of][0].value) if of in card.contents else ""
        # What has no year is no date that could be kept, and no reason to refuse the card.
        found[name] = "" if told.startswith((_NO_YEAR, "1604")) else told
    return {name: text.strip() for name, text in found.items() if text.strip()}


def _names(card: Any, found: dict[str, str]) -> None:
    if "n" in card.contents:
        name = card.contents["n"][0].value
        found["salutation"] = _plain(name.prefix)
        found["first_name"] = " ".join(filter(None, (_plain(name.given), _plain(name.additional))))
        found["last_name"] = _plain(name.family)
    if "org" in card.contents:
        company = found["company_name"] = _plain(card.contents["org"][0].value[:1])
        if "fn" in card.contents and _plain(card.contents["fn"][0].value) == company:
            # A company's own card, which some programs part into a first and a last name all the same.
            found.update(salutation="", first_name="", last_name="")
    if not any(found.values()) and "fn" in card.contents:
        found["full_name"] = _plain(card.contents["fn"][0].value)


def _plain(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")
