"""Why pictures are not taken, shown or changed: the refusals of online galleries."""

from app.core.errors import AppError


class GalleriesOff(AppError):
    """The company's setting `has_galleries` is off."""

    status = 403
    code = "galleries_switched_off"
    title = "The company has no online galleries."


class SessionNotFound(AppError):
    """There is no such session in the account, or none the caller may see."""

    status = 404
    code = "session_not_found"
    title = "There is no such session."


class UploadNotFound(AppError):
    """There is no such upload: it has expired, was given up, or its picture was deleted."""

    status = 404
    code = "upload_not_found"
    title = "There is no such upload."


class PictureNotFound(AppError):
    """One of the pictures is not, or no more, one of the session; nothing was changed."""

    status = 404
    code = "picture_not_found"
    title = "There is no such picture in the session."


class PictureGroupNotFound(AppError):
    """There is no such group of pictures in the account, or it is of a session the caller may not see."""

    status = 404
    code = "picture_group_not_found"
    title = "There is no such group of pictures."


class UploadOffsetDiffers(AppError):
    """The bytes that were sent do not begin where those that are kept end; `HEAD` tells where that is."""

    status = 409
    code = "upload_offset_differs"
    title = "The upload has come to another place."


class PicturesHosted(AppError):
    """The gallery is open and shows `pictures` of those to be deleted; take them out of it first."""

    status = 409
    code = "pictures_hosted"
    title = "Pictures that are shown in an open gallery are not deleted."


class NoSuchRange(AppError):
    """The file has no such bytes; `Content-Range` tells how many it has."""

    status = 416
    code = "no_such_range"
    title = "The file has no such part."


class TusVersionUnsupported(AppError):
    """`Tus-Resumable` is missing or names a version that is not spoken; `Tus-Version` names one that is."""

    status = 412
    code = "tus_version_unsupported"
    title = "This version of the upload protocol is not spoken here."


class PictureTooLarge(AppError):
    """The file has more than `max_bytes` bytes."""

    status = 413
    code = "picture_too_large"
    title = "The file is too large."


class UploadTooLong(AppError):
    """More was sent than the `Upload-Length` that was declared; what fits is kept."""

    status = 413
    code = "upload_too_long"
    title = "More was sent than was declared."


class UploadTypeUnsupported(AppError):
    """Pieces are sent as `application/offset+octet-stream`, not compressed."""

    status = 415
    code = "upload_type_unsupported"
    title = "The body must be sent as application/offset+octet-stream."


class UploadInvalid(AppError):
    """A header of the upload is missing or cannot be read: `header` names it."""

    status = 422
    code = "upload_invalid"
    title = "The upload is not described as it has to be."


class PictureNameRefused(AppError):
    """The file may not be called so, and `reason` says why; other files are not concerned.

    One of `empty`, `too_long`, `special_character` (such as @ # $ &), `control_character`, `path_separator`,
    and `taken` where another picture of the session has this name.
    """

    status = 422
    code = "picture_name_refused"
    title = "A picture is not taken under this name."


class NotAPicture(AppError):
    """The file is neither JPEG, PNG nor WebP by what it holds, whatever its name is."""

    status = 422
    code = "not_a_picture"
    title = "The file is no picture that can be shown."


class UploadRefused(AppError):
    """The file was refused before, and `reason` says why; it can be sent anew as another upload."""

    status = 422
    code = "upload_refused"
    title = "The file was refused."


class ChecksumDiffers(AppError):
    """What arrived is not what was sent: nothing of this piece is kept, send it again."""

    status = 460
    code = "upload_checksum_differs"
    title = "The piece arrived changed."


class ChecksumUnsupported(AppError):
    """`Upload-Checksum` cannot be read, or is of an algorithm that is not known."""

    status = 400
    code = "upload_checksum_unsupported"
    title = "This checksum is not understood."


class TooManyUploads(AppError):
    """The account has `most` files on their way; end some, or wait until they have arrived."""

    status = 409
    code = "too_many_uploads"
    title = "Too many files are on their way."


class TooManyPictures(AppError):
    """The session has `most` pictures."""

    status = 409
    code = "too_many_pictures"
    title = "The session has as many pictures as it may."


class TooManyPictureGroups(AppError):
    """The session has `most` groups."""

    status = 409
    code = "too_many_picture_groups"
    title = "The session has as many groups of pictures as it may."


class PictureQuotaExceeded(AppError):
    """The account keeps as many bytes of pictures as it may, `max_bytes`, those on their way among them.

    Delete some, or take galleries down.
    """

    status = 409
    code = "picture_quota_exceeded"
    title = "There is no more room for pictures."
