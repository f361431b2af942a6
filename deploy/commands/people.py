"""A department's roster: who gets which account, mailbox and group."""
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from deploy.commands.common import Adder, inventory_of, print_json
from deploy.errors import InputError
from deploy.files import write
from deploy.narrate import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from deploy.people import Plan


class _Told(Protocol):
    def as_json(self) -> dict[str, Any]: ...


def _plan(arguments: argparse.Namespace) -> int:
    from deploy import people

    plan = people.plan(
        inventory_of(arguments),
        arguments.file,
        organisation=arguments.organisation,
        again=arguments.again,
    )
    return _show(plan, arguments)


def _apply(arguments: argparse.Namespace) -> int:
    from deploy import people

    plan = people.apply(
        inventory_of(arguments),
        arguments.file,
        organisation=arguments.organisation,
        yes=arguments.yes,
        again=arguments.again,
    )
    return _show(plan, arguments)


def _leave(arguments: argparse.Namespace) -> int:
    from deploy.people import leaving

    wishes = leaving.wishes(
        successor=arguments.successor,
        keep_until=arguments.keep_until,
        forward_to=arguments.forward_to,
        answer=arguments.answer,
        until=arguments.until,
    )
    found = leaving.leave(
        inventory_of(arguments), arguments.user, wishes, organisation=arguments.organisation
    )
    _print(found, found.lines(), arguments)
    return found.exit_code


def _delete(arguments: argparse.Namespace) -> int:
    from deploy.people import leaving

    found = leaving.delete(
        inventory_of(arguments),
        arguments.user,
        arguments.report,
        organisation=arguments.organisation,
        reason=arguments.yes,
        language=arguments.language,
    )
    _print(found, found.lines(), arguments)
    return found.exit_code


def _show(plan: Plan, arguments: argparse.Namespace) -> int:
    _print(plan, map(str, plan.changes or ("nothing to do",)), arguments)
    return 0


def _print(found: _Told, lines: Iterable[str], arguments: argparse.Namespace) -> None:
    """Print what was found for programs, or its ``lines`` for people."""
    if arguments.json:
        print_json(found.as_json())
    else:
        print("\n".join(lines))


def _letters(arguments: argparse.Namespace) -> int:
    from deploy.people import letters

    made = letters.write(
        inventory_of(arguments),
        arguments.out,
        uids=arguments.uid,
        organisation=arguments.organisation,
        days=arguments.days,
        new=arguments.new,
    )
    _print(made, [str(made)], arguments)
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from deploy.people.status import status
    from deploy.people.status.page import drawn
    from deploy.people.status.text import lines

    if arguments.out and not arguments.out.parent.is_dir():
        raise InputError(
            "there is no such folder to write the page in",
            where=str(arguments.out.parent),
            next_step="make it, or name another file with --out",
        )
    found = status(
        inventory_of(arguments),
        organisation=arguments.organisation,
        after_days=arguments.after_days,
    )
    if arguments.out:
        write(arguments.out, drawn(found, arguments.language).encode(), mode=0o600)
        say(f"the page is in {arguments.out}; it names people, so only you can read it")
    _print(found, lines(found), arguments)
    return 3 if found.unknown else 0


def add_to(add: Adder) -> None:
    _add_status(add)
    for name, run, text in (
        ("plan", _plan, "show what a roster would change, person by person"),
        ("apply", _apply, "do it"),
    ):
        verb = add(name, run, text, json=True)
        verb.add_argument("file", type=Path, help="the roster: CSV, or YAML (.yml)")
        verb.add_argument("--organisation", help="default: the inventory's first")
        verb.add_argument(
            "--again",
            action="append",
            default=[],
            metavar="USER",
            help="they had left, and are back; may be said several times",
        )
        if name == "apply":
            verb.add_argument("--yes", action="store_true", help="also if half the people vanished")
    verb = add("letters", _letters, "write newcomers' letters, with a one-time link", json=True)
    verb.add_argument("uid", nargs="*", help="login names; default: who is not in yet")
    verb.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="yours alone (0700)"
    )
    verb.add_argument("--days", type=int, default=14, help="that a link is good for (default: 14)")
    verb.add_argument(
        "--new", action="store_true", help="also to who has a letter that is good: it becomes void"
    )
    verb.add_argument("--organisation", help="default: the inventory's first")
    verb = add("leave", _leave, "end somebody's access everywhere, and prove it", json=True)
    verb.add_argument("user", help="login name")
    verb.add_argument("--organisation", help="default: the inventory's first")
    verb.add_argument("--successor", default="", metavar="UID", help="who gets what is left behind")
    mail = verb.add_mutually_exclusive_group()
    mail.add_argument("--forward-to", default="", metavar="UID", help="who gets the mail as well")
    mail.add_argument(
        "--answer", default="", metavar="FILE", help="what is answered; auto: that they have left"
    )
    verb.add_argument(
        "--until", default="", metavar="DAY", help="that for so long (default: 90 days)"
    )
    verb.add_argument("--keep-until", default="", metavar="DAY", help="default: ten years from now")
    verb = add(
        "delete", _delete, "remove what somebody who left left behind, and report", json=True
    )
    verb.add_argument("user", help="login name")
    verb.add_argument("--organisation", help="default: the inventory's first")
    verb.add_argument(
        "--report", type=Path, required=True, metavar="FILE", help="new, .json; a page beside it"
    )
    verb.add_argument("--language", choices=("nl", "en"), default="nl", help="of the page")
    verb.add_argument("--yes", default="", metavar="REASON", help="before its time, because")


def _add_status(add: Adder) -> None:
    verb = add("status", _status, "how far a department is, and what needs somebody", json=True)
    verb.add_argument("--organisation", help="default: the inventory's first")
    verb.add_argument(
        "--after-days",
        type=int,
        default=14,
        metavar="N",
        help="who has an account so long and never logged in is a problem (default: 14)",
    )
    verb.add_argument("--out", type=Path, metavar="FILE", help="write it as one HTML page as well")
    verb.add_argument("--language", choices=("nl", "en"), default="nl", help="of the page")
