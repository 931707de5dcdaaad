"""The scenario of a machine that is recreated."""

import yaml

from drill.life.running_site import RunningSite, served_by_a_mirror
from drill.life.scenario import must
from drill.life.system import System


def the_only_server_dies(system: System) -> int:
    """It comes back under another address, with the datastore of its volume."""
    _prepare(system, agents=1)
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


def _prepare(system: System, *, agents: int) -> None:
    served_by_a_mirror(system)
    document = yaml.safe_load(system.config.read_text(encoding="utf-8"))
    here = document[system.site]
    here["agents"] = here["instances"] = agents
    here["servers"] = 1
    system.config.write_text(yaml.safe_dump(document), encoding="utf-8")


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
