"""Tokens of the one login at the mail server's doors: good ones, and such as must not be."""

from __future__ import annotations

import json
import secrets
import urllib.parse
from typing import TYPE_CHECKING

from deploy import artifacts
from verify.journeys import doors
from verify.journeys.portal import Portal
from verify.journeys.stage import JourneyError, SkipError

if TYPE_CHECKING:
    from verify.journeys.stage import Stage


def bearer(stage: Stage) -> str:
    """Log in with a token at every door; foreign, forged, another's and old ones are refused."""
    person, colleague = stage.person(0), stage.person(1)
    if not any("lemonldap_ng" in host.roles for host in stage.inventory.hosts):
        raise SkipError("this inventory has no portal, so there are no tokens")
    portal = Portal(stage, person)
    token = mail_token(stage, portal)
    opened = doors.with_token(stage, person.domain)
    for door in opened.values():
        door(person, token)
    imap = opened["IMAP"]
    said = {
        "a colleague's": doors.closed(stage, imap, colleague, token),
        "forged": doors.closed(stage, imap, person, token[:-4] + "AAAA"),
        "none": doors.closed(stage, imap, person, "x"),
    }
    if foreign := other_token(stage, portal):
        said["another service's"] = doors.closed(stage, imap, person, foreign)
    portal.log_out()
    said |= {
        f"{name} after logging out": doors.closed(stage, door, person, token)
        for name, door in opened.items()
    }
    told = "; ".join(f"{what}: {words}" for what, words in said.items())
    return f"{person.mail} logged in with a token over {', '.join(opened)}; refused: {told}"


def mail_token(stage: Stage, portal: Portal) -> str:
    """Return a token as the web mail gets it: through the browser, with its own secret."""
    domain = portal.person.domain
    uri = f"https://webmail.{domain}/index.php/login/oauth"
    return _token(stage, portal, "roundcube", uri, "openid email mail")


def other_token(stage: Stage, portal: Portal) -> str | None:
    """Return a token of a service that is not for mail, though it asks for it; None without one."""
    domain = portal.person.domain
    for client_id, uri in {
        "nextcloud": f"https://files.{domain}/apps/user_oidc/code",
        "synapse": f"https://matrix.{domain}/_synapse/client/oidc/callback",
    }.items():
        role = client_id
        if any(role in artifacts.on(h) for h in stage.inventory.hosts if h.domain == domain):
            return _token(stage, portal, client_id, uri, "openid email mail")
    return None


def _token(stage: Stage, portal: Portal, client_id: str, uri: str, scope: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "scope": scope,
        "redirect_uri": uri,
        "state": secrets.token_hex(8),
    }
    query = urllib.parse.urlencode(asked)
    lands = portal.visitor.location(f"{portal.url}oauth2/authorize?{query}")
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(lands).query))
    if not lands.startswith(uri) or answer.get("state") != asked["state"]:
        where = lands.partition("?")[0] or "nowhere"
        raise JourneyError(f"the portal sends who asks for {client_id} to {where}")
    page = portal.visitor.post(
        f"{portal.url}oauth2/token",
        {
            "grant_type": "authorization_code",
            "code": answer.get("code", ""),
            "redirect_uri": uri,
            "client_id": client_id,
            "client_secret": stage.client_secret(client_id, portal.person.domain),
        },
    )
    found = json.loads(page.text) if page.kind == "application/json" else {}
    if "access_token" not in found:
        raise JourneyError(f"{page.url} gave no token for {client_id}: {page.status}")
    return str(found["access_token"])
