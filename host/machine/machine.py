"""What the program needs of the machine that it runs on, one small Protocol a concern.

Every effect goes through one of these, so that tests count them, break them one by one, and run
the program in a scratch folder. Paths are absolute as on the machine ("/etc/fstab"); `Files` alone
knows below which root they lie.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a finished command left."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The instance identity document."""

    account: str
    region: str
    zone: str
    instance_id: str
    architecture: str
    """`amd64` or `arm64`."""
    private_ip: str


class Shell(Protocol):
    """Runs commands; never through a shell's own parsing."""

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        """Run to the end; a program that is missing has exit code 127, a timeout raises."""


class Files(Protocol):
    """The machine's files; every write is whole or not at all, also after a power cut."""

    def path(self, path: str) -> Path:
        """Where `path` lies on this computer; for code that must hand a path on."""

    def exists(self, path: str) -> bool:
        """Whether anything is at `path`."""

    def read(self, path: str) -> bytes:
        """The content; FileNotFoundError where there is none."""

    def sha256(self, path: str) -> str:
        """The hash of a file of any size; "" where there is none."""

    def names(self, folder: str) -> tuple[str, ...]:
        """The sorted names in a folder; none where there is no folder."""

    def write(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        """Replace the file through a hidden temporary file and a rename; makes the folders."""

    def link(self, path: str, target: str) -> None:
        """Point the symbolic link `path` at `target`, replacing what it pointed at."""

    def permit(self, path: str, mode: int) -> None:
        """Change a file's mode."""

    def folder(self, path: str, *, mode: int = 0o755) -> None:
        """Make a folder and those above it."""

    def rename(self, old: str, new: str) -> None:
        """Move a file or folder within one filesystem."""

    def remove(self, path: str) -> None:
        """Remove a file or a whole folder; silent where there is nothing."""


class Clock(Protocol):
    """Time, so that tests need not wait for it."""

    def now(self) -> datetime:
        """The wall clock in UTC."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Imds(Protocol):
    """The instance metadata service, version 2."""

    def identity(self) -> Identity:
        """Which machine this is."""

    def tag(self, name: str) -> str:
        """The value of one of this instance's tags; Failed where it has no such tag."""


class Web(Protocol):
    """Plain HTTPS to servers that are not AWS APIs."""

    def download(self, url: str, path: str) -> None:
        """Fetch into a file, replacing it; Failed when anything is missing at the end."""

    def put(self, url: str, body: bytes) -> int:
        """PUT without a content type, as presigned URLs want it; the HTTP status."""

    def listens(self, host: str, port: int) -> bool:
        """Whether a TCP connection is accepted there."""


class Aws(Protocol):
    """Makes AWS clients."""

    def client(self, service: str, region: str | None = None, *, brief: bool = False) -> Any:
        """A boto3 client; the machine's own region where none is given.

        A `brief` one gives up within seconds, for what may lie in a lost region.
        """

    def anybody(self, service: str) -> Any:
        """A boto3 client without credentials."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Everything that a verb may touch."""

    shell: Shell
    files: Files
    clock: Clock
    imds: Imds
    web: Web
    aws: Aws
