"""Every scenario of `make life`."""

import json
import threading

import yaml
from botocore.exceptions import ClientError

from drill.life import machines
from drill.life.scenario import Scenario, must
from drill.life.system import System

_READY, _CHANGES = "ReadinessReady*", "ReadinessChanges*"
_SIGNALLED = "WaitCondition received failed message: 'server-1: no disk' for uniqueId: server-1"


def _image_not_pinned(system: System) -> int:
    document = yaml.safe_load(system.config.read_text(encoding="utf-8"))
    del document["dr"]["ami"]
    system.config.write_text(yaml.safe_dump(document), encoding="utf-8")
    must(not system.deploy_as_it_is(), "a deployment without a machine image succeeded")
    must(system.stack_status == "", f"a stack was made: {system.stack_status}")
    return 0


def _fails_for_good(system: System) -> int:
    system.doom(_READY, _SIGNALLED)
    must(not system.deploy(), "the deployment succeeded")
    must(system.stack_status == "ROLLBACK_COMPLETE", system.stack_status)
    must(system.leftovers() == {}, f"left behind: {system.leftovers()}")
    must(not system.machines() and not system.volumes(), "machines or volumes were left")
    must(system.deploy(), "the second deployment failed")
    must(system.is_whole(), "not every resource exists")
    return 0


def _fails_with_backups(system: System) -> int:
    first = system.bucket
    system.doom(_READY, _SIGNALLED)
    backup = threading.Thread(target=_put_when_there, args=(system, first), daemon=True)
    backup.start()
    must(not system.deploy(), "the deployment succeeded")
    backup.join(timeout=10)
    must(system.stack_status == "ROLLBACK_FAILED", system.stack_status)
    must(any(first in found for found in system.leftovers()), "the bucket was not named")
    system.follow_the_doctor()
    must(system.deploy(), "the second deployment failed")
    must(system.is_whole(), "not every resource exists")
    return int(not _has(system, first))


def _destroyed_and_deployed_again(system: System) -> int:
    must(system.deploy(), "the first deployment failed")
    first, volumes = system.bucket, system.volumes()
    system.client("s3").put_object(Bucket=first, Key="physical-dr/base", Body=b"backup")
    must(system.destroy(), "it could not be destroyed")
    must(not system.machines(), "machines were left")
    must(not system.deploy(), "a deployment over what was kept succeeded unasked")
    system.follow_the_doctor()
    must(system.leftovers() == {}, f"still in the way: {system.leftovers()}")
    must(system.deploy(), "the second deployment failed")
    must(system.is_whole(), "not every resource exists")
    return int(not _has(system, first)) + len(volumes - system.volumes())


def _update_fails_after_a_failover(system: System) -> int:
    must(system.deploy(), "the first deployment failed")
    before = system.machines(), system.volumes()
    record = json.dumps({"epoch": 1, "writer": "dr"})
    name = f"/pgtwin/{system.name}/record"
    system.client("ssm").put_parameter(Name=name, Value=record, Type="String")
    system.edit(database__archive_timeout_seconds=30)
    system.doom(_CHANGES, "pgtwin-host apply failed on server-1")
    must(not system.deploy(), "the update succeeded")
    must(system.stack_status == "UPDATE_ROLLBACK_COMPLETE", system.stack_status)
    must(system.deploy(), "the next update failed")
    must((system.machines(), system.volumes()) == before, "machines or volumes were exchanged")
    now = system.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    must(now == record, f"the record of the writer was changed to {now}")
    return 0


def _protected(system: System) -> int:
    must(system.deploy(), "the deployment failed")
    system.edit(dr__termination_protection=True)
    must(system.protect(), "it could not be protected")
    machines = system.machines()
    must(not system.destroy(), "a protected system was destroyed")
    must(system.machines() == machines, "machines are gone")
    system.edit(dr__termination_protection=False)
    must(system.protect(), "the protection could not be lifted")
    must(system.destroy(), "it could not be destroyed")
    return 0


def _put_when_there(system: System, bucket: str) -> None:
    """What the machines of a deployment do before it fails: they archive."""
    for _ in range(600):
        try:
            system.client("s3").put_object(Bucket=bucket, Key="physical-dr/base", Body=b"backup")
        except ClientError:
            threading.Event().wait(0.1)
        else:
            return


def _has(system: System, bucket: str) -> bool:
    try:
        system.client("s3").head_object(Bucket=bucket, Key="physical-dr/base")
    except ClientError:
        return False
    return True


SCENARIOS = (
    Scenario(
        name="image-not-pinned",
        promise="a configuration without a machine image is refused before anything is made",
        play=_image_not_pinned,
    ),
    Scenario(
        name="fails-for-good",
        promise="a first deployment that fails leaves nothing, and the next one succeeds",
        play=_fails_for_good,
    ),
    Scenario(
        name="fails-with-backups",
        promise="one that fails after its first backup keeps the backup and can be repeated",
        play=_fails_with_backups,
    ),
    Scenario(
        name="destroyed-and-deployed-again",
        promise="what a destroyed system left is named with its commands, and nothing is lost",
        play=_destroyed_and_deployed_again,
    ),
    Scenario(
        name="update-fails-after-failover",
        promise="an update that fails after a failover is rolled back, and the next one succeeds",
        play=_update_fails_after_a_failover,
    ),
    Scenario(
        name="protected",
        promise="a protected system cannot be destroyed until that is lifted",
        play=_protected,
    ),
    Scenario(
        name="only-server-dies",
        promise="the only server comes back under another address with its datastore",
        play=machines.the_only_server_dies,
        site="primary",
    ),
)
