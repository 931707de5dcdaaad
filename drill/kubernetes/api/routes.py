"""From a request to an answer."""

from collections.abc import Callable
from typing import Any

from drill.kubernetes.api import discovery
from drill.kubernetes.api.access import authorize
from drill.kubernetes.api.faults import Faults
from drill.kubernetes.api.path import RequestPath
from drill.kubernetes.api.request import ApiRequest
from drill.kubernetes.api.token_requests import TokenRequests
from drill.kubernetes.objects.deletion import DeleteOptions
from drill.kubernetes.objects.kubernetes_api import KubernetesApi
from drill.kubernetes.objects.merge_patch import merge_patch
from drill.kubernetes.pod_exec import ExecHandler, ExecRequest, ExecResult
from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.schemas.gate import SchemaGate
from drill.kubernetes.status_error import StatusError

_HEALTH = ("/readyz", "/livez", "/healthz")
_MERGE = ("application/merge-patch+json", "application/strategic-merge-patch+json")
_APPLY = "application/apply-patch+yaml"


class ApiRoutes:
    """Answers everything but watches."""

    def __init__(self, *, api: KubernetesApi, faults: Faults, run_in_pod: ExecHandler) -> None:
        self._api = api
        self._gate = SchemaGate(api.schemas)
        self._faults = faults
        self._run_in_pod = run_in_pod
        self.tokens = TokenRequests(api)

    def answer(self, request: ApiRequest) -> dict[str, Any] | str:
        """A document, or plain text.

        Raises:
            StatusError: every refusal.
        """
        if self._faults.is_api_unavailable:
            raise StatusError.unavailable()
        if self._faults.is_api_unauthorized:
            raise StatusError.unauthorized()
        if request.method == "GET" and request.path in _HEALTH:
            return "ok"
        found = self.tokens.keys(request.path) or discovery.document(
            request.path, self._api.resources.all()
        )
        if found is not None:
            return found
        path = RequestPath.parse(request.path)
        resource = self._api.resources.by_path(path.group, path.version, path.plural)
        authorize(request, resource, path)
        if request.method != "GET" and self._faults.take_conflict():
            raise StatusError.modified(resource, path.name)
        verbs = {
            "GET": self._read,
            "POST": self._post,
            "PUT": self._put,
            "PATCH": self._patch,
            "DELETE": self._delete,
        }
        return verbs[request.method](resource, path, request)

    def command(self, request: ApiRequest) -> Callable[[bytes], ExecResult]:
        """What runs the command that `kubectl exec` asks for, given its standard input.

        Raises:
            StatusError: 404 where the pod is not there.
        """
        path = RequestPath.parse(request.path)
        pods = self._api.resources.by_path(path.group, path.version, path.plural)
        self._api.get(pods, path.namespace, path.name)
        argv = tuple(request.query.get("command", []))

        def run(stdin: bytes) -> ExecResult:
            return self._run_in_pod(
                ExecRequest(
                    namespace=path.namespace,
                    pod=path.name,
                    container=request.option("container"),
                    argv=argv,
                    stdin=stdin,
                )
            )

        return run

    def _read(self, resource: Resource, path: RequestPath, request: ApiRequest) -> Object:
        if path.name:
            return self._api.get(resource, path.namespace, path.name)
        with self._api.registry.transaction():
            return {
                "apiVersion": resource.api_version,
                "kind": f"{resource.kind}List",
                "metadata": {"resourceVersion": str(self._api.registry.version)},
                "items": self._api.list(
                    resource,
                    path.namespace,
                    labels=request.option("labelSelector"),
                    fields=request.option("fieldSelector"),
                ),
            }

    def _post(self, resource: Resource, path: RequestPath, request: ApiRequest) -> Object:
        if path.subresource == "eviction":
            return self._evict(resource, path, request)
        body = _in_namespace(request.document(), path.namespace)
        if path.subresource == "token":
            return self.tokens.create(resource, path, body)
        return self._api.create(resource, body, manager=request.manager, dry_run=request.dry_run)

    def _put(self, resource: Resource, path: RequestPath, request: ApiRequest) -> Object:
        return self._api.update(
            resource,
            _in_namespace(request.document(), path.namespace),
            manager=request.manager,
            subresource=path.subresource,
            dry_run=request.dry_run,
        )

    def _patch(self, resource: Resource, path: RequestPath, request: ApiRequest) -> Object:
        content_type = request.content_type.split(";")[0]
        body = request.document()
        if content_type == _APPLY:
            if not request.option("fieldManager"):
                raise StatusError.bad_request(
                    "PatchOptions.meta.k8s.io is invalid: fieldManager: Required value: is "
                    "required for apply patch"
                )
            applied = _in_namespace(body, path.namespace)
            applied["metadata"].setdefault("name", path.name)
            return self._api.apply(
                resource,
                applied,
                manager=request.manager,
                force=request.option("force") == "true",
                dry_run=request.dry_run,
            )
        if content_type not in _MERGE:
            raise StatusError(415, "UnsupportedMediaType", f"{content_type} is not supported")
        if not isinstance(body, dict):
            raise StatusError.bad_request(
                "error decoding patch: json: cannot unmarshal string into Go value of type "
                "map[string]interface {}"
            )
        with self._api.registry.transaction():
            live = self._api.get(resource, path.namespace, path.name)
            merged = merge_patch(live, body)
            if request.option("fieldValidation") != "Strict":
                merged = self._gate.without_undeclared_fields(resource, merged)
            return self._api.update(
                resource,
                merged,
                manager=request.manager,
                subresource=path.subresource,
                dry_run=request.dry_run,
            )

    def _delete(self, resource: Resource, path: RequestPath, request: ApiRequest) -> Object:
        body = request.document() if request.body else None
        options = DeleteOptions.of(body, dry_run=request.dry_run)
        if path.name:
            return self._api.delete(resource, path.namespace, path.name, options)
        for each in self._api.list(
            resource, path.namespace, labels=request.option("labelSelector")
        ):
            metadata = each["metadata"]
            self._api.delete(resource, metadata.get("namespace", ""), metadata["name"], options)
        return {"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Success"}

    def _evict(self, resource: Resource, path: RequestPath, request: ApiRequest) -> Object:
        pod = self._api.get(resource, path.namespace, path.name)
        labels = pod["metadata"].get("labels") or {}
        budgets = self._api.resources.by_kind("policy/v1", "PodDisruptionBudget")
        for budget in self._api.list(budgets, path.namespace):
            wanted = budget["spec"].get("selector", {}).get("matchLabels", {})
            protects = wanted.items() <= labels.items()
            if protects and budget.get("status", {}).get("disruptionsAllowed", 1) == 0:
                raise StatusError(
                    429,
                    "TooManyRequests",
                    "Cannot evict pod as it would violate the pod's disruption budget.",
                )
        options = DeleteOptions(dry_run=request.dry_run)
        self._api.delete(resource, path.namespace, path.name, options)
        return {"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Success"}


def _in_namespace(body: Any, namespace: str) -> Object:
    if not isinstance(body, dict):
        raise StatusError.bad_request("the body is not an object")
    found: Object = body
    metadata = found.setdefault("metadata", {})
    if namespace and metadata.setdefault("namespace", namespace) != namespace:
        raise StatusError.bad_request(
            "the namespace of the provided object does not match the namespace sent on the "
            f"request ({metadata['namespace']} and {namespace})"
        )
    return found
