"""Why people and phones are turned away."""

from app.core.errors import AppError


class InvalidCredentials(AppError):
    """Account name, initials or password are wrong; which of them is never told. Local data stays."""

    status = 401
    code = "invalid_credentials"
    title = "Account name, user initials or password are wrong."


class InvalidToken(AppError):
    """The token is missing, not ours, or what it comes of has ended: a sign-in, or an API key.

    A person signs in again; local data stays. A key that was revoked or has run out needs another one: the
    console lists it under *API keys*.
    """

    status = 401
    code = "invalid_token"
    title = "The token or key is not valid, or has ended."


class InvalidOperatorKey(AppError):
    """The key is missing or not the operator's; of wrong ones an address has ten in a quarter of an hour."""

    status = 401
    code = "invalid_operator_key"
    title = "This is not the operator's key."


class TokenExpired(AppError):
    """The token was good and has ended: refresh an access token, sign in again for a refresh token."""

    status = 401
    code = "token_expired"
    title = "The token has expired."


class RefreshReused(AppError):
    """The refresh token was already used, so somebody else may hold it: the whole sign-in has been ended."""

    status = 401
    code = "refresh_reused"
    title = "This refresh token was used before; sign in again."


class PasswordResetRequired(AppError):
    """The password must be changed before it opens anything: by `POST /v1/auth/reset`, or at `page`.

    `page` is where people do so in a browser, on this server.
    """

    status = 403
    code = "password_reset_required"
    title = "The password must be reset first."


class SubscriptionInactive(AppError):
    """The account's subscription is not current. Local data stays."""

    status = 403
    code = "subscription_inactive"
    title = "The account's subscription is not active."


class EditionRequired(AppError):
    """The account's edition does not include this; `minimum_edition` does. Local data stays."""

    status = 403
    code = "edition_required"
    title = "The account's edition does not include this."


class UserInactive(AppError):
    """The user has been made inactive since signing in. Local data stays."""

    status = 403
    code = "user_inactive"
    title = "The user is inactive."


class DeviceNotAuthorized(AppError):
    """Nobody has authorized a device for this user; ask an administrator."""

    status = 403
    code = "device_not_authorized"
    title = "No device is authorized for this user."


class NoDeviceSlot(AppError):
    """The user's authorized devices are all other phones; ask an administrator."""

    status = 403
    code = "no_device_slot"
    title = "All authorized devices of this user are in use."


class DeviceDeactivated(AppError):
    """This phone was deactivated: it clears its local copy when the signature of `wipe_order` is good.

    The order is a JWT of type `wipe+jwt`, verified with the `wipe_key` of the sign-in. No other answer, and
    no such answer without a valid order, ever clears a phone.
    """

    status = 403
    code = "device_deactivated"
    title = "This device has been deactivated."


class DeviceInactive(AppError):
    """This phone is shut out for now and keeps all it has: it goes on with it once it is let in again."""

    status = 403
    code = "device_inactive"
    title = "This device is not in use; what it holds stays."


class DeviceRequired(AppError):
    """Only an authorized phone may ask this, not a desk."""

    status = 403
    code = "device_required"
    title = "Only a phone may do this."


class DeskRequired(AppError):
    """A phone syncs: it writes by `POST /v1/sync/push`, in the order of its stream, and reads by pulling."""

    status = 403
    code = "desk_required"
    title = "Phones do this by syncing."


class PermissionDenied(AppError):
    """The user's rights do not reach so far; `level` of `feature` would. Local data stays."""

    status = 403
    code = "permission_denied"
    title = "The user may not do this."


class KeyNotWelcome(AppError):
    """This is for people: no API key may ask it, whatever its levels. The document tells which ones may."""

    status = 403
    code = "key_not_welcome"
    title = "An API key may not ask this."


class ApiKeyNotFound(AppError):
    """There is no such API key, or it is somebody else's; who asks for their own is not asking by a key."""

    status = 404
    code = "api_key_not_found"
    title = "There is no such API key."


class TooManyApiKeys(AppError):
    """The account has as many living API keys as there may be, `limit`; revoke one that nobody uses."""

    status = 409
    code = "too_many_api_keys"
    title = "There are too many API keys."


class ApiKeyEnded(AppError):
    """The API key was revoked or has expired, and is not changed any more; make a new one."""

    status = 409
    code = "api_key_ended"
    title = "This API key has ended."


class InvalidScopes(AppError):
    """`fields` names features that there are not, or that are for people and never for an API key.

    The levels of somebody else's key may only be lowered (`not_lower`).
    """

    status = 422
    code = "invalid_scopes"
    title = "These levels cannot be given to an API key."


class LastAdministrator(AppError):
    """The account would be left without an active administrator; make another one first."""

    status = 409
    code = "last_administrator"
    title = "This is the account's last administrator."


