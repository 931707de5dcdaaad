"""`pgtwin link` as `make deploy` ends with it, by an administrator: before IAM decides."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def link(config: Path, environment: Mapping[str, str]) -> None:
    """Make the path between the two VPCs of what is deployed; `environment` leads to its AWS."""
    subprocess.run(
        [str(Path(sys.executable).parent / "pgtwin"), "link", "--config", str(config)],
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.DEVNULL,
    )
