"""The mail clients and journeys against small servers of our own, also such that do wrong."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import pytest

from deploy.errors import UnreachableError
from tests.unit.journeys_tls import Tls
from verify.journeys import blame, client, mail
from verify.journeys.stage import JourneyError, Person, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAME = "mail1.a.test"
SANNE = Person("sanne", "sanne@a.test", "right")
BRAM = Person("bram", "bram@a.test", "right too")


@contextmanager
def serving(
    hello: bytes, answer: Callable[[str], bytes | None], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Serve lines on loopback: ``answer`` gives each line's reply, or None to say nothing."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(connection: socket.socket) -> None:
        try:
            secure = tls.wrap_socket(connection, server_side=True) if tls else connection
            with secure, secure.makefile("rwb", buffering=0) as stream:
                stream.write(hello)
                for line in stream:
                    if line.upper() == b"QUIT\r\n":
                        stream.write(b"221 bye\r\n")
                        break
                    reply = answer(line.decode(errors="replace").rstrip("\r\n"))
                    if reply is not None:
                        stream.write(reply)
        except OSError:
            return  # the client went away, as some of these tests want

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed: the test is over
            threading.Thread(target=talk, args=[connection], daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


class FakeStage:
    """The two names that the clients ask a Stage for."""

    def __init__(self, authority: str) -> None:
        self._authority = authority

    def mail_host(self, _domain: str) -> str:
        return NAME

    def mail_password(self, person: Person) -> str:
        return person.password

    def address(self, _name: str) -> str:
        return "127.0.0.1"

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self._authority)

    def person(self, number: int) -> Person:
        return (SANNE, BRAM)[number]


def stage_of(tls: Tls) -> Stage:
    return cast("Stage", FakeStage(tls.authority))


# ---- Relaying, on a server's port for other servers


def recipients(answers: dict[str, str]) -> Callable[[str], bytes]:
    """Answer RCPT by what the line contains, everything else with 250."""

    def answer(line: str) -> bytes:
        if line.upper().startswith("RCPT"):
            said = next((text for part, text in answers.items() if part in line), "250 fine")
            return f"{said}\r\n".encode()
        return b"250 fine\r\n"

    return answer


def relaying(answers: dict[str, str]) -> str:
    with (
        serving(b"220 mail1.a.test\r\n", recipients(answers)) as port,
        client.Plain(NAME, "127.0.0.1", port) as smtp,
    ):
        return mail.relaying(smtp, SANNE)


def test_a_server_that_refuses_to_relay() -> None:
    assert relaying({"example.org": "554 5.7.1 Relay access denied"}) == (
        "relaying: 554 5.7.1 Relay access denied; "
        "relaying as a colleague: 554 5.7.1 Relay access denied"
    )


def test_an_open_relay_fails() -> None:
    with pytest.raises(JourneyError, match="relaying was accepted"):
        relaying({})


def test_a_server_that_refuses_everything_or_cannot_say_proves_nothing() -> None:
    with pytest.raises(Exception, match="no such user") as refused:
        relaying({"@": "550 no such user"})
    assert blame.status(refused.value) == "fail"
    with pytest.raises(Exception, match="later") as unsure:
        relaying({"example.org": "451 later"})
    assert blame.status(unsure.value) == "error"


# ---- Submission


def test_a_wrong_password_that_is_let_in_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = Tls(tmp_path, NAME)

    def answer(line: str) -> bytes:
        if line.startswith("ehlo"):
            return b"250-mail1.a.test\r\n250 AUTH PLAIN\r\n"
        return b"235 welcome\r\n" if line.startswith("AUTH") else b"250 fine\r\n"

    def guess() -> None:
        with client.submission(NAME, "127.0.0.1", stage_of(tls).trust()) as smtp:
            smtp.login(SANNE.mail, "not-the-password")

    with serving(b"220 mail1.a.test\r\n", answer, tls.server) as port:
        monkeypatch.setattr(client, "SUBMISSION", port)
        with pytest.raises(JourneyError, match="a wrong password was accepted"):
            mail.refusal("a wrong password", guess)


@pytest.mark.parametrize(("name", "own"), [("other.a.test", True), (NAME, False)])
def test_a_certificate_for_another_name_or_of_another_authority_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, own: bool
) -> None:
    tls = Tls(tmp_path, name)
    trusted = tls if own else Tls(tmp_path, NAME)
    with serving(b"220 hello\r\n", lambda _: b"250 fine\r\n", tls.server) as port:
        monkeypatch.setattr(client, "SUBMISSION", port)
        with pytest.raises(ssl.SSLCertVerificationError) as why:
            client.send(stage_of(trusted), SANNE, BRAM)
    assert blame.status(why.value) == "fail"


def test_nobody_there_is_an_error_that_says_where() -> None:
    with serving(b"", lambda _: None) as port:
        pass
    with pytest.raises(UnreachableError, match=f"mail1.a.test did not answer on port {port}"):
        client.Plain(NAME, "127.0.0.1", port)


def test_a_server_that_hangs_up_before_tls_is_an_error_that_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stage_of(Tls(tmp_path, NAME))
    with serving(b"220 no TLS here\r\n", lambda _: None) as port:
        monkeypatch.setattr(client, "SUBMISSION", port)
        with pytest.raises(UnreachableError, match=f"did not answer on port {port}"):
            client.send(stage, SANNE, BRAM)


# ---- Reading


class Mailbox:
    """An inbox that gets message 1 at the third look, and has number 7 of a stopped journey."""

    def __init__(self, message: str) -> None:
        self.message, self.searches, self.said = message.encode(), 0, list[str]()

    def answer(self, line: str) -> bytes:
        tag, command, *_ = line.split(" ")
        self.said.append(line.partition(" ")[2])
        if command == "LOGIN" and '"right"' not in line:
            return f"{tag} NO [AUTHENTICATIONFAILED] Authentication failed.\r\n".encode()
        data = {
            "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
            "SELECT": b"* 1 EXISTS\r\n",
            "FETCH": b"* 1 FETCH (BODY[] {%d}\r\n%s)\r\n" % (len(self.message), self.message),
            "LOGOUT": b"* BYE\r\n",
        }.get(command, b"")
        if "HEADER" in line:
            data = b"* SEARCH 7\r\n"
        elif command == "SEARCH":
            self.searches += 1
            data = b"* SEARCH 1\r\n" if self.searches > 2 else b"* SEARCH\r\n"
        return data + f"{tag} OK done\r\n".encode()


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stage, Mailbox]]:
    tls, box = Tls(tmp_path, NAME), Mailbox("From: bram@a.test\r\nSubject: S1\r\n\r\nhello\r\n")
    with serving(b"* OK ready\r\n", box.answer, tls.server) as port:
        monkeypatch.setattr(client, "IMAP", port)
        monkeypatch.setattr(client, "_POLL_SECONDS", 0.01)
        yield stage_of(tls), box


def test_a_message_is_waited_for_read_and_removed(inbox: tuple[Stage, Mailbox]) -> None:
    stage, box = inbox
    read = client.receive(stage, SANNE, "S1")
    assert read.message["From"] == "bram@a.test"
    assert read.tls.startswith("TLSv1.")
    assert [s for s in box.said if s.startswith("SEARCH SUBJECT")] == ['SEARCH SUBJECT "S1"'] * 3
    assert box.said[-3:] == [r"STORE 1,7 +FLAGS (\Deleted)", "EXPUNGE", "LOGOUT"]


def test_a_message_may_stay(inbox: tuple[Stage, Mailbox]) -> None:
    stage, box = inbox
    client.receive(stage, SANNE, "S1", keep=True)
    assert "EXPUNGE" not in box.said


def test_a_message_that_does_not_come_is_a_failure(inbox: tuple[Stage, Mailbox]) -> None:
    stage, _ = inbox
    with pytest.raises(JourneyError, match=r"'S1' was not in sanne@a\.test"):
        client.receive(stage, SANNE, "S1", seconds=-1)


def test_a_mailbox_that_refuses_its_owner_is_a_failure(inbox: tuple[Stage, Mailbox]) -> None:
    stage, _ = inbox
    with pytest.raises(Exception, match="AUTHENTICATIONFAILED") as why:
        client.receive(stage, BRAM, "S1")
    assert blame.status(why.value) == "fail"