class OwnDeactivation(AppError):
    """Nobody deactivates themselves; another administrator does."""

    status = 409
    code = "own_deactivation"
    title = "Nobody can deactivate themselves."


class GroupInUse(AppError):
    """There are users in the group, as many as `members` says; put them elsewhere first."""

    status = 409
    code = "group_in_use"
    title = "There are users in this security group."


class GroupIsBuiltIn(AppError):
    """The group of the administrators is always there, and may do everything."""

    status = 409
    code = "group_is_built_in"
    title = "The administrators' group cannot be changed."


class GroupLimitReached(AppError):
    """The account has as many security groups as it may have; `limit` says how many."""

    status = 409
    code = "group_limit_reached"
    title = "The account has as many security groups as it may have."


class CurrentPasswordRequired(AppError):
    """One's own password is changed by `POST /v1/auth/password`, which asks for the current one."""

    status = 409
    code = "current_password_required"
    title = "One's own password is changed with the current one."


class SecurityStays(AppError):
    """Security was activated, and stays so for good."""

    status = 409
    code = "security_stays"
    title = "Security cannot be switched off again."


class GroupNameTaken(AppError):
    """Another security group of the account has this name."""

    status = 409
    code = "group_name_taken"
    title = "Another security group has this name."


class AccountNotFound(AppError):
    """The installation has no account of this id."""

    status = 404
    code = "account_not_found"
    title = "There is no such account."


class UserNotFound(AppError):
    """The account has no such user."""

    status = 404
    code = "user_not_found"
    title = "There is no such user."


class GroupNotFound(AppError):
    """The account has no such security group."""

    status = 404
    code = "group_not_found"
    title = "There is no such security group."


class VersionChanged(AppError):
    """It is no longer the version of `If-Match`, but that of `version` and `ETag`: read it again."""

    status = 412
    code = "version_changed"
    title = "Somebody else has changed this."


class UnknownStudio(AppError):
    """The account has no such studio that is in use."""

    status = 422
    code = "unknown_studio"
    title = "There is no such studio in use."


class StudioRequired(AppError):
    """The account has several studios: `studio_id` says which of them the phone is to sync with."""

    status = 422
    code = "studio_required"
    title = "Say which studio the phone is to sync with."


class StudioNotAllowed(AppError):
    """The user does not work in this studio, or who would let them work there does not."""

    status = 422
    code = "studio_not_allowed"
    title = "The user does not work in this studio."


class UnknownDepartment(AppError):
    """The account has no department of an id that is named."""

    status = 422
    code = "unknown_department"
    title = "There is no such department."


class UnknownGroup(AppError):
    """The account has no security group of the id that is named."""

    status = 422
    code = "unknown_group"
    title = "There is no such security group to be in."


class DeviceNotFound(AppError):
    """The account has no such device."""

    status = 404
    code = "device_not_found"
    title = "There is no such device."


class DeviceBound(AppError):
    """A phone has signed in on this row and has not confirmed that its copy is gone, so that it is kept."""

    status = 409
    code = "device_bound"
    title = "The row belongs to a phone and cannot be deleted."


class DeviceLimitReached(AppError):
    """All devices the licences allow are in use.

    `limit`, `in_use` and `licences` give the figures, `idle` the devices that could best be spared.
    """

    status = 409
    code = "device_limit_reached"
    title = "The account has as many devices as its licences allow."


class WipeOrderStale(AppError):
    """The wipe order is ours but no longer stands: the device has been reactivated since. Sign in again."""

    status = 409
    code = "wipe_order_stale"
    title = "This wipe order no longer stands."


class UnknownUser(AppError):
    """The account has no such active user."""

    status = 422
    code = "unknown_user"
    title = "There is no such active user."


class PasswordBlocked(AppError):
    """The new password cannot be taken; `reason` tells why.

    One of `too_short`, `too_long`, `characters`, `common`, `context`, `same`.

    `context` is a password made of the names of the account, the company or the user, their initials or what
    comes before the @ of their address, perhaps with one common word; `same` the one that is to be reset.
    """

    status = 422
    code = "password_blocked"
    title = "This password cannot be used."


class AccountNameTaken(AppError):
    """Another account has this name."""

    status = 409
    code = "account_name_taken"
    title = "The account name is taken."


class InitialsTaken(AppError):
    """Another active user of the account has these initials."""

    status = 409
    code = "initials_taken"
    title = "The initials are taken."


class InvalidAccount(AppError):
    """A value of an account or user cannot be accepted; `field` names it."""

    status = 422
    code = "invalid_account"
    title = "A value of the account or user cannot be accepted."


class ClientTooOld(AppError):
    """The app's schema version is below `minimum`: update the app; what it has queued is kept."""

    status = 426
    code = "client_too_old"
    title = "This version of the app is too old."
