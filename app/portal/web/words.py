"""What the client's pages say: what has been done, and why something was not."""

from collections.abc import Mapping

from app.galleries.order_refusals import OrderRefused
from app.galleries.pricing import MOST_OF_ONE

NO_GALLERY = (
    "There is no gallery here, or it is no longer online. Please ask your studio for the address of yours."
)
NO_RECIPIENT = (
    "This link leads nowhere. Please open it from the letter itself, whole, as it came to you; or tell the "
    "studio that you want no more letters."
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
MOST_PHONES = "There are as many numbers as there may be. Remove one first."
CHANGED = "Your studio has changed your details meanwhile. This is what it has now; please look again."
NOT_YOURS = "You have signed in with a password your studio gave you. Choose your own first."
FULL = "There are as many groups as there may be. Remove one first."
NAMELESS = "A group needs a name, of 100 characters at most, all of which can be seen."
SETTLED = "The studio is at work on your yearbook image. Please call if you want another."
EMPTY = "There is nothing in the cart. What you have just ordered stands in your orders."
CART_TOO_FULL = (
    "This is more than can be ordered at once. Please take something out of the cart, and order it by itself."
)
NO_PRODUCT = "A product"
CARDS_OFF = (
    "This cannot be paid by card here at the moment. Nothing was ordered or charged: you can order now, "
    "and pay later."
)
CARDS_OFF_NOW = (
    "Your card cannot be charged at the moment, and was not. Try again later, or put the order back into "
    "the cart and pay later."
)
NO_CARD = "Please type your card in first: its number, and when it expires. Nothing was charged."
NOT_SENT = (
    "The processor of cards could not be reached. Your card was not charged: type it in again, or put the "
    "order back into the cart and pay later."
)
_ORDERS: Mapping[str, str] = {
    "product_not_offered": "This is no longer offered.",
    "picture_not_online": "Picture {} is no longer shown.",
    "pictures_not_online": "Pictures {} are no longer shown.",
    "images_wanted": "This is made from another number of pictures than were chosen. Please choose anew.",
    "quantity_refused": f"Please order from 1 to {MOST_OF_ONE}. For more, please call the studio.",
    "cart_full": "This is more than the cart has room for. Please order what is in it first.",
    "cart_empty": EMPTY,
    "cart_changed": "The cart or a price has changed meanwhile. Nothing was ordered: please look again.",
}
_TAKE_OUT: Mapping[str, str] = {
    "product_not_offered": "Take it out of the cart.",
    "picture_not_online": "Take this out of the cart.",
}
_STATES: Mapping[str, str] = {
    "unpaid": "Waiting for its payment",
    "cancelled": "Not ordered: no card was charged",
}
_CLOSED_IN_DOUBT = (
    "Your gallery was closed meanwhile. It is still being found out whether your card was charged: please "
    "ask the studio about order {}."
)
_CLOSED: Mapping[str, str] = {
    "paid": "Order {} was placed and is paid, and the studio has it. Your gallery was closed meanwhile.",
    "declined": "Your card was declined, and nothing was ordered. Your gallery was closed meanwhile.",
    "finding_out": _CLOSED_IN_DOUBT,
    "unresolved": _CLOSED_IN_DOUBT,
}
_CLOSED_UNPAID = "No card was charged, and nothing was ordered. Your gallery was closed meanwhile."
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
    "yearbook_without_first": "Your second image was chosen. The first one is still to be chosen.",
    "yearbook_without_second": "Your yearbook image was chosen. The second one is still to be chosen.",
    "details_saved": "Your details were saved. The studio has them.",
    "nothing_changed": "Nothing was different.",
    "in_cart": "It is in your cart.",
    "cart_changed": "The cart was changed.",
    "line_taken": "It was taken out of the cart.",
    "line_gone": "That was no longer in the cart.",
    "put_back": "Nothing was charged. What you wanted is in the cart again.",
    "ordered_before": "This was ordered before: here it is. It was not ordered again.",
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


def of_order(refused: OrderRefused) -> str:
    """Return why something cannot be ordered, and what to do with it where it is in the cart."""
    advice = _TAKE_OUT.get(refused.code)
    return f"{of_wish(refused)} {advice}" if advice else of_wish(refused)


def of_wish(refused: OrderRefused) -> str:
    """Return why something cannot be put into the cart."""
    is_many = refused.code == "picture_not_online" and len(refused.places) > 1
    code = "pictures_not_online" if is_many else refused.code
    return _ORDERS.get(code, ANYTHING).format(", ".join(refused.places))


def of_choice(chosen: int, wanted: int) -> str:
    """Return that another number of pictures is wanted than was chosen."""
    kind = "picture" if wanted == 1 else "pictures"
    return f"Please choose {wanted} {kind}; so far you have chosen {chosen or 'none'}."


def of_state(state: str) -> str:
    """Return how far an order has come."""
    return _STATES.get(state, "Ordered")


def closed_meanwhile(number: str, told: str) -> str:
    """Return what became of an order while its gallery was closed."""
    return _CLOSED.get(told, _CLOSED_UNPAID).format(number)
