"""The jurisdiction engine: from an endpoint to whose law reaches it, and why.

engine = Engine.load()
engine.verdict("s3.eu-central-1.amazonaws.com").as_json()
"""

from verify.jurisdiction.engine import Engine
from verify.jurisdiction.model import Control, Jurisdiction, Status, Step
from verify.jurisdiction.resolve import DnsResolver, Resolver
from verify.jurisdiction.target import BadTargetError
from verify.jurisdiction.verdict import Verdict

__all__ = [
    "BadTargetError",
    "Control",
    "DnsResolver",
    "Engine",
    "Jurisdiction",
    "Resolver",
    "Status",
    "Step",
    "Verdict",
]
