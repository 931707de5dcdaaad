"""The schemas of custom resources, from the definitions that their projects release.

They come from the Go modules that the rig is built from, at the versions that the project pins and
with the hashes of go.sum, and are kept in the rig's cache, never in the repository. `make schemas`
fetches them within seconds; nothing is downloaded here.
"""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from drill.rig.parts.build import chosen
from drill.rig.parts.cache import Cache, default_folder
from drill.rig.parts.catalogue.custom_resources import CUSTOM_RESOURCES
from drill.rig.parts.part import Part, keys

SOURCES = ("operator-manifests", "plugin-manifests", *(part.name for part in CUSTOM_RESOURCES))
"""The parts of the rig that hold definitions."""
_OF_EVERY_OBJECT = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"type": "object"},
}
Schema = dict[str, Any]
Kind = tuple[str, str]
"""The API version, such as `postgresql.cnpg.io/v1`, and the kind."""


@cache
def pinned_schemas() -> Mapping[Kind, Schema]:
    """Strict: a field that is not declared is refused. Kinds of `absent_sources` are missing."""
    return {
        (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]): of_root(
            version["schema"]["openAPIV3Schema"]
        )
        for crd in _definitions()
        for version in crd["spec"]["versions"]
    }


def absent_sources() -> tuple[str, ...]:
    """The parts whose definitions this machine has not fetched."""
    return tuple(part.name for part, folder in _folders() if not folder)


def unchecked_sentence() -> str:
    """What a report says of the kinds that have no schema here; empty where all have one."""
    names = [name.rpartition("-")[0] for name in absent_sources()]
    if not names:
        return ""
    return (
        f"Custom resources of {', '.join(names)} were accepted unchecked, as their schemas are "
        "not on this machine - run: make schemas"
    )


def _folders() -> Iterator[tuple[Part, Path | None]]:
    parts = chosen(SOURCES)
    key = keys(parts)
    store = Cache(folder=default_folder())
    return ((part, store.find(part.name, key[part.name])) for part in parts)


def _definitions() -> list[Any]:
    found = (folder for _, folder in _folders() if folder)
    files = (file for folder in found for file in sorted(folder.rglob("*.yaml")))
    documents = (each for file in files for each in _documents(file))
    return [each for each in documents if each["kind"] == "CustomResourceDefinition"]


def _documents(manifest: Path) -> list[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = manifest.read_text(encoding="utf-8")
    return [each for each in yaml.load_all(text, Loader=loader) if each]


def of_root(schema: Schema) -> Schema:
    """The strict schema of a whole object."""
    made = strict(schema)
    made["properties"] = {**made["properties"], **_OF_EVERY_OBJECT}
    made["required"] = sorted({*made.get("required", ()), *_OF_EVERY_OBJECT})
    return made


def strict(schema: Schema) -> Schema:
    """A schema of OpenAPI as one of JSON, which refuses what it does not declare."""
    made = dict(schema)
    if "properties" in made:
        made["properties"] = {name: strict(each) for name, each in made["properties"].items()}
        if not made.get("x-kubernetes-preserve-unknown-fields"):
            made.setdefault("additionalProperties", False)
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), dict):
            made[name] = strict(made[name])
    if made.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
    if made.pop("nullable", False) and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


if __name__ == "__main__":
    from drill.rig.parts.__main__ import main

    sys.exit(main(["--only", ",".join(SOURCES)]))
