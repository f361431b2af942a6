"""A roster as YAML: people, teams and shared mailboxes, each value with its line and column. Pure.

Values are taken as they are written: `no` is a language, 2026-12-31 a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import yaml

from deploy.errors import InputError
from deploy.people.assemble import COLUMNS, LISTS, REQUIRED, Record
from deploy.people.cells import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = "1"
SOURCE = "source"  # instead of people: who they are is read elsewhere
SECTIONS = {  # section -> (keys, those that must be there, those with several values)
    "people": (COLUMNS, REQUIRED, LISTS),
    "teams": (("name", "folder_quota", "rooms"), ("name",), ("rooms",)),
    "shared_mailboxes": (
        ("name", "mail", "aliases", "members", "quota"),
        ("name", "members"),
        ("aliases", "members"),
    ),
}
# The parser in C is fifteen times as fast, which 20,000 people notice; not every build has it.
_FAST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Keys = dict[str, tuple[yaml.Node, yaml.Node]]  # key -> (its node, its value's)


class _Loader(_FAST):  # type: ignore[valid-type,misc]  # one of two, by what the machine has
    """Does not guess what a value is, a date or a number: nobody asks, and it takes long."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, object]]]] = {}


def root(text: str, origin: str) -> yaml.MappingNode:
    """Return the document of ``text``; InputError with line and column if it is not YAML."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        place = at(error.problem_mark) if error.problem_mark else "somewhere"
        raise wrong(f"{place}: not YAML: {error.problem}", origin) from error
    except yaml.reader.ReaderError as error:
        # Its position counts bytes in the one parser, characters in the other.
        before = text[: text.find(chr(error.character))]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise wrong(
            f"line {line}, column {column}: not YAML: a character that is not seen "
            f"(U+{error.character:04X})",
            origin,
        ) from error
    except yaml.YAMLError as error:
        raise wrong(f"not YAML: {error}", origin) from error
    if not isinstance(node, yaml.MappingNode):
        raise wrong("line 1: there are no sections, such as people", origin)
    return node


def sections(node: yaml.MappingNode, origin: str) -> dict[str, list[Record]]:
    """Return section -> its entries. InputError with line and column of the first thing wrong."""
    found = keys(node, ("version", SOURCE, *SECTIONS), origin)
    if SOURCE in found and "people" in found:
        raise wrong(
            f"{at(found['people'][0].start_mark)}: people and source exclude another", origin
        )
    if "version" not in found or text_of(found["version"][1], origin) != VERSION:
        raise wrong(f"{_start(found.get('version'))}: 'version: {VERSION}' is missing", origin)
    return {
        name: [_record(item, name, origin) for item in _items(found[name][1], name, origin)]
        for name in SECTIONS
        if name in found
    }


def keys(node: yaml.Node, known: Sequence[str], origin: str, what: str = "it") -> Keys:
    """Return the keys of a mapping; InputError for an unknown one and for one that is twice."""
    if not isinstance(node, yaml.MappingNode):
        raise wrong(f"{at(node.start_mark)}: {what} has no keys, such as {known[0]}", origin)
    found: Keys = {}
    for key, value in node.value:
        name = text_of(key, origin)
        if name not in known:
            raise wrong(
                f"{at(key.start_mark)}: unknown {name!r}; the keys are {', '.join(known)}", origin
            )
        if name in found:
            raise wrong(f"{at(key.start_mark)}: {name!r} is there twice", origin)
        found[name] = (key, value)
    return found


def text_of(node: yaml.Node, origin: str) -> str:
    """Return the one value of ``node``, cleaned; nothing for ~."""
    if not isinstance(node, yaml.ScalarNode):
        raise wrong(f"{at(node.start_mark)}: one value is meant here", origin)
    return "" if _nothing(node) else clean(node.value)


def _nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in {"", "~"}


def at(mark: yaml.Mark) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _record(node: yaml.Node, section: str, origin: str) -> Record:
    known, required, lists = SECTIONS[section]
    found = keys(node, known, origin, "this entry")
    missing = [name for name in required if name not in found]
    if missing:
        raise wrong(f"{at(node.start_mark)}: {', '.join(missing)} is missing", origin)
    values = {
        name: [text_of(item, origin) for item in _items(value, name, origin)]
        if name in lists
        else text_of(value, origin)
        for name, (_, value) in found.items()
    }

    def place(column: str, index: int | None) -> str:
        if column not in found:
            return f"{at(node.start_mark)} ({column})"
        value = found[column][1]
        if index is not None and isinstance(value, yaml.SequenceNode):
            value = value.value[index]
        return f"{at(value.start_mark)} ({column})"

    return Record(values, where=f"line {node.start_mark.line + 1}", place=place)


def _items(node: yaml.Node, name: str, origin: str) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if _nothing(node):
        return []
    raise wrong(f"{at(node.start_mark)}: {name} is a list: one '- ' for each", origin)


def _start(found: tuple[yaml.Node, yaml.Node] | None) -> str:
    return at(found[1].start_mark) if found else "line 1"


def wrong(what: str, origin: str) -> InputError:
    """Return the error for what stands at a place in the file ``origin``."""
    return InputError(
        what,
        where=origin,
        next_step="correct that; docs/reference/roster.md has what a roster may say",
    )


def source(node: yaml.MappingNode) -> yaml.Node | None:
    """Return the value of ``source``, if there is one."""
    return next((value for key, value in node.value if key.value == SOURCE), None)
