"""The stand-in for k3s' deploy controller: applies the manifests folder, one AddOn per file.

As the real one (k3s v1.36 pkg/deploy/controller.go): polled every 15 s; a file counts as changed by
its mtime and then its hash; the hash is written into the AddOn after the file was applied, so that
the AddOn proves it; all files are applied once after each start, until one pass had no error.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

POLL_SECONDS = 15.0
_OBJECTS = "objectset.rio.cattle.io/applied-names"
_KIND = "addons.k3s.cattle.io"
CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": _KIND},
    "spec": {
        "group": "k3s.cattle.io",
        "names": {"kind": "Addon", "plural": "addons", "singular": "addon"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "source": {"type": "string"},
                                    "checksum": {"type": "string"},
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}


class Addons:
    """The manifests folder of one server; `brings_kind` where no k3s has made the kind AddOn."""

    def __init__(self, folder: Path, kubeconfig: str, *, brings_kind: bool = True) -> None:
        self._folder = folder
        self._brings_kind = brings_kind
        self._kubectl = ["kubectl", f"--kubeconfig={kubeconfig}"]
        self._seen: dict[Path, int] = {}
        self._force = True

    def settle(self) -> None:
        """One pass over the folder."""
        if self._brings_kind and self._force:
            self._run("apply", "-f", "-", stdin=json.dumps(CRD))
            self._run("wait", f"crd/{_KIND}", "--for=condition=Established", "--timeout=60s")
        failed = [path for path in sorted(self._folder.glob("*.y*ml")) if not self._deploy(path)]
        self._force = self._force and bool(failed)

    def _deploy(self, path: Path) -> bool:
        changed = path.stat().st_mtime_ns
        if not self._force and self._seen.get(path) == changed:
            return True
        try:
            self._apply(path)
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
        form = "go-template={{.metadata.namespace}} {{.kind}}.{{.apiVersion}}/{{.metadata.name}}\n"
        applied = self._run("apply", "-f", "-", f"--output={form}", stdin=text)
        return {_named(line) for line in applied.splitlines() if line}

    def _run(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [*self._kubectl, *arguments], input=stdin, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip()[-500:])
        return done.stdout


def _named(line: str) -> str:
    """`NAMESPACE Kind.group/version/name` as kubectl takes it: the group after the version."""
    namespace, _, rest = line.partition(" ")
    where = "default" if namespace == "<no value>" else namespace
    kind, _, version = rest.partition(".")
    *group, number, name = version.split("/")
    return f"{where} {'.'.join((kind, number, *group))}/{name}"


def _is_empty(text: str) -> bool:
    lines = (line.strip() for line in text.splitlines())
    return all(not line or line == "---" or line.startswith("#") for line in lines)
