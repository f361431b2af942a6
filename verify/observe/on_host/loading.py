"""What Python and PHP load before a service's own code. Runs on the host.

https://docs.python.org/3.13/library/site.html; https://www.php.net/manual/en/ini.core.php
"""

import ast
import glob
import hashlib
import io
import os
import re
import tokenize

import apps
import clients
import integrity
import shipped
import text

MOST_BYTES = 1024 * 1024
MOST_FILES = 400
MOST_NAMES = 4000
_DEBIAN = ("/usr/lib/python3*", "/usr/lib/python3/dist-packages")
_DEBIAN += ("/usr/local/lib/python3*/dist-packages", "/usr/local/lib/python3*/site-packages")
_IDLE = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING)
_CUSTOM = ("sitecustomize", "usercustomize")
_PHP = ("/etc/php/*/*/php.ini", "/etc/php/*/*/conf.d/*.ini", "/etc/php/*/*/pool.d/*.conf")
_PHP += ("/etc/php/*/*/*.conf", "/var/www/*/.user.ini", "/srv/*/*/.user.ini")
_PHP += ("/usr/share/*/.user.ini", "/usr/share/*/public_html/.user.ini")
_NGINX = ("/etc/nginx/*.conf", "/etc/nginx/*/*")  # fastcgi_param PHP_VALUE "auto_prepend_file=..."
_LOADS = re.compile(
    r"\b(auto_prepend_file|auto_append_file|opcache\.preload)\]?\s*=\s*(?:\"([^\"\n]+)\"|'([^'\n]+)'"
    r"|([^\s\"';]+))"
)
_INCLUDES = re.compile(
    r"\b(?:include|require)(?:_once)?\b[\s(]*(__DIR__\s*\.\s*)?[\"']([^\"'\n]+)[\"']"
)
_PHP_FOLDERS = ("/usr/share/php", "/usr/share/pear")


def _read(path, problems):
    """Return a text's first MiB; None where there is no regular file."""
    try:
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError:
        return None
    if len(content) > MOST_BYTES:
        problems.append({"place": path, "what": f"larger than {MOST_BYTES // 1024} KiB"})
    return content[:MOST_BYTES].decode("utf-8", "replace")


# ---- Python


def python(problems):
    """Return rows of what every start of Python runs: `.pth`, sitecustomize, usercustomize.

    Of what these import, only what no wheel or Debian package brought so.
    """
    rows, asked = [], set()
    seen = set()
    for folder in folders():
        paths, programs = [folder], []
        for pth in sorted(glob.glob(f"{glob.escape(folder)}/*.pth"))[:MOST_FILES]:
            said = _read(pth, problems) or ""
            for number, line in enumerate(said.split("\n")[:10000], 1):
                if re.match(r"import[ \t]", line):
                    programs.append((pth, number, line))
                elif line.strip() and not line.startswith("#"):
                    paths.append(os.path.join(folder, line.strip()))
        for pth, number, line in programs:
            rows += _strings(pth, number, line)
            for name in _named(line):
                rows += _module(paths, name, problems, seen, asked)
        for name in _CUSTOM:
            rows += _module(paths, name, problems, seen, asked)
    if len(asked) > MOST_NAMES or len(seen) > MOST_FILES:
        problems.append({"place": "start of Python", "what": "it imports more than was followed"})
    return {"rows": rows}


def folders():
    """Return the folders that Python looks for `.pth` files in: Debian's, services', users'."""
    patterns = [*_DEBIAN]
    patterns += [f"{glob.escape(h)}/.local/lib/python3*/site-packages" for h in clients.homes()]
    found = [*apps.environments(), *(p for one in patterns for p in sorted(glob.glob(one)))]
    return list(dict.fromkeys(os.path.realpath(p) for p in found))[:MOST_FILES]


def _as_shipped(path, folder):
    """Say whether a module is as its wheel or package brought it."""
    if digest := shipped.recorded(folder).get(path, ("", ""))[1]:
        return integrity.differs(path, digest, hashlib.sha256) is False
    return shipped.packages().has(path)


