"""The parts as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/): the same bytes twice."""

import base64
from collections.abc import Iterable
from typing import Any

from supply_chain.parts import Part

_ALGORITHMS = {"sha256": "SHA-256", "sha512": "SHA-512"}


def sbom(parts: Iterable[Part]) -> dict[str, Any]:
    """The document."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "pgtwin"}},
        "components": [_component(part) for part in parts],
    }


def _component(part: Part) -> dict[str, Any]:
    kind = "container" if part.purl.startswith("pkg:oci/") else "library"
    component: dict[str, Any] = {
        "type": kind,
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
    }
    if part.hashes:
        component["hashes"] = [_hash(each) for each in part.hashes]
    return component


def _hash(text: str) -> dict[str, str]:
    algorithm, _, value = text.partition(":")
    if algorithm == "sha512":  # npm writes base64
        value = base64.b64decode(value).hex()
    return {"alg": _ALGORITHMS[algorithm], "content": value}
