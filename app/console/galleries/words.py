"""What the pages about galleries say: how things stand, why something is not so, and what has been done."""

from collections.abc import Mapping

STATES: Mapping[str, str] = {
    "offline": "Not online",
    "online": "Online",
    "expired": "Expired, still open",
    "taken_down": "Taken down",
}
"""Where galleries stand."""
LOOKS: Mapping[str, str] = {"online": "state-good", "expired": "state-behind"}
"""What a state looks like, where that is not as usual."""
RATINGS: Mapping[str, str] = {
    "selected": "Selected",
    "undecided": "Undecided",
    "not_selected": "Not selected",
}
"""What the studio thinks of a picture."""
PICTURES: Mapping[str, str] = {
    "ready": "Ready to be shown",
    "waiting": "Being made smaller",
    "refused": "Cannot be shown",
}
"""How far pictures have come."""
HIDDEN: Mapping[str, str] = {
    "galleries_off": "Online galleries are switched off.",
    "not_online": "The gallery is not online.",
    "expired": "It has expired, and your company hides galleries that have.",
    "not_shown_online": "The session is not marked as shown online.",
    "not_held": "The session does not lie in the past yet.",
    "cancelled": "The session is cancelled.",
    "on_hold": "The session is on hold.",
    "no_images": "No picture of it is ready yet.",
}
"""Why a client does not see a gallery."""
REASONS: Mapping[str, str] = {
    "not_a_picture": "This is no JPEG, PNG or WebP picture, whatever it is called.",
    "damaged": "The picture is damaged.",
    "too_many_pixels": "The picture has too many pixels.",
    "too_costly": "This picture could not be read.",
    "lost": "The file was lost on its way. Send it again.",
    "name_taken": "Another picture of this session has this name.",
    "too_many_parts": "It came in too many pieces. Send it again.",
    "empty": "The file has no name.",
    "too_long": "The name is too long: 100 characters at most.",
    "special_character": "The name has a character that is not taken, such as @ # $ &. Rename the file.",
    "control_character": "The name has a character nobody can see. Rename the file.",
    "path_separator": "The name has a slash in it. Rename the file.",
    "taken": "Another picture of this session has this name.",
}
"""Why a file, or its name, is not taken."""
REFUSALS: Mapping[str, str] = {
    "picture_too_large": "The file is too large: 100 MB at most.",
    "not_a_picture": REASONS["not_a_picture"],
    "too_many_uploads": "Too many files are on their way to your account. Wait until they have arrived.",
    "too_many_pictures": "The session has as many pictures as it may.",
    "picture_quota_exceeded": "There is no more room for pictures. Take galleries down, or delete some.",
    "galleries_switched_off": "Online galleries are switched off.",
    "permission_denied": "You do not have the right to do this.",
    "session_not_found": "This session is no longer there.",
    "upload_not_found": "This was given up. Choose the file again.",
}
"""Why nothing is sent, by the code of a refusal."""
ORDERS: Mapping[str, str] = {
    "ready": "Ready to download",
    "held": "Held",
    "downloaded": "Downloaded",
    "unpaid": "Being paid",
    "cancelled": "Cancelled",
}
"""How far web orders have come."""
ORDER_LOOKS: Mapping[str, str] = {
    "ready": "state-waiting",
    "held": "state-behind",
    "downloaded": "state-good",
}
"""What such a state looks like."""
CODES: Mapping[str, str] = {
    "client_unknown": "The client was deleted.",
    "session_unknown": "The session was deleted.",
    "session_of_another_client": "The session belongs to another client by now.",
    "number_taken": "Another invoice has this web order number.",
    "refused": "A rule of your company refuses the invoice as it would be.",
    "payment_not_applied": "It is an invoice, still to be paid: the deposit was used otherwise.",
    "payment_failed": "The card was not charged. What was ordered is in the client's cart again.",
    "failed": "The server could not do it at that moment, and tries again.",
}
"""Why an order is held or cancelled, or what went wrong in a run."""
ADVICE: Mapping[str, str] = {
    "client_unknown": "Give the order to the client it belongs to.",
    "session_unknown": "Give it to a session of the client, or to the client alone.",
    "session_of_another_client": "Give it to the client who ordered, or to whom the session belongs now.",
    "number_taken": "Look at the invoice with this number: the order may have been entered by hand.",
    "refused": "See in Company settings what has to be filled in, put it right, and try again.",
}
"""What can be done about an order that is held."""
LOGINS: Mapping[str, str] = {
    "default": "Reset: the default password opens “choose a new password”",
    "own": "A password of their own",
    "void": "None: it has to be reset",
}
"""What opens a client's login."""
LOGIN_FIELDS: Mapping[str, str] = {
    "client_email": "E-mail address",
    "client_number": "Client number",
    "last_name": "Last name",
}
"""What logins begin as."""
TASKS: Mapping[str, str] = {
    "web_order": "For each web order that becomes an invoice",
    "yearbook_choice": "Once a client has chosen all images for the yearbook",
    "prepaid_choice": "Once a client has chosen images for all of a prepaid order",
}
"""For what tasks are made by themselves."""
LETTERS: Mapping[str, str] = {
    "login_reset": "The login was reset",
    "reset_void": "The default password was tried too often",
    "login_forgotten": "The client has forgotten the login",
}
"""What clients are to be told."""
DELIVERIES: Mapping[str, str] = {
    "queued": "An email waits to be sent.",
    "sending": "An email is being sent.",
    "sent": "Sent by email",
    "failed": "The email was not sent.",
    "blocked": "The email was not sent.",
    "bounced": "The email came back.",
}
"""How far the email has come that tells them."""
LETTER_TEXTS: Mapping[str, str] = {
    "login_reset": "Tell them to sign in at the address with their user name and the default password, "
    "within 24 hours. They choose a password of their own there.",
    "reset_void": "The reset is void. Reset the login once more, if it was the client who tried.",
    "login_forgotten": "Somebody has asked for a new login at the client's gallery. Reset the login, and "
    "tell the client.",
}
"""What staff do about a letter."""
PROBLEMS: Mapping[str, str] = {
    "galleries_off": "Online galleries are switched off.",
    "galleries_switched_off": "Online galleries are switched off.",
    "no_pictures": "There is no picture to be shown among those that were chosen.",
    "no_such_price_list": "This price list is no longer there.",
    "gallery_not_online": "The gallery is not online any more.",
    "session_not_found": "This session is no longer there.",
    "picture_not_found": "One of the pictures is no longer there. Nothing was changed.",
    "pictures_hosted": "The open gallery shows some of them. Nothing was deleted: choose “Do not show” for "
    "them first.",
    "picture_group_not_found": "This group is no longer there.",
    "too_many_picture_groups": "The session has as many groups as it may.",
    "portal_login_not_found": "The client has no login yet. Reset it, or assign a password.",
    "portal_client_not_found": "This client is no longer there.",
    "portal_letter_not_found": "This is no longer there.",
    "no_gallery_online": "No session of this client is online, so there is nothing to sign in to. Publish "
    "the gallery first.",
    "user_name_taken": "Another client has this user name. Assign another one.",
    "login_default_missing": "The client has no such detail to begin with. Fill it in, or assign a user name "
    "and password here.",
    "price_list_not_found": "This price list is no longer there.",
    "price_list_name_taken": "Another price list has this name.",
    "price_list_in_use": "A gallery that is online sells by this list: it keeps its name and stays. Put it "
    "out of use instead.",
    "price_list_limit_reached": "There are as many price lists as there may be. Remove one that is not used.",
    "web_order_not_found": "This order is no longer there.",
    "web_order_stands": "This order is no longer held. Nothing was done.",
    "gallery_task_target_not_found": "A kind of task, department or person is no longer there.",
    "web_order_target_not_found": "This client, or this session of theirs, is no longer there.",
}
"""Refusals, by their codes."""
SAID: Mapping[str, str] = {
    "gallery_published": "The gallery is online.",
    "gallery_extended": "The gallery expires on another day now.",
    "gallery_expired": "The gallery has expired. It stays open until it is taken down, unless your company "
    "hides galleries that have.",
    "gallery_taken_down": "The gallery is closed, and its pictures are removed from the server.",
    "galleries_taken_down": "The galleries are closed, and their pictures are removed from the server.",
    "pictures_rated": "The pictures were rated.",
    "pictures_shown": "The pictures are marked to be shown. Where the gallery is open, the client sees them.",
    "pictures_left_out": "The pictures are marked not to be shown.",
    "pictures_grouped": "The group was changed.",
    "pictures_deleted": "The pictures were deleted.",
    "nothing_chosen": "No picture was chosen, so nothing was changed.",
    "pictures_group_made": "The group was made.",
    "pictures_group_saved": "The group was saved.",
    "pictures_group_removed": "The group was removed. Its pictures stay.",
    "login_reset": "The login was reset. Tell the client how to sign in: it is below.",
    "login_assigned": "It holds at once.",
    "letter_done": "It no longer waits.",
    "orders_synced": "The data sync has run. What came of it is at the top.",
    "order_downloaded": "The order is an invoice.",
    "order_held": "The order is still held.",
    "price_list_made": "The price list was made. Put products on it.",
    "price_list_saved": "The price list was saved. New prices hold from now on.",
    "price_list_removed": "The price list was removed.",
    "product_saved": "The product was saved. New prices hold from now on.",
    "product_removed": "The product was taken off the list.",
    "product_moved": "The order was changed.",
    "watermark_saved": "Saved. The pictures there are follow within the next hours.",
    "tasks_saved": "Saved. Tasks there are stay as they are.",
    "logins_saved": "Saved. It holds from the next reset on.",
}
"""What has been done, by the word an address has for it."""


def of_reason(reason: str | None) -> str:
    """Return why a file or a picture is not taken."""
    return REASONS.get(reason or "", "It cannot be shown.")


def of_code(code: str) -> str:
    """Return why an order is held or cancelled, or what went wrong with it."""
    return CODES.get(code, code.replace("_", " ").capitalize() + ".")
