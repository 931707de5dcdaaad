"""The scenarios of deployments that fail, are repeated, or come after an earlier life."""

import json
import threading

import yaml
from botocore.exceptions import ClientError

from drill.life.scenario import must
from drill.life.system import System
from topology.site import other_site

_READY, _CHANGES = "ReadinessReady*", "ReadinessChanges*"
_SIGNALLED = "WaitCondition received failed message: 'server-1: no disk' for uniqueId: server-1"


def image_not_pinned(system: System) -> int:
    """The configuration names no machine image."""
    document = yaml.safe_load(system.config.read_text(encoding="utf-8"))
    del document["dr"]["ami"]
    system.config.write_text(yaml.safe_dump(document), encoding="utf-8")
    must(not system.deploy_as_it_is(), "a deployment without a machine image succeeded")
    must(system.stack_status == "", f"a stack was made: {system.stack_status}")
    return 0


def fails_for_good(system: System) -> int:
    """The readiness fails, then does not."""
    system.doom(_READY, _SIGNALLED)
    must(not system.deploy(), "the deployment succeeded")
    must(system.stack_status == "ROLLBACK_COMPLETE", system.stack_status)
    must(system.leftovers() == {}, f"left behind: {system.leftovers()}")
    must(not system.machines() and not system.volumes(), "machines or volumes were left")
    must(system.deploy(), "the second deployment failed")
    must(system.is_whole(), "not every resource exists")
    return 0


def fails_with_backups(system: System) -> int:
    """The same after a machine has archived."""
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


def destroyed_and_deployed_again(system: System) -> int:
    """What was kept is in the way until the doctor's words are followed."""
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


def update_fails_after_a_failover(system: System) -> int:
    """The record names another writer than the configuration."""
    must(system.deploy(), "the first deployment failed")
    before = system.machines(), system.volumes()
    record = json.dumps({"epoch": 1, "writer": other_site(system.writer)})
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


def protected(system: System) -> int:
    """It is destroyed only once its protection is lifted."""
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
