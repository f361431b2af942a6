"""What is true of a host with nginx."""

from __future__ import annotations

import json
from typing import Any

import pytest

HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


def get(host: Any, url: str) -> tuple[int, dict[str, str]]:
    """Ask the host for ``url``, whatever its name is; return status (0: no answer) and headers.

    The test's certificate is made by the host itself.
    """
    name, port = url.split("/")[2], 443 if url.startswith("https") else 80
    script = (
        "import http.client, json, ssl, socket\n"
        "own = socket.create_connection(('127.0.0.1', PORT), 5)\n"
        "context = ssl._create_unverified_context()\n"
        "try:\n"
        "    if PORT == 443: own = context.wrap_socket(own, server_hostname='NAME')\n"
        "    door = http.client.HTTPConnection('NAME'); door.sock = own\n"
        "    door.request('GET', 'PATH'); found = door.getresponse()\n"
        "    print(json.dumps([found.status, {k.lower(): v for k, v in found.getheaders()}]))\n"
        "except (ssl.SSLError, http.client.RemoteDisconnected):\n"
        "    print(json.dumps([0, {}]))\n"
    )
    path = "/" + url.split("/", 3)[3]
    for word, value in {"PORT": str(port), "NAME": name, "PATH": path}.items():
        script = script.replace(word, value)
    done = host.run(f"python3 - <<'END'\n{script}END")
    assert done.rc == 0, done.stderr
    status, headers = json.loads(done.stdout)
    return status, headers


@pytest.fixture(scope="module", autouse=True)
def files(host: Any) -> None:
    """Things in the served folder that are pages, and things that are not."""
    host.run("mkdir -p /var/www/html/plugins && cd /var/www/html && echo x > page.html")
    host.run("cd /var/www/html && echo x > .secret && echo '<?php' | tee plugins/a.php index.php")


def test_only_the_ports_of_the_web(host: Any) -> None:
    """Ensure nginx answers on 80 and 443 and on no other port."""
    assert host.service("nginx").is_enabled
    lines = [line for line in host.check_output("ss -Hltnp").splitlines() if '"nginx"' in line]
    assert {line.split()[3].rpartition(":")[2] for line in lines} == {"80", "443"}


def test_sent_on_to_tls(host: Any) -> None:
    """Ensure who comes without TLS is sent on to the same place with it."""
    status, headers = get(host, "http://pages.example.test/page.html?a=1")
    assert (status, headers["location"]) == (301, "https://pages.example.test/page.html?a=1")


def test_page_with_its_headers(host: Any) -> None:
    """Ensure a page comes with what tells the browser to load nothing from elsewhere."""
    status, headers = get(host, "https://pages.example.test/page.html")
    assert status == 200
    assert headers["server"] == "nginx"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert HEADERS.items() <= headers.items()


def test_errors_have_the_headers_too(host: Any) -> None:
    """Ensure an error page tells the browser the same."""
    status, headers = get(host, "https://pages.example.test/not-there")
    assert status == 404
    assert HEADERS.items() <= headers.items()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_unknown_names_get_no_answer(host: Any, scheme: str) -> None:
    """Ensure a name that is no site's gets neither a page nor a certificate."""
    assert get(host, f"{scheme}://other.example.test/page.html")[0] == 0


def test_site_has_its_own_rules(host: Any) -> None:
    """Ensure a site's policy and lines are its own, under all its names."""
    for name in ("behind", "also"):
        status, headers = get(host, f"https://{name}.example.test/own")
        assert (status, headers["content-security-policy"]) == (204, "default-src 'none'")
    assert get(host, "https://behind.example.test/")[0] == 502


def test_site_with_a_group_of_servers(host: Any) -> None:
    """Ensure a site may hand requests to a group of servers, and say what windows may do."""
    status, headers = get(host, "https://grouped.example.test/")
    assert status == 502
    assert headers["cross-origin-opener-policy"] == "unsafe-none"
    assert headers["permissions-policy"] == "camera=(self)"
    status, headers = get(host, "https://pages.example.test/page.html")
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_hidden_files_are_no_pages(host: Any) -> None:
    """Ensure files that begin with a dot are not shown."""
    assert get(host, "https://pages.example.test/.secret")[0] == 404


def test_only_index_php_runs(host: Any) -> None:
    """Ensure no program but index.php is reached, nor shown; 502, because none runs it here."""
    assert get(host, "https://php.example.test/index.php")[0] == 502
    assert get(host, "https://php.example.test/")[0] == 502
    assert get(host, "https://php.example.test/plugins/a.php")[0] == 404
    assert get(host, "https://php.example.test/page.html")[0] == 200


@pytest.mark.parametrize(("version", "answered"), [("tls1_1", False), ("tls1_2", True)])
def test_old_tls_is_refused(host: Any, version: str, answered: bool) -> None:  # noqa: FBT001
    """Ensure TLS 1.1 gets no answer and TLS 1.2 does."""
    words = "openssl s_client -connect 127.0.0.1:443 -servername pages.example.test"
    done = host.run(f"{words} -{version} -cipher ALL@SECLEVEL=0 </dev/null 2>&1")
    assert ("Cipher is (NONE)" not in done.stdout) == answered


def test_nobody_is_recorded(host: Any) -> None:
    """Ensure who asked for what is not kept."""
    get(host, "https://pages.example.test/page.html")
    assert host.run("test -s /var/log/nginx/access.log").rc != 0
