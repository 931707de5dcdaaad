"""Where alarms are told."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.accepted import accept

_NO_KEY = "Messages name alarms only, and an alarm must not depend on a key policy."


class AlarmTopic(Construct):
    """A topic that CloudWatch may publish to, over TLS only.

    Requiring TLS replaces SNS' default policy, so CloudWatch has to be let in by name.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, email: str | None) -> None:
        super().__init__(scope, id)
        self.topic = sns.Topic(self, "Topic", topic_name=name, enforce_ssl=True)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="CloudWatchAlarms",
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        accept(self.topic, dict.fromkeys(("NIST.800.53.R5-SNSEncryptedKMS", "CKV_AWS_26"), _NO_KEY))
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
