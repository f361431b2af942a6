"""What a person wants to see of a playbook run: where it is, what changed, what failed and why.

Quiet about all that is as it should be. With KOOTWIJK_STATS set it leaves the counts there as JSON.
"""

import json
import os
import time
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: kootwijk
type: stdout
short_description: Plays, changes and failures, one line each
description: Prints what changed and what failed, and writes the counts of each host as JSON.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "kootwijk"

    def __init__(self):
        super().__init__()
        self._start = time.monotonic()
        self._hosts = {}
        self._failures = []
        self._tasks = []  # [play, task, seconds until the next one began]
        self._play = ""

    def v2_playbook_on_task_start(self, task, is_conditional):  # noqa: ARG002
        self._clock(task.get_name())

    def v2_playbook_on_handler_task_start(self, task):
        self._clock(task.get_name())

    def _clock(self, name):
        now = time.monotonic()
        if self._tasks:
            self._tasks[-1][2] = round(now - self._tasks[-1][2], 2)
        self._tasks.append([self._play, name, now])

    def v2_playbook_on_play_start(self, play):
        self._play = play.get_name()
        self._display.display(f"  {play.get_name()}", stderr=True)

    def v2_runner_on_ok(self, result):
        if result.task.action in ("debug", "ansible.builtin.debug"):
            self._said(result)
        if not result.is_changed():
            return
        self._display.display(f"    {result.host.name}: {result.task.get_name()}", stderr=True)
        if self.get_option_diff() and not result.task.no_log:
            self._show_diff(result)

    def _said(self, result):
        """Show what a role wants people to know, though nothing changed and nothing failed."""
        for found in result.result.get("results", [result.result]):
            if "msg" in found and not found.get("skipped"):
                self._display.display(f"    {result.host.name}: {found['msg']}", stderr=True)

    @staticmethod
    def get_option_diff():
        from ansible import context  # noqa: PLC0415

        return context.CLIARGS.get("diff", False)

    def _show_diff(self, result):
        diffs = [r.get("diff") for r in result.result.get("results", [result.result])]
        for diff in filter(None, diffs):
            self._display.display(self._get_diff(diff))

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self._fail(result, "failed")

    def v2_runner_on_unreachable(self, result):
        if not result.task.ignore_unreachable:
            self._fail(result, "unreachable")

    def _fail(self, result, kind):
        self._failures.append(
            {
                "host": result.host.name,
                "task": result.task.get_name(),
                "where": str(result.task.get_path()),
                "kind": kind,
                "message": self._message(result),
            }
        )
        last = self._failures[-1]
        lines = [f"    {last['host']}: {kind}: {last['task']}", last["message"], last["where"]]
        self._display.display("\n      ".join(lines), color="red", stderr=True)

    @staticmethod
    def _message(result):
        if result.task.no_log:
            return "(hidden: this task handles secrets)"
        found = [r for r in result.result.get("results", []) if r.get("failed")] or [result.result]
        parts = [str(found[0].get(key, "")).strip() for key in ("msg", "stderr", "stdout")]
        return "\n      ".join(part[-1500:] for part in parts if part)

    def v2_playbook_on_stats(self, stats):
        self._clock("")
        for name in sorted(stats.processed):
            found = stats.summarize(name)
            self._hosts[name] = {
                "ok": found["ok"],
                "changed": found["changed"],
                "failed": found["failures"],
                "unreachable": found["unreachable"],
            }
        target = os.environ.get("KOOTWIJK_STATS")
        if target:
            content = {
                "hosts": self._hosts,
                "failures": self._failures,
                "tasks": self._tasks[:-1],
                "seconds": round(time.monotonic() - self._start, 1),
            }
            Path(target).write_text(json.dumps(content), encoding="utf-8")
