"""The scenarios of a first deployment that waits for its machines, one of which does not boot."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from drill.life.machines import prepare
from drill.life.running_site import RunningSite
from drill.life.scenario import must
from drill.life.system import System
from topology.load import load

_AGENTS = 1
_LATE = "agent-1"
_MACHINES_SECONDS = 600
_UNIT = "pgtwin-boot.service"


def one_machine_heals(system: System) -> int:
    """The data volume of an agent is held by another instance until after its first boot."""
    prepare(system, agents=_AGENTS)

    def boot(running: RunningSite) -> None:
        late = running.site.machines[_LATE]
        stranger = _hold(system, late.volume().volume_id)
        late.boot()
        must(_UNIT in late.systemd.started, f"the unit does not try again: {late.log()[-500:]}")
        must(running.site.signals() == (), f"signalled: {running.site.signals()}")
        system.client("ec2").detach_volume(VolumeId=late.volume().volume_id, InstanceId=stranger)
        running.boot(again={_LATE})
        told = [signal.status for signal in running.site.signals()]
        must(told == ["SUCCESS"], f"signalled: {told}")
        must(running.is_ready(), "the site is not ready")

    must(_deploy(system, boot), "the deployment failed")
    must(system.is_whole(), "not every resource exists")
    return 0


def one_machine_refuses(system: System) -> int:
    """The data volume of an agent holds what is not ours; the next deployment has a blank one."""
    prepare(system, agents=_AGENTS)

    def refuse(running: RunningSite) -> None:
        late = running.site.machines[_LATE]
        late.volume().format(type_="ext4", label="somebody")
        late.boot()

    must(not _deploy(system, refuse), "the deployment succeeded")
    must(system.stack_status == "ROLLBACK_COMPLETE", system.stack_status)
    must(f"{_LATE}: the data volume" in system.reasons(), system.reasons()[-500:])
    must(system.leftovers() == {}, f"left behind: {system.leftovers()}")
    must(not system.machines() and not system.volumes(), "machines or volumes were left")
    must(_deploy(system, RunningSite.boot), "the second deployment failed")
    must(system.is_whole(), "not every resource exists")
    return 0


def _deploy(system: System, boot: Callable[[RunningSite], None]) -> bool:
    """Deploy, and boot the machines as soon as they are there; whether it succeeded."""
    system.wait_for_signals(wait=True)
    with ThreadPoolExecutor(1) as pool:
        deployment = pool.submit(system.deploy)
        try:
            _wait_for_machines(system, deployment)
            with RunningSite(system) as running:
                boot(running)
                return deployment.result()
        finally:
            # Or the pool would wait for a deployment that waits for machines that are gone.
            system.wait_for_signals(wait=False)


def _wait_for_machines(system: System, deployment: Future[bool]) -> None:
    nodes = load(system.config).nodes(system.site)
    for _ in range(_MACHINES_SECONDS):
        must(not deployment.done(), "the deployment ended before its machines were there")
        if len(system.instances()) == len(nodes):
            return
        system.pause()
    must(False, f"of {len(nodes)} machines there are {sorted(system.instances())}")


def _hold(system: System, volume: str) -> str:
    """Another instance that the volume is attached to."""
    ec2 = system.client("ec2")
    image = next(iter(system.images()))
    made = ec2.run_instances(ImageId=image, InstanceType="m7i.large", MinCount=1, MaxCount=1)
    stranger = str(made["Instances"][0]["InstanceId"])
    ec2.attach_volume(VolumeId=volume, InstanceId=stranger, Device="/dev/sdf")
    return stranger
