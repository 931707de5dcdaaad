"""CloudWatch of one region: what a site published, and the alarms on it."""

from datetime import datetime, timedelta
from typing import Any

from pgtwin.aws.clients import Clients
from topology.site import SiteName


def worst_values(
    clients: Clients,
    namespace: str,
    metric: str,
    *,
    site: SiteName,
    cluster: str,
    since: datetime,
    step: timedelta,
) -> dict[datetime, float]:
    """The greatest value of each step since then, by the step's start; silent steps are absent."""
    dimensions = [{"Name": "site", "Value": site}, {"Name": "cluster", "Value": cluster}]
    query = {
        "Id": "worst",
        "MetricStat": {
            "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
            "Period": int(step.total_seconds()),
            "Stat": "Maximum",
        },
    }

    def read(cloudwatch: Any) -> dict[datetime, float]:
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[query], StartTime=since, EndTime=since + timedelta(days=1) + step
        )
        results = [result for page in pages for result in page["MetricDataResults"]]
        return {
            at: value
            for each in results
            for at, value in zip(each["Timestamps"], each["Values"], strict=True)
        }

    return clients.ask("cloudwatch", f"read {metric} of {site} in {clients.region}", read)


def alarms(clients: Clients, prefix: str) -> dict[str, str]:
    """CloudWatch's state of each alarm whose name begins like that, by its name."""

    def read(cloudwatch: Any) -> dict[str, str]:
        pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
        found = (alarm for page in pages for alarm in page["MetricAlarms"])
        return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}

    return clients.ask("cloudwatch", f"read the alarms {prefix}* in {clients.region}", read)
