"""Runs to report on: a small one, one with many dependencies, one that attacks its reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from verify import catalogue
from verify.model import Finding, HostSeen, Observation, Remedy, Run, Source, Status
from verify.report import changes, scores, view
from verify.waivers import Waiver


def finding(status: Status = Status.PASS, **fields: Any) -> Finding:
    made: dict[str, Any] = {
        "control": "KW-DEP-01",
        "status": status,
        "host": "mail1",
        "component": "postfix",
        "layer": "L10",
        "endpoint": "smtp.example.com",
        "jurisdiction": "US",
        "owner": "Amazon.com, Inc.",
        "sources": (Source("file", "/etc/postfix/main.cf", 3, "relayhost"),),
        "reason": "Amazon.com, Inc., US",
        "chain": (
            {"what": "name", "value": "smtp.example.com", "source": "a list", "date": "2026-11-01"},
            {"what": "operator", "value": "Amazon", "source": "b", "jurisdiction": "US"},
        ),
        "severity": "critical",
        "remedy": Remedy("Take it out.", "Haal het weg."),
    }
    return Finding(**{**made, **fields})


def observed(one: Finding) -> Observation:
    moment = "2026-11-25T08:00:00+00:00"
    return Observation(
        one.host, one.component, one.layer, one.endpoint, one.sources[0], "E2", moment, "collector"
    )


HOST = HostSeen(
    "mail1",
    "mail1.kootwijk.test",
    "10.0.0.1",
    "kootwijk",
    ("postfix",),
    reached=True,
    facts={
        "services": {
            "packages": {
                "installed": [
                    ["postfix", "3.10.4-1~deb13u1", "amd64", "postfix"],
                    ["libc6", "2.41-12", "amd64", "glibc"],
                    ["stray", "1:0.1", "all", "stray"],
                ],
                "origins": {
                    "postfix": ["http://10.0.0.9:8470/debian trixie/main"],
                    "libc6": ["http://10.0.0.9:8470/debian trixie/main"],
                    "stray": [],
                },
                "snapshots": {"http://10.0.0.9:8470/debian": "c52ba54dd436"},
                "python": [["matrix-synapse", "1.140.0", "/opt/synapse/x"]],
                "releases": [
                    ["nextcloud", "34.0.1", "/srv/nextcloud", "a" * 64, "signature"],
                    ["element-web", "1.12.0", "/var/www/element-1.12.0", "", ""],
                ],
            }
        }
    },
)


def of(*findings: Finding, hosts: tuple[HostSeen, ...] = (HOST,), **fields: Any) -> Run:
    made: dict[str, Any] = {
        "inventory": "lab",
        "started": "2026-11-25T08:00:00+00:00",
        "finished": "2026-11-25T08:00:02+00:00",
        "data": {"addresses": "a table, 2026-11-01"},
        "hosts": hosts,
        "observations": tuple(observed(f) for f in findings if f.endpoint and f.sources),
        "findings": findings,
    }
    return Run(**{**made, **fields})


def many(count: int) -> Run:
    """``count`` dependencies of as many owners over all layers, a third of them American."""
    return of(
        *(
            finding(
                Status.FAIL if n % 3 == 0 else Status.PASS,
                layer=f"L{n % 17 + 1}",
                endpoint=f"host{n}.example.com",
                owner=f"Owner number {n} with quite a long registered name, Inc.",
                jurisdiction="US" if n % 3 == 0 else ("NL", "EU", "OTHER")[n % 4 % 3],
            )
            for n in range(count)
        )
    )


ATTACKS = (
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title></head><body onload=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)' autofocus onfocus='alert(1)",
    "</text></svg><svg onload=alert(1)>",
    "<foreignObject><iframe srcdoc='<script>parent.alert(1)</script>'></foreignObject>",
    "javascript:alert(1)",
    "</bdi></code></td><a href=javascript:alert(1)>x</a>",
    "]]><script>alert(1)</script><![CDATA[",
    "--><script>alert(1)</script><!--",
    "{{ 7*7 }}{% raw %}{{ view.__class__ }}",
    "x{}*{background:url(https://evil.example.com/)}",
    '</script><script>alert(1)</script>\\u003cscript>"',
    "safe\u202egnp.exe\u2066\u2069\u200b\ufeff",
    "nul\x00bel\x07esc\x1b[31m\x9b31mdel\x7f\r\n\tend\u2028\u2029",
    "\ud800 lone surrogate",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<base href=https://evil.example.com/><link rel=stylesheet href=//evil.example.com/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example.com/'>",
    "A" * 100_000,
)


def hostile(text: str) -> Run:
    """Return a run in which everything that a host can say is ``text``."""
    source = Source("file", f"/etc/{text}", 1, text)
    chain = ({"what": text, "value": text, "source": text, "date": text, "jurisdiction": text},)
    one = finding(
        Status.FAIL,
        host=text,
        component=text,
        endpoint=text,
        owner=text,
        sources=(source,),
        reason=text,
        chain=chain,
        criticality=text,
        remedy=Remedy(text, text),
    )
    others = [replace(one, status=status, endpoint=f"{text}{n}") for n, status in enumerate(Status)]
    host = replace(
        HOST,
        name=text,
        fqdn=text,
        address=text,
        organisation=text,
        facts={
            "services": {
                "packages": {
                    "installed": [[text, text, text, text]],
                    "origins": {text: [text]},
                    "python": [[text, text, text]],
                    "releases": [[text, text, text, text, text]],
                }
            }
        },
    )
    missing = replace(host, name=f"{text}.", reached=False, error=text, facts={})
    return of(one, *others, hosts=(host, missing), inventory=text, data={text: text})


def waiver(**fields: Any) -> Waiver:
    made: dict[str, Any] = {
        "id": "relay",
        "layer": "L10",
        "endpoint": "*.example.com",
        "reason": "There is no other yet.",
        "owner": "The functional owner",
        "compensating_control": "Everything is encrypted.",
        "exit_plan": "Another relay.",
        "expiry": date(2027, 2, 25),
    }
    return Waiver(**{**made, **fields})


def seen(run: Run, before: Run | None = None, waivers: tuple[Waiver, ...] = ()) -> view.View:
    controls = catalogue.controls()
    return view.seen(
        run,
        controls=controls,
        scores=scores.scored(run, controls),
        changes=changes.between(before, run),
        waivers=waivers,
    )


FAILING = of(
    finding(Status.FAIL),
    finding(Status.WAIVED, endpoint="a.example.net", waiver="relay"),
    finding(Status.NOT_TESTED, control="KW-DEP-02", endpoint="", sources=(), layer=""),
    finding(endpoint="time.example.nl", layer="L8", owner="SIDN", jurisdiction="NL"),
)
