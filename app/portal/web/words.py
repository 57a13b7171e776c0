"""What the client's pages say: what has been done, and why something was not."""

from collections.abc import Mapping

NO_GALLERY = (
    "There is no gallery here, or it is no longer online. Please ask your studio for the address of yours."
)
FOREIGN = (
    "This form was not sent from a page of your gallery, or the page was too old. Open it and try again."
)
TOO_MUCH = "This is more than the page can take."
NO_PAGE = "There is no such page."
ANYTHING = "That did not work. Nothing was changed."
WRONG = "User name or password are not right. Please try again, or ask for a new login."
WRONG_CURRENT = "This is not your password until now."
LOOK_AGAIN = "Something is missing or not right. Nothing was saved yet: please look at the marked fields."
NO_CARDS = "The number of a card is never entered here. Nothing was saved."
CHANGED = "Your studio has changed your details meanwhile. This is what it has now; please look again."
NOT_YOURS = "You have signed in with a password your studio gave you. Choose your own first."
FULL = "There are as many groups as there may be. Remove one first."
NAMELESS = "A group needs a name, of 100 characters at most."
SETTLED = "The studio is at work on your yearbook image. Please call if you want another."
_REFUSED: Mapping[str, str] = {
    "rate_limited": "There were too many attempts. Please wait a few minutes and try again.",
    "account_busy": "Very much is going on at this moment. Please try again.",
    "overloaded": "The server has too much to do at this moment. Please try again in a minute.",
    "unavailable": "The server is busy for the moment. Please try again in a minute.",
    "internal_error": "Something went wrong on the server. It has been written down there.",
}
_PASSWORDS: Mapping[str, str] = {
    "too_short": "A password has at least 12 characters. A few words in a row are easy to remember.",
    "too_long": "A password has at most 256 characters.",
    "characters": "This password has characters that cannot be typed everywhere.",
    "common": "This password is on the lists of those who guess. Choose another one.",
    "context": "This is made of names others know: yours, your address, your session. Choose other words.",
    "same": "This is the password until now. Choose another one.",
}
_SAID: Mapping[str, str] = {
    "signed_out": "You have signed out.",
    "ended": "Your sign-in has ended. Please sign in again.",
    "password_chosen": "Your password was changed.",
    "group_made": "The group was made. Add pictures to it from their pages.",
    "group_renamed": "The group was renamed.",
    "group_removed": "The group was removed. Its pictures are still here.",
    "groups_saved": "Saved.",
    "yearbook_chosen": "Your yearbook image was chosen. The studio has it.",
    "details_saved": "Your details were saved. The studio has them.",
    "nothing_changed": "Nothing was different.",
}


def of_refusal(code: str) -> str:
    """Return what a refusal is told as."""
    return _REFUSED.get(code, ANYTHING)


def of_password(reason: object) -> str:
    """Return why a password was not taken."""
    return _PASSWORDS.get(str(reason), ANYTHING)


def said(key: str) -> str | None:
    """Return what has been done."""
    return _SAID.get(key)
