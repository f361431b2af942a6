"""The depot over HTTP, for a lab: static files, nothing else."""

from __future__ import annotations

import argparse
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from deploy.paths import depot


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bind", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--for", dest="lab", help="the lab this serves; only a mark to find it by")
    arguments = parser.parse_args()
    folder = depot() / "public"
    handler = partial(_Quiet, directory=str(folder))
    ThreadingHTTPServer((arguments.bind, arguments.port), handler).serve_forever()


if __name__ == "__main__":
    main()
