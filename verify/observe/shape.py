"""What a host sent, in the shape that the rest may rely on: what has another is left out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 40


def shaped(found: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a host; whatever is in them can be read without asking what it is."""
    services = found.get("services")
    answers = found.get("answers")
    keys = found.get("keys")
    return {
        "collector": found.get("collector"),
        **{
            key: found[key] if isinstance(found.get(key), int | float) else 0
            for key in ("time", "seconds", "cpu_seconds")
        },
        "problems": [_texts(p) for p in _list(found.get("problems")) if isinstance(p, dict)],
        "files": _rows(found.get("files")),
        "keys": {str(k): _flat(v) for k, v in _dict(keys).items()},
        "services": {str(k): _look(v) for k, v in _dict(services).items() if isinstance(v, dict)},
        "answers": _answers(_dict(answers)),
        "system": _texts(_dict(found.get("system"))),
        "timing": _dict(found.get("timing")),
    }


def _look(value: dict[str, Any]) -> dict[str, Any]:
    """Return what one look found; a key that _SHAPES does not have is left out."""
    made = {key: _SHAPES[key](held) for key, held in value.items() if key in _SHAPES}
    if isinstance(value.get("keys"), list):  # of apt: [path, as shipped]
        made["keys"] = [r for r in _long(2)(value["keys"]) if len(r) == 2]  # noqa: PLR2004
    return made


def _rows(value: Any) -> list[list[Any]]:
    return [row for row in map(_row, _list(value)) if row]


def _row(value: Any) -> list[Any]:
    """Return [place, line, setting, endpoint, and what else there is], or [] if it is no row."""
    if not isinstance(value, list) or len(value) < 4:  # noqa: PLR2004
        return []
    place, line, setting, endpoint, *more = value
    number = line if isinstance(line, int) and not isinstance(line, bool) else 0
    return [str(place), number, str(setting), str(endpoint), *map(str, more[:1])]


def _long(least: int) -> Callable[[Any], list[list[Any]]]:
    """Return the reader of a list of lists that have ``least`` elements or more."""
    return lambda value: [r for r in _list(value) if isinstance(r, list) and len(r) >= least]


def _answers(value: dict[str, Any]) -> dict[str, Any]:
    records = {
        str(name): {str(k): [str(t) for t in _list(v)] for k, v in _dict(kinds).items()}
        for name, kinds in _dict(value.get("records")).items()
    }
    authentic = {
        str(k): v for k, v in _dict(value.get("authentic")).items() if v in (True, False, None)
    }
    return {"root": value.get("root") is True, "records": records, "authentic": authentic}


def _deep(value: Any, depth: int = 0) -> bool:
    if depth > _DEEPEST:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_deep(one, depth + 1) for one in inner)


def _flat(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in _dict(value).items()}


def _texts(value: dict[str, Any]) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()}


def _dict(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


# key of a look -> the reader of what it holds
_SHAPES: dict[str, Callable[[Any], Any]] = {
    "rows": _rows,
    **dict.fromkeys(("records", "peers", "log", "tried"), _long(4)),
    "releases": _long(5),
    **dict.fromkeys(("served", "python", "altered"), _long(3)),
    **dict.fromkeys(("files", "trusted", "installed"), _long(2)),
    **dict.fromkeys(("settings", "keys", "options", "unit_files", "snapshots"), _flat),
    **dict.fromkeys(
        ("active", "asked", "anchors", "listens"), lambda value: [str(v) for v in _list(value)]
    ),
    "hosts": lambda value: [r for r in _long(3)(value) if isinstance(r[2], list)],
    "origins": lambda value: {str(k): [str(u) for u in _list(v)] for k, v in _dict(value).items()},
    "nftables": lambda value: [v for v in _list(value) if isinstance(v, dict) and not _deep(v)],
    **dict.fromkeys(("bundle", "checked"), lambda value: value if isinstance(value, int) else 0),
}
