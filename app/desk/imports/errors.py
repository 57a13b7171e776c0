"""Why a file, or what is asked of an import, is refused."""

from app.core.errors import AppError


class FileUnreadable(AppError):
    """The file cannot be read as what it is said to be; `reason` tells why, and `row` where, as far as known.

    One of `empty`, `damaged`, `encrypted`, `old_format` (of Excel before 2007: save it as XLSX or CSV),
    `not_this_format`, `unknown_encoding`, `nothing_of_this_kind`, `too_costly` (to read it takes more time or
    memory than a file may). Nothing of it was kept.
    """

    status = 422
    code = "import_unreadable"
    title = "This file cannot be read."


class FileTooLong(AppError):
    """The file has more of something than one import may: `limit` says of what, `most` how many.

    One of `rows`, `columns`, `cells`, `characters`, `bytes_unpacked`. Split it and send the parts.
    """

    status = 422
    code = "import_too_long"
    title = "There is more in this file than one import may have."


class UnknownFileType(AppError):
    """The `Content-Type` is none that is imported: `allowed` lists those that are."""

    status = 415
    code = "import_type_unknown"
    title = "Files of this type are not imported."


class FileTypeUnfit(AppError):
    """A file of this type has no records of the kind asked for: cards are clients, calendars appointments."""

    status = 422
    code = "import_type_unfit"
    title = "Records of this kind do not come in files of this type."


class ImportNotFound(AppError):
    """There is no such import, it was forgotten after a week, or somebody else's, who is asked alone."""

    status = 404
    code = "import_not_found"
    title = "There is no such import."


class TooManyImports(AppError):
    """Who asks has as many imports as one may keep: remove one."""

    status = 409
    code = "import_limit_reached"
    title = "There are too many imports; remove one that is not needed."


class MappingInvalid(AppError):
    """The mapping does not fit the file; `reasons` gives a sentence by field or number of the column."""

    status = 422
    code = "import_mapping_invalid"
    title = "The columns cannot be read like this."


class ImportNotChecked(AppError):
    """Nothing is written that was not looked at: check the import to its end, then run it."""

    status = 409
    code = "import_not_checked"
    title = "This import has not been checked."


class ImportNotDone(AppError):
    """Only a run that came to its end or was cancelled is undone; the import is as `state` says."""

    status = 409
    code = "import_not_done"
    title = "This import has not been run to its end."


class ImportBegun(AppError):
    """The import is running, is done or was cancelled, as `state` says: this can no longer be asked of it."""

    status = 409
    code = "import_begun"
    title = "It is too late for this."


class ImportRunning(AppError):
    """Another import of the account is running, that of `import_id`: let it end, or cancel it."""

    status = 409
    code = "import_running"
    title = "Another import is running."
