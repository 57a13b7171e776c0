"""The collections a phone keeps, one file each, and the rules of the field; a new file is found by itself."""

from importlib import import_module
from pkgutil import walk_packages

from app.sync import commands, inbox, registry  # noqa: F401 - the inbox is a collection too

# Collections that are no more: saved cards are part of their client.
registry.retire(saved_cards=410)

for module in walk_packages(__path__, f"{__name__}."):
    import_module(module.name)

registry.check()
commands.check()
