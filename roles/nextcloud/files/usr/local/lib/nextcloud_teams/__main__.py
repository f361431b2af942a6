"""One run: look, do what differs, remember whose members Nextcloud has seen."""

import json
import sys
from pathlib import Path
from typing import Any

from nextcloud_teams import plan
from nextcloud_teams.nextcloud import NextcloudError, do, look


def main(config: dict[str, Any]) -> int:
    try:
        state = look(config)
    except NextcloudError as error:
        print(f"nothing is done: {error}", file=sys.stderr)
        return 1
    if state["busy"]:
        print("Nextcloud is being upgraded: nothing is done")
        return 0
    if not state["teams"]:
        print("no team is in the directory: nothing is done")
        return 0
    seen_file = Path(config["seen"])
    seen = json.loads(seen_file.read_text(encoding="utf-8")) if seen_file.exists() else {}
    wanted = plan.wanted(state["teams"], config["title"])
    actions = plan.actions(wanted, state["folders"]) + plan.members(state["teams"], seen)
    failed = []
    try:
        for action, wrong in do(config, actions) if actions else ():
            print(f"{plan.words(action)}{f': {wrong}' if wrong else ''}")
            failed += [action] if wrong else []
    except NextcloudError as error:
        print(error, file=sys.stderr)
        return 1
    now = plan.seen(state["teams"], seen, failed)
    if now != seen:
        new = seen_file.with_suffix(".new")
        new.write_text(json.dumps(now), encoding="utf-8")
        new.replace(seen_file)
    for name in plan.unclear(state["teams"]):
        print(f"the folder of {name} is left as it is: no size that Nextcloud understands")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
