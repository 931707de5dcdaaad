"""An EBS volume as a folder: its content, and the signature that blkid would find."""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Volume:
    """One volume; it outlives the machine that mounts it."""

    volume_id: str
    folder: Path

    @property
    def device(self) -> str:
        """Where the kernel shows it."""
        name = self.volume_id.replace("-", "")
        return f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{name}"

    @property
    def content(self) -> Path:
        """What is mounted."""
        return self.folder / "content"

    @property
    def signature(self) -> dict[str, str]:
        """TYPE, LABEL and UUID; empty for a blank volume."""
        file = self.folder / "signature.json"
        found: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return found

    def format(self, *, type_: str, label: str) -> None:
        """Make a filesystem."""
        self.content.mkdir(parents=True, exist_ok=True)
        signature = {"TYPE": type_, "LABEL": label, "UUID": str(uuid.uuid4())}
        (self.folder / "signature.json").write_text(json.dumps(signature), encoding="utf-8")
