"""What of a text is said, and which endpoints it names. Runs on the host: standard library only."""

import base64
import ipaddress
import json
import re
import socket
import urllib.parse

MOST_LINE = 20000

# A comment begins where the format says so; what stands in quotes is not one. Line numbers stay.
_QUOTED = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
_COMMENTS = {
    "hash": r"(?:(?<=\s)|^)#[^\n]*",
    "ini": r"(?:(?<=\s)|^)[#;][^\n]*",
    "php": r"(?:(?<=[\s;,{})])|^)#(?!\[)[^\n]*|(?<!:)//[^\n]*|/\*.*?(?:\*/|\Z)",
    "slash": r"(?<![:\w\"'])//[^\n]*|/\*.*?(?:\*/|\Z)",
    "css": r"/\*.*?(?:\*/|\Z)",
    "ucl": r"(?:(?<=\s)|^)#[^\n]*|/\*.*?(?:\*/|\Z)",
    "python": r"\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)|(?:(?<=\s)|^)#[^\n]*",
    "lua": r"--\[\[.*?(?:\]\]|\Z)|--[^\n]*",
    "sql": r"--[^\n]*|/\*.*?(?:\*/|\Z)",
    "xml": r"<!--.*?(?:-->|\Z)|<!DOCTYPE.*?(?:>|\Z)"
    r"|(?:xmlns(?::\w+)?|xsi:\w*[sS]chemaLocation)\s*=\s*(?:\"[^\"]*\"|'[^']*')",
    # What a page links to, a person follows or does not; what it loads, the browser asks for.
    "html": r"<!--.*?(?:-->|\Z)|<!DOCTYPE.*?(?:>|\Z)|<a\b[^>]*(?:>|\Z)"
    r"|(?<=>)[^<]+|xmlns(?::\w+)?\s*=\s*(?:\"[^\"]*\"|'[^']*')",
    "zone": r";[^\n]*",
    # https://chrony-project.org/doc/4.6/chrony.conf.html, "Comments"; and whom it refuses
    "chrony": r"^\s*[!;#%][^\n]*|(?:(?<=\s)|^)#[^\n]*|^\s*(?:cmd)?deny\b[^\n]*",
    # What the firewall drops.
    "nft": r"(?:(?<=\s)|^)#[^\n]*|^[^\n;#]*[ \t](?:drop|reject)\b[^\n]*",
    # Whom the databases refuse.
    "hba": r"(?:(?<=\s)|^)#[^\n]*|^[ \t]*host\w*[ \t][^\n]*[ \t]reject[ \t]*$",
    # An item of a list that says `deny: on`: whom the name server refuses.
    "knot": r"(?:(?<=\s)|^)#[^\n]*"
    r"|^(?P<in>[ \t]*)-[ \t](?=(?:[^\n]*\n(?P=in)[ \t]+)*?deny:[ \t]*(?:on|true|yes)\b)"
    r"[^\n]*(?:\n(?P=in)[ \t]+[^\n]*)*",
    # Patterns are held against what comes in: a browser's name, where it was before. So is `deny`.
    "nginx": r"(?:(?<=\s)|^)#[^\n]*|(?:(?<=[\s;{])|^)deny\s+[\da-f.:/]+\s*;"
    r"|(?:(?<=[\s;{])|^)sub_filter\s+(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s;]+)"
    r"|(?:(?<=[\s;{])|^)valid_referers\s+[^;\n]*|(?<=\s)!?~\*?\s+(?:\"[^\"]*\"|[^\s;{]+)"
    r"|(?:(?<=\s)|^)\"~(?:\\.|[^\"\\])*\"|(?:(?<=\s)|^)~[^\s;{]+",
    # What a table of Postfix looks up is what comes in, and `match=` a name on a certificate; only
    # what it answers is gone to.
    "table": r"^#[^\n]*|^/(?:\\.|[^/\n])*/\w*\s|^[^\s#/]\S*(?=\s)|(?<=\s)match=\S+",
    # Names about which Unbound answers by itself, or whose keys it knows, and addresses that it
    # refuses or never asks: none of them is asked.
    "unbound": r"(?:(?<=\s)|^)#[^\n]*|^\s*do-not-query-address:[^\n]*"
    r"|^\s*(?:interface-)?access-control(?:-view)?:[^\n]*\b(?:deny|refuse)\w*[^\n]*|(?<=local-data:)\s*[\"']?[^\s\"']+"
    r"|^\s*(?:local-zone|local-data-ptr|local-zone-tag|domain-insecure|private-domain|trust-anchor"
    r"|local-zone-override|caps-exempt|caps-whitelist|nsec3-keysize-iterations):[^\n]*",
    "yaml": r"(?:(?<=\s)|^)#[^\n]*",
    "main.cf": r"^[ \t]*#[^\n]*",
    "plain": r"(?!)",
}
_KEPT = {
    **dict.fromkeys(("php", "ucl", "lua", "zone", "yaml"), _QUOTED),
    "sql": r"'(?:[^']|'')*'|\"[^\"\n]*\"",
    "nginx": r"(?<![~\s])\"[^\"\n]*\"",
    "html": r"<(?:script|style)\b.*?(?:</(?:script|style)\s*>|\Z)",
}
_WHOLE = {
    name: re.compile(
        f"({_KEPT.get(name, '(?!)')})|({comment})", re.MULTILINE | re.DOTALL | re.IGNORECASE
    )
    for name, comment in _COMMENTS.items()
}
# Keys that describe and do nothing; in units, packages' control files, desktop and JSON manifests.
_SAYS = re.compile(
    r"^(Documentation|Description|Homepage|Bugs|X-[\w-]*|HOME_URL|SUPPORT_URL|BUG_REPORT_URL"
    r"|PRIVACY_POLICY_URL|Comment|GenericName|Keywords|comment|description|\"?\$schema\"?|\$id)$"
)
_KEY = re.compile(
    r"""^[\s{(,]*(?:-\s+)?(?:\$?\w+\[)?["']?([\w.$/@-]{1,80}(?:::[\w.-]{0,60})*)["']?\]?"""
    r"""\s*(?:=>|[=: ]|\t)"""
)
_SWITCH = re.compile(r"(true|false|yes|no|on|off|null|none|\[\]|\{\}|\d{1,3}|)", re.IGNORECASE)
_URL = re.compile(r"\b([a-z][a-z0-9+.-]{1,20})://([^\s\"'`<>,;|\\(){}^]+)", re.IGNORECASE)
_BARE = re.compile(r"""((?:^|["'(=])\s*)//((?:[a-z0-9-]+\.)+[a-z]{2,}[/"')])""", re.IGNORECASE)
_BASE64 = re.compile(r"\baHR0[A-Za-z0-9+/_-]{12,2000}")
# A repository of restic may name a provider instead of a server:
# https://restic.readthedocs.io/en/stable/030_preparing_a_new_repo.html
_RESTIC = re.compile(
    r"(?:\bRESTIC_REPOSITORY\d?\s*[=:]|\brestic\s[^\n]{0,300}?(?<=\s)(?:-r|--repo)[\s=])\s*[\"']?"
    r"(b2|gs|azure):"
)
_AT_RESTIC = {
    "b2": "https://api.backblazeb2.com",
    "gs": "https://storage.googleapis.com",
    "azure": "https://blob.core.windows.net",
}
# To whom a program goes without a proxy, if it goes there: a condition, and nothing it asks.
_DIRECT = re.compile(r"(?<![\w-])no_proxy[\"']?\s*[=:]\s*[\"']?[^\s\"']*", re.IGNORECASE)
_NO_HOST = ("file", "ext", "unix", "fd", "data", "about", "blob", "chrome", "urn", "pgsql-socket")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+=-]{1,64}@((?:[\w-]{1,63}\.)+[^\W\d_][\w-]{1,62})")
_IPV4 = re.compile(r"(?<![\w.:/-])(\d{1,3}(?:\.\d{1,3}){3})(/\d{1,2})?(?![\w-]|\.\w)")
_IPV6 = re.compile(
    r"(?<![\w:.])([0-9a-f]{0,4}(?::[0-9a-f]{0,4}){1,6}:\d{1,3}(?:\.\d{1,3}){3}"
    r"|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})"
    r"(?:%\w+)?(/\d{1,3})?(?![\w:])",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?<![\w./@$%{}\\-])((?:\*\.)?(?:[\w](?:[\w-]{0,61}\w)?[.\u3002\uff0e\uff61])+"
    r"(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24}))\.?(?![\w(\[-]|@(?!\d{1,5}\b)|[.]\w)",
    re.IGNORECASE,
)


