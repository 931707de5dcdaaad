"""Alarms, topics and logs."""

import json
from typing import Any

from drill.aws.cloudformation.kind import Kind, Made, Properties, chosen


def _put_alarm(cloudwatch: Any, name: str, properties: Properties) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        **chosen(
            properties,
            "ActionsEnabled",
            "AlarmActions",
            "AlarmDescription",
            "ComparisonOperator",
            "DatapointsToAlarm",
            "Dimensions",
            "EvaluationPeriods",
            "ExtendedStatistic",
            "InsufficientDataActions",
            "MetricName",
            "Metrics",
            "Namespace",
            "OKActions",
            "Period",
            "Statistic",
            "Threshold",
            "TreatMissingData",
            "Unit",
        ),
    )


def _alarm(cloudwatch: Any, properties: Properties, name: str) -> Made:
    _put_alarm(cloudwatch, name, properties)
    alarm = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    return Made(id=name, attributes={"Arn": alarm["AlarmArn"]})


def _topic(sns: Any, properties: Properties, name: str) -> Made:
    arn = sns.create_topic(Name=name, **chosen(properties, "Tags"))["TopicArn"]
    return Made(id=arn, attributes={"TopicArn": arn, "TopicName": name})


def _put_topic_policy(sns: Any, id: str, properties: Properties) -> None:
    for topic in properties["Topics"]:
        sns.set_topic_attributes(
            TopicArn=topic,
            AttributeName="Policy",
            AttributeValue=json.dumps(properties["PolicyDocument"]),
        )


def _topic_policy(sns: Any, properties: Properties, name: str) -> Made:
    _put_topic_policy(sns, "", properties)
    return Made(id=name)


def _subscription(sns: Any, properties: Properties, name: str) -> Made:
    arn = sns.subscribe(
        **chosen(properties, "Endpoint", "Protocol", "TopicArn"), ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    return Made(id=arn, attributes={"Arn": arn})


def _retention(logs: Any, name: str, properties: Properties) -> None:
    if "RetentionInDays" in properties:
        days = properties["RetentionInDays"]
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)


def _log_group(logs: Any, properties: Properties, name: str) -> Made:
    logs.create_log_group(logGroupName=name)
    _retention(logs, name, properties)
    group = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    return Made(id=name, attributes={"Arn": group["arn"]})


KINDS = {
    "AWS::CloudWatch::Alarm": Kind(
        service="cloudwatch",
        create=_alarm,
        update=_put_alarm,
        delete=lambda cloudwatch, id, _: cloudwatch.delete_alarms(AlarmNames=[id]),
        name="AlarmName",
    ),
    "AWS::SNS::Topic": Kind(
        service="sns",
        create=_topic,
        delete=lambda sns, id, _: sns.delete_topic(TopicArn=id),
        name="TopicName",
    ),
    "AWS::SNS::TopicPolicy": Kind(service="sns", create=_topic_policy, update=_put_topic_policy),
    "AWS::SNS::Subscription": Kind(
        service="sns",
        create=_subscription,
        delete=lambda sns, id, _: sns.unsubscribe(SubscriptionArn=id),
    ),
    "AWS::Logs::LogGroup": Kind(
        service="logs",
        create=_log_group,
        update=_retention,
        delete=lambda logs, id, _: logs.delete_log_group(logGroupName=id),
        name="LogGroupName",
    ),
}
