"""Measures how fast a roster is applied, beside plain `ldapadd` of the same entries.

    .venv/bin/python tests/bench/bench_people.py INVENTORY [PEOPLE]

INVENTORY is a lab with a directory that may be lost: what is in it is put back between the
measurements, and afterwards. Prints a table for docs/reference/numbers.md. Memory is the most
that the command held at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from deploy import inventory as inventories
from deploy.people import load, planning
from deploy.people.change import State
from deploy.people.directory import Directory
from deploy.secrets import make

ROOT = Path(__file__).parents[2]
PER_TEAM = 25
KEEP = "cp -a /var/lib/ldap/data.mdb /var/lib/ldap/kept.mdb"
PUT_BACK = "systemctl stop slapd && cp -a /var/lib/ldap/kept.mdb /var/lib/ldap/data.mdb"


class Lab:
    """The lab's directory, and the command on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        found = inventories.load(folder)
        self.directory = Directory(found, found.hosts[0].organisation)

    def host(self, command: str, text: str = "") -> None:
        words = [*self.directory._ssh, f"sudo -n sh -c '{command}'"]  # noqa: SLF001
        subprocess.run(words, input=text, text=True, check=True, stdout=subprocess.DEVNULL)

    def cpu(self) -> float:
        """Return the seconds of processor that slapd took since it was started."""
        words = [*self.directory._ssh, "cat /proc/$(pidof slapd)/stat"]  # noqa: SLF001
        said = subprocess.run(words, text=True, check=True, capture_output=True).stdout.split()
        return (int(said[13]) + int(said[14])) / os.sysconf("SC_CLK_TCK")

    def emptied(self) -> None:
        """Put back what was there before the first measurement."""
        self.host(PUT_BACK + " && systemctl start slapd")

    def timed(self, *words: str) -> tuple[float, float]:
        """Return the seconds that a `kootwijk people` took, and the MiB it held at most."""
        command = [ROOT / ".venv/bin/python", "-m", "deploy.cli", "-i", self.folder, "people"]
        start = time.monotonic()
        process = subprocess.Popen([*command, *words], stdout=subprocess.DEVNULL, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{words}: {status}")
        return time.monotonic() - start, used.ru_maxrss / 1024


def roster(count: int) -> str:
    rows = [
        f"p{n:05},Zoë,van den Berg {n},,alias{n:05},Afdeling|Team {n // PER_TEAM},nl\n"
        for n in range(count)
    ]
    return "uid,given_name,surname,mail,aliases,teams,language\n" + "".join(rows)


def ldapadd(lab: Lab, path: Path, *, password: bool) -> float:
    """Return the seconds that `ldapadd` takes on the host for what ``path`` brings."""
    domain = lab.directory.host.domain
    made = planning.make(
        load(path, domain), State({}, {}), organisation="bench", base=lab.directory.base
    )
    passwords = {uid: make("password") for uid in made.newcomers}
    records = [step.text(passwords) if password else step.record for step in made.steps]
    lab.host("cat > /root/bench.ldif", "".join(records).replace("changetype: add\n", ""))
    start = time.monotonic()
    lab.host("ldapadd -Q -Y EXTERNAL -H ldapi:/// -f /root/bench.ldif")
    seconds = time.monotonic() - start
    lab.host("rm /root/bench.ldif")
    return seconds


def main() -> None:
    lab, count = Lab(Path(sys.argv[1])), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    lab.host("systemctl stop slapd && " + KEEP + " && systemctl start slapd")
    rows: list[tuple[str, float, float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        path, large = Path(folder) / "roster.csv", Path(folder) / "large.csv"
        path.write_text(roster(count), encoding="utf-8")
        large.write_text(roster(2 * count), encoding="utf-8")
        try:
            rows.append((f"`ldapadd` of {count}", ldapadd(lab, path, password=True), lab.cpu(), 0))
            lab.emptied()
            seconds, held = lab.timed("apply", "--yes", str(path))
            rows.append((f"`people apply` of {count}", seconds, lab.cpu(), held))
            seconds, held = lab.timed("plan", str(path))
            rows.append((f"plan of {count}, no change", seconds, 0, held))
            lab.emptied()
            ldapadd(lab, large, password=False)
            seconds, held = lab.timed("plan", str(large))
            rows.append((f"plan of {2 * count}, no change", seconds, 0, held))
        finally:
            lab.emptied()
            lab.host("rm /var/lib/ldap/kept.mdb")
    print(f"load {os.getloadavg()[0]:.0f}\n")
    print("| what | seconds | of processor, slapd | MiB held at most |\n|---|---|---|---|")
    for row in rows:
        cells = [f"{value:.1f}" if value else "" for value in row[1:]]
        print(f"| {row[0]} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
