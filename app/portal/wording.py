"""What letters about logins say. They never have a password in them, nor anything that is one."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.outbox.posting import Content
from app.portal.models import LoginField

_PASSWORDS = {
    LoginField.CLIENT_EMAIL: "your email address",
    LoginField.CLIENT_NUMBER: "your client number",
    LoginField.LAST_NAME: "your last name",
}
_RESET = """Your login to your pictures at {studio} was reset.

Sign in here, until {until}:
{gallery}

User name: {user_name}
Password: {password}

You then choose a password of your own. The one until then opens nothing else, works once, and may be \
tried {tries} times.

If you did not ask {studio} for this, please tell them.
"""
_VOID = """Somebody has tried to sign in to your pictures at {studio}, with wrong passwords. Your login was \
reset before, and that is void now: nothing opens it any more.

If it was you, ask for a new login here, or ask {studio}:
{gallery}/forgotten
"""
_FORGOTTEN = """Somebody, probably you, has asked for a new login to your pictures at {studio}.

Choose a new password here:
{gallery}/link/{secret}

The link is good once, and for an hour from when this letter was sent. Your user name is {user_name}.

If you did not ask for it, there is nothing to do: your password stays as it is.
"""


@dataclass(frozen=True, slots=True)
class Addressed:
    """Whom a letter is for: who they are at a studio, and where their gallery is."""

    studio: str
    user_name: str
    gallery: str
    time_zone: str


def login_reset(to: Addressed, password_from: str, until: datetime, tries: int) -> Content:
    """Return how to sign in after a reset; what the password is made of, and never itself."""
    local = until.astimezone(ZoneInfo(to.time_zone))
    text = _RESET.format(
        studio=to.studio,
        until=f"{local.day} {local:%B %Y, %H:%M} ({to.time_zone})",
        gallery=to.gallery,
        user_name=to.user_name,
        password=_PASSWORDS[LoginField(password_from)],
        tries=tries,
    )
    return Content("Your new login to your pictures", text)


def reset_void(to: Addressed) -> Content:
    """Return that a reset opens nothing any more."""
    text = _VOID.format(studio=to.studio, gallery=to.gallery)
    return Content("Your login was tried too often", text)


def login_forgotten(to: Addressed, secret: str) -> Content:
    """Return the link by which a new password is chosen."""
    text = _FORGOTTEN.format(studio=to.studio, gallery=to.gallery, secret=secret, user_name=to.user_name)
    return Content("Choose a new password for your pictures", text)
