"""All services' own words, several at once. Runs on the host."""

import time
from concurrent.futures import ThreadPoolExecutor

import apps
import clients
import databases
import filtering
import hosting
import integrity
import loading
import mailing
import naming
import packing
import paging
import trusting

LOOKS = (
    *(mailing.postfix, mailing.dovecot, mailing.rspamd, filtering.sieve),
    *(naming.chrony, naming.unbound, naming.knot, naming.hosts_file),
    *(hosting.systemd, hosting.environments, hosting.firewall, hosting.connections),
    *(hosting.denied, hosting.sshd, hosting.network, packing.apt, packing.packages),
    *(
        paging.nginx,
        databases.postgresql,
        databases.openldap,
        paging.roundcube,
        paging.lemonldap,
        apps.nextcloud,
    ),
    *(trusting.certificates, loading.python, loading.php, clients.storage, integrity.altered),
)


def everything(problems, timing):
    """Return {name of the look: what it found}; one that fails leaves a problem and {}."""

    def one(look):
        start = time.monotonic()
        try:
            return look(problems)
        except Exception as why:
            problems.append({"place": look.__name__, "what": f"{type(why).__name__}: {why}"})
            return {}
        finally:
            timing[look.__name__] = round(time.monotonic() - start, 2)

    with ThreadPoolExecutor(max_workers=4) as pool:
        return dict(zip((f.__name__ for f in LOOKS), pool.map(one, LOOKS), strict=True))
