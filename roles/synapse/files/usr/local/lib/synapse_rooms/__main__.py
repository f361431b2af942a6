"""One run: read the directory, read the server, do what differs."""

import json
import sys
from pathlib import Path

from synapse_rooms import PARTLY, accounts, directory, rooms
from synapse_rooms.server import Refused, Server, ServerError


def main() -> int:
    config = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        held = directory.read(config["ldap"])
    except directory.DirectoryError as error:
        print(f"the directory: {error}", file=sys.stderr)
        return 1
    except directory.EmptyError:
        print("nobody is in the directory: nothing is done")
        return 0
    server = Server(config["homeserver"], config["server_name"], config["token"])
    try:
        done, here = accounts.follow(server, config, held.people, held.locked)
        done += rooms.follow(server, config, here, held.teams)
    except (ServerError, OSError) as error:
        print(f"the chat server: {error}", file=sys.stderr)
        return 1
    for line in done:
        print(line, file=sys.stderr if isinstance(line, Refused) else sys.stdout)
    return PARTLY if any(isinstance(line, Refused) for line in done) else 0


sys.exit(main())
