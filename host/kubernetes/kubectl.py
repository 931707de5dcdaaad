"""The Kubernetes API through kubectl, JSON only."""

import json
import logging
import os
import shlex
from collections.abc import Callable
from typing import Any, TypeVar

from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from host.machine.machine import Clock, Result, Shell

Object = dict[str, Any]
"""A Kubernetes object as the API gives it."""
FIELD_MANAGER = "pgtwin"
T = TypeVar("T")
_RETRY_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Kubectl:
    """`k3s kubectl`, or what `$PGTWIN_KUBECTL` names.

    With `patience_seconds`, a call that fails for a passing reason (the API server or a webhook
    away, throttling) is repeated for that long. Every call here is safe to repeat.
    """

    def __init__(self, shell: Shell, clock: Clock, *, patience_seconds: float = 0) -> None:
        self._shell = shell
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._command = shlex.split(os.environ.get("PGTWIN_KUBECTL", "/usr/local/bin/k3s kubectl"))

    def patient(self, seconds: float) -> "Kubectl":
        """The same with another patience."""
        return Kubectl(self._shell, self._clock, patience_seconds=seconds)

    def run(
        self, *arguments: str, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        """Run once and return what came, whatever the exit code."""
        return self._shell.run(
            [*self._command, *arguments], stdin=stdin, timeout_seconds=timeout_seconds
        )

    def done(self, *arguments: str, stdin: str | None = None, timeout_seconds: float = 120) -> str:
        """Run once; its standard output.

        Raises:
            KubectlFailed: on any exit code but 0.
        """
        result = self.run(*arguments, stdin=stdin, timeout_seconds=timeout_seconds)
        if result.exit_code != 0:
            raise KubectlFailed(" ".join(arguments[:3]), result.stderr)
        return result.stdout

    def get(self, *arguments: str) -> Object | None:
        """One object or list by `get ... -o json`; None where there is none.

        Raises:
            KubectlFailed: when the API server does not answer, or does not know the kind.
        """
        text = self._patiently(
            lambda: self.done("get", *arguments, "--ignore-not-found", "-o", "json")
        )
        found: Object | None = json.loads(text) if text.strip() else None
        return found

    def list(self, kind: str, namespace: str, *, selector: str | None = None) -> list[Object]:
        """Every object of a kind in a namespace; those with a label where `selector` names one."""
        chosen = ("-l", selector) if selector else ()
        found = self.get(kind, "-n", namespace, *chosen)
        items: list[Object] = (found or {}).get("items", [])
        return items

    def apply(self, *items: Object, dry_run: bool = False) -> None:
        """Server-side apply as the field manager `pgtwin`, taking over fields that others set.

        Of several objects each is tried, in their order, also where one of them is refused.

        Raises:
            KubectlFailed: a conflict where one names a resource version or a uid, and the object
                has another one by now. Where the object is gone, only the uid makes it one: with a
                resource version alone the API server recreates the object.
        """
        mode = ("--dry-run=server",) if dry_run else ()
        what = ("--server-side", f"--field-manager={FIELD_MANAGER}", "--force-conflicts")
        everything = {"apiVersion": "v1", "kind": "List", "items": items}
        text = json.dumps(items[0] if len(items) == 1 else everything)
        self._patiently(
            lambda: self.done("apply", *what, *mode, "-f", "-", stdin=text),
            conflict_is_final=any("resourceVersion" in item["metadata"] for item in items),
        )

    def patch(self, kind: str, namespace: str, name: str, merge: Object) -> None:
        """One JSON merge patch.

        Raises:
            KubectlFailed: a conflict where `merge` names a resource version that is no longer so.
        """
        text = json.dumps(merge)
        self._patiently(
            lambda: self.done("patch", kind, name, "-n", namespace, "--type=merge", "-p", text),
            conflict_is_final="resourceVersion" in merge.get("metadata", {}),
        )

    def create(self, item: Object) -> None:
        """Make an object; that it is there already is as good."""

        def make() -> None:
            try:
                self.done("create", "-f", "-", stdin=json.dumps(item))
            except KubectlFailed as failed:
                if failed.reason != "AlreadyExists":
                    raise

        self._patiently(make)

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """Delete one object without waiting for its end; that it is gone already is as good."""
        what = (kind, name, "-n", namespace, "--ignore-not-found", "--wait=false")
        self._patiently(lambda: self.done("delete", *what))

    def delete_this(self, path: str, uid: str) -> None:
        """Delete the object at an API path if it is still the one with `uid`.

        That it is gone, or another by now, is as good.
        """
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}

        def delete() -> None:
            try:
                self.done("delete", f"--raw={path}", "-f", "-", stdin=json.dumps(options))
            except KubectlFailed as failed:
                if failed.failure not in (Failure.GONE, Failure.CONFLICT):
                    raise

        self._patiently(delete)

    def _patiently(self, call: Callable[[], T], *, conflict_is_final: bool = False) -> T:
        start = self._clock.monotonic()
        while True:
            try:
                return call()
            except KubectlFailed as failed:
                # A write that names no version conflicts only with another at the same moment.
                again = failed.passing or (
                    failed.failure is Failure.CONFLICT and not conflict_is_final
                )
                if not again or self._clock.monotonic() - start >= self._patience_seconds:
                    raise
                _log.warning("%s - trying again", failed)
            self._clock.sleep(_RETRY_SECONDS)
