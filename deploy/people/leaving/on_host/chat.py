"""The chat server: devices, each with its token."""

from __future__ import annotations

import http.client
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from deploy.people.leaving.on_host import base

_LIBRARY, _CONFIG, _FOLLOW = "/usr/local/lib", "/etc/synapse/rooms.json", "synapse-rooms.service"
_NAME = "Kootwijk leave probe"
_LEAVING = 60.0  # seconds in which an account is out of its rooms
_CREATORS_RULE = 12  # of rooms
_REFUSED = ("M_USER_LOCKED", "M_USER_DEACTIVATED")


class Chat:
    def __init__(self, uid: str, domain: str) -> None:
        sys.path.insert(0, _LIBRARY)
        server: Any = import_module("synapse_rooms.server")

        config = json.loads(Path(_CONFIG).read_text(encoding="utf-8"))
        self._server: Any = server.Server(
            config["homeserver"], config["server_name"], config["token"]
        )
        self._user = self._server.user(uid)
        self._path = f"{server.ADMIN}/v2/users/{server.part(self._user)}"
        self._first = f"{server.ADMIN}/v1/users/{server.part(self._user)}"
        self._admin, self._part = server.ADMIN, server.part
        self._login, self._host = f"{server.CLIENT}/login", f"matrix.{domain}"
        self._error = server.ServerError
        # What it could not do for somebody else is not this person's. A host that was deployed
        # before there was such a status has none.
        self._fine = (0, getattr(import_module("synapse_rooms"), "PARTLY", 0))
        self._token = self._device = self._refused = ""

    def sweep(self) -> None:
        self._delete([d["device_id"] for d in self._devices() if d.get("display_name") == _NAME])

    def count(self) -> dict[str, int]:
        return {"devices": len(self._devices())}

    def make(self) -> None:
        asked = {
            "type": "m.login.application_service",
            "identifier": {"type": "m.id.user", "user": self._user},
            "initial_device_display_name": _NAME,
        }
        try:
            made = self._server.call("POST", self._login, asked)
        except self._error as why:
            if why.code not in _REFUSED:
                raise
            self._refused = f"a new login is refused: {why.code}"
        else:
            self._token, self._device = made["access_token"], made["device_id"]

    def doors(self) -> list[str]:
        return ["device"]

    def works(self, door: str) -> tuple[bool, str]:
        del door
        if self._refused:
            return False, self._refused
        path, word = "/_matrix/client/v3/account/whoami", f"Bearer {self._token}"
        status, text = base.ask(self._host, "GET", path, Authorization=word)
        if status == http.client.UNAUTHORIZED:
            return False, f"{self._host} answered {status} {json.loads(text).get('errcode', '')}"
        if status != http.client.OK:
            raise RuntimeError(f"{self._host} answered {status}")
        return True, f"{self._host} answered {status}"

    def end(self) -> None:
        if self._server.find("GET", self._path):
            self._server.call("PUT", self._path, {"locked": True})
            self._delete([device["device_id"] for device in self._devices()])
        base.look_now(_FOLLOW, fine=self._fine)

    def remove(self) -> None:
        if self._device:
            self._delete([self._device])

    def hand_over(self, successor: str) -> list[tuple[str, str]]:
        """Give rooms where nobody else may decide anything an owner."""
        if not self._server.find("GET", self._path):
            return []
        done = []
        for room in self._rooms():
            path = f"{self._admin}/v1/rooms/{self._part(room)}"
            able, members = deciders(self._server.call("GET", f"{path}/state")["state"])
            alone = self._user in able and not any(map(self._here, able - {self._user}))
            if not alone or members == 1:
                continue
            name = self._server.call("GET", path).get("name") or room
            if successor:
                owner = {"user_id": self._server.user(successor)}
                self._server.call("POST", f"{path}/make_room_admin", owner)
            done.append((f"room {name}", f"now {successor}'s" if successor else "has no owner"))
        return done or [("rooms", "none without an owner")]

    def traces(self) -> dict[str, int]:
        found = self._server.find("GET", self._path)
        if not found or found.get("deactivated"):
            rooms = self._rooms() if found else []
            erased = bool(found and found.get("erased")) or not found
            return {
                "account": int(not erased),
                "devices": len(self._devices()),
                "rooms": len(rooms),
            }
        media = self._server.call("GET", f"{self._first}/media")["total"]
        return {
            "account": 1,
            "devices": len(self._devices()),
            "rooms": len(self._rooms()),
            "media": media,
        }

    def erase(self) -> None:
        """Deactivate and erase; the name is never given again. It leaves its rooms after that."""
        if not self._server.find("GET", self._path):
            return
        self._server.call("DELETE", f"{self._first}/media", limit="100000")
        self._server.call(
            "POST", f"{self._admin}/v1/deactivate/{self._part(self._user)}", {"erase": True}
        )
        deadline = time.monotonic() + _LEAVING
        while self._rooms() and time.monotonic() < deadline:
            time.sleep(1)

    def _rooms(self) -> list[str]:
        return list(self._server.call("GET", f"{self._first}/joined_rooms")["joined_rooms"])

    def _here(self, user: str) -> bool:
        """Tell whether a user may still come in; of another organisation's that is not known."""
        found = self._server.find("GET", f"{self._admin}/v2/users/{self._part(user)}")
        return not (found and (found.get("locked") or found.get("deactivated")))

    def _devices(self) -> list[dict[str, Any]]:
        found = self._server.find("GET", f"{self._path}/devices")
        return found["devices"] if found else []

    def _delete(self, devices: list[str]) -> None:
        if devices:
            self._server.call("POST", f"{self._path}/delete_devices", {"devices": devices})


def deciders(state: list[dict[str, Any]]) -> tuple[set[str], int]:
    """Return who of those in a room may say who decides in it, and how many are in it.

    From version 12 on those who made a room may do everything, whatever is written.
    https://spec.matrix.org/latest/client-server-api/#mroompower_levels
    """
    levels: dict[str, Any] = {}
    creators: set[str] = set()
    members = set()
    for event in state:
        content = event["content"]
        if event["type"] == "m.room.power_levels":
            levels = content
        elif event["type"] == "m.room.create" and _creators_rule(content):
            creators = {event["sender"], *content.get("additional_creators", ())}
        elif event["type"] == "m.room.member" and content.get("membership") == "join":
            members.add(event["state_key"])
    users, others = levels.get("users", {}), levels.get("users_default", 0)
    needed = levels.get("events", {}).get("m.room.power_levels", levels.get("state_default", 50))
    able = {name for name in members if users.get(name, others) >= needed}
    return able | creators & members, len(members)


def _creators_rule(create: dict[str, Any]) -> bool:
    version = str(create.get("room_version", "1"))
    return version.isdecimal() and int(version) >= _CREATORS_RULE


def main(uid: str, domain: str) -> None:
    base.serve(Chat(uid, domain))
