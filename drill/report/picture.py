"""One section of a written report as a picture, for the README; Chromium draws it."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SECTION = "timeline"
_SIZE = "1000,545"
_DRAWN_MILLISECONDS = 20_000
"""Of Chromium's own clock, in which the plot is ready."""


def take(report: Path, picture: Path) -> None:
    """Draw the loss of a region as `report` shows it."""
    only = f"<style>section:not(#{SECTION}) {{ display: none }}</style></head>"
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        whole = report.read_text(encoding="utf-8")
        page.write_text(whole.replace("</head>", only, 1), encoding="utf-8")
        subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *(f"--window-size={_SIZE}", f"--virtual-time-budget={_DRAWN_MILLISECONDS}"),
                *(f"--screenshot={picture.absolute()}", page.as_uri()),
            ],
            check=True,
            capture_output=True,
        )


def main() -> int:
    """`python -m drill.report.picture REPORT PICTURE`; the exit code."""
    report, picture = map(Path, sys.argv[1:])
    if not shutil.which("chromium"):
        sys.stderr.write("chromium is missing - run: apt-get install chromium\n")
        return 2
    if not report.is_file():
        sys.stderr.write(f"there is no {report} - run: make drill SCENARIO=region-lost\n")
        return 2
    take(report, picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
