"""What is true of every host."""

from __future__ import annotations

from typing import Any

import pytest


def test_time_is_asked_of_the_named_servers_alone(host: Any) -> None:
    """Ensure chrony runs and asks only the servers it was given."""
    assert host.service("chrony").is_running
    assert host.service("chrony").is_enabled
    sources = host.check_output("chronyc -n -c sources").splitlines()
    assert [line.split(",")[2] for line in sources] == ["192.0.2.123"]


def test_nobody_is_told_the_time(host: Any) -> None:
    """Ensure a host without clients for the time does not answer on its port."""
    assert not host.check_output("ss -Hlnu 'sport = :123 or sport = :323'")


def test_no_other_time_keeper(host: Any) -> None:
    """Ensure no second program sets the clock or asks somebody else for the time."""
    for name in ("systemd-timesyncd", "ntpsec", "openntpd"):
        assert not host.package(name).is_installed
    assert "pool.ntp.org" not in host.check_output("cat /etc/chrony/*.conf /etc/default/chrony")


def test_upgrades_come_from_the_depot_alone(host: Any) -> None:
    """Ensure upgrades happen by themselves and accept nothing but the depot."""
    settings = host.check_output("apt-config dump")
    patterns = [
        line for line in settings.splitlines() if "Unattended-Upgrade::Origins-Pattern::" in line
    ]
    assert patterns == ['Unattended-Upgrade::Origins-Pattern:: "origin=Kootwijk depot";']
    assert "Unattended-Upgrade::Allowed-Origins::" not in settings
    assert 'APT::Periodic::Unattended-Upgrade "1";' in settings
    assert host.service("apt-daily-upgrade.timer").is_enabled
    assert host.run("unattended-upgrade --dry-run").rc == 0


def test_no_other_package_source(host: Any) -> None:
    """Ensure apt knows no origin but the depot."""
    origins = host.check_output("apt-get indextargets --format '$(ORIGIN)'").splitlines()
    assert set(origins) == {"Kootwijk depot"}


def test_nothing_reports_home(host: Any) -> None:
    """Ensure no package is there that tells its makers of this host."""
    for name in ("popularity-contest", "reportbug", "apt-listchanges", "motd-news-config"):
        assert not host.package(name).is_installed


def test_the_journal_is_kept_and_bounded(host: Any) -> None:
    """Ensure the journal survives a reboot and cannot fill the disk."""
    assert host.file("/var/log/journal").is_directory
    effective = host.check_output("systemd-analyze cat-config systemd/journald.conf")
    settings = [line for line in effective.splitlines() if line and not line.startswith("#")]
    assert "Storage=persistent" in settings
    assert "SystemMaxUse=64M" in settings
    assert host.service("systemd-journald").is_running


def test_the_host_knows_its_own_name(host: Any) -> None:
    """Ensure the host's name is its own address and not a loopback one."""
    assert host.check_output("hostname --fqdn") == "mol1.kootwijk.test"
    addresses = {line.split()[0] for line in host.check_output("getent ahosts mol1").splitlines()}
    assert not any(address.startswith("127.") for address in addresses)
    assert len(addresses) == 2


def test_the_kernel_takes_no_redirects(host: Any) -> None:
    """Ensure nobody on the network can change where packets go."""
    held = host.file("/etc/sysctl.d/60-kootwijk.conf").content_string
    assert "net.ipv4.conf.all.accept_redirects = 0" in held
    if host.run("test -w /proc/sys/net").rc != 0:
        pytest.skip("a lab host may not set the kernel's parameters; a rented one may")
    assert host.sysctl("net.ipv4.conf.all.accept_redirects") == 0
    assert host.sysctl("net.ipv4.conf.all.send_redirects") == 0
    assert host.sysctl("net.ipv6.conf.all.accept_redirects") == 0


def test_no_unit_failed(host: Any) -> None:
    """Ensure systemd is content."""
    assert not host.check_output("systemctl list-units --failed --no-legend --plain")
