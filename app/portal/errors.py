"""Why a client's login is not reset or assigned."""

from app.core.errors import AppError


class PortalClientNotFound(AppError):
    """There is no such client, or none the caller may see."""

    status = 404
    code = "portal_client_not_found"
    title = "There is no such client."


class PortalLoginNotFound(AppError):
    """The client has no login yet: reset it, or assign a password."""

    status = 404
    code = "portal_login_not_found"
    title = "The client has no login yet."


class PortalLetterNotFound(AppError):
    """There is no such letter, or none about a client the caller may see."""

    status = 404
    code = "portal_letter_not_found"
    title = "There is no such letter."


class NoGalleryOnline(AppError):
    """No session of the client is online, so that there is nothing to sign in to."""

    status = 409
    code = "no_gallery_online"
    title = "No session of this client is online."


class UserNameTaken(AppError):
    """Another client has this `user_name`, for which capitals do not count; assign another one."""

    status = 409
    code = "user_name_taken"
    title = "Another client has this user name."


class LoginDefaultMissing(AppError):
    """The client lacks what the company's logins begin as: `missing` names it. Fill it in, or assign one."""

    status = 409
    code = "login_default_missing"
    title = "The client lacks what logins begin as."
