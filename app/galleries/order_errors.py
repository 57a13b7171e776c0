"""Why price lists and web orders are not changed as asked: their refusals at a desk."""

from app.core.errors import AppError


class PriceListNotFound(AppError):
    """The account has no price list of this id; a new one is sent with `If-Match: "0"`."""

    status = 404
    code = "price_list_not_found"
    title = "There is no such price list."


class PriceListNameTaken(AppError):
    """Another price list has this name, in whatever case: sessions name their list by it."""

    status = 409
    code = "price_list_name_taken"
    title = "Another price list has this name."


class PriceListInUse(AppError):
    """A gallery that is online names this price list: it can be changed and put out of use, and stays."""

    status = 409
    code = "price_list_in_use"
    title = "A gallery that is online sells by this price list."


class PriceListLimitReached(AppError):
    """The account has as many price lists as it may, `limit`; remove one that is not used."""

    status = 409
    code = "price_list_limit_reached"
    title = "There are as many price lists as there may be."


class WebOrderNotFound(AppError):
    """The account has no web order of this id."""

    status = 404
    code = "web_order_not_found"
    title = "There is no such web order."


class WebOrderStands(AppError):
    """The order is not `held`, but in `state`: whose it is is not changed any more; nothing was done."""

    status = 409
    code = "web_order_stands"
    title = "This web order is not one to be given to another client."


class WebOrderTargetNotFound(AppError):
    """`target` names what is no record of the account, or a session of another client; nothing was done."""

    status = 422
    code = "web_order_target_not_found"
    title = "There is nobody and nothing of this id to give the order to."


class GalleryTaskTargetNotFound(AppError):
    """`target` names a task type, department or user there is not, or no longer; nothing was changed."""

    status = 422
    code = "gallery_task_target_not_found"
    title = "There is nothing of this id that tasks can be given to."
