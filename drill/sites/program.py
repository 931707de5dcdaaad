"""`python program.py URL NAME ARGUMENT...`: hands a machine's program call to the drill's process.

Standard library only and run without site-packages: it stands for programs that start in no time.
"""

import http.client
import json
import sys
from urllib.parse import urlsplit


def main() -> int:
    """Make the call; its exit code, its output on the usual streams."""
    url, *argv = sys.argv[1:]
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    connection.request("POST", "/", json.dumps(argv))
    result = json.load(connection.getresponse())
    sys.stdout.write(result["stdout"])
    sys.stderr.write(result["stderr"])
    return int(result["exit_code"])


if __name__ == "__main__":
    sys.exit(main())
