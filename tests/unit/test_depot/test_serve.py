"""The static server of the lab."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import requests

from deploy.depot.server import server
from deploy.errors import MachineError
from deploy.paths import ROOT
from tests.unit.test_depot.conftest import serving

if TYPE_CHECKING:
    from pathlib import Path


def test_serves_many_files_on_one_connection(tmp_path: Path) -> None:
    (tmp_path / "a+b~1").write_bytes(b"x" * 3_000_000)
    with serving(tmp_path) as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"))
        start = time.monotonic()
        for path in ("/a+b~1", "/a%2bb%7e1") * 25:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, len(answer.read())) == (200, 3_000_000)
        assert time.monotonic() - start < 25


def test_nothing_above_the_served_folder(tmp_path: Path) -> None:
    (tmp_path / "private").write_text("secret")
    (tmp_path / "public").mkdir()
    with serving(tmp_path / "public") as url:
        for path in ("/../private", "/%2e%2e/private", "/private"):
            connection = http.client.HTTPConnection(url.removeprefix("http://"))
            connection.request("GET", path)
            assert connection.getresponse().status == 404


def test_lists_a_folder_as_pip_reads_it(tmp_path: Path) -> None:
    (tmp_path / "six-1-py3-none-any.whl").touch()
    with serving(tmp_path) as url:
        assert 'href="six-1-py3-none-any.whl"' in requests.get(url, timeout=5).text


def test_an_unchanged_file_is_not_sent_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with serving(tmp_path) as url:
        seen = requests.get(f"{url}/file", timeout=5).headers["Last-Modified"]
        again = requests.get(f"{url}/file", headers={"If-Modified-Since": seen}, timeout=5)
        assert again.status_code == 304


def test_says_that_the_port_is_taken(tmp_path: Path) -> None:
    with serving(tmp_path) as url, pytest.raises(MachineError, match="cannot be served"):
        server("127.0.0.1", int(url.rsplit(":", 1)[1]), tmp_path)


def test_runs_as_a_module_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "depot/public").mkdir(parents=True)
    (tmp_path / "depot/public/file").write_text("here")
    with server("127.0.0.1", 0, tmp_path) as free:
        port = free.server_address[1]
    argv = [sys.executable, "-W", "error", "-m", "deploy.depot.serve"]
    argv += ["--bind", "127.0.0.1", "--port", str(port), "--for", "test"]
    with subprocess.Popen(
        argv, cwd=ROOT, env={"KOOTWIJK_STATE": str(tmp_path)}, stderr=subprocess.PIPE
    ) as process:
        for _ in range(100):
            try:
                assert requests.get(f"http://127.0.0.1:{port}/file", timeout=5).text == "here"
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        else:
            pytest.fail("it never answered")
        process.terminate()
        assert process.communicate()[1] == b""
