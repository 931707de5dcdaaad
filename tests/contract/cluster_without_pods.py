"""A Cluster whose pods never run, and what is asked about it."""

from collections.abc import Callable
from typing import Any

from host.kubernetes import cluster
from host.kubernetes.cluster import KIND
from tests.contract.host_kubectl import host_kubectl
from tests.contract.operated_api import BUCKET
from tests.contract.side import Object, Side
from tests.waiting import eventually

JOB = "there-1-full-recovery"
JOIN = "there-2-join"
CLAIMS = "persistentvolumeclaims"


def store(side: Side) -> Object:
    """An ObjectStore that holds nothing yet."""
    return {
        "apiVersion": "barmancloud.cnpg.io/v1",
        "kind": "ObjectStore",
        "metadata": {"name": "store", "namespace": side.namespace},
        "spec": {
            "configuration": {
                "destinationPath": f"s3://{BUCKET}/{side.namespace}/",
                "s3Credentials": {"inheritFromIAMRole": True},
            }
        },
    }


def _plugin(server: str) -> Object:
    return {
        "name": cluster.PLUGIN,
        "parameters": {"barmanObjectName": "store", "serverName": server},
    }


def clone(side: Side, name: str = "there", **annotations: str) -> Object:
    """A replica that begins from an archive; it waits forever, for the archive is empty."""
    writer = {
        "selectorType": "rw",
        "serviceTemplate": {
            "metadata": {"name": f"{name}-writer"},
            "spec": {"type": "ClusterIP", "ports": [{"name": "postgres", "port": 5432}]},
        },
    }
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"name": name, "namespace": side.namespace, "annotations": annotations},
        "spec": {
            "instances": 1,
            "storage": {"size": "2Gi", "storageClass": "retain"},
            "walStorage": {"size": "1Gi", "storageClass": "retain"},
            "bootstrap": {"recovery": {"source": "here"}},
            "plugins": [{**_plugin(name), "isWALArchiver": True}],
            "externalClusters": [
                {"name": each, "plugin": _plugin(each)} for each in ("here", name)
            ],
            "replica": {"self": name, "primary": "here", "source": "here"},
            "managed": {"services": {"additional": [writer]}},
        },
    }


def make(side: Side, item: Object) -> None:
    """Create what has to be admitted."""
    said = side.create(item)
    assert said.exit_code == 0, said.stderr


def until(what: str, look: Callable[[], Any]) -> Any:
    """What `look` returns as soon as it is true."""
    found: list[Any] = [None]

    def holds() -> bool:
        found[0] = look()
        return bool(found[0])

    eventually(holds, lambda: what)
    return found[0]


def begin(side: Side, **storage: object) -> Side:
    """The side, with a new, empty cluster that has its first claims; `storage` is added there."""
    item = clone(side)
    item["spec"]["storage"].update(storage)
    item["spec"]["bootstrap"] = {"initdb": {"database": "app", "owner": "app"}}
    item["spec"]["replica"]["primary"] = "there"
    make(side, item)
    until("its claims", lambda: len(claims(side)) > 1)
    return side


def give_up(side: Side, job: str = JOB) -> None:
    """End the Job as Kubernetes does when all its tries have failed."""
    now = "2026-11-25T22:00:00Z"
    failed = {
        "status": "True",
        "reason": "BackoffLimitExceeded",
        "message": "Job has reached the specified backoff limit",
        "lastTransitionTime": now,
        "lastProbeTime": now,
    }
    conditions = [{"type": each, **failed} for each in ("FailureTarget", "Failed")]
    status = {"startTime": "2026-11-25T21:00:00Z", "failed": 7, "conditions": conditions}
    said = side.patch("job", job, {"status": status}, "--subresource=status")
    assert said.exit_code == 0, said.stderr


def make_first_pod(side: Side) -> Object:
    """The pod of the first instance, whose Job and volumes are ended and bound where nobody does.

    The double's operator has neither Job nor volume to wait for.
    """
    until("its volumes", lambda: all(_bind(side, each) for each in claims(side)))
    made: Object = until("its pod", lambda: _pod_of_ended_job(side))
    return made


def _bind(side: Side, claim: str) -> bool:
    said = side.patch("pvc", claim, {"status": {"phase": "Bound"}}, "--subresource=status")
    assert said.exit_code == 0, said.stderr
    return True


def _pod_of_ended_job(side: Side) -> Object | None:
    kubectl = host_kubectl(side)
    job = kubectl.get("job.batch", "there-1-initdb", "-n", side.namespace)
    if job and not job.get("status", {}).get("succeeded"):
        succeed(side, "there-1-initdb")
    return kubectl.get("pod", "there-1", "-n", side.namespace)


def succeed(side: Side, job: str) -> None:
    """End the Job as Kubernetes does when a try has succeeded."""
    now = "2026-11-25T22:00:00Z"
    conditions = [
        {"type": each, "status": "True", "lastTransitionTime": now, "lastProbeTime": now}
        for each in ("SuccessCriteriaMet", "Complete")
    ]
    status = {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": conditions}
    said = side.patch("job", job, {"status": status}, "--subresource=status")
    assert said.exit_code == 0, said.stderr


def join_job(side: Side) -> Object:
    """The Job of a standby, which the operator makes only beside a primary that runs."""
    meta = side.get(KIND, "there")["metadata"]
    labels = {
        "cnpg.io/cluster": "there",
        "cnpg.io/instanceName": "there-2",
        "cnpg.io/jobRole": "join",
    }
    of = {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "controller": True}
    container = {"name": "join", "image": "postgresql:18"}
    pod = {"containers": [container], "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": JOIN,
            "namespace": side.namespace,
            "labels": labels,
            "ownerReferences": [{**of, "name": "there", "uid": meta["uid"]}],
        },
        "spec": {"template": {"metadata": {"labels": labels}, "spec": pod}},
    }


def join_claim(side: Side, status: str) -> Object:
    """A claim of that standby, as far as the operator has come with it."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": "there-2",
            "namespace": side.namespace,
            "labels": {"cnpg.io/instanceName": "there-2"},
            "annotations": {"cnpg.io/pvcStatus": status},
        },
        "spec": {
            "storageClassName": "retain",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }


def owner(item: Object) -> tuple[str, str, bool]:
    """Kind and name of the one owner, and whether it controls the object."""
    (found,) = item["metadata"]["ownerReferences"]
    return found["kind"], found["name"], found["controller"]


def claims(side: Side, name: str = "there") -> dict[str, Object]:
    """The claims of a Cluster by their names."""
    found = host_kubectl(side).list(CLAIMS, side.namespace, selector=f"cnpg.io/cluster={name}")
    return {each["metadata"]["name"]: each for each in found}
