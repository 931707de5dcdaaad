"""The real kubectl on the drill's API: what the contract with a real one has no part of."""

import base64
import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from drill.aws.web_identity import identify
from drill.kubernetes.api.token_requests import ISSUER
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.pod_exec import ExecRequest, ExecResult
from drill.kubernetes.service_account_tokens import DISCOVERY_PATH, KEYS_PATH

Kubectl = Callable[..., subprocess.CompletedProcess[str]]
DAEMON_SET = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "x", "namespace": "postgres"},
    "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "x"}]}}},
}
APPLY = ("apply", "--server-side", "--field-manager=pgtwin", "-f", "-")


def configmap(data: dict[str, str], name: str = "settings") -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "postgres"},
            "data": data,
        }
    )


def test_applies_every_document_of_a_yaml_stream(kubectl: Kubectl, api: ClusterApi) -> None:
    done = kubectl(*APPLY, stdin=f"---\n{configmap({'a': '1'})}\n---\n{configmap({}, 'other')}\n")

    assert done.returncode == 0, done.stderr
    assert (
        done.stdout == "configmap/settings serverside-applied\nconfigmap/other serverside-applied\n"
    )
    assert {each["metadata"]["name"] for each in api.list("configmaps")} == {"settings", "other"}


def test_gets_one_object_or_a_list_as_json(kubectl: Kubectl) -> None:
    kubectl(*APPLY, stdin=configmap({"a": "1"}))

    one = json.loads(kubectl("get", "cm", "settings", "-n", "postgres", "-o", "json").stdout)
    many = json.loads(kubectl("get", "configmaps", "-n", "postgres", "-o", "json").stdout)

    assert one["data"] == {"a": "1"}
    assert many["kind"] == "List"
    assert [each["metadata"]["name"] for each in many["items"]] == ["settings"]


def test_prints_nothing_for_what_may_be_absent(kubectl: Kubectl) -> None:
    for what in (("configmap", "none"), ("configmaps", "-l", "app=none")):
        done = kubectl("get", *what, "-n", "postgres", "--ignore-not-found", "-o", "json")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_names_what_was_not_found(kubectl: Kubectl) -> None:
    done = kubectl("get", "clusters.postgresql.cnpg.io", "none", "-n", "postgres")

    assert done.returncode == 1
    assert done.stderr == (
        'Error from server (NotFound): clusters.postgresql.cnpg.io "none" not found\n'
    )


def test_says_when_a_kind_is_not_served(kubectl: Kubectl) -> None:
    done = kubectl("get", "podmonitors.monitoring.coreos.com", "-n", "postgres")

    assert done.returncode == 1
    assert done.stderr == 'error: the server doesn\'t have a resource type "podmonitors"\n'


def test_conflicts_with_another_manager_until_forced(kubectl: Kubectl) -> None:
    kubectl(*APPLY, stdin=configmap({"a": "1"}))
    kubectl("patch", "cm", "settings", "-n", "postgres", "--type=merge", "-p", '{"data":{"a":"2"}}')

    refused = kubectl(*APPLY, stdin=configmap({"a": "1"}))
    forced = kubectl(*APPLY, "--force-conflicts", stdin=configmap({"a": "1"}))

    assert refused.returncode == 1
    assert 'error: Apply failed with 1 conflict: conflict with "kubectl-patch": .data.a' in (
        refused.stderr
    )
    assert forced.returncode == 0, forced.stderr


def test_a_dry_run_judges_and_stores_nothing(kubectl: Kubectl, api: ClusterApi) -> None:
    done = kubectl(*APPLY, "--dry-run=server", stdin=configmap({"a": "1"}))
    wrong = configmap({}).replace('"data"', '"datas"')
    refused = kubectl(*APPLY, "--dry-run=server", stdin=wrong)

    assert done.stdout == "configmap/settings serverside-applied (server dry run)\n"
    assert refused.returncode == 1
    assert ".datas: field not declared in schema" in refused.stderr
    assert api.list("configmaps") == []


def test_creates_once(kubectl: Kubectl) -> None:
    first = kubectl("create", "-f", "-", stdin=configmap({}))
    second = kubectl("create", "-f", "-", stdin=configmap({}))

    assert (first.returncode, first.stdout) == (0, "configmap/settings created\n")
    assert second.returncode == 1
    assert "Error from server (AlreadyExists)" in second.stderr
    assert 'configmaps "settings" already exists' in second.stderr


def test_deletes_and_bears_that_it_is_gone(kubectl: Kubectl) -> None:
    kubectl(*APPLY, stdin=configmap({}))
    delete = ("delete", "configmap", "settings", "-n", "postgres", "--wait=false")

    done, gone = kubectl(*delete), kubectl(*delete, "--ignore-not-found")

    assert (done.returncode, gone.returncode) == (0, 0)
    assert 'configmap "settings" deleted' in done.stdout
    assert gone.stdout == ""
    assert kubectl(*delete).returncode == 1


def test_asks_whether_the_server_is_ready(kubectl: Kubectl) -> None:
    assert kubectl("get", "--raw", "/readyz").stdout.strip() == "ok"


