"""What every machine begins with, the same bytes on each."""

from pathlib import Path

USER_DATA = Path(__file__).parent.parent / "host" / "user_data.sh"
