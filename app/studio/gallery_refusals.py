"""Why a session's online gallery stays as it is: each a stable code."""

from app.sync.refusals import ChangeRefused


class GalleriesOff(ChangeRefused):
    """The company has its online galleries switched off."""

    code = "galleries_off"
    message = "Online galleries are switched off."


class NoPictures(ChangeRefused):
    """There is no picture that could be shown among those that were chosen."""

    code = "no_pictures"
    message = "There are no pictures to be shown."


class NoSuchPriceList(ChangeRefused):
    """The price list is none that the company sells from."""

    code = "no_such_price_list"
    message = "There is no such price list."


class GalleryNotOnline(ChangeRefused):
    """The session has no gallery that stands online: `fields` has its `gallery_state`."""

    code = "gallery_not_online"
    message = "The session is not online."
