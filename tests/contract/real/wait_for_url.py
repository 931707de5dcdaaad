"""Succeeds once a URL answers: `python wait_for_url.py URL`. One try."""

import ssl
import sys
import urllib.request

if __name__ == "__main__":
    any_certificate = ssl._create_unverified_context()  # noqa: S323 (the part made it itself)
    urllib.request.urlopen(sys.argv[1], timeout=2, context=any_certificate).read()  # noqa: S310
