"""Alarms of one site."""

from collections.abc import Mapping

from aws_cdk import Duration, NestedStack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.alarm_rule import SITE_ALARMS
from topology.site import SiteName
from topology.topology import Topology


class Watch(NestedStack):
    """Lost machines are recovered or rebooted; everything else is told to whoever subscribed.

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
        self._prefix = f"{topology.name}-{site}"
        self._topic = sns.Topic(
            self, "Topic", topic_name=f"{self._prefix}-alarms", enforce_ssl=True
        )
        if topology.alarm_email:
            self._topic.add_subscription(subscriptions.EmailSubscription(topology.alarm_email))
        for node, instance in instances.items():
            self._machine(node, instance)
        for rule in SITE_ALARMS:
            alarm = cloudwatch.Alarm(
                self,
                rule.name,
                alarm_name=f"{self._prefix}-{rule.name}",
                alarm_description=f"{rule.meaning} Runbook: docs/runbooks/{rule.name}.md",
                metric=cloudwatch.Metric(
                    namespace="pgtwin",
                    metric_name=rule.metric,
                    dimensions_map={"site": site, "cluster": topology.site(site).cluster},
                    statistic="Maximum",
                    period=Duration.minutes(1),
                ),
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                threshold=rule.above,
                evaluation_periods=rule.minutes,
                treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            )
            alarm.add_alarm_action(actions.SnsAction(self._topic))
            alarm.add_ok_action(actions.SnsAction(self._topic))

    def _machine(self, node: str, instance: ec2.Instance) -> None:
        for check, action, minutes in (
            ("System", actions.Ec2InstanceAction.RECOVER, 2),
            ("Instance", actions.Ec2InstanceAction.REBOOT, 3),
        ):
            name = f"{node}-{check.lower()}-check"
            alarm = cloudwatch.Alarm(
                self,
                name,
                alarm_name=f"{self._prefix}-{name}",
                alarm_description=f"EC2 check of {node}. Runbook: docs/runbooks/machine-lost.md",
                metric=cloudwatch.Metric(
                    namespace="AWS/EC2",
                    metric_name=f"StatusCheckFailed_{check}",
                    dimensions_map={"InstanceId": instance.instance_id},
                    statistic="Maximum",
                    period=Duration.minutes(1),
                ),
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                threshold=0,
                evaluation_periods=minutes,
                treat_missing_data=cloudwatch.TreatMissingData.MISSING,
            )
            alarm.add_alarm_action(actions.Ec2Action(action), actions.SnsAction(self._topic))