def said(text, kind):
    """Return ``text`` without its comments, every line in its place."""

    def blank(found):
        if found.group(1) is not None:
            return found.group(0)
        return re.sub(r"[^\n]", " ", found.group(0))

    made = _WHOLE[kind].sub(blank, text)
    return _last(made) if kind == "main.cf" else made


def _last(text):
    """Return Postfix's settings without those that a later line sets again (postconf(5))."""
    lines, held, at = text.split("\n"), {}, []
    for number, line in enumerate(lines):
        if found := re.match(r"(\w+)\s*=", line):
            for earlier in held.get(found.group(1), ()):
                lines[earlier] = ""
            at = held[found.group(1)] = [number]
        elif line[:1] in (" ", "\t"):
            at.append(number)
    return "\n".join(lines)


def rows(text, kind):
    """Yield (line number, key, endpoint as written) of what the text says."""
    if kind == "json":
        yield from _json(text)
        return
    path = []
    for number, line in enumerate(said(text, kind).split("\n"), 1):
        key = _KEY.match(line)
        setting = key.group(1) if key else ""
        if kind == "yaml":
            path = _deeper(path, line, setting)
            setting = ".".join(k for _, k in path)
        if not re.search(r"[.:]|aHR0", line) or _SAYS.match(setting):
            continue
        for endpoint in dict.fromkeys(e for part in _parts(line) for e in endpoints(part)):
            yield number, setting, endpoint