def _module(paths, name, problems, seen, asked):
    """Return rows of a module of that name and of those beside it that it imports."""
    if (paths[0], name) in asked or len(asked) > MOST_NAMES:
        return []
    asked.add((paths[0], name))
    for path in (f"{p}/{name}{end}" for p in paths[:50] for end in (".py", "/__init__.py")):
        if path in seen or len(seen) > MOST_FILES:
            continue
        said = _read(path, problems)
        if said is None:
            continue
        seen.add(path)
        if _as_shipped(path, paths[0]):
            return []
        rows = list(_strings(path, 1, said))
        for inner in _named(said):
            rows += _module(paths, inner, problems, seen, asked)
        return rows
    return []


def _tokens(said):
    """Return the tokens of a program; of what is none, those before its first fault.

    The parser would take minutes for what a hostile file may hold; this is one pass.
    """
    found = []
    try:
        read = io.StringIO(said.lstrip("\ufeff")).readline
        found.extend(t for t in tokenize.generate_tokens(read) if t.type not in _IDLE)
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError):
        pass
    return found


def _literal(token):
    """Return what a string stands for, or None where a token is no string."""
    if token.type == getattr(tokenize, "FSTRING_MIDDLE", -1):
        return token.string
    if token.type != tokenize.STRING:
        return None
    try:
        value = ast.literal_eval(token.string)
    except (SyntaxError, ValueError, MemoryError):
        return token.string
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _named(said):
    """Return the modules that a program imports: in `import`, in `from`, as a call's first word."""
    found, tokens = {}, _tokens(said)
    for at, token in enumerate(tokens[:-1]):
        following = tokens[at + 1]
        if token.string in ("import", "from", ",", "."):
            name = following.string if following.type == tokenize.NAME else ""
        else:
            name = (_literal(following) or "") if token.string == "(" else ""
        if name.split(".")[0].isidentifier():
            found[name.split(".")[0]] = 1
        if len(found) >= 200:
            break
    return list(found)


def _strings(path, first, said):
    """Yield rows of what a program holds in strings, put together where it does so itself.

    A string that stands alone (a docstring) is a comment.
    """
    begins, value, line = True, "", 0
    tokens = _tokens(said)
    for at, token in enumerate(tokens):
        part = _literal(token)
        if part is not None:
            alone = begins and (at + 1 == len(tokens) or tokens[at + 1].type == tokenize.NEWLINE)
            if not alone:
                line = line or token.start[0]
                value += part
        elif value and token.string != "+":
            yield from _row(path, first + line - 1, value)
            value, line = "", 0
        begins = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    yield from _row(path, first + line - 1, value)


def _row(path, line, value):
    for endpoint in text.strong(value[:20000]):
        yield [path, line, "program", endpoint]


# ---- PHP


def php(problems):
    """Return rows of the files that PHP runs around every page, whoever's page it is."""
    rows, seen, found = [], set(), []
    for pattern, kind in [(p, "ini") for p in _PHP] + [(p, "nginx") for p in _NGINX]:
        for path in sorted(glob.glob(pattern))[:MOST_FILES]:
            said = text.said(_read(path, problems) or "", kind)
            for setting, *values in _LOADS.findall(said):
                found.append((path, setting, next(v for v in values if v)))
    for path, setting, value in found:
        if value.lower() != "none":
            rows += _program(value, os.path.dirname(path), setting, problems, seen)
    if len(seen) > MOST_FILES:
        problems.append({"place": "start of PHP", "what": "it includes more than was followed"})
    return {"rows": rows}


def _program(name, beside, setting, problems, seen):
    """Return rows of a PHP program and of those that it includes by name, each once."""
    name = re.sub(r"^(?:file|phar|compress\.\w+)://", "", name)
    for folder in ("",) if name.startswith("/") else (beside, *_PHP_FOLDERS):
        path = os.path.realpath(os.path.join(folder, name))
        if path in seen or len(seen) > MOST_FILES:
            return []
        said = _read(path, problems)
        if said is None:
            continue
        seen.add(path)
        found = text.rows(said, "php")
        rows = [[path, n, k or setting, e] for n, k, e in found if text.is_strong(e)]
        for near, inner in _INCLUDES.findall(text.said(said, "php")):
            name = inner.lstrip("/") if near else inner
            rows += _program(name, os.path.dirname(path), setting, problems, seen)
        return rows
    return []
