"""What the kubelet does for the operator's pod: the webhook's Secret as files, then its probe.

`python mount_secret.py KUBECTL...`. One try; succeeds once the operator answers its probe.
"""

import base64
import json
import subprocess
import sys
from pathlib import Path

FOLDER = Path("/run/secrets/cnpg.io/webhook")
_PROBE = "https://127.0.0.1:9443/readyz"


def main(*kubectl: str) -> None:
    """Write the files and ask."""
    command = [*kubectl, "get", "secret", "cnpg-webhook-cert", "-n", "cnpg-system", "-o", "json"]
    found = subprocess.run(command, capture_output=True, check=True).stdout
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, value in json.loads(found)["data"].items():
        (FOLDER / name).write_bytes(base64.b64decode(value))
    probe = str(Path(__file__).with_name("wait_for_url.py"))
    subprocess.run([sys.executable, probe, _PROBE], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
