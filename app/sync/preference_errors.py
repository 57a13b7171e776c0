"""Why preferences are not taken."""

from app.core.errors import AppError


class PreferencesChanged(AppError):
    """The preferences are no longer those of `If-Match`, but of `version` and `ETag`: read them again."""

    status = 412
    code = "preferences_changed"
    title = "Somebody else has changed the preferences."


class DeviceWidens(AppError):
    """A device may only narrow what its company prefers; `fields` has each key that would widen it.

    Its path is `body.<key>`, its code `widens`.
    """

    status = 422
    code = "device_widens"
    title = "A device cannot hold more than its company prefers."
