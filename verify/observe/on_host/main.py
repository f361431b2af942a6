"""The collector: looks, changes nothing, prints one JSON object. Runs on the host as root."""

import json
import platform
import resource
import sys
import time

import names
import scan
import services


def main(wanted):
    start = time.monotonic()
    problems = []
    keys, timing = {}, {}
    found = {"collector": 1, "time": time.time(), "problems": problems, "keys": keys}
    for name, look in (
        ("files", lambda: scan.files(wanted, problems, keys)),
        ("services", lambda: services.everything(problems, timing)),
    ):
        begin = time.monotonic()
        try:
            found[name] = look()
        except Exception as why:  # whatever one look meets, the others go on
            problems.append({"place": name, "what": f"{type(why).__name__}: {why}"})
            found[name] = [] if name == "files" else {}
        timing[name] = round(time.monotonic() - begin, 2)
    found["timing"] = timing
    found["answers"] = names.answers(found, wanted)
    found["system"] = {"kernel": platform.release(), "machine": platform.machine()}
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    found["cpu_seconds"] = round(sum(u.ru_utime + u.ru_stime for u in used), 2)
    found["seconds"] = round(time.monotonic() - start, 2)
    json.dump(found, sys.stdout)
