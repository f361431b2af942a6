"""What is true of a host whose files mail programs ask for."""

from __future__ import annotations

import plistlib
import xml.etree.ElementTree as ET
from typing import Any

FOLDER = "/var/www/autoconfig"
NAME = 'Gemeente \'t Zand & "Dorp" </displayName> 🐑 ${x} %EMAILADDRESS%'
OUTLOOK = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"


def read(host: Any, name: str) -> str:
    return str(host.file(f"{FOLDER}/{name}").content.decode())


def test_thunderbird(host: Any) -> None:
    """Ensure Thunderbird's file offers IMAP and submission over TLS, logging in by address."""
    provider = ET.fromstring(read(host, "config-v1.1.xml")).find("emailProvider")  # noqa: S314
    assert provider is not None
    assert provider.findtext("domain") == "example.test"
    offered = {
        (server.get("type"), *(server.findtext(tag) for tag in ("hostname", "port", "socketType")))
        for server in (*provider.findall("incomingServer"), *provider.findall("outgoingServer"))
    }
    mail = "mail.example.test"
    assert offered == {("imap", mail, "993", "SSL"), ("smtp", mail, "465", "SSL")}
    assert {u.text for u in provider.iter("username")} == {"%EMAILADDRESS%"}


def test_outlook(host: Any) -> None:
    """Ensure Outlook's file offers the same, and nobody's login name."""
    root = ET.fromstring(read(host, "autodiscover.xml"))  # noqa: S314
    offered = {
        tuple(found.findtext(OUTLOOK + tag) for tag in ("Type", "Server", "Port", "SSL"))
        for found in root.iter(f"{OUTLOOK}Protocol")
    }
    mail = "mail.example.test"
    assert offered == {("IMAP", mail, "993", "on"), ("SMTP", mail, "465", "on")}
    assert list(root.iter(f"{OUTLOOK}LoginName")) == []


def test_apple(host: Any) -> None:
    """Ensure Apple's profile offers the same, over TLS alone."""
    account = plistlib.loads(read(host, "mail.mobileconfig").encode())["PayloadContent"][0]
    for way, port in {"Incoming": 993, "Outgoing": 465}.items():
        assert account[f"{way}MailServerHostName"] == "mail.example.test"
        assert account[f"{way}MailServerPortNumber"] == port
        assert account[f"{way}MailServerUseSSL"] is True


def test_names_are_only_names(host: Any) -> None:
    """Ensure a name with quotes, tags, an emoji or a dollar arrives as it is and ends nothing."""
    config = ET.fromstring(read(host, "config-v1.1.xml"))  # noqa: S314
    assert config.findtext("emailProvider/displayName") == NAME
    page = config.find("webMail/loginPage")
    assert page is not None
    assert page.get("url") == 'https://webmail.example.test/?a=1&b="2"'
    profile = plistlib.loads(read(host, "mail.mobileconfig").encode())
    assert profile["PayloadDisplayName"] == NAME


def test_for_everybody_to_read(host: Any) -> None:
    """Ensure the files are root's, and a web server may read them."""
    for name in ("config-v1.1.xml", "autodiscover.xml", "mail.mobileconfig"):
        file = host.file(f"{FOLDER}/{name}")
        assert (file.user, file.mode) == ("root", 0o644)
