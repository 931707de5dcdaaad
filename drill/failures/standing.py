"""How a deployed system stands before a command, and what a refused one must not have changed."""

import json
from contextlib import suppress
from typing import Any

from drill.failures.alias_record import alias_record
from drill.failures.commands import Home
from drill.failures.deployed import Deployed
from pgtwin.aws.outside_fence import POLICY
from topology.site import SITES, SiteName


def stand(deployed: Deployed, home: Home) -> None:
    """Put records, locks, denials, aliases, machines and hosts back to where a command begins."""
    writer: SiteName = "primary" if home == "primary writes" else "dr"
    for site in SITES:
        lost = home == "primary was lost" and site == "primary"
        _write_down(deployed, site, recorded=home != "primary writes")
        state = deployed.well(site, deployed.topology.site(site).cluster, writes=site == writer)
        if lost:
            state.update(role="writer", fenced=True, following=False)
        (deployed.states / f"{site}.json").write_text(json.dumps(state))
        _power(deployed, site, on=not lost)
        _open_archive(deployed, site)
        if deployed.alias(site) != _balancer(deployed, writer)["DNSName"]:
            _point(deployed, site, writer)


def digest(deployed: Deployed) -> Any:
    """All that a command may change."""
    name = deployed.topology.names.record_parameter()
    found = [deployed.client("ssm", site).get_parameters(Names=[name]) for site in SITES]
    records = [[each["Value"] for each in copies["Parameters"]] for copies in found]
    hosts = [
        {key: value for key, value in deployed.state(site).items() if not key.endswith("_at")}
        for site in SITES
    ]
    aliases = [deployed.alias(site) for site in SITES]
    machines = [sorted(deployed.machine_states(site)) for site in SITES]
    return records, hosts, aliases, machines, [_denied(deployed, site) for site in SITES]


def _denied(deployed: Deployed, site: SiteName) -> list[str]:
    iam = deployed.client("iam", site)
    return [
        role
        for role in deployed.roles(site)
        if POLICY in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]


def _open_archive(deployed: Deployed, site: SiteName) -> None:
    iam = deployed.client("iam", site)
    for role in deployed.roles(site):
        with suppress(iam.exceptions.NoSuchEntityException):
            iam.delete_role_policy(RoleName=role, PolicyName=POLICY)


def _write_down(deployed: Deployed, site: SiteName, *, recorded: bool) -> None:
    names, ssm = deployed.topology.names, deployed.client("ssm", site)
    ssm.delete_parameters(Names=[names.lock_parameter(), names.record_parameter()])
    if recorded:
        deployed.put_record(site, epoch=2, writer="dr", token=None)


def _power(deployed: Deployed, site: SiteName, *, on: bool) -> None:
    ec2 = deployed.client("ec2", site)
    filters = [{"Name": "tag:pgtwin:system", "Values": [deployed.topology.name]}]
    found = ec2.describe_instances(Filters=filters)["Reservations"]
    instances = [each["InstanceId"] for group in found for each in group["Instances"]]
    (ec2.start_instances if on else ec2.stop_instances)(InstanceIds=instances)


def _balancer(deployed: Deployed, site: SiteName) -> dict[str, Any]:
    elbv2, name = deployed.client("elbv2", site), f"{deployed.topology.name}-{site}"
    return dict(elbv2.describe_load_balancers(Names=[name])["LoadBalancers"][0])


def _point(deployed: Deployed, site: SiteName, to: SiteName) -> None:
    record = alias_record(deployed.topology.names, _balancer(deployed, to))
    deployed.client("route53", site).change_resource_record_sets(
        HostedZoneId=deployed.zones[site],
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    )
