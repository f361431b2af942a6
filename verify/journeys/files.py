"""Files: in a browser through the one login, synced to a computer, shared with a team."""

from __future__ import annotations

import json
import os
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deploy import artifacts
from deploy.run import install_packages, run
from verify.journeys import dav, login
from verify.journeys.stage import JourneyError, SkipError
from verify.journeys.web import browser, foreign, go, visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from verify.journeys.dav import Program
    from verify.journeys.stage import Person, Stage

CLIENT = {"nextcloudcmd": "nextcloud-desktop-cmd"}
TEAM = "Burgerzaken"  # of the sample department; persons 0 and 1 are in it
_OK, _GONE, _FORBIDDEN = 200, 404, 403
_SHARE_SECONDS = 90  # what the directory says is looked up anew every minute
_SYSTEM_AUTHORITIES = Path("/etc/ssl/certs")
_NAMES = ("Notulen.txt", 'Dossier 1/Besluit "A" & co\'s.txt', "Dossier 1/📎 bijlage één.bin")


def in_browser(stage: Stage) -> str:
    """Log in at the portal, and be at the files as the same person."""
    person = _there(stage).person(0)
    host = f"files.{person.domain}"
    with browser(stage, [host, f"login.{person.domain}"], shot="files") as (page, requests):
        tls = visit(page, login.start_page(person.domain))
        login.log_in(page, person)
        answer = go(page, f"https://{host}/")
        if answer is None or answer.status != _OK:
            raise JourneyError(f"{page.url} answered {answer.status if answer else 'nothing'}")
        if urlsplit(page.url).hostname != host:
            raise JourneyError(f"who is logged in already was sent from {host} to {page.url}")
        known = page.evaluate(
            """async () => await (await fetch('/ocs/v2.php/cloud/user?format=json',
                {headers: {'OCS-APIRequest': 'true'}})).text()"""
        )
        nothing = empty(page)
    found = json.loads(known)["ocs"]["data"]
    if not found or found.get("id") != person.uid:
        raise JourneyError(f"{person.uid} logged in, and {host} takes them for {known[:200]}")
    outside = foreign(requests, person.domain)
    if outside:
        raise JourneyError(f"the page asked {', '.join(outside)} for something")
    if nothing:
        raise _of_the_release(stage, f"{person.uid} is let in at {page.url}")
    room = found["quota"]["quota"]
    return (
        f"{person.uid} logged in once ({tls}) and is {found['display-name']} at {page.url}, in "
        f"{', '.join(found['groups'])}, room {room >> 20} MiB; {len(requests)} requests, none to "
        "others"
    )


def empty(page: Page) -> bool:
    """Tell whether a page of Nextcloud shows nothing: the scripts that make it are not there."""
    return bool(page.evaluate("typeof window.OC !== 'object'"))


def _of_the_release(stage: Stage, seen: str) -> Exception:
    """Return what an empty page is: no fault of the platform's if nobody proved the release."""
    versions = stage.host_with("nextcloud").vars.get("kootwijk_artifact_versions") or {}
    release = artifacts.held("nextcloud", "", versions)
    if release and release.verified == artifacts.UNVERIFIED:
        return SkipError(
            f"{seen}, and the page stays empty: scripts are missing, and nothing proves that the "
            f"release {release.version} is whole; sync programs do without them"
        )
    return JourneyError(f"{seen}, and the page stays empty: its scripts do not run")


def synced(stage: Stage) -> str:
    """Sync a folder with the desktop's own client, both ways."""
    person = _there(stage).person(0)
    install_packages(CLIENT)
    with dav.program(stage, person) as program, tempfile.TemporaryDirectory() as folder:
        here, top = Path(folder) / "sync", f"kootwijk-{uuid.uuid4().hex[:8]}"
        program.must("MKCOL", program.file(top))
        try:
            start = time.monotonic()
            _write(here)
            sync(stage, program, Path(folder), here, top)
            _same(program, here, top)
            program.must("PUT", program.file(f"{top}/Van een ander.txt"), b"from elsewhere")
            program.must("DELETE", program.file(f"{top}/{_NAMES[0]}"))
            (here / _NAMES[1]).write_bytes(b"changed here")
            sync(stage, program, Path(folder), here, top)
            _same(program, here, top)
            seconds = time.monotonic() - start
            if (here / _NAMES[0]).exists() or not (here / "Van een ander.txt").exists():
                raise JourneyError("what was changed on the server did not come to the computer")
        finally:
            program.ask("DELETE", program.file(top))
    size = sum(len(_content(name)) for name in _NAMES)
    return (
        f"nextcloudcmd as {person.uid}, with a password granted after the one login: "
        f"{len(_NAMES)} files ({size >> 10} KiB) up, one new and one gone down, one changed up "
        f"({seconds:.1f} s)"
    )


