"""The charts that the project's HelmCharts name, packed by the real helm as NAME-VERSION.tgz."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from drill.rig.parts.go_module import GO, MODULES, source
from drill.rig.parts.part import Prerequisite
from drill.rig.parts.stand_in_chart import StandInChart, chart_files
from drill.rig.parts.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class ModuleChart:
    """The real chart, as a Go module ships it, without those templates that cannot run here."""

    name: str
    version: str
    repository: str
    """Where the project's HelmChart looks for it."""
    module: str
    dependency: str
    folder: str
    without: tuple[str, ...] = ()
    """Patterns of files in the folder."""

    def write(self, folder: Path) -> None:
        """Copy the chart; Go's module cache is read-only and the copy is not."""
        origin = source(self.module, self.dependency) / self.folder
        shutil.copytree(
            origin,
            folder,
            copy_function=shutil.copyfile,
            ignore=shutil.ignore_patterns(*self.without),
        )
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


@dataclass(frozen=True, kw_only=True)
class ManifestChart:
    """A chart made from a manifest in another part."""

    chart: StandInChart
    manifest: str
    """Path in the cache, beginning with a part's name."""


@dataclass(frozen=True, kw_only=True)
class PackedCharts:
    """`*.tgz`, for a server of the rig that answers as the charts' repositories do."""

    made_from_manifests: tuple[ManifestChart, ...]
    of_modules: tuple[ModuleChart, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """How stand-in charts are made, and the pins of the modules with charts."""
        pins = (MODULES / chart.module / "go.sum" for chart in self.of_modules)
        return (Path(__file__).with_name("stand_in_chart.py"), *pins)

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        """Go fetches the modules."""
        return (GO,)

    def make(self, work: Workspace) -> None:
        """Write each chart and pack it."""
        folders = work.into / "charts"
        for each in self.made_from_manifests:
            part, _, rest = each.manifest.partition("/")
            text = (work.made[part] / rest).read_text(encoding="utf-8")
            folder = folders / each.chart.name
            for name, content in chart_files(each.chart, text).items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
            _pack(work, folder, each.chart.version)
        for chart in self.of_modules:
            folder = folders / chart.name
            chart.write(folder)
            _pack(work, folder, chart.version)
        shutil.rmtree(folders)


def _pack(work: Workspace, folder: Path, version: str) -> None:
    """Pack; a chart of a source tree has neither a version nor an appVersion of its own."""
    from_source = "appVersion: v0.0.0" in (folder / "Chart.yaml").read_text(encoding="utf-8")
    app_version = ("--app-version", version) if from_source else ()
    helm = work.made["helm"] / "bin/helm"
    work.run(helm, "package", folder, "--version", version, *app_version)
