"""Which code a result is about: a result of other code says nothing about this one."""

import hashlib
import subprocess
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]
_PARTS = (
    *("pgtwin", "topology", "drill/aws", "drill/failures"),
    *("drill/failure_modes.py", "drill/http_service.py"),
)
"""What is played, and what decides how that is judged."""

_HEAD = ("rev-parse", "--short=8", "HEAD")


def fingerprint(config: Path, *more: str) -> str:
    """The SHA-256 of that code and of the configuration, as 16 hexadecimal digits.

    `more` are folders or files that are played as well.
    """
    found = hashlib.sha256(config.read_bytes())
    for part in (*_PARTS, *more):
        whole = _REPOSITORY / part
        for path in [whole] if whole.is_file() else sorted(whole.rglob("*.py")):
            found.update(str(path.relative_to(_REPOSITORY)).encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def commit() -> str | None:
    """The commit of this code, `+` where that was changed since; None where git does not say."""
    try:
        head, changed = (_git(*words) for words in (_HEAD, ("status", "--porcelain")))
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{head}+" if changed else head


def _git(*words: str) -> str:
    argv = ["git", "-C", str(_REPOSITORY), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
