"""The depot over HTTP, for a lab: static files, nothing else."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from deploy.errors import MachineError
from deploy.paths import depot

if TYPE_CHECKING:
    from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes on a connection that stays open: without this the second
    # waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    timeout = 60

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def copyfile(self, source: Any, outputfile: Any) -> None:
        try:
            outputfile.flush()
            self.connection.sendfile(source)
        except (ValueError, OSError):
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is not the depot's trouble."""


def server(bind: str, port: int, folder: Path) -> ThreadingHTTPServer:
    """Return a server of ``folder``, bound but not yet serving; port 0 takes a free one."""
    try:
        return _Server((bind, port), partial(_Quiet, directory=str(folder)))
    except OSError as error:
        raise MachineError(
            f"the depot cannot be served here: {error.strerror}",
            where=f"{bind} port {port}",
            next_step="see who has that port (ss -ltnp), or give another with --port",
        ) from error


def serve(bind: str, port: int) -> None:
    """Serve the depot's public tree until interrupted; listings included, as pip reads them."""
    server(bind, port, depot() / "public").serve_forever()
