"""Which names a region's services have, and which protocol they speak: pure.

The names are those that boto3 makes by itself (botocore 1.43, each service's endpoint-rule-set-1).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

WORLDWIDE = "us-east-1"
"""Where the control planes of IAM and Route 53 are, under names without a region."""
_REGIONAL = (
    "ec2",
    "elasticloadbalancing",
    "s3",
    "secretsmanager",
    "servicequotas",
    "ssm",
    "sts",
)
_WORLDWIDE = ("iam", "route53")
_JSON = {"secretsmanager", "servicequotas", "ssm"}


@dataclass(frozen=True, order=True, kw_only=True)
class Place:
    """One service of one region: what fails, and what is asked, by itself."""

    region: str
    service: str

    @property
    def name(self) -> str:
        """Its host name; S3's buckets are names below it."""
        if self.service in _WORLDWIDE:
            return f"{self.service}.amazonaws.com"
        return f"{self.service}.{self.region}.amazonaws.com"

    @property
    def speaks(self) -> Literal["json", "xml"]:
        """How it words its errors."""
        return "json" if self.service in _JSON else "xml"


def places(regions: tuple[str, ...]) -> Iterator[Place]:
    """Every service of the regions, and the two that are worldwide."""
    for region in regions:
        for service in _REGIONAL:
            yield Place(region=region, service=service)
    for service in _WORLDWIDE:
        yield Place(region=WORLDWIDE, service=service)
