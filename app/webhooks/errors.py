"""Why addresses are not told, changed or tried again: the refusals of webhooks."""

from app.core.errors import AppError


class WebhookNotFound(AppError):
    """There is no such webhook, or it is of a key that is not the caller's."""

    status = 404
    code = "webhook_not_found"
    title = "There is no such webhook."


class WebhookOfAnother(AppError):
    """Whose key it belongs to alone chooses where events go and when: others look, pause and delete."""

    status = 403
    code = "webhook_of_another"
    title = "This webhook belongs to somebody else's key."


class TooManyWebhooks(AppError):
    """The account has as many webhooks as there may be, `limit`; delete one that nobody needs."""

    status = 409
    code = "too_many_webhooks"
    title = "There are too many webhooks."


class WebhookTargetRefused(AppError):
    """Nothing is posted to this address, for the `reason`: it must be `https` and out on the internet.

    `malformed`, `not_https`, `user_info`, `fragment`, `port` (443 and 8443 are allowed), `private` (a number
    of a network of nobody else's), `not_found` (a name that leads nowhere out in the open).
    """

    status = 422
    code = "webhook_target_refused"
    title = "Nothing is posted to this address."


class UnknownEventType(AppError):
    """`types` names kinds of events that there are not; `GET /v1/webhook-types` lists those there are."""

    status = 422
    code = "unknown_event_type"
    title = "There is no such kind of event."


class DeliveryNotFound(AppError):
    """The event was never to be told to this webhook, or is forgotten; events are kept for 30 days."""

    status = 404
    code = "delivery_not_found"
    title = "There is no such delivery."


class DeliveryUnderWay(AppError):
    """The event is being posted at this moment; look again before it is sent once more."""

    status = 409
    code = "delivery_under_way"
    title = "This event is being posted."


class ReplayTooOld(AppError):
    """Not all events since then are known for this webhook: they are from `first_revision` on.

    That is, `known_since`. Events are kept for 30 days, and begin when a webhook does. The feed has the rest.
    """

    status = 409
    code = "replay_too_old"
    title = "Events from that long ago are not kept."
