"""Jobs of a namespace: each container's own command, with its own environment, one by one.

The pod's paths become folders of this machine: ConfigMaps and Secrets are written out, every other
volume is an empty folder. The commands are run as they stand, only their mount paths, the image's
interpreter and what this PostgreSQL was not built with (zstd, TLS) are replaced; `REPLACED` says
with what. CronJobs are not awaited.
"""

import base64
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator.conditions import Conditions
from drill.operator.instance import Instance
from drill.operator.processes import POSTGRES_BIN, TOOLS_BIN, CommandFailed, Processes

REPLACED = {"DUMP_COMPRESSION": "gzip", "PGSSLMODE": "disable"}
JOB_SECONDS = 300
RECOVERY = "-full-recovery"


class JobController:
    """Runs every Job that has neither succeeded nor failed."""

    def __init__(
        self,
        *,
        api: ClusterApi,
        namespace: str,
        directory: Path,
        processes: Processes,
        machine: Callable[[], Mapping[str, str]],
        writer: Callable[[str], Instance | None],
    ) -> None:
        self._api = api
        self._namespace = namespace
        self._directory = directory
        self._processes = processes
        self._machine = machine
        self._writer = writer

    def step(self) -> bool:
        """Run what is due."""
        for job in self._api.list("Job", self._namespace):
            name = job["metadata"]["name"]
            ended = job.get("status", {}).get("conditions")
            if not ended and not name.endswith(RECOVERY):
                self._run(job)
        return True

    def _run(self, job: Object) -> None:
        name = job["metadata"]["name"]
        pod = job["spec"]["template"]["spec"]
        folder = self._directory / name
        folder.mkdir(parents=True, exist_ok=True)
        conditions = Conditions()
        try:
            volumes = self._volumes(pod, folder)
            for container in (*pod.get("initContainers", []), *pod["containers"]):
                self._container(container, volumes, folder)
        except (CommandFailed, LookupError) as error:
            conditions.set("Failed", True, "BackoffLimitExceeded", "", message=str(error))
        else:
            conditions.set("Complete", True, "CompletionsReached", "")
        shutil.rmtree(folder / "volumes", ignore_errors=True)
        self._api.patch_status("Job", name, {"conditions": conditions.list}, self._namespace)

    def _container(self, container: Object, volumes: Mapping[str, Path], folder: Path) -> None:
        mounts = {
            mount["mountPath"]: str(volumes[mount["name"]]) for mount in container["volumeMounts"]
        }

        def translated(text: str) -> str:
            for path, place in mounts.items():
                if text == path or text.startswith(f"{path}/"):
                    return place + text.removeprefix(path)
            return text.replace("/venv/bin/", f"{TOOLS_BIN}/")

        environment = {
            item["name"]: translated(self._value(item)) for item in container.get("env", [])
        }
        server = environment.get("PGHOST", "").removesuffix("-rw")
        instance = self._writer(server) if server else None
        self._processes.run(
            [translated(word) for word in container["command"]],
            cwd=folder,
            environment={
                **self._machine(),
                "PATH": f"{POSTGRES_BIN}:{TOOLS_BIN}:/usr/local/bin:/usr/bin:/bin",
                "HOME": str(folder),
                "LANG": "C.UTF-8",
                **environment,
                **{key: value for key, value in REPLACED.items() if key in environment},
                **(_address(instance) if instance else {}),
            },
            log=folder / f"{container['name']}.log",
            within_seconds=JOB_SECONDS,
        )

    def _value(self, item: Mapping[str, Any]) -> str:
        if "value" in item:
            return str(item["value"])
        reference = item["valueFrom"]["secretKeyRef"]
        return self._secret(reference["name"])[reference["key"]]

    def _volumes(self, pod: Object, folder: Path) -> dict[str, Path]:
        places = {}
        for volume in pod.get("volumes", []):
            place = places[volume["name"]] = folder / "volumes" / volume["name"]
            place.mkdir(parents=True, exist_ok=True)
            files: Mapping[str, str] = {}
            if "configMap" in volume:
                files = self._config_map(volume["configMap"]["name"])
            elif "secret" in volume:
                files = self._secret(volume["secret"]["secretName"])
            for name, text in files.items():
                (place / name).write_text(text, encoding="utf-8")
        return places

    def _config_map(self, name: str) -> dict[str, str]:
        found = self._api.get("ConfigMap", name, self._namespace)
        if found is None:
            raise LookupError(f"ConfigMap {name} does not exist")
        return dict(found["data"])

    def _secret(self, name: str) -> dict[str, str]:
        found = self._api.get("Secret", name, self._namespace)
        if found is None:
            raise LookupError(f"Secret {name} does not exist")
        return {key: base64.b64decode(text).decode() for key, text in found["data"].items()}


def _address(instance: Instance) -> dict[str, str]:
    """The writer's service name, resolved: PostgreSQL's own port on loopback."""
    return {"PGHOST": "127.0.0.1", "PGPORT": str(instance.port)}
