"""When CloudNativePG's webhook answers, and what it then says."""

from drill.kubernetes.admission.backup import admit_backup
from drill.kubernetes.admission.cluster import admit_cluster
from drill.kubernetes.api.faults import Faults
from drill.kubernetes.objects.known_resources import SERVED_BY_K3S
from drill.kubernetes.objects.registry import ObjectRegistry
from drill.kubernetes.objects.write_request import WriteRequest
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError

DEPLOYMENT = next(each for each in SERVED_BY_K3S if each.kind == "Deployment")
_GROUP = "postgresql.cnpg.io"
_WITH_WEBHOOK = ("Backup", "Cluster", "Database", "Pooler", "ScheduledBackup")


class OperatorWebhook:
    """Refuses connections while the operator's Deployment is not Available.

    So it is in a real cluster between the chart's install and the operator's start.
    """

    def __init__(self, *, registry: ObjectRegistry, faults: Faults) -> None:
        self._registry = registry
        self._faults = faults

    def __call__(self, request: WriteRequest) -> None:
        """Judge a write.

        Raises:
            StatusError: 500 while nothing listens, 422 for a broken rule.
        """
        resource = request.resource
        if resource.group != _GROUP or resource.kind not in _WITH_WEBHOOK or request.subresource:
            return
        if self._faults.is_webhook_away or not self._is_up():
            kind = resource.kind.lower()
            raise StatusError.internal(
                f'failed calling webhook "m{kind}.cnpg.io": failed to call webhook: Post '
                f'"https://cnpg-webhook-service.cnpg-system.svc:443/mutate-postgresql-cnpg-io-v1-'
                f'{kind}?timeout=10s": dial tcp 10.43.0.12:443: connect: connection refused'
            )
        admit_cluster(request)
        admit_backup(request)

    def _is_up(self) -> bool:
        operators = [
            found for found in self._registry.items(DEPLOYMENT) if _app(found) == "cloudnative-pg"
        ]
        return all(is_available(each) for each in operators)


def is_available(deployment: Object) -> bool:
    """Whether a Deployment says that it is Available."""
    conditions = deployment.get("status", {}).get("conditions", [])
    return any(each["type"] == "Available" and each["status"] == "True" for each in conditions)


def _app(deployment: Object) -> str:
    labels = deployment["metadata"].get("labels") or {}
    return str(labels.get("app.kubernetes.io/name", ""))
