"""The refusals any route may give, whatever it is about."""

import random

from app.core.errors import AppError


class BadRequest(AppError):
    """The request is not proper HTTP, or not such as this server accepts; sending it again is no use."""

    status = 400
    code = "bad_request"
    title = "The request cannot be understood."


class NotFound(AppError):
    """There is nothing at this address, or nothing the caller may know of: the two are never told apart."""

    status = 404
    code = "not_found"
    title = "There is nothing here."


class MethodNotAllowed(AppError):
    """The address exists and does not answer to this method; `Allow` names those it answers to."""

    status = 405
    code = "method_not_allowed"
    title = "This address does not answer to this method."


class BodyTimeout(AppError):
    """The body came too slowly and reading was given up; nothing was done, send it again."""

    status = 408
    code = "body_timeout"
    title = "The body of the request did not arrive in time."


class TooLarge(AppError):
    """The body has more than `max_bytes` bytes; split it and send the parts."""

    status = 413
    code = "too_large"
    title = "The body of the request is too large."


class UnsupportedMediaType(AppError):
    """The body is not plain `application/json`: another content type, another charset, or compressed."""

    status = 415
    code = "unsupported_media_type"
    title = "The body must be sent as application/json, not compressed."


class InvalidRequest(AppError):
    """The request has the wrong shape; `fields` names each place and what is wrong there, never the value."""

    status = 422
    code = "invalid_request"
    title = "The request has the wrong shape."


class InvalidJson(AppError):
    """The body is not I-JSON (RFC 7493); `reason` tells why.

    One of `syntax`, `lone_surrogate` (half a surrogate pair, as when a text was cut in the middle of an
    emoji), `duplicate_key`, `nul_character`, `number_out_of_range`, `too_deep`. Bytes that are not UTF-8,
    a byte order mark, NaN, Infinity and anything after the document count as syntax.
    """

    status = 422
    code = "invalid_json"
    title = "The body is not acceptable JSON."


class CardNumberRefused(AppError):
    """The number of a payment card was sent; nothing was done or kept.

    `field` says where it stands in a JSON body. Of a file `row` and `column` say where the first stands,
    counted from 1, with a `row` of null among the headings, and `cells` how many hold one. Cards are charged
    without their numbers ever coming here.
    """

    status = 422
    code = "card_number_refused"
    title = "The number of a card is never sent here."


class PreconditionRequired(AppError):
    """`If-Match` is missing: send the `ETag` of the copy that was shown, or `*` for whatever is there now.

    Only records know `*`.
    """

    status = 428
    code = "precondition_required"
    title = "Say which copy of the record this is about."


class RateLimited(AppError):
    """Too many requests or attempts; wait as many seconds as `Retry-After` says."""

    status = 429
    code = "rate_limited"
    title = "Too many requests; wait a while."


class HeadTooLarge(AppError):
    """Address and headers have more than `max_bytes` bytes together; no request of this API needs as many."""

    status = 431
    code = "head_too_large"
    title = "The headers of the request are too large."


class InternalError(AppError):
    """The server has a defect; it is logged under the id in `instance`, which is worth quoting."""

    status = 500
    code = "internal_error"
    title = "Something went wrong on the server."


class Unavailable(AppError):
    """The server or its database is busy or restarting; nothing was done, ask again after `Retry-After`."""

    status = 503
    code = "unavailable"
    title = "The service is busy for the moment."


def retry_after(soonest: int = 1, latest: int = 5) -> dict[str, str]:
    """Return a `Retry-After` that is not the same for all: they would all come back at once."""
    return {"Retry-After": str(random.randint(soonest, latest))}  # noqa: S311 - no secret
