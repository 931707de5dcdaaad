"""What the pods of k3s' Helm controller run, run here: the real Helm on the real API server.

As in the rig `drill/rig/parts/helm_job.py` stands in for klipper-helm's shell script.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.contract.real.real_site import RealSite

_ROOT = Path(__file__).parents[3]
_RUN = """
import os, pathlib, sys
from drill.rig.parts import helm_job
helm_job.TERMINATION_LOG = pathlib.Path(os.environ["HOME"], "termination-log")
helm_job.main(sys.argv[1:], dict(os.environ))
"""


@dataclass(frozen=True, kw_only=True)
class HelmJobs:
    """The Jobs of one HelmChart, with `failurePolicy: abort`."""

    site: RealSite
    name: str
    namespace: str
    chart: Path

    @property
    def helm_chart(self) -> Mapping[str, Any]:
        """The HelmChart, as far as the host program reads it."""
        return {"metadata": {"name": self.name}, "spec": {"targetNamespace": self.namespace}}

    def run(self, **values: str) -> int:
        """One pod of its Job (helm-controller v0.17.9 pkg/controllers/chart/chart.go, args)."""
        sets = [word for key in values for word in ("--set", f"{key}={values[key]}")]
        arguments = ("install", "--namespace", self.namespace, *sets)
        ran = subprocess.run(
            self.site.entered(sys.executable, "-c", _RUN, *arguments),
            capture_output=True,
            check=False,
            cwd=_ROOT,
            env={
                "PATH": f"{self.site.parts['helm'] / 'bin'}:{os.environ['PATH']}",
                "HOME": str(self.chart.parent),
                "KUBECONFIG": str(self.site.kubeconfig),
                "NAME": self.name,
                "TARGET_NAMESPACE": self.namespace,
                "CHART": str(self.chart),
                "FAILURE_POLICY": "abort",
            },
        )
        return ran.returncode


def write_chart(folder: Path, *templates: Mapping[str, Any]) -> Path:
    """A chart with these objects; its folder."""
    chart = folder / "chart"
    (chart / "templates").mkdir(parents=True)
    head = {"apiVersion": "v2", "name": "contract", "version": "1.0.0"}
    (chart / "Chart.yaml").write_text(yaml.safe_dump(head))
    (chart / "templates/objects.yaml").write_text(yaml.safe_dump_all(templates))
    return chart
