"""The one exception tree. Every error says what, where, and what to do next."""

from __future__ import annotations


class KootwijkError(Exception):
    """What went wrong, for the person at the terminal.

    ``what`` is one sentence, ``where`` a file, host or setting, ``next_step`` what to do now.
    ``exit_code`` is the command's: 1 a check failed, 2 wrong use or bad input, 3 not found out.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.next_step:
            lines.append(f"  next:  {self.next_step}")
        return "\n".join(lines)


class InputError(KootwijkError):
    """The input or the use of the command is wrong."""


class MachineError(KootwijkError):
    """This machine lacks something: root, room, a package, a free subnet."""


class CheckError(KootwijkError):
    """A check came out negative."""

    exit_code = 1


class UnreachableError(KootwijkError):
    """A host, source or service did not answer, so nothing can be said."""

    exit_code = 3
