"""One site's archive as an ObjectStore and a server name describe it.

The command lines are those that plugin-barman-cloud v0.14.0 builds with its barman-cloud library;
`drill` only runs them in the plugin's place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drill.operator.processes import TOOLS_BIN

_UNITS = {"d": "DAYS", "w": "WEEKS", "m": "MONTHS"}


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Where base backups and WAL of one server name are, and the barman-cloud options for them."""

    server_name: str
    store_name: str
    store: Mapping[str, Any]
    """The ObjectStore's `spec`."""

    @property
    def destination(self) -> str:
        """The URL above the server name, without a slash at its end."""
        return str(self._configuration["destinationPath"]).rstrip("/")

    @property
    def environment(self) -> dict[str, str]:
        """What the ObjectStore gives to the sidecar's environment."""
        sidecar = self.store.get("instanceSidecarConfiguration", {})
        return {item["name"]: item["value"] for item in sidecar.get("env", [])}

    @property
    def parallel_wal(self) -> int:
        """How many WAL segments are archived at once."""
        return int(self._configuration.get("wal", {}).get("maxParallel", 1))

    def archive_wal(self) -> list[str]:
        """The command that archives a segment, without its last argument, the path."""
        wal = self._configuration.get("wal", {})
        return [
            *_command("wal-archive"),
            *_compression(wal),
            *_encryption(wal),
            *self._tags("tags"),
            *self._tags("historyTags"),
            *wal.get("archiveAdditionalCommandArgs", []),
            *self._place(),
        ]

    def restore_wal(self) -> list[str]:
        """The command that fetches a segment, without its last arguments, name and path."""
        wal = self._configuration.get("wal", {})
        return [
            *_command("wal-restore"),
            *self._place(),
            *wal.get("restoreAdditionalCommandArgs", []),
        ]

    def check_is_empty(self) -> list[str]:
        """The command that fails when another history is already in this archive."""
        return [*_command("check-wal-archive"), *self._place()]

    def take_backup(self, name: str) -> list[str]:
        """The command that takes a base backup of the server behind PGHOST and PGPORT."""
        data = self._configuration.get("data", {})
        return [
            *_command("backup"),
            "--user",
            "postgres",
            "--name",
            name,
            *_compression(data),
            *_encryption(data),
            *(["--immediate-checkpoint"] if data.get("immediateCheckpoint") else []),
            *(["--jobs", str(data["jobs"])] if "jobs" in data else []),
            *data.get("additionalCommandArgs", []),
            *self._tags("tags"),
            *self._place(),
        ]

    def list_backups(self) -> list[str]:
        """The command that prints the catalogue as JSON."""
        return [*_command("backup-list"), "--format", "json", *self._place()]

    def restore_backup(self, backup_id: str, into: Path) -> list[str]:
        """The command that unpacks a base backup."""
        data = self._configuration.get("data", {})
        return [
            *_command("restore"),
            *data.get("restoreAdditionalCommandArgs", []),
            *self._place(),
            backup_id,
            str(into),
        ]

    def delete_expired(self) -> list[str] | None:
        """The command that keeps what the retention policy needs; None without a policy."""
        policy = self.store.get("retentionPolicy")
        if not policy:
            return None
        window = f"RECOVERY WINDOW OF {policy[:-1]} {_UNITS[policy[-1]]}"
        return [*_command("backup-delete"), "--retention-policy", window, *self._place()]

    @property
    def _configuration(self) -> Mapping[str, Any]:
        configuration: Mapping[str, Any] = self.store["configuration"]
        return configuration

    def _place(self) -> list[str]:
        return ["--cloud-provider", "aws-s3", self.destination, self.server_name]

    def _tags(self, key: str) -> list[str]:
        tags = self._configuration.get(key, {})
        option = "--tags" if key == "tags" else "--history-tags"
        return [option, *(f"{name},{value}" for name, value in tags.items())] if tags else []


def _command(name: str) -> list[str]:
    return [str(TOOLS_BIN / f"barman-cloud-{name}")]


def _compression(section: Mapping[str, Any]) -> list[str]:
    return [f"--{section['compression']}"] if section.get("compression") else []


def _encryption(section: Mapping[str, Any]) -> list[str]:
    return ["--encryption", section["encryption"]] if section.get("encryption") else []
