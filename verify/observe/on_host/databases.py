"""Settings that lie in databases, and where the server itself points. Runs on the host."""

import os
import pwd
import re
import shutil

import shell
import text

# Columns that hold settings or addresses of services; none that holds what people write.
COLUMNS = (
    "(url|uri|host|hostname|mail_host|server|endpoint|remote|remote_url|configvalue|discovery_endpoint"
    "|push_gateway|appid_url|srvoptions|subconninfo|issuer|callback|redirect_uri)"
)
MOST = 400
SERVER = """
select 'pg_file_settings', name, coalesce(setting, ''), coalesce(sourcefile, ''),
  coalesce(sourceline, 0) from pg_file_settings
union all
select 'pg_settings', name, setting, coalesce(sourcefile, ''), coalesce(sourceline, 0)
  from pg_settings where source not in ('default', 'override')
union all
select 'pg_db_role_setting', '', array_to_string(setconfig, ' '), '', 0 from pg_db_role_setting
"""
WITHIN = """
select 'within', 'pg_foreign_server ' || srvname, array_to_string(srvoptions, ' ')
  from pg_foreign_server
union all
select 'within', 'pg_subscription ' || subname, subconninfo from pg_subscription
  where subdbid = (select oid from pg_database where datname = current_database())
union all
select 'within', 'pg_foreign_table ' || ftrelid::regclass,
  translate(array_to_string(ftoptions, ' '), E'\\t\\r\\n', '   ')
  from pg_foreign_table where ftoptions is not null
"""
# What runs in the server: of functions that did not come with it; C has no text.
FUNCTIONS = """
select 'function', l.lanname, n.nspname || '.' || p.proname, translate(left(coalesce(
    nullif(p.prosrc, ''), pg_get_function_sqlbody(p.oid)), 65536), E'\\t\\r\\n', E'  \\x01')
  from pg_proc p join pg_language l on l.oid = p.prolang
  join pg_namespace n on n.oid = p.pronamespace
  where p.oid >= 16384 and l.lanname not in ('c', 'internal')
  and coalesce(nullif(p.prosrc, ''), pg_get_function_sqlbody(p.oid)) ~ '[.:]' limit 2000
"""
# What people set for themselves, and the server then calls: table, column.
PERSONAL = "(pushers[.]data|[a-z_]*calendarsubscriptions[.]source)"
OWN = f"""
select 'own', quote_ident(table_schema) || '.' || quote_ident(table_name), quote_ident(column_name)
  from information_schema.columns
  where table_schema not in ('pg_catalog', 'information_schema')
  and table_name || '.' || column_name ~ '^{PERSONAL}$'
"""  # noqa: S608  (the pattern is ours)
FIND = f"""
select 'column', quote_ident(table_schema) || '.' || quote_ident(table_name),
  quote_ident(column_name) from information_schema.columns
  where table_schema not in ('pg_catalog', 'information_schema') and column_name ~ '^{COLUMNS}$'
  and data_type in ('text', 'character varying', 'jsonb', 'json')
"""  # noqa: S608  (the pattern is ours)


def _ask(database, *queries, problems):
    words = ["runuser", "-u", "postgres", "--", "psql", "-XAtF", "\t", "-v", "ON_ERROR_STOP=1"]
    words += ["-d", database, *(word for query in queries for word in ("-c", query))]
    return [line.split("\t") for line in shell.run(words, problems).splitlines() if line]


def _server():
    """Say whether a server may be here, and not only the program that asks one elsewhere."""
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True


def postgresql(problems):
    """Return rows of the server's settings, and of settings in its databases."""
    if not shutil.which("psql") or not _server():
        return {}
    rows = []
    for look, name, value, file, line in (
        r for r in _ask("postgres", SERVER, problems=problems) if len(r) == 5
    ):
        rows += [[file or look, int(line), name, e] for e in text.endpoints(value)]
    names = "select datname from pg_database where datallowconn and not datistemplate"
    for (database,) in (r for r in _ask("postgres", names, problems=problems) if len(r) == 1):
        rows += _within(database, problems)
    return {"rows": rows}


