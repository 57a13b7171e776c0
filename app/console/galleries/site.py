"""The addresses of the pages about galleries."""

from collections.abc import Mapping

from app.console.galleries import (
    gallery,
    grouping,
    letters,
    logins,
    marking,
    orders,
    overview,
    price_lists,
    products,
    publishing,
    settings,
    taking_down,
    uploads,
)
from app.console.galleries.opening import within
from app.console.visits import Show

_ALL = "/galleries"
_ONE = f"{_ALL}/{{session_id:uuid}}"
_GROUP = f"{_ONE}/groups/{{group_id:uuid}}"
_ORDERS = f"{_ALL}/orders"
_ORDER = f"{_ORDERS}/{{order_id:uuid}}"
_LISTS = f"{_ALL}/price-lists"
_LIST = f"{_LISTS}/{{list_id:uuid}}"
_PRODUCT = f"{_LIST}/products/{{product_id:uuid}}"

SHOWN: Mapping[str, Show] = {
    path: within(show)
    for path, show in {
        _ALL: overview.show,
        _ONE: gallery.show,
        f"{_ONE}/groups": grouping.show,
        f"{_GROUP}/remove": grouping.ask_remove,
        f"{_ONE}/publish": publishing.ask,
        f"{_ONE}/take-down": taking_down.ask,
        f"{_ONE}/login": logins.show,
        f"{_ONE}/login/reset": logins.ask_reset,
        _ORDERS: orders.show,
        f"{_ORDERS}/log": orders.show_log,
        _ORDER: orders.show_one,
        f"{_ALL}/letters": letters.show,
        _LISTS: price_lists.show_all,
        f"{_LISTS}/new": price_lists.show_new,
        _LIST: price_lists.show_one,
        f"{_LIST}/remove": price_lists.ask_remove,
        f"{_LIST}/products/new": products.show_new,
        _PRODUCT: products.show_one,
        f"{_PRODUCT}/remove": products.ask_remove,
        f"{_ALL}/settings": settings.show,
    }.items()
}
"""Pages."""
PARTS: Mapping[str, Show] = {
    f"{_ONE}/progress": within(gallery.show_progress),
    f"{_ONE}/uploads": within(uploads.listed),
}
"""Parts of pages, and figures, that scripts ask for."""
DONE: Mapping[str, Show] = {
    path: within(act)
    for path, act in {
        f"{_ALL}/take-down": taking_down.many,
        f"{_ALL}/data-sync": orders.sync,
        f"{_ONE}/pictures": marking.act,
        f"{_ONE}/pictures/delete": marking.delete,
        f"{_ONE}/groups": grouping.make,
        _GROUP: grouping.change,
        f"{_GROUP}/remove": grouping.remove,
        f"{_ONE}/publish": publishing.publish,
        f"{_ONE}/extend": publishing.extend,
        f"{_ONE}/take-down": taking_down.act,
        f"{_ONE}/login": logins.assign,
        f"{_ONE}/login/reset": logins.reset,
        f"{_ORDER}": orders.download,
        f"{_ALL}/letters/{{letter_id:uuid}}": letters.acknowledge,
        f"{_LISTS}/new": price_lists.create,
        _LIST: price_lists.change,
        f"{_LIST}/remove": price_lists.remove,
        f"{_LIST}/products/new": products.create,
        _PRODUCT: products.change,
        f"{_PRODUCT}/move": products.move,
        f"{_PRODUCT}/remove": products.remove,
        f"{_ALL}/settings/watermark": settings.change_watermark,
        f"{_ALL}/settings/logins": settings.change_logins,
        f"{_ALL}/settings/tasks": settings.change_tasks,
    }.items()
}
"""What forms do."""
