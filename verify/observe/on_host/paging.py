"""What the services that people see say of themselves. Runs on the host."""

import glob
import json
import os
import re
import shutil

import shell
import text


def nginx(problems):
    """Return rows of `nginx -T`, at the file and line they come from.

    Where nginx itself cannot read its files, they are read here, from nginx.conf on.
    """
    if not shutil.which("nginx"):
        return {}
    rows, path, part = [], "nginx -T", []
    printed = shell.run(["nginx", "-T"])
    if "# configuration file " not in printed:
        problems.append({"place": "nginx -T", "what": "nginx refuses its own configuration"})
        return {"rows": list(_included("/etc/nginx/nginx.conf", set()))}

    def flush():
        for number, key, endpoint in text.rows("\n".join(part), "nginx"):
            rows.append([path, number, key, endpoint])

    for line in printed.split("\n"):
        begins = re.match(r"# configuration file (\S+):$", line)
        if begins:
            flush()
            path, part = begins.group(1), []
        else:
            part.append(line)
    flush()
    if not re.search(r"^\s*ssl_stapling\s+on\s*;", printed, re.MULTILINE):
        rows = [row for row in rows if row[2] != "ssl_stapling_responder"]  # nobody is asked
    return {"rows": rows}


def _included(path, seen):
    """Yield the rows of a file and of what it includes; each file once, so that no circle holds."""
    if path in seen or len(seen) > 500:
        return
    seen.add(path)
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            content = file.read(1024 * 1024)
    except OSError:
        return
    for number, key, endpoint in text.rows(content, "nginx"):
        yield [path, number, key, endpoint]
    for pattern in re.findall(r"^\s*include\s+([^;\s]+)", text.said(content, "hash"), re.MULTILINE):
        for one in sorted(glob.glob(os.path.join("/etc/nginx", pattern))):
            yield from _included(one, seen)


def roundcube(_problems):
    """Return what holds for Roundcube: its own file as PHP reads it, and the defaults it leaves."""
    own, shipped = "/etc/roundcube/config.inc.php", "/etc/roundcube/defaults.inc.php"
    if not (os.path.exists(own) and shutil.which("php")):
        return {}
    program = (
        'error_reporting(0); foreach (["RCUBE", "INSTALL"] as $n) {'
        '@define($n."_PATH", $p="/usr/share/roundcube/"); @define($n."_INSTALL_PATH", $p);'
        '@define($n."_CONFIG_DIR", "/etc/roundcube/");} @define("RCMAIL_VERSION", "0");'
        f'$config=[]; include "{own}"; $own=$config; $config=[];'
        f'include "{shipped}"; include "{own}";'
        "echo json_encode([array_keys($own), $config], JSON_PARTIAL_OUTPUT_ON_ERROR);"
    )
    try:
        mine, effective = json.loads(shell.run(["php", "-r", program]))
    except (ValueError, TypeError):
        return {"rows": [], "keys": {}}
    rows = [
        [own, 0, key, endpoint] if key in mine else [shipped, 0, key, endpoint, "default"]
        for key, value in effective.items()
        for endpoint in text.endpoints(json.dumps(value, ensure_ascii=False))
    ]
    googie = effective.get("enable_spellcheck") and effective.get("spellcheck_engine") == "googie"
    if googie and not effective.get("spellcheck_uri"):
        rows.append(["roundcube", 0, "spellcheck_uri", "https://spell.roundcube.net", "default"])
    return {"rows": rows, "keys": dict.fromkeys(mine, "")}


def lemonldap(_problems):
    """Return rows of the newest configuration of LemonLDAP::NG, in the folder that it reads."""
    folder = "/var/lib/lemonldap-ng/conf"
    try:
        with open("/etc/lemonldap-ng/lemonldap-ng.ini", encoding="utf-8", errors="replace") as file:
            named = re.search(r"^\s*dirName\s*=\s*(\S+)", file.read(1024 * 1024), re.MULTILINE)
            folder = named.group(1) if named else folder
    except OSError:
        return {}
    found = glob.glob(f"{folder}/lmConf-*.json")
    if not found:
        return {}
    path = max(found, key=lambda p: int(re.sub(r"\D", "", p.rsplit("-", 1)[-1]) or 0))
    with open(path, encoding="utf-8", errors="replace") as file:
        content = file.read(4 * 1024 * 1024)
    return {"rows": [[path, n, k, e] for n, k, e in text.rows(content, "json")]}
