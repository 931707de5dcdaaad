"""Alarms of one site, and its dashboard."""

from collections.abc import Mapping
from functools import partial

from aws_cdk import Annotations, Duration, NestedStack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks.alarm_rule import AlarmRule, site_alarms
from stacks.alarm_topic import AlarmTopic
from stacks.dashboard import Dashboard
from topology.alarms import ALARMS
from topology.site import SiteName
from topology.topology import Topology


class Alarms(NestedStack):
    """Lost machines are recovered or rebooted; everything else notifies the subscribers.

    Both sites have the same alarms, so the death of one region is noticed in the other: the
    heartbeat that stops arriving there raises the alarm there.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topology: Topology,
        site: SiteName,
        instances: Mapping[str, ec2.Instance],
    ) -> None:
        super().__init__(scope, id)
        self._name = partial(topology.names.alarm, site)
        name = topology.names.alarm_topic(site)
        topic = AlarmTopic(self, "Topic", name=name, email=topology.alarm_email).topic
        self._tell = actions.SnsAction(topic)
        if topology.alarm_email is None:
            Annotations.of(self).add_warning_v2(
                "pgtwin:alarm-email",
                f"The alarms of {site} notify nobody: set `alarm_email`, or subscribe to the "
                f"topic {name} after the deployment.",
            )
        self._made: list[str] = []
        for node, instance in instances.items():
            self._machine(node, instance)
        dimensions = {"site": site, "cluster": topology.site(site).cluster}
        for rule in site_alarms(topology.database.archive_timeout_seconds, topology.replication):
            self._site(rule, _metric(topology.names.metrics(), rule.metric, dimensions, rule.worst))
        Dashboard(self, "Dashboard", topology=topology, site=site, alarms=self._made)

    def _named(self, alarm: str) -> str:
        self._made.append(self._name(alarm))
        return self._made[-1]

    def _site(self, rule: AlarmRule, metric: cloudwatch.Metric) -> None:
        alarm = cloudwatch.Alarm(
            self,
            rule.name,
            alarm_name=self._named(rule.name),
            alarm_description=f"{rule.meaning} Runbook: docs/runbooks/{rule.name}.md",
            metric=metric,
            comparison_operator=rule.comparison,
            threshold=rule.threshold,
            evaluation_periods=rule.minutes,
            # Whoever is dead or blind reports nothing: silence is never taken for health.
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        alarm.add_alarm_action(self._tell)
        alarm.add_ok_action(self._tell)

    def _machine(self, node: str, instance: ec2.Instance) -> None:
        for check, action, minutes in (
            ("System", actions.Ec2InstanceAction.RECOVER, 2),
            ("Instance", actions.Ec2InstanceAction.REBOOT, 3),
        ):
            dimensions = {"InstanceId": instance.instance_id}
            alarm = cloudwatch.Alarm(
                self,
                f"{node}-{check.lower()}-check",
                alarm_name=self._named(f"{node}-{check.lower()}-check"),
                alarm_description=f"{node}: {ALARMS['machine-lost'].meaning} "
                "Runbook: docs/runbooks/machine-lost.md",
                metric=_metric("AWS/EC2", f"StatusCheckFailed_{check}", dimensions),
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                threshold=0,
                evaluation_periods=minutes,
                # A machine that was stopped on purpose, to fence it, is not to be started again.
                treat_missing_data=cloudwatch.TreatMissingData.MISSING,
            )
            alarm.add_alarm_action(actions.Ec2Action(action), self._tell)


def _metric(
    namespace: str, name: str, dimensions: dict[str, str], worst: str = "Maximum"
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=worst,
        period=Duration.minutes(1),
    )
