"""What the platform really points at: one round trip per host, and a look from outside."""

from verify.observe.observations import from_host
from verify.observe.reach import everyone

__all__ = ["everyone", "from_host"]
