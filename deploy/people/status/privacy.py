"""Which groups are too small to show what they do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

SMALLEST = 5


def withheld(groups: Mapping[str, frozenset[str]], everybody: frozenset[str]) -> frozenset[str]:
    """Return the names of the groups whose activity is not shown.

    Those are the groups of fewer than ``SMALLEST`` people, and those that, taken from a larger one
    that is shown (another group, or everybody), leave fewer than that. Empty groups show nothing.
    """
    hidden = {name for name, members in groups.items() if len(members) < SMALLEST}
    shown = sorted((n for n in groups if n not in hidden), key=lambda n: (len(groups[n]), n))
    for place, name in enumerate(shown):
        mine = groups[name]
        larger = [everybody, *(groups[n] for n in shown[place + 1 :])]
        if any(mine < other and len(other - mine) < SMALLEST for other in larger):
            hidden.add(name)
    # Together, too: everybody less all that is shown must not leave a few.
    for name in sorted(groups, key=lambda n: (len(groups[n]), n)):
        rest = everybody - _shown(groups, hidden)
        if not 0 < len(rest) < SMALLEST:
            break
        if everybody - _shown(groups, hidden | {name}) > rest:
            hidden.add(name)
    return frozenset(hidden)


def _shown(groups: Mapping[str, frozenset[str]], hidden: AbstractSet[str]) -> frozenset[str]:
    return frozenset().union(*(members for name, members in groups.items() if name not in hidden))
