"""Web mail: what it keeps of a person beside the mail: identities, contacts, settings."""

from __future__ import annotations

import json

from deploy.people.leaving.on_host import base


class Webmail:
    def __init__(self, uid: str, address: str, program: str) -> None:
        self._uid, self._address, self._program = uid, address, program

    def traces(self) -> dict[str, int]:
        return self._php("traces")

    def erase(self) -> None:
        self._php("erase")

    def _php(self, what: str) -> dict[str, int]:
        words = ("runuser", "-u", "roundcube", "--", "php", "--", what, self._uid, self._address)
        return dict(json.loads(base.run(*words, stdin=self._program).splitlines()[-1]))


def main(uid: str, address: str, program: str) -> None:
    base.serve(Webmail(uid, address, program))
