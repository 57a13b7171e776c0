"""What a file may be called, and what it is: told by how it begins, never by its name."""

import re
import unicodedata
from enum import StrEnum
from pathlib import PurePosixPath

LONGEST_NAME = 100
"""Characters of a file's name."""
_SPECIAL = re.compile(r'[@#$&:*?"<>|%^`{}]')
_SEPARATORS = re.compile(r"[/\\]")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Categories of characters nobody sees: a name would not be read as it is."""
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


class MediaType(StrEnum):
    """What pictures are taken as."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"


class NameProblem(StrEnum):
    """Why a file may not be called as it is."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    SPECIAL_CHARACTER = "special_character"
    CONTROL_CHARACTER = "control_character"
    PATH_SEPARATOR = "path_separator"
    TAKEN = "taken"
    """Another picture of the session is called so, in whatever case."""


def name_of(text: str) -> str:
    """Return a name as it is kept: one way to write each letter, and no space around it."""
    return unicodedata.normalize("NFC", text).strip()


def has_unseen(text: str) -> bool:
    """Say whether a text has characters nobody sees, or which turn around how others are read."""
    return any(unicodedata.category(each) in _UNSEEN for each in text)


def problem_of(name: str) -> NameProblem | None:
    """Return why a file may not be called so; underscore, dash, dot and space are fine."""
    if not name.strip("."):
        return NameProblem.EMPTY
    if len(name) > LONGEST_NAME:
        return NameProblem.TOO_LONG
    if has_unseen(name):
        return NameProblem.CONTROL_CHARACTER
    if _SEPARATORS.search(name):
        return NameProblem.PATH_SEPARATOR
    return NameProblem.SPECIAL_CHARACTER if _SPECIAL.search(name) else None


def type_of(head: bytes) -> MediaType | None:
    """Return what a file is by its first bytes, 12 of them at least; none of what is no picture we take."""
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return MediaType.WEBP
    return None


def stem_of(name: str) -> str:
    """Return what orders call a picture: its file's name without the ending."""
    path = PurePosixPath(name)
    return path.stem if path.suffix.lower() in ENDINGS else name


def names_of(number: str) -> list[str]:
    """Return the names of all files that orders may call so."""
    return [number, *(number + ending for ending in ENDINGS)]
