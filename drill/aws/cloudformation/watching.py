"""Alarms, dashboards, topics and logs."""

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
    # The API would change the alarm of that name.
    if cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]:
        raise ValueError(f"an alarm called {name} already exists")
    _put_alarm(cloudwatch, name, properties)
    alarm = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    return Made(id=name, attributes={"Arn": alarm["AlarmArn"]})


def _put_dashboard(cloudwatch: Any, name: str, properties: Properties) -> None:
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=properties["DashboardBody"])


def _dashboard(cloudwatch: Any, properties: Properties, name: str) -> Made:
    # The API would change the dashboard of that name.
    if _has_dashboard(cloudwatch, name, properties):
        raise ValueError(f"a dashboard called {name} already exists")
    _put_dashboard(cloudwatch, name, properties)
    return Made(id=name)


def _has_dashboard(cloudwatch: Any, name: str, _properties: Properties) -> bool:
    found = cloudwatch.list_dashboards(DashboardNamePrefix=name)
    return any(each["DashboardName"] == name for each in found.get("DashboardEntries", ()))


def _topic(sns: Any, properties: Properties, name: str) -> Made:
    # The API would give the topic of that name.
    if any(each["TopicArn"].endswith(f":{name}") for each in sns.list_topics()["Topics"]):
        raise ValueError(f"a topic called {name} already exists")
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


def _has_topic_policy(sns: Any, id: str, properties: Properties) -> bool:
    topics = [topic["TopicArn"] for topic in sns.list_topics()["Topics"]]
    statements = properties["PolicyDocument"]["Statement"]
    return any(
        statements[0]["Sid"] in sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
        for arn in topics
    )


KINDS = {
    "AWS::CloudWatch::Alarm": Kind(
        service="cloudwatch",
        exists=lambda cloudwatch, id, _: cloudwatch.describe_alarms(AlarmNames=[id])[
            "MetricAlarms"
        ],
        create=_alarm,
        update=_put_alarm,
        delete=lambda cloudwatch, id, _: cloudwatch.delete_alarms(AlarmNames=[id]),
        name="AlarmName",
    ),
    "AWS::CloudWatch::Dashboard": Kind(
        service="cloudwatch",
        exists=_has_dashboard,
        create=_dashboard,
        update=_put_dashboard,
        delete=lambda cloudwatch, id, _: cloudwatch.delete_dashboards(DashboardNames=[id]),
        name="DashboardName",
    ),
    "AWS::SNS::Topic": Kind(
        service="sns",
        exists=lambda sns, id, _: sns.get_topic_attributes(TopicArn=id),
        create=_topic,
        delete=lambda sns, id, _: sns.delete_topic(TopicArn=id),
        name="TopicName",
    ),
    "AWS::SNS::TopicPolicy": Kind(
        service="sns", exists=_has_topic_policy, create=_topic_policy, update=_put_topic_policy
    ),
    "AWS::SNS::Subscription": Kind(
        service="sns",
        exists=lambda sns, id, _: sns.get_subscription_attributes(SubscriptionArn=id),
        create=_subscription,
        delete=lambda sns, id, _: sns.unsubscribe(SubscriptionArn=id),
    ),
    "AWS::Logs::LogGroup": Kind(
        service="logs",
        exists=lambda logs, id, _: logs.describe_log_groups(logGroupNamePrefix=id)["logGroups"],
        create=_log_group,
        update=_retention,
        delete=lambda logs, id, _: logs.delete_log_group(logGroupName=id),
        name="LogGroupName",
    ),
}
