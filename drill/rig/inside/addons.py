"""The stand-in for k3s' deploy controller: applies the manifests folder, one AddOn per file.

As the real one (k3s v1.36 pkg/deploy/controller.go): polled every 15 s; a file counts as changed by
its mtime and then its hash; the hash is written into the AddOn after the file was applied, so that
the AddOn shows it; all files are applied once after each start, until one pass had no error.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

POLL_SECONDS = 15.0
_OBJECTS = "objectset.rio.cattle.io/applied-names"
_KIND = "addons.k3s.cattle.io"


class Addons:
    """The manifests folder of one server.

    `kinds` is a folder with the definitions of k3s' own kinds; None where a k3s has made them.
    """

    def __init__(self, folder: Path, kubectl: Sequence[str], *, kinds: Path | None) -> None:
        self._folder = folder
        self._kinds = kinds
        self._kubectl = list(kubectl)
        self._seen: dict[Path, int] = {}
        self._force = True

    def settle(self) -> None:
        """One pass over the folder."""
        if self._kinds and self._force:
            self._run("apply", "-f", str(self._kinds))
            self._run("wait", f"crd/{_KIND}", "--for=condition=Established", "--timeout=60s")
        failed = [path for path in sorted(self._folder.glob("*.y*ml")) if not self._deploy(path)]
        self._force = self._force and bool(failed)

    def _deploy(self, path: Path) -> bool:
        try:
            changed = path.stat().st_mtime_ns
            if not self._force and self._seen.get(path) == changed:
                return True
            self._apply(path)
        except FileNotFoundError:
            return True  # It left between the listing and the look.
        except RuntimeError as error:
            print(f"addon {path.name}: {error}", file=sys.stderr, flush=True)  # noqa: T201
            return False
        self._seen[path] = changed
        return True

    def _apply(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        checksum = hashlib.sha256(text.encode()).hexdigest()
        addon = self._addon(path.name.partition(".")[0])
        if not self._force and addon.get("spec", {}).get("checksum") == checksum:
            return
        annotations = addon["metadata"].setdefault("annotations", {})
        before = set(json.loads(annotations.get(_OBJECTS, "[]")))
        now = set() if _is_empty(text) else self._apply_objects(text)
        for gone in sorted(before - now):
            namespace, name = gone.split(" ")
            self._run("delete", name, "-n", namespace, "--ignore-not-found", "--wait=false")
        annotations[_OBJECTS] = json.dumps(sorted(now))
        addon["spec"] = {"source": str(path), "checksum": checksum}
        self._run("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(addon))

    def _addon(self, name: str) -> dict[str, Any]:
        got = self._run("get", _KIND, name, "-n", "kube-system", "--ignore-not-found", "-ojson")
        found: dict[str, Any] = json.loads(got) if got.strip() else {}
        kept = found.get("metadata", {}).get("annotations", {})
        return {
            "apiVersion": "k3s.cattle.io/v1",
            "kind": "Addon",
            "metadata": {"name": name, "namespace": "kube-system", "annotations": dict(kept)},
            "spec": found.get("spec", {}),
        }

    def _apply_objects(self, text: str) -> set[str]:
        """Apply a file; namespace and `kind/name` of each of its objects."""
        applied = json.loads(self._run("apply", "-f", "-", "--output=json", stdin=text))
        # kubectl answers with the object where there is one, and with a List where there are more.
        items = applied["items"] if applied["kind"] == "List" else [applied]
        return {named(item) for item in items}

    def _run(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [*self._kubectl, *arguments], input=stdin, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip()[-500:])
        return done.stdout


def named(item: Mapping[str, Any]) -> str:
    """An object as kubectl takes it, behind its namespace: `NAMESPACE Kind.version.group/NAME`.

    What is in no namespace is looked for in `default`, which kubectl ignores for it.
    """
    group, _, version = str(item["apiVersion"]).rpartition("/")
    metadata = item["metadata"]
    # The group of Kubernetes' own kinds is empty, and its dot is needed all the same.
    kind = f"{item['kind']}.{version}.{group}"
    return f"{metadata.get('namespace', 'default')} {kind}/{metadata['name']}"


def _is_empty(text: str) -> bool:
    lines = (line.strip() for line in text.splitlines())
    return all(not line or line == "---" or line.startswith("#") for line in lines)
