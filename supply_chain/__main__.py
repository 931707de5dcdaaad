"""`make audit`: build/sbom.json, and what PyPI and npm know against its parts: build/audit.json.

PyPI's advisories come with its JSON API, npm's from the registry; a mirror may have neither. What
could not be asked about is counted, never taken for clean. Exit codes: 0 nothing is known against
any part, 1 something is, or not everything could be asked about.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from supply_chain.parts import PYTHON_LOCKS, parts
from supply_chain.sbom import sbom

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
PIP_AUDIT = "pip-audit==2.10.1"
_SECONDS = 600


def main() -> int:
    """Write both documents; say what was found."""
    BUILD.mkdir(exist_ok=True)
    known = [*parts(ROOT)]
    _write("sbom.json", sbom(known))
    found = {"python": python(_pip_audit()), "npm": npm(_npm_audit())}
    _write("audit.json", found)
    for name, each in found.items():
        _say(f"{name:<8}{each['asked']} parts asked about, {each['unknown']} unknown")
        for finding in each["findings"]:
            _say(f"  {finding}")
    loose = [part.name for part in known if not part.hashes]
    _say(f"{len(known)} parts, without a hash: {', '.join(loose) or 'none'}; build/sbom.json")
    _say("Images and charts are asked about nowhere: that needs more than PyPI and npm.")
    return int(any(each["findings"] or each["unknown"] for each in found.values()))


def python(answer: dict[str, Any]) -> dict[str, Any]:
    """What pip-audit's answer says; what it skipped is unknown."""
    dependencies = answer.get("dependencies", [])
    asked = [each for each in dependencies if "skip_reason" not in each]
    return {
        "asked": len(asked),
        "unknown": len(dependencies) - len(asked) if dependencies else "all",
        "findings": [
            f"{each['name']} {each['version']}: {vulnerability['id']}"
            for each in asked
            for vulnerability in each.get("vulns", [])
        ],
    }


def npm(answer: dict[str, Any]) -> dict[str, Any]:
    """What npm's answer says; an error of the registry leaves all unknown."""
    if "vulnerabilities" not in answer:
        return {"asked": 0, "unknown": "all", "findings": []}
    return {
        "asked": answer["metadata"]["dependencies"]["total"],
        "unknown": 0,
        "findings": [
            f"{name}: {each['severity']}" for name, each in answer["vulnerabilities"].items()
        ],
    }


def _pip_audit() -> dict[str, Any]:
    command = ("uv", "tool", "run", "--from", PIP_AUDIT, "pip-audit", "--format", "json")
    locks = (word for each in PYTHON_LOCKS for word in ("--requirement", str(ROOT / each)))
    quietly = ("--require-hashes", "--disable-pip", "--progress-spinner", "off")
    return _json(*command, *locks, *quietly)


def _npm_audit() -> dict[str, Any]:
    return _json("npm", "audit", "--package-lock-only", "--json")


def _json(*command: str) -> dict[str, Any]:
    """What a program prints as JSON; {} where it prints none or does not end."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    return answer if isinstance(answer, dict) else {}


def _write(name: str, document: dict[str, Any]) -> None:
    (BUILD / name).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
