"""IMDSv2 for one machine and a wait condition's URL, on loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

_TOKEN = "token-of-this-session"


class MetadataServer:
    """Answers only with a session token; keeps the signals that were PUT to it."""

    def __init__(self, tags: dict[str, str], region: str, *, short_by: int = 0) -> None:
        self._short_by = short_by
        self.signals: list[dict[str, str]] = []
        document = {
            "accountId": "123456789012",
            "region": region,
            "availabilityZone": f"{region}a",
            "instanceId": "i-0123456789abcdef0",
            "architecture": "x86_64",
            "privateIp": "10.0.1.10",
        }
        self._answers = {
            "/latest/meta-data/placement/region": region,
            "/latest/dynamic/instance-identity/document": json.dumps(document),
            **{f"/latest/meta-data/tags/instance/{key}": value for key, value in tags.items()},
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        signals, answers, short_by = self.signals, self._answers, self._short_by

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path == "/signal":
                    signals.append(json.loads(body))
                self._answer(_TOKEN if self.path == "/latest/api/token" else "")

            def do_GET(self) -> None:
                if self.path == "/k3s":
                    self.send_response(200)
                    self.send_header("Content-Length", str(100 + short_by))
                    self.end_headers()
                    self.wfile.write(b"x" * 100)
                    return
                known = self.headers.get("X-aws-ec2-metadata-token") == _TOKEN
                self._answer(answers.get(self.path) if known else None)

            def _answer(self, text: str | None) -> None:
                body = (text or "").encode()
                self.send_response(200 if text is not None else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                pass

        return Handler