def _parts(line):
    """Yield a line in parts of some size, each ending where no endpoint is in two."""
    while len(line) > MOST_LINE:
        at = max(line.rfind(mark, MOST_LINE // 2, MOST_LINE) for mark in " \t\"'`,;(")
        at = at if at > 0 else MOST_LINE
        yield line[:at]
        line = line[at:]
    yield line


def _deeper(path, line, setting):
    """Return the keys that a line of YAML is below, by its indentation, its own last."""
    if not line.strip():
        return path
    depth = len(line) - len(line.lstrip(" -"))
    above = [one for one in path if one[0] < depth]
    is_key = re.match(r"""[\s-]*["']?[\w.$/@-]+["']?\s*:(\s|$)""", line)
    return [*above, (depth, setting)] if is_key else above or path[:1]


def keys(text, kind):
    """Return {key, dotted: its value} of a YAML, JSON or `key = value` text.

    A value is told only where it is a switch or a small number; else that there is one, because
    what else stands there may be a secret.
    """
    if kind == "json":
        try:
            return {k: switch(v) for k, v in flat(json.loads(text))}
        except (ValueError, RecursionError):
            return {}
    found, path = {}, []
    for line in said(text, kind).split("\n"):
        key = _KEY.match(line + " ")
        if not key:
            continue
        setting = key.group(1)
        if kind == "yaml":
            path = _deeper(path, line, setting)
            setting = ".".join(k for _, k in path)
        found.setdefault(setting, switch(line[key.end() :]))
    return found


def switch(value):
    """Return a setting's value where it is a word that switches, else "(set)"."""
    word = str(value).strip(" \t\r\"',;")
    return word if _SWITCH.fullmatch(word) else "(set)"


def flat(value, above=""):
    """Yield (dotted key, value) of everything in a JSON value that is no container."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from flat(inner, f"{above}.{key}" if above else str(key))
        if not value:
            yield above, ""
    else:
        yield above, value


def _json(text):
    """Yield rows of a JSON text, with the line where the value stands."""
    try:
        found = list(flat(json.loads(text)))
    except (ValueError, RecursionError):
        yield from rows(text, "slash")
        return
    for key, value in found:
        if isinstance(value, str) and not _SAYS.match(key.rsplit(".", 1)[-1]):
            for endpoint in dict.fromkeys(endpoints(value[:20000])):
                at = text.find(endpoint.removeprefix("mailto:x@"))
                yield text.count("\n", 0, at) + 1 if at >= 0 else 0, key, endpoint


def _plain(host):
    """Return the address that a number stands for, as inet_aton(3) reads it, or ``host``."""
    found = re.fullmatch(
        r"((?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){0,3})(:\d+)?", host, re.IGNORECASE
    )
    if not found or re.fullmatch(r"[1-9]\d{0,4}", found.group(1)):
        return host  # a name of digits alone that is shorter is no address anybody writes
    try:
        return socket.inet_ntoa(socket.inet_aton(found.group(1))) + (found.group(2) or "")
    except OSError:
        return host


def _hidden(line):
    """Yield what words in base64 say, where that is a text with an address in it."""
    for found in _BASE64.finditer(line):
        word = found.group(0)
        try:
            said = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode("ascii")
        except ValueError:
            continue
        if said.isprintable() and "://" in said:
            yield said


def endpoints(line):
    """Yield the endpoints in a line: without passwords, paths below the first, and queries."""
    yield from _endpoints(line)
    for said in _hidden(line) if "aHR0" in line else ():  # "htt", at the beginning of a word
        yield from _endpoints(said)
    for found in _RESTIC.finditer(line) if "estic" in line or "RESTIC" in line else ():
        yield _AT_RESTIC[found.group(1)]


def strong(value):
    """Return the endpoints in a program's text; `module.name` and `table.column` are none."""
    return [e for e in dict.fromkeys(endpoints(value)) if is_strong(e)]


def is_strong(endpoint):
    return not re.fullmatch(r"[\w-]+([.][\w-]+)?", endpoint)


def _endpoints(line):
    line = re.sub(r"\{\{[^{}]*\}\}", " ", line)  # a template's variable
    line = _DIRECT.sub(" ", line)
    line = re.sub(
        r"((?:^|\s)[\w*!,=;]+\.[\w*!,=;.]+\s+-?)@{1,2}(?:\(\w*\))?", r"\1", line
    )  # syslog
    rest = line
    for found in _URL.finditer(_BARE.sub(r"\1https://\2", line)):
        if found.group(1).lower() in _NO_HOST:
            rest = rest.replace(found.group(0), " ")
            continue
        host = re.split(r"[/?#]|(?<=\w)\$", found.group(2), maxsplit=1)[0].rsplit("@", 1)[-1]
        host = _plain(urllib.parse.unquote(host))
        host = host.strip(".[]") if host.startswith("[") and host.endswith("]") else host
        host = re.sub(r"[\]'\".]+$", "", host) if not host.startswith("[") else host
        rest = rest.replace(found.group(0), " ")
        if host and re.search(r"[.:\w]", host) and not re.match(r"[$%{]", host):
            yield f"{found.group(1).lower()}://{host}"
    for found in _MAIL.finditer(rest):
        yield "mailto:x@" + found.group(1)
    rest = _MAIL.sub(" ", rest)
    for found in _IPV6.finditer(rest):
        if _address(found.group(1)):
            yield found.group(1) + (found.group(2) or "")
    rest = _IPV6.sub(lambda m: " " if _address(m.group(1)) else m.group(0), rest)
    for found in _IPV4.finditer(rest):
        if _address(found.group(1)):
            yield found.group(1) + (found.group(2) or "")
    for found in _NAME.finditer(rest):
        yield found.group(1)


def _address(text):
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
