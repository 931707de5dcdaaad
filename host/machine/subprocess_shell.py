"""Commands by subprocess.

What they say is text. Bytes that are none, such as a name in another encoding, go through as
Python's surrogates, both ways.
"""

import subprocess
from collections.abc import Sequence

from host.errors import TimedOut
from host.machine.machine import Result


class SubprocessShell:
    """Runs argument lists with the caller's environment."""

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        """Run to the end and keep what was printed."""
        try:
            done = subprocess.run(
                argv,
                input=stdin,
                capture_output=True,
                text=True,
                errors="surrogateescape",
                timeout=timeout_seconds,
                check=False,
            )
        except FileNotFoundError:
            return Result(exit_code=127, stdout="", stderr=f"{argv[0]}: command not found")
        except subprocess.TimeoutExpired:
            what = " ".join(argv[:4])
            raise TimedOut(f"`{what}` did not end within {timeout_seconds:g} s") from None
        return Result(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)
