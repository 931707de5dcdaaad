"""The host program of a user's cluster runs here, and brings that cluster up by its bundle."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from drill.aws.embedded_aws import EmbeddedAws
from drill.grounds.host_seat import HostSeat
from drill.grounds.unused_cluster import kubectl_of
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.k3s.helm_controller import HelmController
from drill.kubernetes.k3s.helm_job import CONTROL_PLANE
from drill.operator.scripted.operator import ScriptedOperator
from drill.rig.inside.addons import Addons
from drill.waiting import wait_for
from tests.drill.sites.conftest import REGIONS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("embedded-aws")]
ROOT = Path(__file__).parents[3]
PROGRAM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from host.__main__ import main
sys.exit(main())
"""


@pytest.fixture
def api(deployed: EmbeddedAws) -> Iterator[ClusterApi]:
    """A cluster with a node and a Helm controller, and nothing else."""
    with ClusterApi() as api:
        server = {"name": "server-1", "labels": {CONTROL_PLANE: "true"}}
        api.create({"apiVersion": "v1", "kind": "Node", "metadata": server})
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        api.patch_status("Node", "server-1", ready, "")
        charts = HelmController(api=api)
        charts.start()
        operator = ScriptedOperator(api=api, s3=deployed.client("s3", REGIONS["primary"]))
        operator.start()
        yield api
        operator.stop()
        charts.stop()


@pytest.fixture
def kubeconfig(api: ClusterApi, tmp_path: Path) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "a", "cluster": {"server": api.url}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "users": [{"name": "a", "user": {}}],
        "current-context": "a",
    }
    file = tmp_path / "a.kubeconfig"
    file.write_text(json.dumps(document))
    return file


def seat_that_runs(program: Path, aws: EmbeddedAws, kubeconfig: Path) -> HostSeat:
    return HostSeat(
        aws=aws,
        site="primary",
        region=REGIONS["primary"],
        program=program,
        root=program.parent / "root",
        kubectl=kubectl_of(kubeconfig),
    )


@pytest.fixture
def seat(deployed: EmbeddedAws, kubeconfig: Path, tmp_path: Path) -> Iterator[HostSeat]:
    _empty_archives(deployed)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    seat = seat_that_runs(program, deployed, kubeconfig)
    yield seat
    seat.close()


def _empty_archives(deployed: EmbeddedAws) -> None:
    """The sites of other tests, in the same AWS, have left theirs."""
    s3 = deployed.client("s3", REGIONS["primary"])
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        for key in s3.list_objects_v2(Bucket=bucket, Prefix="physical").get("Contents", ()):
            s3.delete_object(Bucket=bucket, Key=key["Key"])


def test_charts_and_database_reach_the_cluster(seat: HostSeat, api: ClusterApi) -> None:
    seat.serve()

    ran = seat.run(["apply"])

    assert ran.exit_code == 0, ran.stderr
    charts = {each["metadata"]["name"] for each in api.list("HelmChart")}
    assert {"cert-manager", "cloudnative-pg", "plugin-barman-cloud"} <= charts
    assert api.get("Cluster", "postgres-cluster")
    # Its packet filter is a stand-in, whatever this computer has.
    assert json.loads(seat.run(["admit"]).stdout)["clients"] == "let in"


def test_a_verb_ends_with_its_seat(deployed: EmbeddedAws, kubeconfig: Path, tmp_path: Path) -> None:
    """With the program that the verb waits for, too."""
    program, started = tmp_path / "program.py", tmp_path / "started"
    program.write_text(
        "import pathlib, subprocess\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"pathlib.Path({str(started)!r}).write_text(str(child.pid))\n"
        "child.wait()\n"
    )
    seat = seat_that_runs(program, deployed, kubeconfig)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(seat.run, ["settle"])
        wait_for(lambda: started.exists() and bool(started.read_text()), 60, "the verb to start")

        seat.close()

        assert running.result(60).exit_code != 0
        child = Path("/proc") / started.read_text() / "cmdline"
        wait_for(lambda: not child.exists() or not child.read_bytes(), 60, "sleep to end")
        assert seat.run(["report"]).exit_code != 0


def test_what_leaves_the_manifests_folder_leaves_the_cluster(
    api: ClusterApi, kubeconfig: Path, tmp_path: Path
) -> None:
    """kubectl answers with a List where a file has more than one object."""
    file = tmp_path / "folder/ours.yaml"
    file.parent.mkdir()
    addons = Addons(file.parent, kubectl_of(kubeconfig).command, kinds=None)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "b"}}
    other = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "c"}}

    file.write_text(yaml.safe_dump_all([namespace, secret, other]))
    addons.settle()
    assert api.get("Secret", "a", "b")
    assert api.get("Namespace", "c")

    file.write_text(yaml.safe_dump_all([namespace]))
    addons.settle()
    assert api.get("Secret", "a", "b") is None
    assert api.get("Namespace", "c") is None
    assert api.get("Namespace", "b")