def _within(database, problems):
    """Return rows of one database, in two rounds: what it has, and what stands there."""
    place, rows, had = f"database {database}", [], {}
    for kind, *row in _ask(database, WITHIN, FUNCTIONS, FIND, OWN, problems=problems):
        had.setdefault((kind, len(row)), []).append(row)
    for key, value in had.get(("within", 2), ()):
        rows += [[place, 0, key, e] for e in text.endpoints(value)]
    rows += _functions(place, had.get(("function", 3), ()))
    parts = [_distinct(table, column) for table, column in had.get(("column", 2), ())]
    asked = [" union all ".join(parts)] if parts else []
    asked += [_counted(table, column) for table, column in had.get(("own", 2), ())]
    held = _ask(database, *asked, problems=problems) if asked else []
    for _, label, value in (r for r in held if len(r) == 3 and r[0] == "value"):
        found = dict.fromkeys(text.endpoints(value))
        if label.endswith("configvalue"):  # most are numbers and versions
            found = [e for e in found if re.search("[a-z:]", e, re.IGNORECASE)]
        rows += [[place, 0, label, e] for e in found]
    return rows + _personal(place, [r[1:] for r in held if len(r) == 4 and r[0] == "person"])


def _functions(place, functions):
    """Return rows of functions' bodies: what is in their strings, and URLs wherever they stand."""
    rows = []
    for language, name, body in functions:
        kind = "hash" if re.match(r"pl(python|perl|sh|tcl|ruby)", language) else "sql"
        said = text.said(body.replace("\x01", "\n"), kind)
        for number, line in enumerate(said.split("\n"), 1):
            rows += [
                [place, number, f"function {name}", endpoint]
                for endpoint in text.strong(line[:20000])
                if "://" in endpoint or _in_string(said, endpoint)
            ]
    return rows


def _in_string(said, endpoint):
    mark = endpoint.removeprefix("mailto:x@")
    return any(mark in s for s in re.findall(r"'(?:[^']|'')*'|\"[^\"\n]*\"", said))


def _personal(place, held):
    """Return rows of what people have set: the endpoint and how many did, never who."""
    counts = {}
    for label, value, number in held:
        for endpoint in dict.fromkeys(e for e in text.endpoints(value) if "://" in e):
            at = (label, endpoint)
            counts[at] = counts.get(at, 0) + int(number)
    return [
        [place, 0, f"{label} (set by people, {n} times)", endpoint]
        for (label, endpoint), n in sorted(counts.items())
    ]


def _counted(table, column):
    """Return the query for what people set in a column, and how often; names as in _distinct."""
    label = f"""'{f"{table}.{column}".replace("'", "")}'"""
    return (
        f"select 'person', {label}, translate(left({column}::text, 2000), "  # noqa: S608
        f"E'\\t\\r\\n', '   '), count(*) from {table} where {column}::text like '%:%' "
        "group by 3 limit 20000"
    )


def _distinct(table, column):
    """Return the query for what a column holds; both names come quoted from the server."""
    label = f"""'{f"{table}.{column}".replace("'", "")}'"""
    if column == "configvalue":  # Nextcloud's settings are rows with a key
        label = f"""'{table.replace("'", "")}.' || configkey"""
    return (
        f"(select distinct 'value', {label}, left({column}::text, 500) from {table} "  # noqa: S608
        f"where {column}::text ~ '[.:]' limit {MOST})"
    )


def openldap(problems):
    """Return rows of slapd's configuration database, where it has one instead of a file.

    And of what in its data sends who asks to another server.
    """
    if not (os.path.isdir("/etc/ldap/slapd.d") and os.listdir("/etc/ldap/slapd.d")):
        return {"rows": _referrals("/etc/ldap/slapd.conf", problems)}
    printed = re.sub(r"\n ", "", shell.run(["slapcat", "-n0"], problems))
    defines = re.compile(r"olc(AttributeTypes|ObjectClasses|LdapSyntaxes|ObjectId)")
    keep = "\n".join(x for x in printed.split("\n") if not defines.match(x))
    rows = [["slapcat -n0", n, k, e] for n, k, e in text.rows(keep, "plain")]
    return {"rows": rows + _referrals("", problems)}


def _referrals(file, problems):
    """Return rows of referrals among the entries of its databases (RFC 3296)."""
    if not shutil.which("slapcat") or (file and not os.path.isfile(file)):
        return []
    rows = []
    words = ["slapcat", *(["-f", file] if file else []), "-o", "ldif_wrap=no"]
    words += ["-a", "(objectClass=referral)", "-n"]
    with open(file or os.devnull, encoding="utf-8", errors="replace") as held:
        databases = len(re.findall(r"(?m)^database\s", held.read(1024 * 1024)))
    for number in range(1, min(databases, 8) + 1 if file else 2):
        refs = re.findall(r"(?m)^ref: (.*)", shell.run([*words, str(number)], problems))
        rows += [["slapcat", 0, "ref", e] for one in refs for e in text.endpoints(one)]
    return rows
