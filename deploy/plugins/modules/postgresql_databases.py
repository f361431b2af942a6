#!/usr/bin/python3
"""Databases and the roles that own them, in one go; says what it changed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import subprocess

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: postgresql_databases
short_description: PostgreSQL databases and the roles that own them
description:
  - Makes each database and its owner, sets a password that differs, closes the database to others.
  - The server only ever sees a SCRAM verifier, computed here, so that no log can hold a password;
    one that is stored already is checked with its own salt and left alone if it fits.
  - Databases and roles that are not named are left alone.
  - Runs psql as the user postgres over the local socket.
attributes:
  check_mode:
    support: full
options:
  databases:
    description: What must be there.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: Name of the database., type: str, required: true}
      owner: {description: Role that owns it., type: str, required: true}
      password: {description: Its password; printable ASCII., type: str, required: true}
      clients: {description: Not used here., type: list, elements: str}
"""

EXAMPLES = """
- postgresql_databases:
    databases: [{name: roundcube, owner: roundcube, password: "{{ roundcube_password }}"}]
"""

RETURN = """
changes: {description: What was changed., type: list, elements: str, returned: always}
"""

_STATE = """
SELECT json_build_object(
  'roles', (SELECT coalesce(json_object_agg(rolname, json_build_object(
      'password', coalesce(rolpassword, ''),
      'plain', rolcanlogin AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication
                                    OR rolbypassrls))), '{}')
    FROM pg_authid),
  'databases', (SELECT coalesce(json_object_agg(datname, json_build_object(
      'owner', pg_get_userbyid(datdba),
      'open', EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))
                      WHERE grantee = 0))), '{}')
    FROM pg_database))
"""
_ITERATIONS = 4096
_VERIFIER = re.compile(r"SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)")


class Error(Exception):
    """What psql said."""


def main() -> None:
    database = {
        "name": {"type": "str", "required": True},
        "owner": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
        "clients": {"type": "list", "elements": "str"},
    }
    module = AnsibleModule(
        argument_spec={
            "databases": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": database,
            }
        },
        supports_check_mode=True,
    )
    try:
        steps = plan(module.params["databases"], json.loads(psql(_STATE)))
        if steps and not module.check_mode:
            psql(";\n".join(sql for _, sql in steps) + ";\n")
    except (Error, ValueError, OSError) as error:
        module.fail_json(msg=str(error))
    changes = [said for said, _ in steps]
    diff = {"before": "", "after": "".join(f"{c}\n" for c in changes)}
    module.exit_json(changed=bool(steps), changes=changes, diff=diff)


def plan(wanted: list[dict[str, str]], state: dict[str, dict]) -> list[tuple[str, str]]:
    """Return (what it does, SQL) for everything in which ``state`` is not as ``wanted``."""
    steps = []
    passwords: dict[str, str] = {}
    for row in wanted:
        if passwords.setdefault(row["owner"], row["password"]) != row["password"]:
            raise ValueError(f"role {row['owner']} has two different passwords")
    for owner, password in passwords.items():
        steps += _role(owner, password, state["roles"].get(owner))
    for row in wanted:
        steps += _database(row["name"], row["owner"], state["databases"].get(row["name"]))
    return steps


def _role(name: str, password: str, found: dict | None) -> list[tuple[str, str]]:
    plain = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    if found is None:
        sql = f"CREATE ROLE {quoted(name)} {plain} PASSWORD '{verifier(password)}'"
        return [(f"role {name} made", sql)]
    steps = []
    if not found["plain"]:
        steps.append(
            (f"role {name}: more rights than a login", f"ALTER ROLE {quoted(name)} {plain}")
        )
    if not fits(password, found["password"]):
        sql = f"ALTER ROLE {quoted(name)} PASSWORD '{verifier(password)}'"
        steps.append((f"role {name}: password set", sql))
    return steps


def _database(name: str, owner: str, found: dict | None) -> list[tuple[str, str]]:
    steps = []
    if found is None:
        # The builtin provider: UTF-8 by code point, the same whatever C library the host has.
        sql = (
            f"CREATE DATABASE {quoted(name)} OWNER {quoted(owner)} TEMPLATE template0 "
            "ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
        )
        steps.append((f"database {name} made", sql))
    elif found["owner"] != owner:
        sql = f"ALTER DATABASE {quoted(name)} OWNER TO {quoted(owner)}"
        steps.append((f"database {name}: owner {owner}", sql))
    if found is None or found["open"]:
        sql = f"REVOKE ALL ON DATABASE {quoted(name)} FROM PUBLIC"
        steps.append((f"database {name}: closed to others", sql))
    return steps


def quoted(name: str) -> str:
    """Return ``name`` as an SQL identifier."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def verifier(password: str, salt: bytes | None = None, iterations: int = _ITERATIONS) -> str:
    """Return what PostgreSQL stores for ``password`` (RFC 5803)."""
    if not (password and password.isascii() and password.isprintable()):
        # Others would have to go through SASLprep first, as the clients do.
        raise ValueError("a password must be printable ASCII")
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server_key)]
    return f"SCRAM-SHA-256${iterations}:{parts[0]}${parts[1]}:{parts[2]}"


def fits(password: str, stored: str) -> bool:
    """Tell whether ``stored`` is a verifier of ``password``."""
    found = _VERIFIER.fullmatch(stored)
    if not found:
        return False
    again = verifier(password, base64.b64decode(found[2]), int(found[1]))
    return hmac.compare_digest(again, stored)


def psql(sql: str) -> str:
    """Run ``sql``, each statement by itself, up to the first that fails."""
    words = ["runuser", "--user=postgres", "--", "psql", "-XqAt", "-v", "ON_ERROR_STOP=1"]
    done = subprocess.run(words, input=sql, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise Error(done.stderr.strip())
    return done.stdout


if __name__ == "__main__":
    main()