def test_fails_while_the_server_is_away_and_works_again_after(
    kubectl: Kubectl, api: ClusterApi
) -> None:
    api.faults.api_away(60)
    away = kubectl("get", "--raw", "/readyz")
    api.faults.clear()

    assert away.returncode == 1
    assert "server" in away.stderr
    assert kubectl("get", "--raw", "/readyz").returncode == 0


def test_drains_a_node_but_leaves_its_daemons(kubectl: Kubectl, api: ClusterApi) -> None:
    api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "agent-1"}})
    api.create(DAEMON_SET)
    for name, owner in (("web", "ReplicaSet"), ("daemon", "DaemonSet")):
        api.create(_pod(name, owner))

    done = kubectl("drain", "agent-1", "--ignore-daemonsets", "--delete-emptydir-data", "--force")

    assert done.returncode == 0, done.stderr
    assert [each["metadata"]["name"] for each in api.list("pods")] == ["daemon"]
    assert (api.get("nodes", "agent-1") or {})["spec"]["unschedulable"] is True
    assert kubectl("uncordon", "agent-1").returncode == 0
    assert "unschedulable" not in (api.get("nodes", "agent-1") or {})["spec"]


def test_runs_a_command_in_a_pod(kubectl: Kubectl, api: ClusterApi) -> None:
    def echo(request: ExecRequest) -> ExecResult:
        said = f"{request.pod} {request.container} {request.argv} {request.stdin!r}"
        return ExecResult(stdout=said, stderr="careful\n", exit_code=3)

    api.create(_pod("db-1", "Cluster"))
    api.on_exec(echo)

    exec_ = ("exec", "-i", "-n", "postgres", "db-1", "-c", "main", "--")
    done = kubectl(*exec_, "psql", "-X", stdin="select 1")

    assert done.stdout == "db-1 main ('psql', '-X') b'select 1'"
    assert done.stderr == "careful\ncommand terminated with exit code 3\n"
    assert done.returncode == 3


def test_streams_long_input_to_a_command_and_waits_for_its_end(
    kubectl: Kubectl, api: ClusterApi
) -> None:
    api.create(_pod("db-1", "Cluster"))
    api.on_exec(lambda request: ExecResult(stdout=str(len(request.stdin))))

    exec_ = ("exec", "-i", "-n", "postgres", "db-1", "-c", "main", "--", "wc")
    done = kubectl(*exec_, stdin="x" * 3_000_000)

    assert (done.returncode, done.stdout, done.stderr) == (0, "3000000", "")


def _pod(name: str, owner: str) -> dict[str, object]:
    reference = {
        "apiVersion": "apps/v1",
        "kind": owner,
        "name": "x",
        "uid": "x",
        "controller": True,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "postgres", "ownerReferences": [reference]},
        "spec": {"nodeName": "agent-1", "containers": [{"name": "main", "image": "x"}]},
    }


def token(kubectl: Kubectl, account: str, **spec: Any) -> subprocess.CompletedProcess[str]:
    """Ask in JSON; `kubectl create token` speaks protobuf, which this API does not."""
    path = f"/api/v1/namespaces/postgres/serviceaccounts/{account}/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    return kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(request))


@pytest.fixture
def account(api: ClusterApi) -> str:
    metadata = {"name": "postgres-cluster", "namespace": "postgres"}
    api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    return metadata["name"]


def test_gives_a_token_of_an_account_that_its_published_keys_verify(
    kubectl: Kubectl, account: str
) -> None:
    asked = token(kubectl, account, audiences=["sts.amazonaws.com"], expirationSeconds=86400)
    keys = kubectl("get", "--raw", KEYS_PATH)

    assert (asked.returncode, keys.returncode) == (0, 0), asked.stderr + keys.stderr
    discovery = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}{KEYS_PATH}"}
    documents = {
        f"{ISSUER}{DISCOVERY_PATH}": json.dumps(discovery).encode(),
        f"{ISSUER}{KEYS_PATH}": keys.stdout.encode(),
    }
    found = identify(
        json.loads(asked.stdout)["status"]["token"],
        providers={ISSUER.removeprefix("https://"): ("sts.amazonaws.com",)},
        published=documents.get,
        now=time.time() + 23 * 3600,
    )
    assert found.subject == "system:serviceaccount:postgres:postgres-cluster"


def test_signs_by_another_issuer_with_the_same_key(
    api: ClusterApi, kubectl: Kubectl, account: str
) -> None:
    before = kubectl("get", "--raw", KEYS_PATH).stdout

    api.sign_as("https://issuer.example")

    given = json.loads(token(kubectl, account).stdout)["status"]["token"]
    claims = json.loads(base64.urlsafe_b64decode(given.split(".")[1] + "=="))
    assert claims["iss"] == "https://issuer.example"
    assert kubectl("get", "--raw", KEYS_PATH).stdout == before


def test_gives_no_token_of_an_account_that_is_not_there(kubectl: Kubectl) -> None:
    done = token(kubectl, "none")

    assert done.returncode == 1
    assert 'serviceaccounts "none" not found' in done.stderr


def test_gives_no_token_of_less_than_ten_minutes(kubectl: Kubectl, account: str) -> None:
    done = token(kubectl, account, expirationSeconds=540)

    assert done.returncode == 1
    assert "less than 10 minutes" in done.stderr
