"""The collections a phone keeps, one file each; a new file is found by itself."""

from importlib import import_module
from pkgutil import iter_modules

from app.sync import commands, inbox, registry  # noqa: F401 - the inbox is a collection too

# Collections that are no more: saved cards are part of their client.
registry.retire(saved_cards=410)

for module in iter_modules(__path__, f"{__name__}."):
    import_module(module.name)

registry.check()
commands.check()
