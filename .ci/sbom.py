"""Writes sbom.json: what an installation is made of, in CycloneDX 1.6, of the lock and of what is installed.

The same lock gives the same bytes on every machine: everything is sorted, the serial number is made of the
lock, and no time is told. Hashes are those the lock demands, of each file there is; licences are those the
packages tell of themselves. Of a package this machine has no use for, the licence is the one told before.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

ROOT = Path(__file__).resolve().parents[1]
LOCK, SBOM = ROOT / "requirements.lock", ROOT / "sbom.json"
_LINE = re.compile(
    r"^(?P<name>[a-z0-9.-]+)(?:\[[^]]*\])?==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))? *\\?$"
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LICENSES = "License :: "
_LONGEST = 60
"""Characters of a licence's name; some packages tell the whole text instead."""

Json = dict[str, Any]


def bill(lock: str, before: Json) -> Json:
    """Return the bill of materials of a lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = {each["bom-ref"]: each.get("licenses", []) for each in before.get("components", [])}
    us = {
        "type": "application",
        "bom-ref": project["name"],
        "name": project["name"],
        "version": project["version"],
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, lock)}",
        "version": 1,
        "metadata": {"component": us | {"description": project["description"]}},
        "components": [*_components(lock, told)],
    }


def _components(lock: str, told: dict[str, list[Json]]) -> Iterator[Json]:
    packages = re.split(r"\n(?=[a-z0-9])", lock.strip())
    for package in sorted(packages):
        head = _LINE.match(package.partition("\n")[0])
        if head is None:
            sys.exit(f"{LOCK.name}: This is not understood: {package.partition(chr(10))[0]}")
        name, version, marker = head["name"], head["version"], head["marker"]
        url = f"pkg:pypi/{name}@{version}"
        licences = _licences(name, version)
        hashes = [{"alg": "SHA-256", "content": each} for each in sorted(_HASH.findall(package))]
        yield {
            "type": "library",
            "bom-ref": url,
            "name": name,
            "version": version,
            "purl": url,
            "licenses": told.get(url, []) if licences is None else licences,
            "hashes": hashes,
            **({"properties": [{"name": "python:marker", "value": marker}]} if marker else {}),
        }


def _licences(name: str, version: str) -> list[Json] | None:
    """Return what an installed package says of its licence: an expression, or names."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    if found.version != version:
        return None
    if expression := found.metadata["License-Expression"]:
        return [{"expression": expression}]
    kinds = [each for each in found.metadata.get_all("Classifier") or [] if each.startswith(_LICENSES)]
    names = sorted({each.rpartition(" :: ")[2] for each in kinds} - {"OSI Approved"})
    if not names and (said := (found.metadata["License"] or "").strip()) and len(said) <= _LONGEST:
        names = [said]
    return [{"license": {"name": each}} for each in names]


def text_of(made: Json) -> str:
    """Return the document, a line for each component."""
    components = ",\n".join(json.dumps(each, ensure_ascii=False) for each in made["components"])
    rest = json.dumps({**made, "components": []}, indent=1, ensure_ascii=False)
    return rest.replace('"components": []', f'"components": [\n{components}\n ]') + "\n"


def main() -> None:
    """Write the document, or say whether it is the lock's."""
    before = json.loads(SBOM.read_text(encoding="utf-8")) if SBOM.exists() else {}
    text = text_of(bill(LOCK.read_text(encoding="utf-8"), before))
    if "--check" not in sys.argv[1:]:
        SBOM.write_text(text, encoding="utf-8")
    elif not SBOM.exists() or SBOM.read_text(encoding="utf-8") != text:
        sys.exit("sbom.json is not what requirements.lock names: run `make sbom`.")


if __name__ == "__main__":
    main()
