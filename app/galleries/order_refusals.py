"""Why a client cannot order: each with a stable code and a sentence the gallery's pages may show.

They are met on pages, and by no route of the API: nothing is done where one is raised.
"""

from collections.abc import Sequence
from typing import ClassVar


class OrderRefused(Exception):
    """Something a client wanted of a cart or an order that is not done."""

    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, *places: str) -> None:
        """Keep what it is about: numbers of images, or the name of a product."""
        super().__init__(self.message)
        self.places: Sequence[str] = places


class GalleryClosed(OrderRefused):
    """The gallery was taken down, has expired where that closes it, or galleries are switched off."""

    code = "gallery_closed"
    message = "This gallery is closed."


class ProductNotOffered(OrderRefused):
    """A product is on no list of this gallery, or no longer."""

    code = "product_not_offered"
    message = "This is no longer offered."


class PictureNotOnline(OrderRefused):
    """Some images are not shown in this gallery, or no longer; `places` are their numbers."""

    code = "picture_not_online"
    message = "Some of the images are no longer shown."


class ImagesWanted(OrderRefused):
    """A product is made from another number of images than were chosen."""

    code = "images_wanted"
    message = "Choose as many images as this is made from."


class QuantityRefused(OrderRefused):
    """The quantity is below one, or above what may be ordered at once."""

    code = "quantity_refused"
    message = "This quantity cannot be ordered online."


class CartFull(OrderRefused):
    """A cart has no room for another line, or comes to more than can be ordered online."""

    code = "cart_full"
    message = "The cart is full: order it first."


class CartEmpty(OrderRefused):
    """There is nothing to be ordered."""

    code = "cart_empty"
    message = "There is nothing in the cart."


class CartChanged(OrderRefused):
    """The cart, or what it comes to, is no longer as it was shown: show it again."""

    code = "cart_changed"
    message = "The cart or a price has changed meanwhile."


class TooManyImages(OrderRefused):
    """More images were chosen than something is made from; `places` has its name."""

    code = "too_many_images"
    message = "This is made from fewer images."


class PrepaidSettled(OrderRefused):
    """The prepaid order is none for which images are chosen, or no longer: the studio is at work on it."""

    code = "prepaid_settled"
    message = "The images of this order can no longer be chosen here. Please ask your studio."


class PrepaidChanged(OrderRefused):
    """The prepaid order is no longer as it was shown: show it again."""

    code = "prepaid_changed"
    message = "This order has changed meanwhile."


class PaymentUnfit(OrderRefused):
    """The payment is not this client's free deposit of just the order's total, or pays another order."""

    code = "payment_unfit"
    message = "This payment does not pay the order."


class OrderDiffers(OrderRefused):
    """Something else was ordered under the same key; `places` has the id of that order."""

    code = "order_differs"
    message = "This was ordered before, in another way."
