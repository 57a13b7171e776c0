"""The collections a phone keeps, one file each; a new file is found by itself."""

from importlib import import_module
from pkgutil import iter_modules

from app.sync import registry

for module in iter_modules(__path__, f"{__name__}."):
    import_module(module.name)

registry.check()
