"""Why a notice cannot be acknowledged."""

from app.core.errors import AppError


class NoticeNotFound(AppError):
    """There is no such notice, or none the caller may see."""

    status = 404
    code = "notice_not_found"
    title = "There is no such notice."
