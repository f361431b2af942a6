"""The server's database, for the one thing that no interface does."""

from __future__ import annotations

from pathlib import Path


def administrator(config: str, user: str) -> None:
    """Make ``user`` an administrator of the server whose homeserver.yaml is ``config``."""
    import psycopg2  # noqa: PLC0415  (the server's; what else is here is tried without it)
    import yaml  # noqa: PLC0415

    arguments = yaml.safe_load(Path(config).read_text(encoding="utf-8"))["database"]["args"]
    connection = psycopg2.connect(**{k: v for k, v in arguments.items() if not k.startswith("cp_")})
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE users SET admin = 1 WHERE name = %s AND admin <> 1", (user,))
    connection.close()
