"""What is refused where `ENVIRONMENT` is production: settings for trying, and those that are unsafe."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from app.core.secret_files import named
from app.core.settings import Settings

_ENCRYPTED = {"require", "verify-ca", "verify-full", "true"}
_OF_A_NETWORK = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
"""Names that nobody gives out to the world (RFC 6761, 6762, 8375, and what clouds and offices use)."""


def unsafe(chosen: Settings, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return what must not be so in production, a sentence each that begins with the setting.

    Values stay out of it. The URLs of databases must be such.
    """
    if chosen.environment != "production":
        return []
    return [*_for_trying(chosen), *_plain(chosen), *_readable(_files(chosen, environment))]


def _for_trying(chosen: Settings) -> Iterator[str]:
    if chosen.demo_clients:
        yield "DEMO_CLIENTS: A demo studio is made only in development, where ENVIRONMENT is so."
    for name in ("transit_simulator_url", "text_api_url"):
        if getattr(chosen, name):
            yield f"{name.upper()}: It stands in for a provider, and only in development: unset it."


def _plain(chosen: Settings) -> Iterator[str]:
    if chosen.public_url and not chosen.public_url.startswith("https://"):
        yield "PUBLIC_URL: Links in letters open what is a client's own: it has to begin with https://."
    for name in Settings.model_fields:
        url = getattr(chosen, name)
        if name.endswith("database_url") and url and not _is_protected(make_url(url)):
            yield (
                f"{name.upper()}: Its host is not of this machine or a private network: say"
                " sslmode=verify-full, or require at least."
            )


def _is_protected(url: URL) -> bool:
    modes = [mode for name in ("sslmode", "ssl") for mode in _listed(url.query.get(name))]
    return any(mode in _ENCRYPTED for mode in modes) or all(
        _is_near(host.rpartition(":")[0] or host if host.count(":") == 1 else host)
        for host in (*_listed(url.host), *_listed(url.query.get("host")))
    )


def _listed(value: str | Iterable[str] | None) -> list[str]:
    """Return what a URL names once, several times, or between commas."""
    given = [value] if isinstance(value, str) else value or []
    return [each for part in given for each in part.split(",") if each]


def _is_near(host: str) -> bool:
    """Say by its name alone whether a host is a socket, this machine, or of a network not the world's."""
    if host.startswith(("/", "@")) or host.lower().endswith(_OF_A_NETWORK):
        return True
    with suppress(ValueError):
        address = ip_address(host.strip("[]"))
        return not (getattr(address, "ipv4_mapped", None) or address).is_global
    return "." not in host


def _files(chosen: Settings, environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Return each file that holds what is secret, with the setting it is found by."""
    for name in ("signing_key_file", "cursor_key_file", "vault_key_file"):
        if (path := getattr(chosen, name)) is not None:
            yield name.upper(), path
    with suppress(OSError):
        yield from (("DATA_DIR", path) for path in sorted((chosen.data_dir / "keys").iterdir()))
    for setting, file in named(environment).items():
        yield f"{setting}_file".upper(), file.path


def _readable(files: Iterable[tuple[str, Path]]) -> Iterator[str]:
    for variable, path in files:
        with suppress(OSError):
            if path.stat().st_mode & stat.S_IROTH:
                yield f"{variable}: Everybody on this machine may read {path}: chmod 400 it."
