"""The mail server's doors: an open IMAP session, and new logins over IMAP, submission and sieve."""

from __future__ import annotations

import base64
import imaplib
import os
import shutil
import smtplib
import socket
from contextlib import suppress
from pathlib import Path

from deploy.people.leaving.on_host import base

_WATCH = "dovecot-watch.service"
_FINE, _REFUSED = 250, (550, 553, 554)
_NOBODY = 68  # doveadm's, for a person without sessions


class Mail:
    def __init__(self, uid: str, address: str, host: str, secret: str) -> None:
        self._uid, self._address, self._host, self._secret = uid, address, host, secret
        self._open: imaplib.IMAP4_SSL | None = None
        self._sends: smtplib.SMTP_SSL | None = None

    def sweep(self) -> None:
        """Nothing stays here: the password is the directory's."""

    def count(self) -> dict[str, int]:
        rows = [
            line.split("\t") for line in base.run("doveadm", "-f", "tab", "who", "-1").splitlines()
        ]
        return {"sessions": sum(1 for row in rows[1:] if row[0] == self._uid)}

    def make(self) -> None:
        try:
            self._open = self._imap()
            self._sends = self._submission()
        except imaplib.IMAP4.error as why:
            if not _refused(why):
                raise

    def doors(self) -> list[str]:
        opened = ["open IMAP session", "open submission session"] if self._open else []
        return [*opened, "IMAP login", "submission login", "ManageSieve login"]

    def works(self, door: str) -> tuple[bool, str]:
        try:
            if door == "open IMAP session":
                return self._still_open()
            if door == "open submission session":
                return self._still_sends()
            if door == "IMAP login":
                box = self._imap()
                box.logout()
            elif door == "submission login":
                self._submission().quit()
            else:
                return self._sieve()
        except imaplib.IMAP4.error as why:
            if not _refused(why):
                raise
            return False, _words(why)
        except smtplib.SMTPAuthenticationError as why:
            if why.smtp_code != 535:  # noqa: PLR2004  (anything else is for now)
                raise
            return False, _words(why)
        return True, f"{self._host} let the program in"

    def end(self) -> None:
        base.look_now(_WATCH)
        base.run("doveadm", "kick", self._uid, fine=(0, _NOBODY))

    def remove(self) -> None:
        if self._open:
            with suppress(OSError, imaplib.IMAP4.error):
                self._open.logout()
        if self._sends:
            with suppress(OSError, smtplib.SMTPException):
                self._sends.quit()

    def hand_over(self, successor: str, script: str, said: str) -> list[tuple[str, str]]:
        """Put ``script`` before the person's own filters; without one, what is there stays."""
        del successor
        home = Path(base.run("doveadm", "user", "-f", "home", self._uid).strip())
        file = home / "leave.sieve"
        if script:
            owner = home.parent.stat()
            home.mkdir(mode=0o700, exist_ok=True)
            os.chown(home, owner.st_uid, owner.st_gid)
            made = file.with_suffix(".new")
            made.write_text(script, encoding="utf-8")
            made.chmod(0o600)
            os.chown(made, owner.st_uid, owner.st_gid)
            base.run("sievec", "-d", str(made))  # it says what is wrong, and writes nothing
            made.replace(file)
        return [("mail", said if script else "as was said before" if file.exists() else "kept")]

    def traces(self) -> dict[str, int]:
        home = self._home()
        found = [file for file in home.rglob("*") if file.is_file()] if home.exists() else []
        messages = sum(1 for file in found if file.parent.name in ("cur", "new"))
        size = sum(file.stat().st_size for file in found)
        return {"messages": messages, "other files": len(found) - messages, "bytes": size}

    def erase(self) -> None:
        home = self._home()
        if home.exists():
            shutil.rmtree(home)

    def elsewhere(self) -> str:
        words = ("doveadm", "search", "-A", "from", self._address)
        messages = len(base.run(*words, seconds=600.0).splitlines())
        return f"{messages} messages from {self._address} in others' mailboxes"

    def _home(self) -> Path:
        """Return the folder with the mail; only ever one below the domain's."""
        home = Path("/var/vmail", self._address.rpartition("@")[2], self._uid)
        if home.name != self._uid or self._uid in ("", ".", ".."):
            raise ValueError(f"{home} is no person's folder")
        return home

    def _imap(self) -> imaplib.IMAP4_SSL:
        box = imaplib.IMAP4_SSL(self._host, ssl_context=base.trust(), timeout=base.SECONDS)
        box.login(self._address, self._secret)
        return box

    def _still_open(self) -> tuple[bool, str]:
        if not self._open:
            raise RuntimeError("no session was opened")
        try:
            self._open.noop()
        except (imaplib.IMAP4.abort, ConnectionError) as why:
            _not_late(why)
            return False, f"the server ended it: {_words(why)}"
        return True, "the session goes on"

    def _submission(self) -> smtplib.SMTP_SSL:
        door = smtplib.SMTP_SSL(self._host, 465, timeout=base.SECONDS, context=base.trust())
        door.login(self._address, self._secret)
        return door

    def _still_sends(self) -> tuple[bool, str]:
        """Begin a message in the session that is open, and drop it."""
        if not self._sends:
            raise RuntimeError("no session was opened")
        try:
            code, words = self._sends.mail(self._address)
            if code == _FINE:  # the sender is looked at when there is somebody to send to
                code, words = self._sends.rcpt(self._address)
            self._sends.rset()
        except smtplib.SMTPServerDisconnected as why:
            _not_late(why)
            return False, f"the server ended it: {why}"
        if code not in (_FINE, *_REFUSED):
            raise RuntimeError(f"{code} {words.decode(errors='replace')}")
        return code == _FINE, f"{code} {words.decode(errors='replace')}"

    def _sieve(self) -> tuple[bool, str]:
        """Log in to ManageSieve (RFC 5804): STARTTLS, then one line with the password."""
        word = base64.b64encode(f"\0{self._address}\0{self._secret}".encode()).decode()
        with socket.create_connection((self._host, 4190), base.SECONDS) as plain:
            _answer(plain)
            plain.sendall(b"STARTTLS\r\n")
            _answer(plain)
            with base.trust().wrap_socket(plain, server_hostname=self._host) as door:
                _answer(door)
                door.sendall(f'AUTHENTICATE "PLAIN" "{word}"\r\n'.encode())
                said = _answer(door)
        if said.startswith("NO") and "TRYLATER" not in said:
            return False, said
        if not said.startswith("OK"):
            raise RuntimeError(f"ManageSieve answered: {said}")
        return True, f"{self._host} let the program in"


def _answer(door: socket.socket) -> str:
    """Return the line that ends the server's answer: OK, NO or BYE."""
    held = b""
    while True:
        got = door.recv(4096)
        if not got:
            raise ConnectionError("ManageSieve said nothing")
        held += got
        last = held.rstrip(b"\r\n").split(b"\r\n")[-1]
        if held.endswith(b"\r\n") and last.split(b" ")[0] in (b"OK", b"NO", b"BYE"):
            return last.decode(errors="replace")


def _not_late(why: Exception) -> None:
    """Raise if nobody answered in time: that is no refusal."""
    if isinstance(why.__context__, TimeoutError) or "timed out" in str(why):
        raise TimeoutError("no answer in time")


def _refused(why: imaplib.IMAP4.error) -> bool:
    return "AUTHENTICATIONFAILED" in str(why)


def _words(why: Exception) -> str:
    said = why.smtp_error if isinstance(why, smtplib.SMTPAuthenticationError) else why.args[0]
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def main(uid: str, address: str, host: str, secret: str) -> None:
    base.serve(Mail(uid, address, host, secret))
