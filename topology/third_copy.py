"""Where S3 copies a site's backups to: a bucket and a key of another account."""

from typing import Annotated

from topology.frozen import Frozen, Pattern
from topology.regions import REGIONS

_KEY_ID = "mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""AWS KMS developer guide, "Key identifiers (KeyId)"."""


class ThirdCopy(Frozen):
    """Both are made by whoever has that account, before this is deployed: docs/security.md."""

    bucket: Annotated[
        str,
        Pattern(
            "[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
            "the name of a bucket, 3 to 63 lower-case letters, digits and hyphens",
        ),
    ]
    key: Annotated[
        str,
        Pattern(
            rf"arn:aws:kms:({'|'.join(REGIONS)}):[0-9]{{12}}:key/({_KEY_ID})",
            "the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID",
        ),
    ]
    """In the bucket's region; it tells the account as well."""

    @property
    def account(self) -> str:
        """The account that has the copy."""
        return self.key.split(":")[4]

    @property
    def region(self) -> str:
        """Where the copy is."""
        return self.key.split(":")[3]
