"""Fixtures of the controls: the evidence, a host of it, the ledger, and a live host."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import testinfra

from deploy import inventory as inventories
from deploy.paths import DEFAULT_INVENTORY
from deploy.procedures.bootstrap import ADMIN, ssh_files
from verify import catalogue, evidence
from verify.controls.ledger import Ledger
from verify.model import HostSeen, Remedy

if TYPE_CHECKING:
    from verify.catalogue import Control
    from verify.evidence import Evidence

KEY = pytest.StashKey["Evidence"]()
LEDGER = pytest.StashKey[Ledger]()
HANDED = pytest.StashKey[bool]()
UNREACHED = Remedy(
    "Find out why it does not answer, mend that and look again; until then nothing is known of it.",
    "Zoek uit waarom er geen antwoord komt, herstel dat en kijk opnieuw; tot dan is er niets over "
    "bekend.",
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "control(id): the entry of the catalogue that this tests")
    config.addinivalue_line("markers", "everywhere: also for each name that was seen from outside")


def _evidence(config: pytest.Config) -> Evidence:
    """Return what `kootwijk verify` saw, or look now: once per session."""
    given = config.pluginmanager.get_plugin("kootwijk-evidence")
    if given is not None:
        return given.evidence  # type: ignore[no-any-return]
    if KEY not in config.stash:
        path = Path(str(config.getoption("--inventory", default=None) or DEFAULT_INVENTORY))
        config.stash[KEY] = evidence.collect(inventories.load(path))
    return config.stash[KEY]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seen" in metafunc.fixturenames:
        found = _evidence(metafunc.config)
        everywhere = metafunc.definition.get_closest_marker("everywhere") is not None
        hosts = (*found.hosts, *(found.outside if everywhere else ()))
        metafunc.parametrize("seen", hosts, ids=[h.name for h in hosts], scope="session")
    for name, fact in (("zone", "zone"), ("page", "pages"), ("site", "headers")):
        if name in metafunc.fixturenames:
            outside = [s for s in _evidence(metafunc.config).outside if fact in s.facts]
            metafunc.parametrize(name, outside, ids=[s.name for s in outside], scope="session")


@pytest.fixture(scope="session", name="evidence")
def _evidence_fixture(pytestconfig: pytest.Config) -> Evidence:
    return _evidence(pytestconfig)


@pytest.fixture
def ledger(request: pytest.FixtureRequest, evidence: Evidence) -> Ledger:
    """Take the findings of a test; a host that was not reached is never a pass."""
    marker = request.node.get_closest_marker("control")
    control = catalogue.controls()[marker.args[0]]
    seen = _seen(request.node)
    name = seen.name if seen else "platform"
    made = Ledger(control, name, evidence.waivers)
    if seen is not None and not seen.reached:
        said = f"not reached: {seen.error.splitlines()[0]}"
        # A host that is down makes the run incomplete (exit 3); a name that does not answer is bad.
        down = {h.address for h in evidence.hosts if not h.reached}
        write = made.not_tested if seen.address in down else made.unknown
        write(said, **_unreached(control, seen))
        request.node.stash[HANDED] = True
        _hand_over(request.config, made)
        pytest.skip(said)
    request.node.stash[LEDGER] = made
    return made


def _seen(item: Any) -> HostSeen | None:
    """Return the host, zone, page or site that the test is about; None: the whole platform."""
    found = item.callspec.params if hasattr(item, "callspec") else {}
    return next((found[k] for k in ("seen", "zone", "page", "site") if k in found), None)


def _unreached(control: Control, seen: HostSeen) -> dict[str, Any]:
    """Return the fields of a finding on what did not answer: a zone, mail, a page, a host.

    A control on many layers says of none of them anything, so it gets the layer of what is mute.
    """
    if len(control.layers) == 1:
        return {"remedy": UNREACHED}
    if "zone" in seen.facts:
        layer = "L5"
    elif seen.name.endswith((":993", ":465")):
        layer = "L10"
    else:
        layer = "L14" if {"chain", "pages"} & set(seen.facts) else "L3"
    return {"layer": layer, "remedy": UNREACHED}


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Any:
    """Run a control; an error of the test itself is UNKNOWN, never a pass."""
    made = pyfuncitem.stash.get(LEDGER, None)
    if made is None:
        return (yield)
    try:
        result = yield
    except Exception as why:  # noqa: BLE001  (whatever a control meets)
        made.unknown(f"this control met an error: {type(why).__name__}: {why}")
        result = True
    pyfuncitem.stash[HANDED] = True
    _hand_over(pyfuncitem.config, made)
    made.settle()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Write UNKNOWN down for a control that ended before it wrote anything, as in a fixture."""
    made = yield
    marker = item.get_closest_marker("control")
    seen = _seen(item)
    nothing = seen is not None and not isinstance(seen, HostSeen)  # pytest's word for an empty set
    handed = item.stash.get(HANDED, False) or nothing
    if call.excinfo is not None and marker is not None and not handed:
        ledger = Ledger(catalogue.controls()[marker.args[0]], seen.name if seen else "platform")
        why = f"{call.excinfo.typename}: {call.excinfo.value}"[:400]
        if isinstance(seen, HostSeen) and not seen.reached:
            ledger.not_tested("not reached", **_unreached(ledger.control, seen))
        else:
            ledger.unknown(f"this control could not be tried: {why}")
        item.stash[HANDED] = True
        _hand_over(item.config, ledger)
    return made


def _hand_over(config: pytest.Config, made: Ledger) -> None:
    given = config.pluginmanager.get_plugin("kootwijk-evidence")
    if given is not None:
        given.findings += made.findings


@pytest.fixture
def host(seen: HostSeen, evidence: Evidence) -> Any:
    """Return the host itself, over one persistent SSH connection as administrator."""
    if not seen.reached:
        pytest.skip(f"{seen.name} was not reached")
    found = evidence.inventory.host(seen.name)
    key, known = ssh_files(evidence.inventory, found)
    extra = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=8", "-o", "LogLevel=ERROR"]
    extra += ["-o", f"UserKnownHostsFile={known}"] if known else []
    return testinfra.get_host(
        f"ssh://{ADMIN}@{found.address}",
        sudo=True,
        ssh_identity_file=key or None,
        ssh_extra_args=shlex.join(extra),
        controlpersist=60,
    )
