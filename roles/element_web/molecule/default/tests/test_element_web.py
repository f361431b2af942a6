"""What is true of a host with Element Web, unpacked from an archive that prepare.yml made."""

from __future__ import annotations

import json
import re
from typing import Any

ROOT = "/var/www/element"


def config(host: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(host.file(f"{ROOT}/config.json").content_string)
    return found


def test_release_is_served(host: Any) -> None:
    """Ensure the page and its version are those of the archive, readable for the web server."""
    assert host.file(f"{ROOT}/index.html").content_string == "<html>chat</html>\n"
    assert host.file(f"{ROOT}/version").content_string == "9.9.9\n"
    assert host.file(f"{ROOT}/bundles/abc/a.js").mode & 0o777 == 0o644


def test_nothing_of_upstreams_settings(host: Any) -> None:
    """Ensure no file that upstream ships as settings, and no source map, is served."""
    assert not host.file(f"{ROOT}/config.sample.json").exists
    assert host.check_output(f"find -L {ROOT} -name '*.map'") == ""


def test_one_server(host: Any) -> None:
    """Ensure it logs in to the organisation's server and to no other."""
    found = config(host)
    assert found["default_server_config"] == {
        "m.homeserver": {"base_url": "https://matrix.example.test", "server_name": "example.test"}
    }
    assert found["disable_custom_urls"]
    assert found["disable_guests"]


def test_logging_out_is_for_all(host: Any) -> None:
    """Ensure who logs out is sent to where one logs out of everything."""
    assert config(host)["logout_redirect_url"] == "https://login.example.test/?logout=1"


def test_nobody_else_is_named(host: Any) -> None:
    """Ensure the only hosts in its settings are the organisation's."""
    text = host.file(f"{ROOT}/config.json").content_string
    names = set(re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", text.lower()))
    outside = {n for n in names if not n.endswith(("example.test", "example.test.invalid"))}
    settings = ("m.", "uifeature.", "messagecomposerinput.", "spaces.")
    assert not {n for n in outside if not n.startswith(settings)}


def test_what_returns_when_left_out(host: Any) -> None:
    """Ensure what the program fills in by itself is said: calls, maps, integrations and more."""
    found = config(host)
    assert found["jitsi"]["preferred_domain"].endswith(".invalid")
    assert found["element_call"]["url"] is None
    assert found["map_style_url"] is None
    assert found["integrations_ui_url"] is None
    assert found["bug_report_endpoint_url"] is None
    assert found["posthog"] is None
    assert not found["setting_defaults"]["fallbackICEServerAllowed"]
