"""A server on this computer that answers like the Hugging Face Hub does for one file."""

from __future__ import annotations

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the tests."""


class HubServer:
    """Serves ``content`` as one file of a repository; the file itself comes from a second address, as on the Hub.

    cut_after: the next answers end after so many bytes each, although more were announced.
    stop_at: answers stop after so many bytes until ``go_on`` is set.
    status: what requests are answered with when it is not 200.
    requests: (method, path, value of the Range header) of each request.
    """

    def __init__(self, content: bytes, path: str) -> None:
        self.content = content
        self.path = path
        self.etag = hashlib.sha256(content).hexdigest()
        self.cut_after: list[int] = []
        self.stop_at: int | None = None
        self.go_on = threading.Event()
        self.ranges = True
        self.status = 200
        self.requests: list[tuple[str, str, str | None]] = []
        self.user_agents: set[str] = set()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def storage(self) -> str:
        # By another name of the host: the library follows redirects within one host by itself.
        return f"http://localhost:{self._server.server_port}/storage"

    def __enter__(self) -> HubServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                hub.note(self)
                if hub.status != 200 or self.path != hub.path:
                    self._empty(hub.status if hub.status != 200 else 404)
                    return
                self.send_response(302)
                self.send_header("Location", hub.storage)
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("X-Linked-ETag", f'"{hub.etag}"')
                self.send_header("X-Linked-Size", str(len(hub.content)))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                hub.note(self)
                if self.path != "/storage":
                    self._empty(404)
                    return
                found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "") if hub.ranges else None
                start = int(found[1]) if found else 0
                body = hub.content[start:]
                self.send_response(206 if found else 200)
                self.send_header("Content-Length", str(len(body)))
                if found:
                    last = len(hub.content) - 1
                    self.send_header("Content-Range", f"bytes {start}-{last}/{len(hub.content)}")
                self.end_headers()
                body = body[: hub.cut_after.pop(0)] if hub.cut_after else body
                self.wfile.write(body[: hub.stop_at])
                if hub.stop_at is not None and hub.go_on.wait(60):
                    self.wfile.write(body[hub.stop_at :])

            def _empty(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def note(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append((request.command, request.path, request.headers.get("Range")))
        self.user_agents.add(request.headers.get("User-Agent") or "")
        assert "Authorization" not in request.headers
