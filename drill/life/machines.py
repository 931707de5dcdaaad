"""The scenarios of machines that are recreated, one at a time."""

import threading
from collections.abc import Callable

import yaml

from drill.life.running_site import RunningSite, served_by_a_mirror
from drill.life.scenario import must
from drill.life.system import System

NEWER = "ami-0fedcba9876543210"
LARGER = "m7i.xlarge"
_AGENTS = 2
_REFUSED = 2
"""The exit code."""
_TERMINATED_SECONDS = 300


def a_machine_dies(system: System) -> int:
    """An agent is terminated behind everybody's back."""
    prepare(system, agents=_AGENTS)
    must(system.deploy(), "the deployment failed")
    volumes, before = system.volumes(), system.instances()
    with RunningSite(system) as running:
        running.boot()
        must(system.protect(), "it could not be protected")
        _terminate(system, "agent-1", before)
        running.lose("agent-1")
        other = system.pgtwin("replace", "--site", system.site, "--machine", "agent-2", "--lost")
        must(other.returncode == _REFUSED, f"a second machine was let go: {other.stderr[-300:]}")
        _replace(system, "agent-1", "--lost")
        must(system.deploy(), "the deployment that recreates it failed")
        _only_changed(system, before, "agent-1")
        running.come_back("agent-1")
        must(running.is_ready(), "the site is not ready")
        return running.lost_marks() + len(volumes - system.volumes())


def the_only_server_dies(system: System) -> int:
    """It comes back under another address, with the datastore of its volume."""
    prepare(system, agents=1)
    must(system.deploy(), "the deployment failed")
    volumes, before = system.volumes(), system.instances()
    with RunningSite(system) as running:
        running.boot()
        must(system.protect(), "it could not be protected")
        address = running.addresses()["server-1"]
        _terminate(system, "server-1", before)
        running.lose("server-1")
        _replace(system, "server-1", "--lost")
        must(system.deploy(), "the deployment that recreates it failed")
        _only_changed(system, before, "server-1")
        server = running.come_back("server-1")
        must(running.addresses()["server-1"] != address, "it has the old address")
        resets = [call for call in server.calls if "--cluster-reset" in call]
        must(len(resets) == 1, f"the datastore was reset {len(resets)} times")
        must(running.is_ready(), "the site is not ready")
        return running.lost_marks() + len(volumes - system.volumes())


def a_new_image_rolls(system: System) -> int:
    """Every machine is recreated with another image, one after the other."""
    return _rolls(system, "--image", NEWER, lambda: system.images() == {NEWER})


def a_new_type_rolls(system: System) -> int:
    """The same with a larger instance type."""
    return _rolls(system, "--instance-type", LARGER, lambda: system.types() == {LARGER})


def _rolls(system: System, option: str, value: str, is_there: Callable[[], bool]) -> int:
    prepare(system, agents=_AGENTS)
    must(system.deploy(), "the deployment failed")
    volumes, nodes = system.volumes(), sorted(system.instances())
    with RunningSite(system) as running:
        running.boot()
        must(system.protect(), "it could not be protected")
        for node in nodes:
            _roll(system, running, node, option, value)
        must(running.is_ready(), "the site is not ready")
        must(is_there(), f"not all have {value}: {system.images()}, {system.types()}")
        return running.lost_marks() + len(volumes - system.volumes())


def _roll(system: System, running: RunningSite, node: str, *options: str) -> None:
    before = system.instances()
    _replace(system, node, *options)
    # As EC2 does: the old machine serves until CloudFormation terminates it.
    gone = threading.Thread(target=_lose_once_terminated, args=(system, running, node, before))
    gone.start()
    must(system.deploy(), f"the deployment that recreates {node} failed")
    gone.join()
    _only_changed(system, before, node)
    running.come_back(node)
    must(system.protect(), "it could not be protected again")


def _lose_once_terminated(
    system: System, running: RunningSite, node: str, before: dict[str, str]
) -> None:
    for _ in range(_TERMINATED_SECONDS):
        if before[node] not in system.machines():
            running.lose(node)
            return
        system.pause()


def prepare(system: System, *, agents: int) -> None:
    """One server and some agents with an instance each; k3s comes from a bucket.

    Where DR writes, the other stack is deployed first.
    """
    served_by_a_mirror(system)
    document = yaml.safe_load(system.config.read_text(encoding="utf-8"))
    here = document[system.site]
    here["agents"] = here["instances"] = agents
    here["servers"] = 1
    system.config.write_text(yaml.safe_dump(document), encoding="utf-8")
    if system.writer == "dr":
        must(system.deploy_other_site(), "the stack of the other site failed")


def _replace(system: System, node: str, *options: str) -> None:
    done = system.pgtwin("replace", "--site", system.site, "--machine", node, *options)
    must(done.returncode == 0, f"pgtwin replace {node}: {done.stderr[-500:]}")


def _terminate(system: System, node: str, instances: dict[str, str]) -> None:
    ec2 = system.client("ec2")
    free = {"Value": False}
    ec2.modify_instance_attribute(InstanceId=instances[node], DisableApiTermination=free)
    ec2.terminate_instances(InstanceIds=[instances[node]])


def _only_changed(system: System, before: dict[str, str], node: str) -> None:
    after = system.instances()
    changed = {name for name in before if after.get(name) != before[name]}
    must(changed == {node} and node in after, f"recreated: {sorted(changed)}")
