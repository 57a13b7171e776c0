"""The stylesheet, the script and the icon of the console."""

from pathlib import Path

from app.http.assets import Assets

_assets = Assets(Path(__file__).with_name("static"), "/console/static")
address_of, serve = _assets.address_of, _assets.serve
