"""The addresses of the pages about letters."""

from collections.abc import Mapping

from app.console.letters import (
    blocks,
    communications,
    files,
    lines,
    mail,
    outbox,
    paper,
    previews,
    queue,
    templates,
    triggers,
)
from app.console.visits import Show

_LETTER = "/outbox/{letter_id:uuid}"
_TEMPLATES = "/templates"
_TEMPLATE = f"{_TEMPLATES}/{{template_id:uuid}}"
_FILE = "/files/{file_id:uuid}"
_TRIGGERS = "/triggers"
_TRIGGER = f"{_TRIGGERS}/{{trigger_id:uuid}}"
_COMMUNICATIONS = "/communications"
_COMMUNICATION = f"{_COMMUNICATIONS}/{{communication_id:uuid}}"

SHOWN: Mapping[str, Show] = {
    "/outbox": outbox.show,
    _LETTER: outbox.show_one,
    "/blocks": blocks.show,
    "/blocks/remove": blocks.ask_unblock,
    "/mail": mail.show,
    "/mail/remove": mail.ask_remove,
    "/mail/texts": lines.show,
    "/mail/texts/remove": lines.ask_remove,
    "/paper": paper.show,
    "/files": files.show,
    f"{_FILE}/remove": files.ask_remove,
    _TEMPLATES: templates.show_all,
    f"{_TEMPLATES}/new": templates.show_new,
    _TEMPLATE: templates.show_one,
    f"{_TEMPLATE}/remove": templates.ask_remove,
    f"{_TEMPLATE}/preview": previews.show,
    _TRIGGERS: triggers.show_all,
    f"{_TRIGGERS}/new": triggers.show_new,
    _TRIGGER: triggers.show_one,
    f"{_TRIGGER}/remove": triggers.ask_remove,
    "/trigger-queue": queue.show,
    _COMMUNICATIONS: communications.show_all,
    f"{_COMMUNICATIONS}/new": communications.show_new,
    _COMMUNICATION: communications.show_one,
    f"{_COMMUNICATION}/change": communications.show_form,
    f"{_COMMUNICATION}/recipients": communications.show_list,
    f"{_COMMUNICATION}/cancel": communications.ask_cancel,
    f"{_COMMUNICATION}/remove": communications.ask_remove,
}
"""Pages."""
ALONE: Mapping[str, Show] = {
    f"{_LETTER}/html": outbox.show_html,
    f"{_TEMPLATE}/preview/html": previews.show_html,
    _FILE: files.download,
}
"""Letters by themselves, in a sandbox, and files."""
DONE: Mapping[str, Show] = {
    f"{_LETTER}/resend": outbox.resend,
    f"{_LETTER}/cancel": outbox.cancel,
    "/blocks": blocks.block,
    "/blocks/remove": blocks.unblock,
    "/mail": mail.change,
    "/mail/check": mail.check,
    "/mail/remove": mail.remove,
    "/mail/texts": lines.change,
    "/mail/texts/remove": lines.remove,
    "/paper": paper.mark,
    "/paper/print": paper.show_sheets,
    f"{_FILE}/remove": files.remove,
    f"{_TEMPLATES}/new": templates.create,
    _TEMPLATE: templates.change,
    f"{_TEMPLATE}/remove": templates.remove,
    f"{_TRIGGERS}/new": triggers.create,
    f"{_TRIGGERS}/ready-made/{{key}}": triggers.make_ready_made,
    _TRIGGER: triggers.change,
    f"{_TRIGGER}/activate": triggers.activate,
    f"{_TRIGGER}/deactivate": triggers.deactivate,
    f"{_TRIGGER}/remove": triggers.remove,
    "/trigger-queue/{what}": queue.act,
    f"{_COMMUNICATIONS}/new": communications.create,
    f"{_COMMUNICATION}/change": communications.change,
    f"{_COMMUNICATION}/recipients/make": communications.make_list,
    f"{_COMMUNICATION}/recipients": communications.tick,
    f"{_COMMUNICATION}/start": communications.start,
    f"{_COMMUNICATION}/cancel": communications.cancel,
    f"{_COMMUNICATION}/remove": communications.remove,
}
"""What forms do."""
