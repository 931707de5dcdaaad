"""Brings a site's bundle to its machines."""

from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.bundle import Bundle
from topology.names import Names
from topology.site import SiteName


class BundleUpload(Construct):
    """The bundle as a file asset, and the one parameter that points at it.

    A new bundle changes this parameter and the association's argument, and nothing of a machine.
    """

    def __init__(
        self, scope: Construct, id: str, *, names: Names, site: SiteName, bundle: Bundle
    ) -> None:
        super().__init__(scope, id)
        asset = s3_assets.Asset(self, "Asset", path=str(bundle.file))
        ssm.StringParameter(
            self,
            "Pointer",
            parameter_name=names.bundle_parameter(site),
            description="The bundle that the machines of this site run",
            string_value=f'{{"bucket": "{asset.s3_bucket_name}", "key": "{asset.s3_object_key}", '
            f'"sha256": "{bundle.sha256}"}}',
        )
