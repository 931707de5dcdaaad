"""One site's Kubernetes API in this process: serve it, use it, break it.

Kinds are named as for kubectl (`Cluster`, `clusters.postgresql.cnpg.io`, `pods`). Everything read
is a copy. A rehearsal's operator lives on `watch`, `patch_status` and `on_exec`.
"""

import threading
from collections.abc import Iterator
from typing import Any

from drill.kubernetes.admission.claim_growth import ClaimGrowth
from drill.kubernetes.admission.operator_webhook import OperatorWebhook
from drill.kubernetes.api.faults import Faults
from drill.kubernetes.api.request import ApiRequest
from drill.kubernetes.api.routes import ApiRoutes
from drill.kubernetes.api.server import ApiServer
from drill.kubernetes.api.watch import ObjectWatch
from drill.kubernetes.k3s.chart_install import CHARTS, ChartInstall
from drill.kubernetes.objects.core_rules import refuse_broken_rules
from drill.kubernetes.objects.immutable_fields import refuse_immutable_changes
from drill.kubernetes.objects.kubernetes_api import KubernetesApi
from drill.kubernetes.objects.merge_patch import merge_patch
from drill.kubernetes.objects.registry import Change, ObjectRegistry
from drill.kubernetes.objects.server_defaults import fill_in
from drill.kubernetes.pod_exec import ExecHandler, ExecRequest, ExecResult
from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.schemas.strict_schemas import StrictSchemas
from drill.kubernetes.status_error import StatusError

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_POLL_SECONDS = 0.2
_MANAGER = "drill"
"""The field manager of what is not asked for over HTTP."""


class ClusterApi:
    """Starts serving at once; `close` stops it. Also a context manager."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.schemas = StrictSchemas()
        self._run_in_pod: ExecHandler = _nobody
        registry = ObjectRegistry()
        webhook = OperatorWebhook(registry=registry, faults=self.faults)
        self._api = KubernetesApi(
            registry=registry,
            schemas=self.schemas,
            admission=(
                fill_in,
                refuse_broken_rules,
                refuse_immutable_changes,
                ClaimGrowth(registry),
                webhook,
            ),
        )
        for name in NAMESPACES:
            self.create(namespace_object(name))
        self._routes = ApiRoutes(api=self._api, faults=self.faults, run_in_pod=self.run_in_pod)
        self._server = ApiServer(
            routes=self._routes,
            watch=ObjectWatch(self._api),
            faults=self.faults,
        )

    @property
    def url(self) -> str:
        """Where a kubectl reaches it: `kubectl --server=<url>`."""
        return self._server.url

    def sign_as(self, issuer: str) -> None:
        """Sign tokens of service accounts by another name, and by the same key, from now on."""
        self._routes.tokens.sign_as(issuer)

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def __enter__(self) -> "ClusterApi":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, kind: str, name: str, namespace: str = "postgres") -> Object | None:
        """An object, or None where it or its kind is not there."""
        try:
            return self._api.get(self.resource(kind), namespace, name)
        except StatusError:
            return None

    def list(
        self, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """The objects of a namespace (all where it is empty); none for a kind not served."""
        try:
            resource = self.resource(kind)
        except StatusError:
            return []
        return self._api.list(resource, namespace, labels=labels, fields=fields)

    def create(self, value: Object) -> Object:
        """Store a new object, its status included.

        Raises:
            StatusError: as the API would refuse it.
        """
        resource = self.resource_of(value)
        created = self._api.create(resource, value, manager=_MANAGER)
        if "status" not in value or not resource.status:
            return created
        metadata = created["metadata"]
        return self.patch_status(
            resource.qualified, metadata["name"], value["status"], metadata.get("namespace", "")
        )

    def apply(self, value: Object, *, force: bool = True) -> Object:
        """Server-side apply.

        Raises:
            StatusError: as the API would refuse it.
        """
        resource = self.resource_of(value)
        return self._api.apply(resource, value, manager=_MANAGER, force=force)

    def patch(self, kind: str, name: str, patch: Object, namespace: str = "postgres") -> Object:
        """Merge-patch an object.

        Raises:
            StatusError: 404, or as the API would refuse it.
        """
        return self._patch(kind, name, patch, namespace, "")

    def patch_status(
        self, kind: str, name: str, status: Any, namespace: str = "postgres"
    ) -> Object:
        """Merge-patch the status subresource; a null removes its key.

        Raises:
            StatusError: 404, or as the API would refuse it.
        """
        return self._patch(kind, name, {"status": status}, namespace, "status")

    def delete(self, kind: str, name: str, namespace: str = "postgres") -> None:
        """Remove an object and what it owns; nothing happens where it is not there."""
        try:
            self._api.delete(self.resource(kind), namespace, name)
        except StatusError as error:
            if error.code != 404:  # noqa: PLR2004
                raise

    def watch(self, *kinds: str, stop: threading.Event) -> Iterator[Change]:
        """First what exists as ADDED, then every change, until `stop` is set.

        Kinds here are those of the objects (`Cluster`, `Pod`); without any, all of them. They may
        be of a CRD that comes later.
        """
        with self._api.registry.transaction():
            version = self._api.registry.version
            existing = [
                Change(type="ADDED", resource=resource, version=version, object=each)
                for resource in self._api.resources.all()
                for each in self._api.list(resource)
            ]
        pending: tuple[Change, ...] = tuple(existing)
        while not stop.is_set():
            yield from (c for c in pending if not kinds or c.object["kind"] in kinds)
            pending = self._api.registry.changes_after(version, _POLL_SECONDS)
            version = pending[-1].version if pending else version

    def install_operators(self) -> None:
        """Install the three operator charts at once, everything Available; needs no machine."""
        for chart in CHARTS:
            namespace = "cert-manager" if chart == "cert-manager" else "cnpg-system"
            install = ChartInstall(chart=chart, release=chart, namespace=namespace)
            self.apply(namespace_object(namespace))
            for each in (*install.crds(), *install.services()):
                self.apply(each)
            for each in install.deployments(available=True):
                self.create(each)

    def on_exec(self, handler: ExecHandler) -> None:
        """Let `handler` run what `kubectl exec` asks for; it runs in the server's threads."""
        self._run_in_pod = handler

    def run_in_pod(self, request: ExecRequest) -> ExecResult:
        """Run what `kubectl exec` would."""
        return self._run_in_pod(request)

    def answer(self, request: ApiRequest) -> Object | str:
        """Answer a request as over HTTP.

        Raises:
            StatusError: every refusal.
        """
        return self._routes.answer(request)

    def resource(self, kind: str) -> Resource:
        """What is served under a name of kubectl.

        Raises:
            StatusError: 404 where nothing is.
        """
        return self._api.resources.by_word(kind)

    def resource_of(self, value: Object) -> Resource:
        """What serves an object.

        Raises:
            StatusError: 404 where its kind is not served.
        """
        return self._api.resources.by_kind(value["apiVersion"], value["kind"])

    def _patch(
        self, kind: str, name: str, patch: Object, namespace: str, subresource: str
    ) -> Object:
        resource = self.resource(kind)
        with self._api.registry.transaction():
            live = self._api.get(resource, namespace, name)
            return self._api.update(
                resource, merge_patch(live, patch), manager=_MANAGER, subresource=subresource
            )


def namespace_object(name: str) -> Object:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _nobody(request: ExecRequest) -> ExecResult:
    return ExecResult(stderr=f"error: nobody runs commands for pod {request.pod}\n", exit_code=1)
