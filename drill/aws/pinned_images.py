"""The configuration with a machine image for each site, which a deployment insists on."""

import shutil
from pathlib import Path

from drill.aws.embedded_aws import EmbeddedAws
from pgtwin.aws.ubuntu_image import PARAMETER
from pgtwin.configuration import set_amis
from topology.load import load


def pinned(embedded: EmbeddedAws, config: Path, folder: Path) -> Path:
    """`config`, or a copy in `folder` that names today's image wherever `config` names none."""
    missing = {
        name: str(
            embedded.client("ssm", site.region).get_parameter(
                Name=PARAMETER.format(site.architecture)
            )["Parameter"]["Value"]
        )
        for name, site in load(config).sites()
        if site.ami is None
    }
    if not missing:
        return config
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / "pinned.yaml"
    shutil.copy(config, copy)
    set_amis(copy, missing)
    return copy
