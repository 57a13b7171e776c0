"""The stylesheet and the script of the client's pages."""

from pathlib import Path

from app.http.assets import Assets

_assets = Assets(Path(__file__).with_name("static"), "/portal/static")
address_of, serve = _assets.address_of, _assets.serve
