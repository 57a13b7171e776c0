"""What a process needs beside its database, tried before it begins: keys, a store, a port for figures."""

import socket
from collections.abc import Iterator

from obstore.exceptions import BaseError

from app.cli.ground import fail
from app.core.keys import WeakKey, load_keys
from app.core.settings import Settings
from app.core.vault import load_vault
from app.galleries.files import opened

_MOST = 65_535


def require_means(chosen: Settings, processes: int) -> None:
    """Refuse to begin without them: a sentence for each that cannot be used, all at once."""
    if lacking := [*_keys(chosen), *_store(chosen), *_figures(chosen, processes)]:
        fail("\n".join(lacking))


def _keys(chosen: Settings) -> Iterator[str]:
    for load, names in (
        (load_keys, ("signing_key_file", "cursor_key_file")),
        (load_vault, ("vault_key_file",)),
    ):
        given = [name for name in names if getattr(chosen, name)] or ["data_dir"]
        try:
            load(chosen)
        except WeakKey as weak:
            words = str(weak)
            yield f"{', '.join(given).upper()}: {words[:1].upper()}{words[1:]}."
        except OSError as refusal:
            yield _folder(refusal)


def _store(chosen: Settings) -> Iterator[str]:
    try:
        opened(chosen)
    except (BaseError, ValueError):
        yield "PICTURE_STORE_URL: This is no store such as s3://bucket/folder."
    except OSError as refusal:
        yield _folder(refusal)


def _folder(refusal: OSError) -> str:
    return f"DATA_DIR: {refusal.strerror}: {refusal.filename}."


def _figures(chosen: Settings, processes: int) -> Iterator[str]:
    """Say when a process would have no port; each takes its own once it runs."""
    if chosen.metrics_port is None:
        return
    last = chosen.metrics_port + processes - 1
    if last > _MOST:
        yield f"METRICS_PORT: The last of {processes} processes would have {last}."
        return
    family = socket.AF_INET6 if ":" in chosen.metrics_host else socket.AF_INET
    for port in range(chosen.metrics_port, last + 1):
        try:
            socket.create_server((chosen.metrics_host, port), family=family).close()
        except OSError as refusal:
            yield f"METRICS_HOST, METRICS_PORT: {refusal.strerror or refusal}."
            return
