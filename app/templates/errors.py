"""Why templates are not saved, changed or removed as asked."""

from app.core.errors import AppError


class TemplateNotFound(AppError):
    """The account has no template of this id."""

    status = 404
    code = "template_not_found"
    title = "There is no such template."


class TemplateInvalid(AppError):
    """Something cannot be filled in; `fields` names each place, and all codes are in `docs/templates.md`.

    Of a field that is none it tells the `token`, the `line` it is in, and the `nearest` name there is; with
    `wrong_basis` also the `bases` whose letters may have it. What the author may not view is none to them.
    """

    status = 422
    code = "template_invalid"
    title = "The template cannot be filled in."


class TemplateNameTaken(AppError):
    """Another template has this name, in whatever case."""

    status = 409
    code = "template_name_taken"
    title = "Another template has this name."


class TemplateInUse(AppError):
    """Something sends letters by this template: have it send by another one first, or make it inactive."""

    status = 409
    code = "template_in_use"
    title = "Letters are sent by this template."


class TemplateLimitReached(AppError):
    """The account has as many templates as it may, `limit`; remove one that is not used."""

    status = 409
    code = "template_limit_reached"
    title = "There are as many templates as there may be."


class RecordNotFound(AppError):
    """There is no record of this id of the template's basis, or the user may not see it."""

    status = 404
    code = "preview_record_not_found"
    title = "There is no such record to fill in."


class PreviewTooLong(AppError):
    """With this record's fields in it the letter would be longer than a letter may be."""

    status = 422
    code = "preview_too_long"
    title = "The letter becomes too long."


class PaperLetterNotFound(AppError):
    """The account has no letter on paper of this id, or the user may not see whom it is to."""

    status = 404
    code = "paper_letter_not_found"
    title = "There is no such letter."
