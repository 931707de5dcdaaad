"""Every scenario of `make life`; all are played with either site as the writer."""

from drill.life import deployments, first_boot, machines
from drill.life.scenario import Scenario

_PRIMARY_WRITES = (
    Scenario(
        name="image-not-pinned",
        promise="a configuration without a machine image is refused before anything is made",
        play=deployments.image_not_pinned,
    ),
    Scenario(
        name="fails-for-good",
        promise="a first deployment that fails leaves nothing, and the next one succeeds",
        play=deployments.fails_for_good,
    ),
    Scenario(
        name="fails-with-backups",
        promise="one that fails after its first backup keeps the backup and can be repeated",
        play=deployments.fails_with_backups,
    ),
    Scenario(
        name="deployed-again",
        promise="what a destroyed system left is named with its commands, and nothing is lost",
        play=deployments.destroyed_and_deployed_again,
    ),
    Scenario(
        name="update-fails",
        promise="an update that fails after a failover is rolled back, and the next one succeeds",
        play=deployments.update_fails_after_a_failover,
    ),
    Scenario(
        name="protected",
        promise="a protected system cannot be destroyed until that is lifted",
        play=deployments.protected,
    ),
    Scenario(
        name="one-machine-heals",
        promise="a first deployment waits for a machine whose first boot fails, and succeeds",
        play=first_boot.one_machine_heals,
        site="primary",
    ),
    Scenario(
        name="one-machine-refuses",
        promise="one that a machine refuses says why, leaves nothing, and can be repeated",
        play=first_boot.one_machine_refuses,
        site="primary",
    ),
    Scenario(
        name="machine-dies",
        promise="an agent that is gone is recreated alone, and has its data",
        play=machines.a_machine_dies,
        site="primary",
    ),
    Scenario(
        name="only-server-dies",
        promise="the only server comes back under another address with its datastore",
        play=machines.the_only_server_dies,
        site="primary",
    ),
    Scenario(
        name="image-rolls",
        promise="a new image goes from machine to machine, never to two of them at once",
        play=machines.a_new_image_rolls,
        site="primary",
    ),
    Scenario(
        name="type-rolls",
        promise="so does a new instance type",
        play=machines.a_new_type_rolls,
        site="primary",
    ),
)
SCENARIOS = (*_PRIMARY_WRITES, *(each.where_dr_writes() for each in _PRIMARY_WRITES))
