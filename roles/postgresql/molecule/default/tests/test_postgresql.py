"""What is true of a host with PostgreSQL."""

from __future__ import annotations

from typing import Any

PASSWORD = "only-for-this-test"  # noqa: S105  (converge.yml's)


def ask(host: Any, sql: str, *, database: str = "postgres") -> list[str]:
    """Return the rows of ``sql``, asked as the server's own administrator."""
    words = f'cd / && runuser --user=postgres -- psql -XqAt -d {database} -c "{sql}"'
    return list(host.check_output(words).splitlines())


def log_in(
    host: Any, *, user: str = "app", database: str = "app", password: str = PASSWORD, tls: str
) -> Any:
    target = f"host=127.0.0.1 user={user} dbname={database} sslmode={tls} connect_timeout=5"
    return host.run(f"PGPASSWORD={password} psql -XqAt '{target}' -c 'SELECT current_user'")


def test_owner_logs_in_over_tls(host: Any) -> None:
    """Ensure an owner reaches its database with its password, over TLS."""
    done = log_in(host, tls="require")
    assert done.rc == 0, done.stderr
    assert done.stdout.strip() == "app"


def test_nothing_in_clear(host: Any) -> None:
    """Ensure the right password without TLS is refused."""
    done = log_in(host, tls="disable")
    assert done.rc != 0
    assert "no encryption" in done.stderr


def test_wrong_password_is_refused(host: Any) -> None:
    """Ensure a wrong password is refused."""
    done = log_in(host, tls="require", password="something-else")  # noqa: S106
    assert "password authentication failed" in done.stderr


def test_owner_stays_in_its_database(host: Any) -> None:
    """Ensure an owner is let into no other database, and nobody in from an address not named."""
    for user, database, password in (
        ("app", "other", PASSWORD),
        ("app", "postgres", PASSWORD),
        ("other", "other", "another-for-this-test"),
        ("postgres", "app", PASSWORD),
    ):
        done = log_in(host, user=user, database=database, password=password, tls="require")
        assert "no pg_hba.conf entry" in done.stderr, (user, database, done.stderr)


def test_public_has_no_way_in(host: Any) -> None:
    """Ensure roles without a database of their own may not connect to one."""
    sql = "SELECT has_database_privilege('app', 'other', 'CONNECT')"
    assert ask(host, sql) == ["f"]


def test_no_trust(host: Any) -> None:
    """Ensure nobody is trusted for an address, and only root and the server use the socket."""
    methods = ask(host, "SELECT type || ' ' || auth_method FROM pg_hba_file_rules")
    assert set(methods) == {"local peer", "hostssl scram-sha-256"}


def test_passwords_are_verifiers(host: Any) -> None:
    """Ensure no stored password can be replayed or read."""
    sql = "SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL"
    held = ask(host, sql)
    assert len(held) == 2
    assert all(verifier.startswith("SCRAM-SHA-256") for verifier in held)


def test_text_is_utf8_by_code_point(host: Any) -> None:
    """Ensure the databases' order of text does not depend on the host's C library."""
    sql = (
        "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale "
        "FROM pg_database WHERE datname IN ('app', 'other', 'template1')"
    )
    assert set(ask(host, sql)) == {"UTF8|b|C.UTF-8"}


def test_listens_where_it_is_told(host: Any) -> None:
    """Ensure the server listens on the addresses it was given and on no other."""
    sockets = host.check_output("ss -Hltn 'sport = :5432'").splitlines()
    found = {line.split()[3].rpartition(":")[0] for line in sockets}
    assert {"127.0.0.1", "[::1]"} <= found
    assert len(found) == 3
    assert not found & {"0.0.0.0", "*", "[::]"}  # noqa: S104


def test_settings_hold(host: Any) -> None:
    """Ensure the running server has the settings, none waiting for a restart."""
    for name, value in {
        "shared_buffers": "64MB",
        "max_connections": "50",
        "ssl": "on",
        "ssl_min_protocol_version": "TLSv1.3",
        "data_checksums": "on",
        "log_min_error_statement": "panic",
    }.items():
        assert ask(host, f"SHOW {name}") == [value], name
    assert ask(host, "SELECT name FROM pg_settings WHERE pending_restart") == []


def test_files_are_closed(host: Any) -> None:
    """Ensure who may come from where is not for everyone on the host to read."""
    file = host.file("/etc/postgresql/17/main/pg_hba.conf")
    assert file.mode == 0o640
    assert file.group == "postgres"