def shared(stage: Stage) -> str:
    """Share a file with a team; a colleague in it opens it, and one who is not does not."""
    owner, colleague, other = (_there(stage).person(n) for n in (0, 1, 3))
    name, text = f"kootwijk-{uuid.uuid4().hex[:8]}.txt", uuid.uuid4().hex
    with (
        dav.program(stage, owner) as mine,
        dav.program(stage, colleague) as theirs,
        dav.program(stage, other) as outsider,
    ):
        mine.must("PUT", mine.file(name), text.encode())
        try:
            _found(mine, TEAM)
            share = {"path": f"/{name}", "shareType": "1", "shareWith": TEAM, "permissions": "1"}
            mine.ocs("POST", "apps/files_sharing/api/v1/shares", **share)
            waited = _opened(theirs, name, text)
            written = theirs.ask("PUT", theirs.file(name), b"changed").status
            if written != _FORBIDDEN:
                raise JourneyError(f"{colleague.uid} may only read {name}; writing gave {written}")
            seen = outsider.ask("GET", outsider.file(name)).status
            if seen != _GONE:
                raise JourneyError(f"{other.uid} is not in {TEAM}; opening {name} gave {seen}")
        finally:
            mine.ask("DELETE", mine.file(name))
    return (
        f"{owner.uid} shared {name} with {TEAM}: {colleague.uid} opened it{waited} and could not "
        f"change it, {other.uid}, who is not in it, was told that there is none"
    )


def _opened(theirs: Program, name: str, text: str) -> str:
    """Open the file, and say how long it took to be there: what is known of teams is cached."""
    start = time.monotonic()
    while (seen := theirs.ask("GET", theirs.file(name))).status == _GONE:
        if time.monotonic() - start > _SHARE_SECONDS:
            raise JourneyError(f"{theirs.person.uid} did not see {name} in {_SHARE_SECONDS} s")
        time.sleep(3)
    if seen.text != text:
        raise JourneyError(f"{theirs.person.uid} opened {name} ({seen.status}); it is another")
    waited = time.monotonic() - start
    return f" after {waited:.0f} s" if waited > 1 else ""


def _found(mine: Program, team: str) -> None:
    """Type the team's name, as a person does, and see it offered: Nextcloud learns it that way."""
    asked = {"search": team, "itemType": "file", "lookup": "false"}
    found = mine.ocs("GET", "apps/files_sharing/api/v1/sharees", **asked)
    if team not in {one["label"] for one in (*found["exact"]["groups"], *found["groups"])}:
        raise JourneyError(f"{mine.person.uid} looked for {team} to share with: not offered")


def _there(stage: Stage) -> Stage:
    stage.host_with("nextcloud")
    return stage


def _content(name: str) -> bytes:
    return (name * 4000).encode() if name.endswith(".bin") else name.encode()


def _write(here: Path) -> None:
    for name in _NAMES:
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(_content(name))


def _same(program: Program, here: Path, top: str) -> None:
    """Hold what is on the server against what is here."""
    for file in (path for path in here.rglob("*") if path.is_file()):
        name = str(file.relative_to(here))
        if name.startswith("."):
            continue
        found = program.must("GET", program.file(f"{top}/{name}"))
        if found.encode() != file.read_bytes():
            raise JourneyError(f"'{name}' is one thing here and another on the server")


def sync(stage: Stage, program: Program, home: Path, here: Path, top: str) -> None:
    """Run the client, in a home of its own, where the platform's names and authority are known."""
    person = program.person
    netrc = home / ".netrc"
    netrc.touch(mode=0o600)
    netrc.write_text(f"machine {program.host} login {person.uid} password {program.password}\n")
    words = ["nextcloudcmd", "-n", "--non-interactive", "--path", f"/{top}", str(here)]
    words.append(f"https://{program.host}")
    env = {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8"}
    run(within(stage, person, home, words), what="syncing", env=env)


def within(stage: Stage, person: Person, home: Path, words: list[str]) -> list[str]:
    """Return ``words`` such that they see a lab's names and authority; as they are elsewhere.

    The client knows no other way: it asks the machine for both. It gets a view of the machine in
    which two places are others.
    """
    authority = stage.authority()
    if authority is None:
        return words
    if os.geteuid() != 0:
        raise SkipError("the sync client needs root to be shown a lab's names and authority")
    host = f"files.{person.domain}"
    (home / "hosts").write_text(f"127.0.0.1 localhost\n{stage.address(host)} {host}\n")
    (home / "authorities").mkdir(exist_ok=True)
    (home / "authorities" / "authority.pem").write_text(authority)
    binds = f"mount --bind {home}/hosts /etc/hosts; "
    binds += f"mount --bind {home}/authorities {_SYSTEM_AUTHORITIES}; "
    return ["unshare", "--mount", "sh", "-ec", f'{binds} exec "$@"', "sh", *words]
