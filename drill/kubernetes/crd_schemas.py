"""The schemas of the operators' kinds, from the released manifests that the rig is built from.

They are read from the rig's cache, at the versions that the project pins; `make contract` or
`make rig-up` fills it. Nothing is downloaded or built here: without a cache there are none.
"""

from functools import cache
from pathlib import Path
from typing import Any

from drill.rig.parts.build import chosen
from drill.rig.parts.cache import Cache, default_folder
from drill.rig.parts.part import keys

_MANIFESTS = {"operator-manifests": "operator.yaml", "plugin-manifests": "plugin.yaml"}
_OF_EVERY_OBJECT = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"type": "object"},
}
Schema = dict[str, Any]


@cache
def pinned_schemas() -> dict[str, Schema]:
    """By `<group>_<version>_<Kind>`; strict: a field that is not declared is refused."""
    return {
        f"{crd['spec']['group']}_{version['name']}_{crd['spec']['names']['kind']}": of_root(
            version["schema"]["openAPIV3Schema"]
        )
        for manifest in _manifests()
        for crd in _documents(manifest)
        if crd["kind"] == "CustomResourceDefinition"
        for version in crd["spec"]["versions"]
    }


def _manifests() -> list[Path]:
    parts = chosen(_MANIFESTS)
    key = keys(parts)
    store = Cache(folder=default_folder())
    found = ((part.name, store.find(part.name, key[part.name])) for part in parts)
    return [folder / _MANIFESTS[name] for name, folder in found if folder]


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
