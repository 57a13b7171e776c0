"""The machine: its clock, its keys, its certificates and its disk."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from stat import S_IMODE

import httpx

from app.core import clock
from app.core.certificates import end_at
from app.core.conditions import CLOCKS_APART, GIGABYTE, LITTLE_ROOM, SOON_OVER, free_bytes, told_by
from app.core.keys import WeakKey, load_keys
from app.core.settings import Settings
from app.core.vault import load_vault
from app.doctor.patient import Found, Patient, Severity, many

_FAR_APART = timedelta(seconds=60)
"""By how much the date of an answer, which is cached on its way perhaps, may be another."""
_PATIENCE = 5.0
_OPEN = 0o027
"""What others than the owner and its group must not, nor the group change."""
_UNITS = (
    (86_400, "day", "days"),
    (3_600, "hour", "hours"),
    (60, "minute", "minutes"),
    (1, "second", "seconds"),
)
_NEARLY = 0.95
_ASK = "Have both machines ask the same time: `timedatectl set-ntp true`."


async def clocks(patient: Patient) -> AsyncIterator[Found]:
    """Compare this machine's clock with the database's, and with whoever answers at PUBLIC_URL."""
    connection = await patient.owned()
    try:
        ahead = (await told_by(connection)).ahead
    finally:
        connection.terminate()
    if abs(ahead) > CLOCKS_APART:
        yield Found("clock", Severity.ERROR, f"This machine's clock is {_apart(ahead)} the database's.", _ASK)
    if patient.settings.public_url:
        told = await _date_at(patient.settings.public_url)
        if told is not None and abs(ahead := told - clock.now()) > _FAR_APART:
            sentence = f"This machine's clock is {_apart(ahead)} that of {patient.settings.public_url}."
            yield Found("clock", Severity.ERROR, sentence, _ASK)


async def certificates(patient: Patient) -> AsyncIterator[Found]:
    """Look until when the certificates of the database and of PUBLIC_URL are good."""
    connection = await patient.owned()
    try:
        until = (await told_by(connection)).secured_until
    finally:
        connection.terminate()
    for found in _over("the database", until):
        yield found
    named = httpx.URL(patient.settings.public_url or "")
    if named.scheme == "https":
        try:
            until = await end_at(named.host, named.port or 443)
        except OSError as error:
            sentence = f"Nobody answers at PUBLIC_URL: {type(error).__name__}."
            remedy = "Look at the proxy in front, and at the name in PUBLIC_URL."
            yield Found("certificates", Severity.WARNING, sentence, remedy)
        else:
            for found in _over("PUBLIC_URL", until):
                yield found


async def keys(patient: Patient) -> AsyncIterator[Found]:
    """Look whether the keys are there, strong, and for nobody else's eyes."""
    files = key_files(patient.settings)
    lost = [path for path in files if not path.is_file()]
    for path in lost:
        # One that no setting names is made by the first who serves, perhaps tomorrow.
        is_own = path.parent == patient.settings.data_dir / "keys"
        severity = Severity.WARNING if is_own else Severity.ERROR
        remedy = "Put it back from a backup: a new one opens nothing of old. The first start makes one."
        yield Found("keys", severity, f"The key file {path} is not there.", remedy)
    for path in files:
        if path not in lost and S_IMODE(path.stat().st_mode) & _OPEN:
            sentence = f"The key file {path.name} can be read by everybody, or changed by its group."
            yield Found("keys", Severity.ERROR, sentence, f"chmod 600 {path}")
    if not lost:
        for load in (load_keys, load_vault):
            try:
                load(patient.settings)
            except WeakKey as weak:
                yield Found(
                    "keys", Severity.ERROR, f"A key is of no use: {weak}.", "Put it back from a backup."
                )


def key_files(settings: Settings) -> list[Path]:
    """Return where the keys of an installation are."""
    kept = settings.data_dir / "keys"
    return [
        settings.signing_key_file or kept / "signing.pem",
        settings.cursor_key_file or kept / "cursor.key",
        settings.vault_key_file or kept / "vault.keys",
    ]


async def disk(patient: Patient) -> AsyncIterator[Found]:
    """Look how much room is left where keys, pictures and the embedded database are."""
    free = free_bytes(patient.settings.data_dir)
    if free < LITTLE_ROOM:
        sentence = f"{free / GIGABYTE:.1f} GB are free where DATA_DIR is."
        yield Found("disk", Severity.WARNING, sentence, "Make room, or move DATA_DIR to a larger disk.")


def _over(whose: str, until: datetime | None) -> Iterator[Found]:
    if until is None or until - clock.now() > SOON_OVER:
        return
    remedy = "Renew it; nothing here has to be started again."
    left = (until - clock.now()).days
    if left < 0:
        sentence = f"The certificate of {whose} ended on {until:%Y-%m-%d}."
        yield Found("certificates", Severity.ERROR, sentence, remedy)
    else:
        sentence = f"The certificate of {whose} ends in {many(left, 'day', 'days')}."
        yield Found("certificates", Severity.WARNING, sentence, remedy)


def _apart(ahead: timedelta) -> str:
    """Say where a clock is that another is ahead of."""
    seconds = round(abs(ahead).total_seconds())
    size, one, more = next(each for each in _UNITS if seconds > _NEARLY * each[0])
    return f"{many(round(seconds / size), one, more)} {'behind' if ahead > timedelta() else 'ahead of'}"


async def _date_at(url: str) -> datetime | None:
    """Return what time whoever answers there says it is; a name that is not trusted tells it too."""
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE, verify=False) as client:  # noqa: S501 - a date alone
            told = (await client.get(f"{url}/health/live")).headers.get("date")
        return parsedate_to_datetime(told) if told else None
    except (httpx.HTTPError, ValueError):
        return None
