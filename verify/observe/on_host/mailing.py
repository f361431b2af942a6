"""What the mail services say of themselves. Runs on the host."""

import re
import shutil

import shell
import text


def postfix(problems):
    if not shutil.which("postconf"):
        return {}
    rows = shell.dump(["postconf", "-nx"], "plain", problems, file="/etc/postfix/main.cf")
    rows += shell.dump(["postconf", "-Mf"], "plain", problems, place="/etc/postfix/master.cf")
    return {"rows": rows, "settings": shell.pairs(shell.run(["postconf", "-x"]), "=")}


def dovecot(problems):
    return {"rows": shell.dump(["doveconf", "-n"], "hash", problems)}


def rspamd(_problems):
    printed = shell.run(["rspamadm", "configdump"])
    keep = "\n".join(
        "" if re.match(r"\s*(description|group)\s*=", line) else line
        for line in printed.split("\n")
    )
    return {"rows": [["rspamadm configdump", 0, k, e] for _, k, e in text.rows(keep, "ucl")]}
