"""One site's archive as an ObjectStore and a server name describe it.

The command lines are those that plugin-barman-cloud v0.14.0 builds with its barman-cloud library;
`drill` only runs them in the plugin's place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drill.operator.processes import TOOLS_BIN

_EMULATED = {
    "configuration": {"destinationPath", "s3Credentials", "wal", "data"},
    "wal": {"compression", "maxParallel", "restoreAdditionalCommandArgs"},
    "data": {"compression", "immediateCheckpoint", "jobs"},
}
"""What is read of an ObjectStore; any other key would change what the plugin does."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Where base backups and WAL of one server name are, and the barman-cloud options for them."""

    server_name: str
    store_name: str
    store: Mapping[str, Any]
    """The ObjectStore's `spec`."""

    def __post_init__(self) -> None:
        """Refuse what would be left out silently."""
        for part, known in _EMULATED.items():
            whole = self._configuration
            section = whole if part == "configuration" else whole.get(part, {})
            if unknown := section.keys() - known:
                raise NotImplementedError(f"{part} of an ObjectStore: {sorted(unknown)}")

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
            *(["--immediate-checkpoint"] if data.get("immediateCheckpoint") else []),
            *(["--jobs", str(data["jobs"])] if "jobs" in data else []),
            *self._place(),
        ]

    def list_backups(self) -> list[str]:
        """The command that prints the catalogue as JSON."""
        return [*_command("backup-list"), "--format", "json", *self._place()]

    def restore_backup(self, backup_id: str, into: Path) -> list[str]:
        """The command that unpacks a base backup."""
        return [*_command("restore"), *self._place(), backup_id, str(into)]

    def delete_expired(self) -> list[str] | None:
        """The command that keeps what the retention policy, in days, needs; None without one."""
        policy = self.store.get("retentionPolicy")
        if not policy:
            return None
        window = f"RECOVERY WINDOW OF {int(policy.removesuffix('d'))} DAYS"
        return [*_command("backup-delete"), "--retention-policy", window, *self._place()]

    @property
    def _configuration(self) -> Mapping[str, Any]:
        configuration: Mapping[str, Any] = self.store["configuration"]
        return configuration

    def _place(self) -> list[str]:
        return ["--cloud-provider", "aws-s3", self.destination, self.server_name]


def _command(name: str) -> list[str]:
    return [str(TOOLS_BIN / f"barman-cloud-{name}")]


def _compression(section: Mapping[str, Any]) -> list[str]:
    return [f"--{section['compression']}"] if section.get("compression") else []
