"""``python -m deploy.depot.serve --bind A --port P``: what a lab runs beside its hosts."""

from __future__ import annotations

import argparse

from deploy.depot.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bind", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--for", dest="lab", help="the lab this serves; only a mark to find it by")
    arguments = parser.parse_args()
    serve(arguments.bind, arguments.port)


if __name__ == "__main__":
    main()
