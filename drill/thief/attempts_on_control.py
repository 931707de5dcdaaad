"""Who writes, where clients are led, what machines run, and whether anybody notices."""

import json
from collections.abc import Iterator
from typing import Any

from drill.thief.attempt import Attempt
from drill.thief.holders import Holders
from drill.thief.principal import OPERATOR
from drill.thief.spoils import Spoils
from topology.names import Names
from topology.site import SITES, SiteName

EXPIRES = {
    "Type": "Expiration",
    "Version": "1.0",
    "Attributes": {"Timestamp": "2030-01-01T00:00:00.000Z"},
}
WELL = [{"MetricName": "ArchiveFailed", "Value": 0}]


def on_control(site: SiteName, holders: Holders) -> Iterator[Attempt]:
    """The record, the lock, the alias, the bundle, rights, alarms and stacks."""
    names, operator = holders.topology.names, frozenset({OPERATOR})
    record = {
        "epoch": 999,
        "writer": "dr",
        "server_names": {each: holders.topology.site(each).cluster for each in SITES},
    }
    puts = {
        "move the record of the writer in {site}": (names.record_parameter(), record, operator),
        "take the lock in {site}": (names.lock_parameter(), {}, operator),
        "point {site}'s machines at another bundle": (
            names.bundle_parameter(site),
            {},
            frozenset[str](),
        ),
    }
    for what, (name, value, may) in puts.items():

        def put(ssm: Any, _: Spoils, name: str = name, value: Any = value) -> None:
            ssm.put_parameter(Name=name, Value=json.dumps(value), Type="String", Overwrite=True)

        yield Attempt(what=what, service="ssm", site=site, act=put, may=may)
    yield from _on_numbers(site, names)
    yield Attempt(
        what="upload a bundle of one's own for {site}",
        service="s3",
        site=site,
        act=lambda s3, spoils: s3.put_object(Bucket=spoils.assets(site), Key="x.zip", Body=b""),
    )
    yield Attempt(
        what="lead {site}'s clients elsewhere by another name in the zone",
        service="route53",
        site=site,
        act=lambda route53, spoils: _point(route53, spoils, site, "elsewhere"),
    )
    yield Attempt(
        what="move the writer's name in {site}",
        service="route53",
        site=site,
        act=lambda route53, spoils: _point(route53, spoils, site, None),
        may=operator,
    )
    yield from _on_rights(site, names.server_role(site), operator)
    yield from _on_alarms(site, holders)


def _on_numbers(site: SiteName, names: Names) -> Iterator[Attempt]:
    """A parameter that is created again counts from 1, which breaks every compare-and-set."""
    for what, name in (
        ("delete the record of the writer in {site}", names.record_parameter()),
        ("delete the lock in {site}", names.lock_parameter()),
    ):

        def delete(ssm: Any, _: Spoils, name: str = name) -> None:
            ssm.delete_parameter(Name=name)

        yield Attempt(what=what, service="ssm", site=site, act=delete)
    for what, name in (
        ("have the record of the writer in {site} expire", names.record_parameter()),
        ("have the lock in {site} expire", names.lock_parameter()),
        ("have the certificates that {site}'s clients trust expire", names.authority_parameter()),
    ):

        def expire(ssm: Any, _: Spoils, name: str = name) -> None:
            ssm.put_parameter(
                Name=name,
                Value="{}",
                Type="String",
                Overwrite=True,
                Tier="Advanced",
                Policies=json.dumps([EXPIRES]),
            )

        yield Attempt(what=what, service="ssm", site=site, act=expire)


def _on_rights(site: SiteName, role: str, operator: frozenset[str]) -> Iterator[Attempt]:
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    yield Attempt(
        what="give {site}'s servers more rights",
        service="iam",
        site=site,
        act=lambda iam, _: iam.put_role_policy(
            RoleName=role, PolicyName="more", PolicyDocument=json.dumps(everything)
        ),
        may=operator,
    )
    yield Attempt(
        what="make a user, asked for in {site}",
        service="iam",
        site=site,
        act=lambda iam, _: iam.create_user(UserName=f"thief-{site}"),
    )


def _on_alarms(site: SiteName, holders: Holders) -> Iterator[Attempt]:
    yield Attempt(
        what="turn {site}'s alarms off",
        service="cloudwatch",
        site=site,
        act=lambda cloudwatch, _: cloudwatch.disable_alarm_actions(AlarmNames=["any"]),
    )
    yield Attempt(
        what="report that all is well in {site}",
        service="cloudwatch",
        site=site,
        act=lambda cloudwatch, _: cloudwatch.put_metric_data(
            Namespace=holders.topology.names.metrics(), MetricData=WELL
        ),
        may=holders.server(site),
    )
    yield Attempt(
        what="report that all is well with another system beside {site}",
        service="cloudwatch",
        site=site,
        act=lambda cloudwatch, _: cloudwatch.put_metric_data(
            Namespace=Names("another").metrics(), MetricData=WELL
        ),
    )
    yield Attempt(
        what="tell CloudFormation that {site} is ready, by the address that its machines know",
        service="ssm",
        site=site,
        act=lambda ssm, spoils: ssm.get_parameter(
            Name=spoils.topology.names.signal_parameter(site)
        ),
        may=holders.machines(site),
    )
    yield Attempt(
        what="delete the stack of {site}",
        service="cloudformation",
        site=site,
        act=lambda cloudformation, spoils: cloudformation.delete_stack(
            StackName=spoils.topology.names.stack(site)
        ),
    )


def _point(route53: Any, spoils: Spoils, site: SiteName, name: str | None) -> None:
    names, zone = spoils.topology.names, spoils.zones[site]
    host = f"{name}.{names.zone()}" if name else names.writer_alias()
    existing = spoils.client("route53", site).list_resource_record_sets(HostedZoneId=zone)
    alias = next(
        each
        for each in existing["ResourceRecordSets"]
        if each["Name"].rstrip(".") == names.writer_alias() and each["Type"] == "A"
    )
    route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={
            "Changes": [{"Action": "UPSERT", "ResourceRecordSet": {**alias, "Name": host}}]
        },
    )
