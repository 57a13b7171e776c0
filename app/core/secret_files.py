"""Secrets that an operator keeps in files: `DATABASE_URL_FILE` says where `DATABASE_URL` stands."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import PydanticBaseSettingsSource

_SUFFIX = "_file"
_OTHERS = ("mail_relay_url", "operator_key_hash")


def is_secret(name: str) -> bool:
    """Say whether a setting holds what nobody else may read: a password, or what a key is guessed from."""
    return name.endswith("database_url") or name in _OTHERS


@dataclass(frozen=True, slots=True)
class SecretFile:
    """Where a secret is to be read, unless it is `beside` the setting itself: nobody knows which is meant."""

    path: Path
    beside: bool

    def read(self, setting: str) -> str:
        """Return what the file holds, without the blanks around it; refuses in words that repeat nothing."""
        if self.beside:
            raise PydanticCustomError("secret_file", "It is set beside {file}", {"file": _variable(setting)})
        try:
            text = self.path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            text = ""
        if not text:
            what = {"file": _variable(setting)}
            raise PydanticCustomError(
                "secret_file", "The file {file} names holds nothing, or is not read", what
            )
        return text


class SecretFiles(PydanticBaseSettingsSource):
    """Finds the files of secrets in the environment; who reads them is the setting's own validator."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """Return where the secret is to be read, or nothing."""
        return named(os.environ).get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the settings that have a file."""
        return dict(named(os.environ))


def named(environment: Mapping[str, str]) -> dict[str, SecretFile]:
    """Return the files of secrets that an environment names, by setting."""
    known = {name.lower(): value for name, value in environment.items() if value}
    return {
        setting: SecretFile(Path(value), beside=setting in known)
        for name, value in known.items()
        if name.endswith(_SUFFIX) and is_secret(setting := name.removesuffix(_SUFFIX))
    }


def _variable(setting: str) -> str:
    return f"{setting}{_SUFFIX}".upper()
