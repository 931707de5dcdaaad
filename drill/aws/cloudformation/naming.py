"""Load balancers and DNS."""

from typing import Any

from drill.aws.cloudformation.kind import Kind, Made, Properties, chosen


def _load_balancer(elb: Any, properties: Properties, name: str) -> Made:
    made = elb.create_load_balancer(
        Name=name,
        **chosen(properties, "Scheme", "SecurityGroups", "Subnets", "Tags", "Type"),
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    if "LoadBalancerAttributes" in properties:
        elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=_strings(properties["LoadBalancerAttributes"])
        )
    return Made(
        id=arn,
        attributes={
            "CanonicalHostedZoneID": made["CanonicalHostedZoneId"],
            "DNSName": made["DNSName"],
            "LoadBalancerArn": arn,
            "LoadBalancerFullName": arn.split(":loadbalancer/")[1],
            "LoadBalancerName": name,
            "SecurityGroups": made.get("SecurityGroups", []),
        },
    )


def _strings(attributes: list[Properties]) -> list[Properties]:
    return [{key: str(value) for key, value in attribute.items()} for attribute in attributes]


def _target_group(elb: Any, properties: Properties, name: str) -> Made:
    arn = elb.create_target_group(
        Name=name, **chosen(properties, "Port", "Protocol", "Tags", "TargetType", "VpcId")
    )["TargetGroups"][0]["TargetGroupArn"]
    if "TargetGroupAttributes" in properties:
        elb.modify_target_group_attributes(
            TargetGroupArn=arn, Attributes=_strings(properties["TargetGroupAttributes"])
        )
    _register(elb, arn, properties)
    full_name = arn.split(":")[-1]
    return Made(
        id=arn,
        attributes={
            "TargetGroupArn": arn,
            "TargetGroupFullName": full_name,
            "TargetGroupName": name,
        },
    )


def _register(elb: Any, id: str, properties: Properties) -> None:
    """Bring the group's targets to those of the template."""
    wanted = properties.get("Targets", [])
    found = elb.describe_target_health(TargetGroupArn=id)["TargetHealthDescriptions"]
    ids = {target["Id"] for target in wanted}
    gone = [each["Target"] for each in found if each["Target"]["Id"] not in ids]
    if gone:
        elb.deregister_targets(TargetGroupArn=id, Targets=gone)
    if wanted:
        elb.register_targets(TargetGroupArn=id, Targets=wanted)


def _listener(elb: Any, properties: Properties, name: str) -> Made:
    arn = elb.create_listener(
        **chosen(properties, "DefaultActions", "LoadBalancerArn", "Port", "Protocol", "Tags")
    )["Listeners"][0]["ListenerArn"]
    return Made(id=arn, attributes={"ListenerArn": arn})


def _zone(route53: Any, properties: Properties, name: str) -> Made:
    vpcs = properties.get("VPCs", [])
    first = {"VPC": vpcs[0], "HostedZoneConfig": {"PrivateZone": True}} if vpcs else {}
    zone = route53.create_hosted_zone(Name=name, CallerReference=name, **first)["HostedZone"]
    id = zone["Id"].split("/")[-1]
    for vpc in vpcs[1:]:
        route53.associate_vpc_with_hosted_zone(HostedZoneId=id, VPC=vpc)
    return Made(id=id, attributes={"Id": id})


def _delete_zone(route53: Any, id: str, properties: Properties) -> None:
    route53.delete_hosted_zone(Id=id)


def _change(route53: Any, action: str, properties: Properties) -> None:
    route53.change_resource_record_sets(
        HostedZoneId=properties["HostedZoneId"],
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": _as_asked(properties)}]},
    )


def _as_asked(properties: Properties) -> Properties:
    """The record of a template as Route 53's API has it."""
    record = chosen(properties, "AliasTarget", "Name", "Type")
    if "AliasTarget" in record:
        record["AliasTarget"] = {"EvaluateTargetHealth": False} | record["AliasTarget"]
    if "TTL" in properties:
        record["TTL"] = int(properties["TTL"])
        record["ResourceRecords"] = [{"Value": value} for value in properties["ResourceRecords"]]
    return record


def _delete_record(route53: Any, id: str, properties: Properties) -> None:
    """Refused where the values are no longer those of the template, as Route 53 does.

    An alias has to match as well: where it leads, and that host's zone (Route 53's API reference,
    ChangeResourceRecordSets).
    """
    found = _found(route53, properties)
    if found is not None and _values(found) != _values(_as_asked(properties)):
        raise ValueError(
            f"{properties['Name']}: the values provided do not match the current values"
        )
    _change(route53, "DELETE", properties)


def _found(route53: Any, properties: Properties) -> Properties | None:
    sets = route53.list_resource_record_sets(HostedZoneId=properties["HostedZoneId"])
    for each in sets["ResourceRecordSets"]:
        if (each["Name"].rstrip("."), each["Type"]) == (
            properties["Name"].rstrip("."),
            properties["Type"],
        ):
            return dict(each)
    return None


def _values(record: Properties) -> tuple[Any, ...]:
    """What a record leads to, as Route 53 compares it: names without regard to case."""
    alias = record.get("AliasTarget", {})
    return (
        sorted(each["Value"] for each in record.get("ResourceRecords", ())),
        alias.get("DNSName", "").rstrip(".").lower(),
        alias.get("HostedZoneId"),
        alias.get("EvaluateTargetHealth"),
    )


def _record(route53: Any, properties: Properties, name: str) -> Made:
    _change(route53, "CREATE", properties)
    return Made(id=name)


def _has_record(route53: Any, id: str, properties: Properties) -> bool:
    wanted = (id.rstrip("."), properties["Type"])
    zones = [zone["Id"] for zone in route53.list_hosted_zones()["HostedZones"]]
    records = (
        (record["Name"].rstrip("."), record["Type"])
        for zone in zones
        for record in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    )
    return wanted in records


KINDS = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Kind(
        service="elbv2",
        exists=lambda elb, id, _: elb.describe_load_balancers(LoadBalancerArns=[id])[
            "LoadBalancers"
        ],
        create=_load_balancer,
        delete=lambda elb, id, _: elb.delete_load_balancer(LoadBalancerArn=id),
        name="Name",
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Kind(
        service="elbv2",
        without_effect=frozenset(
            {
                "HealthCheckIntervalSeconds",
                "HealthCheckProtocol",
                "HealthCheckTimeoutSeconds",
                "HealthyThresholdCount",
                "UnhealthyThresholdCount",
            }
        ),
        exists=lambda elb, id, _: elb.describe_target_groups(TargetGroupArns=[id])["TargetGroups"],
        create=_target_group,
        update=_register,
        delete=lambda elb, id, _: elb.delete_target_group(TargetGroupArn=id),
        name="Name",
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Kind(
        service="elbv2",
        exists=lambda elb, id, _: elb.describe_listeners(ListenerArns=[id])["Listeners"],
        create=_listener,
        delete=lambda elb, id, _: elb.delete_listener(ListenerArn=id),
    ),
    "AWS::Route53::HostedZone": Kind(
        service="route53",
        without_effect=frozenset({"HostedZoneTags"}),
        exists=lambda route53, id, _: route53.get_hosted_zone(Id=id),
        create=_zone,
        delete=_delete_zone,
        name="Name",
    ),
    "AWS::Route53::RecordSet": Kind(
        service="route53",
        exists=_has_record,
        create=_record,
        update=lambda route53, _, properties: _change(route53, "UPSERT", properties),
        delete=_delete_record,
        name="Name",
    ),
}
