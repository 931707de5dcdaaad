"""The chart repositories of the project's HelmCharts, as folders for a web server of the rig.

`www/HOST/PATH/index.yaml` beside the packed charts, for each repository that a HelmChart names;
`tls.crt` and `tls.key` for all of those hosts; `ca.crt`, which the image of the Helm Jobs trusts.
The key of the authority is not kept.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from drill.rig.parts.go_module import GO, MODULES, source
from drill.rig.parts.part import Prerequisite, program
from drill.rig.parts.stand_in_chart import StandInChart, chart_files
from drill.rig.parts.workspace import Workspace

_DAYS = "3650"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True, kw_only=True)
class ModuleChart:
    """The real chart, as a Go module ships it, without those templates that cannot run here."""

    name: str
    version: str
    repository: str
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
class ChartRepository:
    """All charts, packed by the real helm."""

    made_from_manifests: tuple[ManifestChart, ...]
    of_modules: tuple[ModuleChart, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """How stand-in charts are made, and the pins of the modules with charts."""
        pins = (MODULES / chart.module / "go.sum" for chart in self.of_modules)
        return (Path(__file__).with_name("stand_in_chart.py"), *pins)

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        """openssl makes the certificates."""
        return (GO, program("openssl", package="openssl"))

    def make(self, work: Workspace) -> None:
        """Write and pack each chart, then the indices, then the certificates."""
        for each in self.made_from_manifests:
            part, _, rest = each.manifest.partition("/")
            text = (work.made[part] / rest).read_text(encoding="utf-8")
            folder = work.into / "charts" / each.chart.name
            for name, content in chart_files(each.chart, text).items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
            self._pack(work, folder, each.chart.repository, each.chart.version)
        for chart in self.of_modules:
            folder = work.into / "charts" / chart.name
            chart.write(folder)
            self._pack(work, folder, chart.repository, chart.version)
        shutil.rmtree(work.into / "charts")
        self._index(work)
        _certify(work, sorted(path.name for path in (work.into / "www").iterdir()))

    def _pack(self, work: Workspace, folder: Path, repository: str, version: str) -> None:
        """A chart without an appVersion of its own, as in a source tree, gets the chart's."""
        target = _served(work.into, repository)
        target.mkdir(parents=True, exist_ok=True)
        source_tree = "appVersion: v0.0.0" in (folder / "Chart.yaml").read_text(encoding="utf-8")
        app_version = ("--app-version", version) if source_tree else ()
        work.run(
            *(_helm(work), "package", folder, "--destination", target),
            *("--version", version, *app_version),
        )

    def _index(self, work: Workspace) -> None:
        made = {each.chart.repository for each in self.made_from_manifests}
        for repository in sorted(made | {chart.repository for chart in self.of_modules}):
            folder = _served(work.into, repository)
            work.run(_helm(work), "repo", "index", folder, "--url", repository)


def _helm(work: Workspace) -> Path:
    return work.made["helm"] / "bin/helm"


def _served(into: Path, repository: str) -> Path:
    address = urlsplit(repository)
    return into / "www" / address.netloc / address.path.strip("/")


def _certify(work: Workspace, hosts: list[str]) -> None:
    """An authority, and one certificate of it for all hosts."""
    names = ",".join(f"DNS:{host}" for host in hosts)
    work.run(
        *("openssl", "req", "-x509", *_KEY, "-days", _DAYS, "-subj", "/CN=pgtwin rig"),
        *("-keyout", "ca.key", "-out", "ca.crt"),
    )
    work.run(
        *("openssl", "req", "-x509", *_KEY, "-days", _DAYS, "-subj", f"/CN={hosts[0]}"),
        *("-CA", "ca.crt", "-CAkey", "ca.key", "-addext", f"subjectAltName={names}"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        *("-keyout", "tls.key", "-out", "tls.crt"),
    )
    (work.into / "ca.key").unlink()
