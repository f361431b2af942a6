"""Looks at one host for the pilot lead's view, changes nothing, prints one JSON object.

Sent to the host on ssh's stdin and run there as root, with nothing but Python's own library.
"""

import json
import os
import subprocess
import sys
import time

DIRECTORY = """
    objectClass uid cn mail member seeAlso createTimestamp pwdLastSuccess pwdAccountLockedTime
    kootwijkRole kootwijkStart kootwijkEnd kootwijkLeft kootwijkKeepUntil kootwijkFilesQuota
    kootwijkMailQuota
"""
FILTER = (
    "(|(objectClass=inetOrgPerson)(objectClass=groupOfNames)(objectClass=kootwijkMailbox)"
    "(&(objectClass=applicationProcess)(seeAlso=*)))"
)
# Each gives one JSON object, of everybody at once; times are seconds since 1970.
QUERIES = {
    # lastLogin: in a browser. Tokens of type 1 are those of programs on computers and phones.
    "nextcloud": """
select json_build_object(
 'seen', (select json_object_agg(userid, configvalue) from oc_preferences
   where appid = 'login' and configkey = 'lastLogin'),
 'programs', (select json_object_agg(uid, last) from (select uid, max(last_activity) as last
   from oc_authtoken where type = 1 group by uid) t),
 'quota', (select json_object_agg(userid, configvalue) from oc_preferences
   where appid = 'files' and configkey = 'quota'),
 'default', (select max(configvalue) from oc_appconfig
   where appid = 'user_ldap' and configkey like 's%ldap_quota_def'),
 'used', (select json_object_agg(substr(s.id, 7), greatest(f.size, 0)) from oc_storages s
   join oc_filecache f on f.storage = s.numeric_id
   where s.id like 'home::%' and f.path_hash = md5('files')))""",
    "synapse": """
select json_build_object(
 'seen', (select json_object_agg(name, last) from
  (select split_part(ltrim(user_id, '@'), ':', 1) as name, max(last_seen) / 1000 as last
   from (select user_id, last_seen from devices where not hidden and last_seen is not null
         union all select user_id, last_seen from user_ips) both_tables group by 1) t))""",
    "roundcube": """
select json_build_object(
 'seen', (select json_object_agg(username, extract(epoch from last_login)::bigint)
   from users where last_login is not null))""",
}


FINE = ("active", "activating", "reloading")


class SilentError(Exception):
    """A service that does not answer; the text says how it went."""


def run(words, seconds=20, env=None):
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            timeout=seconds,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SilentError(f"{words[0]} did not finish within {seconds} s") from None
    except OSError as why:
        raise SilentError(f"{words[0]}: {why.strerror}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[:1] or [""]
        raise SilentError(
            f"{os.path.basename(words[0])} ended with {done.returncode}: {said[0][:200]}"
        )
    return done.stdout.decode(errors="replace")


def directory(wanted):
    search = ["ldapsearch", "-Q", "-Y", "EXTERNAL", "-H", "ldapi:///", "-LLL", "-o", "ldif-wrap=no"]
    return run([*search, "-b", wanted["base"], FILTER, *DIRECTORY.split()])


def database(name):
    """Return what the query gives; None where nothing was ever installed in the database."""
    os.chdir("/")
    only = "-c default_transaction_read_only=on -c statement_timeout=15s"
    words = ["runuser", "-u", "postgres", "--", "psql", "-X", "-At", "-d", name]
    made = "select exists (select from pg_tables where schemaname = 'public')"
    if run([*words, "-c", made], env={"PGOPTIONS": only}).strip() == "f":
        return None
    said = run([*words, "-v", "ON_ERROR_STOP=1", "-c", QUERIES[name]], env={"PGOPTIONS": only})
    return json.loads(said)


def dovecot(wanted):
    """Ask how full each mailbox is that is there; asking for another would make it."""
    folder = f"/var/vmail/{wanted['domain']}"
    names = [n for n in _listed(folder) if not n.startswith(".")]
    if _listed(f"{folder}/.mailboxes"):  # of several people, which Dovecot knows by their address
        names += [n for n in run(["doveadm", "user", "*"]).split() if "@" in n]
    run(["doveadm", "who"])  # it runs
    default = run(["doveconf", "-h", "quota/Mail/quota_storage_size"]).strip()
    parts = max(1, min(os.cpu_count() or 1, 8))
    started = [_quota(part) for part in (names[i::parts] for i in range(parts)) if part]
    try:
        return {"quota": _quotas(started, time.monotonic() + 45), "default": default}
    except subprocess.TimeoutExpired:
        raise SilentError("doveadm did not finish within 45 s") from None
    finally:
        for process in started:
            process.kill()


def _listed(folder):
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def _quota(names):
    """Start one program for all of ``names``, which it reads from memory: nothing is written."""
    held = os.memfd_create("names")
    os.write(held, "".join(f"{name}\n" for name in names).encode())
    words = ["doveadm", "-f", "tab", "quota", "get", "-F", f"/proc/self/fd/{held}"]
    with os.fdopen(held):
        return subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[held]
        )


def _quotas(started, end):
    found = {}
    for process in started:
        out, said = process.communicate(timeout=max(1, end - time.monotonic()))
        if process.returncode:
            last = said.decode(errors="replace").strip().splitlines()[-1:] or [""]
            raise SilentError(f"doveadm ended with {process.returncode}: {last[0][:200]}")
        for line in out.decode(errors="replace").splitlines():
            cells = line.split("\t")
            if len(cells) > 4 and cells[2] == "STORAGE":
                limit = int(cells[4]) * 1024 if cells[4].isdigit() else 0
                found[cells[0]] = [int(cells[3]) * 1024, limit]
    return found


def units(wanted):
    """Return the units that a role runs and that do not run, and any other that failed."""
    words = ["systemctl", "show", "--property=Id,ActiveState", *wanted["units"]]
    blocks = [dict(x.split("=", 1) for x in b.splitlines()) for b in run(words).split("\n\n") if b]
    bad = {b["Id"]: b["ActiveState"] for b in blocks if b["ActiveState"] not in FINE}
    for line in run(["systemctl", "list-units", "--failed", "--no-legend", "--plain"]).splitlines():
        bad.setdefault(line.split()[0], "failed")
    return bad


def look(name, wanted):
    if name in QUERIES:
        return database(name)
    return {"directory": directory, "dovecot": dovecot, "units": units}[name](wanted)


def main(wanted):
    found = {}
    for name in wanted["sources"]:
        begin = time.monotonic()
        try:
            data = look(name, wanted)
            found[name] = {"data": data, "here": data is not None}
        except SilentError as why:
            found[name] = {"error": str(why)}
        except Exception as why:  # whatever one look meets, the others go on
            found[name] = {"error": f"{type(why).__name__}: {why}"}
        found[name]["seconds"] = round(time.monotonic() - begin, 2)
    json.dump({"status": 1, "answers": found}, sys.stdout)
