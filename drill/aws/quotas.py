"""The quota of elastic addresses, which moto does not know. Nothing enforces it."""

from typing import Any

from moto.servicequotas.models import ServiceQuotasBackend

ADDRESSES = ("ec2", "L-0263D0A3")
_OF_A_NEW_ACCOUNT = 5.0
"""EC2 user guide, "Elastic IP addresses"."""


def install() -> None:
    """Answer for it; every other quota is moto's answer."""
    known = ServiceQuotasBackend.get_service_quota

    def get_service_quota(self: Any, service_code: str, quota_code: str) -> Any:
        if (service_code, quota_code) != ADDRESSES:
            return known(self, service_code, quota_code)
        return {
            "ServiceCode": service_code,
            "QuotaCode": quota_code,
            "QuotaName": "EC2-VPC Elastic IPs",
            "Value": _OF_A_NEW_ACCOUNT,
        }

    ServiceQuotasBackend.get_service_quota = get_service_quota
