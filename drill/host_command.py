"""`host_command.py URL SITE VERB ARGUMENTS...`: one verb through the drill's gateway.

Prints what the host program printed and ends with its exit code, or with 69 (EX_UNAVAILABLE) when
the site does not answer. Standard library only: it starts in a few milliseconds.
"""

import json
import sys
import urllib.error
import urllib.request

UNAVAILABLE = 69
NO_ANSWER = "no answer"


def main(url: str, argv: list[str]) -> int:
    """Ask, print, and pass the exit code on."""
    request = urllib.request.Request(url, json.dumps(argv).encode(), method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 (our own loopback address)
            code, stdout, stderr = json.load(answer)
    except (urllib.error.URLError, ConnectionError) as error:
        print(f"{NO_ANSWER}: {error}", file=sys.stderr)  # noqa: T201
        return UNAVAILABLE
    sys.stdout.write(stdout)
    sys.stderr.write(stderr)
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
