"""The k3s of the embedded world refuses what k3s refuses."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drill.kubernetes.api.request import ApiRequest
from drill.sites.control_plane import ControlPlane
from drill.sites.k3s_service import K3sService
from tests.waiting import eventually

SERVER = {
    "data-dir": "/data/k3s",
    "node-name": "server-1",
    "node-ip": "10.0.0.1",
    "token-file": "/etc/token",
    "agent-token-file": "/etc/agent-token",
    "cluster-init": True,
}
AGENT = {
    "data-dir": "/data/k3s",
    "node-name": "agent-1",
    "node-ip": "10.0.0.2",
    "server": "https://k3s:6443",
    "token-file": "/etc/agent-token",
}
SECOND = {
    **{key: value for key, value in SERVER.items() if key != "cluster-init"},
    "node-name": "server-2",
    "node-ip": "10.0.0.3",
    "server": "https://k3s:6443",
}
Make = Callable[..., K3sService]


@pytest.fixture
def control_plane() -> Iterator[ControlPlane]:
    made = ControlPlane()
    yield made
    made.close()


@pytest.fixture
def make(control_plane: ControlPlane, tmp_path: Path) -> Make:
    """A machine with k3s in place, its configuration and its tokens."""

    def made(
        config: dict[str, Any],
        *,
        mounted: bool = True,
        agent_token: str | None = None,
        mode: int = 0o600,
    ) -> K3sService:
        root = tmp_path / config["node-name"]
        files = {
            "usr/local/bin/k3s": "#!/bin/sh\n# v1.36.4+k3s1",
            "etc/rancher/k3s/config.yaml": json.dumps(config),
            "etc/token": "s",
            "etc/agent-token": agent_token or "a",
        }
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
            (root / path).chmod(mode)
        (root / "usr/local/bin/k3s").chmod(0o755)
        return K3sService(
            root=root,
            control_plane=control_plane,
            is_mounted=lambda _: mounted,
            kernel_settings=lambda: {"vm.overcommit_memory=1"},
        )

    return made


def test_an_agent_waits_for_its_server_and_joins(control_plane: ControlPlane, make: Make) -> None:
    agent, server = make(AGENT), make(SERVER)

    agent.start("agent")
    server.start("server")

    eventually(lambda: len(control_plane.api.list("nodes")) == 2)


def test_a_server_signs_by_the_issuer_that_is_put_before_k3s_own(
    control_plane: ControlPlane, make: Make
) -> None:
    argument = "service-account-issuer-=https://issuer.example"
    make({**SERVER, "kube-apiserver-arg": [argument]}).start("server")
    eventually(lambda: control_plane.is_up)
    metadata = {"name": "x", "namespace": "default"}
    control_plane.api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})

    given: Any = control_plane.api.answer(
        ApiRequest(
            method="POST",
            path="/api/v1/namespaces/default/serviceaccounts/x/token",
            query={},
            user_agent="test",
            content_type="application/json",
            body=b'{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}',
        )
    )

    claims = base64.urlsafe_b64decode(given["status"]["token"].split(".")[1] + "==")
    assert json.loads(claims)["iss"] == "https://issuer.example"


@pytest.mark.parametrize(
    ("config", "options", "said"),
    [
        (SERVER, {"mounted": False}, "/data is not a mount point"),
        ({**SERVER, "node-lable": []}, {}, "flag provided but not defined: --node-lable"),
        ({**SERVER, "node-label": ["node-role.kubernetes.io/db=1"]}, {}, "unknown labels"),
        (SERVER, {"mode": 0o644}, "may be read by others"),
    ],
)
def test_k3s_does_not_start(
    control_plane: ControlPlane,
    make: Make,
    config: dict[str, Any],
    options: dict[str, Any],
    said: str,
) -> None:
    service = make(config, **options)

    service.start("server")

    eventually(lambda: any(said in line for line in service.log))
    service.stop()
    assert not control_plane.is_up


def test_an_agent_with_a_wrong_token_is_not_let_in(control_plane: ControlPlane, make: Make) -> None:
    server, agent = make(SERVER), make(AGENT, agent_token="wrong")
    server.start("server")
    eventually(lambda: control_plane.api.list("nodes"))

    agent.start("agent")

    eventually(lambda: any("401 Unauthorized" in line for line in agent.log))
    agent.stop()
    assert [node["metadata"]["name"] for node in control_plane.api.list("nodes")] == ["server-1"]


def etcd(tmp_path: Path, node: str) -> Path:
    return tmp_path / node / "data/k3s/server/db/etcd"


def test_a_server_that_nobody_answers_makes_no_cluster(
    control_plane: ControlPlane, make: Make, tmp_path: Path
) -> None:
    second = make(SECOND)

    second.start("server")

    eventually(lambda: any("failed to validate token" in line for line in second.log))
    second.stop()
    assert not control_plane.is_up
    assert not etcd(tmp_path, "server-2").exists()


def test_the_folder_of_a_datastore_is_there_before_it_has_joined(
    control_plane: ControlPlane, make: Make, tmp_path: Path
) -> None:
    first, second = make(SERVER), make(SECOND)
    first.start("server")
    eventually(lambda: control_plane.is_up)
    (tmp_path / "server-2/etc/token").write_text("wrong")

    second.start("server")

    eventually(lambda: any("401 Unauthorized" in line for line in second.log))
    second.stop()
    assert (etcd(tmp_path, "server-2") / "name").exists()
    assert not (etcd(tmp_path, "server-2") / "member/wal").exists()


def test_a_server_with_a_datastore_starts_though_it_is_told_to_join_and_nobody_answers(
    control_plane: ControlPlane, make: Make, tmp_path: Path
) -> None:
    (etcd(tmp_path, "server-2") / "member/wal").mkdir(parents=True)
    peers = "listen-peer-urls: https://127.0.0.1:2380,https://10.0.0.3:2380\n"
    (etcd(tmp_path, "server-2") / "config").write_text(peers)

    make(SECOND).start("server")

    eventually(lambda: control_plane.is_up)


def test_a_reset_is_refused_where_the_server_is_told_to_join(make: Make) -> None:
    refused = make(SECOND).command(["server", "--cluster-reset"])

    assert refused.exit_code == 1
    assert "while server URL is set" in refused.stderr
