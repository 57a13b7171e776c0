"""How to sign in to the demo studio: who its users are, and the file that says so."""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A user of the demo studio and the password it was made with."""

    initials: str
    password: str
    role: str


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A client of the demo studio whose gallery is online, at a `path` of this server, and their words."""

    name: str
    user_name: str
    password: str
    path: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody needs to sign in, as a user or as a client."""

    account: str
    users: Sequence[DemoUser]
    client: DemoClient | None = None


def new_password() -> str:
    """Return five words of no language, 63 bits, easy to type on a phone.

    Made anew for each installation: a password anybody can read in the sources would open every demo studio
    that stands on a public address.
    """
    return "-".join(
        "".join(secrets.choice(letters) for letters in (_CONSONANTS, _VOWELS) * 2) for _ in range(5)
    )


def write_sign_in(folder: Path, base_url: str, sign_in: SignIn) -> Path:
    """Write `demo.json` (or the file of another account), readable by its owner alone; return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = file_of(folder, sign_in.account)
    content = {
        "base_url": base_url,
        "account": sign_in.account,
        "users": [asdict(user) for user in sign_in.users],
        "client": asdict(sign_in.client) if sign_in.client else None,
    }
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    unfinished.replace(path)
    return path


def read_sign_in(folder: Path, account: str) -> SignIn | None:
    """Return how to sign in to an account this data directory has made, none for any other."""
    path = file_of(folder, account)
    if not path.exists():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    client = content.get("client")
    users = [DemoUser(**user) for user in content["users"]]
    return SignIn(content["account"], users, DemoClient(**client) if client else None)


def file_of(folder: Path, account: str) -> Path:
    """Return the file that says how to sign in to an account."""
    return folder / f"{account}.json"
