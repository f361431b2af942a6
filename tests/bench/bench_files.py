"""Upload and sync throughput of a deployed Nextcloud, beside its disk and beside an untuned one.

    .venv/bin/python tests/bench/bench_files.py -i INVENTORY [--large 256] [--small 200]

For a lab: it logs in to the host of the files tier with the lab's key. The untuned one is the same
code, database and disk with PHP as Debian brings it (no APCu, no Valkey, opcache's own sizes, five
processes); it takes the place of the tuned one behind the same nginx while it is measured, and the
tuned one is back afterwards. Prints Markdown.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.append(str(Path(__file__).parents[2]))

from deploy import inventory
from deploy.paths import state
from verify.journeys import dav, files
from verify.journeys.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from verify.journeys.dav import Program

AT_ONCE = 8
PLAIN = r"""
set -e
rm -rf /run/plain; mkdir -p /run/plain/conf.d /run/plain/config
cp -a /etc/php/8.4/fpm/conf.d/. /run/plain/conf.d/; rm /run/plain/conf.d/60-nextcloud.ini
cp -p /var/lib/nextcloud/config/config.php /run/plain/config/
python3 - <<'END'
import json, re
text = open("/var/lib/nextcloud/config/platform.config.php").read()
head, rest = text.split("<<<'END_OF_SETTINGS'\n"); body, tail = rest.split("\nEND_OF_SETTINGS")
found = {k: v for k, v in json.loads(body).items() if not k.startswith(("memcache.", "redis"))}
open("/run/plain/config/platform.config.php", "w").write(
    head + "<<<'END_OF_SETTINGS'\n" + json.dumps(found) + "\nEND_OF_SETTINGS" + tail)
END
# Nextcloud writes into its own file what it read from both.
php -r '
$path = "/run/plain/config/config.php"; include $path;
foreach (array_keys($CONFIG) as $name)
  if (preg_match("/^(memcache\.|redis)/", $name)) unset($CONFIG[$name]);
file_put_contents($path, "<?php\n\$CONFIG = " . var_export($CONFIG, true) . ";\n");
'
chown -R nextcloud: /run/plain/config
cat > /run/plain/fpm.conf <<'END'
[global]
pid = /run/plain/fpm.pid
error_log = /run/plain/fpm.log
[plain]
user = nextcloud
group = nextcloud
listen = /run/php/nextcloud.sock
listen.group = www-data
listen.mode = 0660
pm = dynamic
pm.max_children = 5
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
env[NEXTCLOUD_CONFIG_DIR] = /run/plain/config
env[LDAPTLS_CACERT] = /etc/ssl/certs/ca-certificates.crt
END
systemctl stop php8.4-fpm
PHP_INI_SCAN_DIR=/run/plain/conf.d php-fpm8.4 --daemonize --fpm-config /run/plain/fpm.conf
"""
TUNED = "kill $(cat /run/plain/fpm.pid); sleep 1; systemctl start php8.4-fpm; rm -rf /run/plain"
DISK = (
    "cd $(mktemp -d -p /srv/nextcloud/data) && dd if=/dev/zero of=x bs=1M count={mb} conv=fsync "
    "2>&1 | tail -1 | sed 's/.*, \\([0-9.]*\\) s, .*/\\1/'; rm x; rmdir $PWD"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--inventory", type=Path, required=True)
    parser.add_argument("--large", type=int, default=256, help="MiB of the one large file")
    parser.add_argument("--small", type=int, default=200, help="how many files of 4 KiB")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    platform = inventory.load(asked.inventory)
    stage = Stage(platform)
    host = stage.host_with("nextcloud").name
    disk = float(on(platform.path, host, DISK.format(mb=asked.large)).strip())
    tuned: dict[str, float] = {}
    plain: dict[str, float] = {}
    with dav.program(stage, stage.person(0)) as program:
        # In turns, and the best of each: other work on the machine falls on both.
        for _ in range(asked.rounds):
            best(tuned, measured(stage, program, asked.large, asked.small))
            on(platform.path, host, PLAIN)
            try:
                best(plain, measured(stage, program, asked.large, asked.small))
            finally:
                on(platform.path, host, TUNED)
    print(
        f"Disk: {asked.large} MiB written, synced: {disk:.2f} s ({asked.large / disk:.0f} MiB/s)\n"
    )
    print("| what | tuned | untuned | untuned / tuned |\n|---|---|---|---|")
    for what, seconds in tuned.items():
        print(f"| {what} | {seconds:.2f} s | {plain[what]:.2f} s | {plain[what] / seconds:.1f} |")
    up = next(seconds for what, seconds in tuned.items() if "up" in what)
    print(f"\nA large file goes up at {disk / up:.2f} of the disk's own speed.")


def best(kept: dict[str, float], found: dict[str, float]) -> None:
    for what, seconds in found.items():
        kept[what] = min(seconds, kept.get(what, seconds))


def on(path: Path, host: str, script: str) -> str:
    """Run ``script`` on the host as root and return what it printed."""
    config = state() / "lab" / path.name / "ssh_config"
    argv = ["ssh", "-F", str(config), host, "sudo", "sh"]
    done = subprocess.run(argv, input=script, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{host}: {done.stderr[-2000:]}")
    return done.stdout


def measured(stage: Stage, program: Program, large: int, small: int) -> dict[str, float]:
    """Return the seconds of each kind of work."""
    top = f"bench-{os.getpid()}"
    program.must("MKCOL", program.file(top))
    body = os.urandom(1 << 20) * large
    names = [f"{top}/{number}.txt" for number in range(small)]
    try:
        program.must("PROPFIND", program.file(""), Depth="1")

        def put(name: str) -> None:
            program.must("PUT", program.file(name), os.urandom(4096))

        def together() -> None:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(put, [f"{name}.too" for name in names]))

        times = [
            timed(lambda: program.must("PROPFIND", program.file(""), Depth="1")) for _ in range(20)
        ]
        found = {
            "a folder listed": statistics.median(times),
            f"one file of {large} MiB up": timed(
                lambda: program.must("PUT", program.file(f"{top}/large"), body)
            ),
            "the same down": timed(lambda: down(program, f"{top}/large")),
            f"{small} files of 4 KiB up, one after another": timed(lambda: list(map(put, names))),
            f"{small} files of 4 KiB up, {AT_ONCE} at once": timed(together),
            f"{small} files of 4 KiB synced up by the desktop's client": timed(
                lambda: synced(stage, program, top, small)
            ),
        }
    finally:
        program.ask("DELETE", program.file(top))
        program.ask("DELETE", f"/remote.php/dav/trashbin/{program.person.uid}/trash")
    return found


def down(program: Program, name: str) -> None:
    if (status := program.ask("GET", program.file(name)).status) != http.client.OK:
        sys.exit(f"the large file's download was answered with {status}")


def synced(stage: Stage, program: Program, top: str, small: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder) / "sync"
        here.mkdir()
        for number in range(small):
            (here / f"{number}.bin").write_bytes(os.urandom(4096))
        program.must("MKCOL", program.file(f"{top}/synced"))
        files.sync(stage, program, Path(folder), here, f"{top}/synced")


def timed(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


if __name__ == "__main__":
    main()
