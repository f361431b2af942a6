"""Thin over deploy.ca: has a host's signing request signed and brings the certificate back."""

import sys
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

sys.path.append(str(Path(__file__).parents[3]))

from deploy import ca
from deploy.errors import KootwijkError

HOST_MODULE = "certificates_host"
# Role acme knows a certificate that it has to replace by this name of its issuer.
PROVISIONAL = "not certified yet"


class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        wish = self._task.args
        names = list(wish["names"])
        files = self._files(wish.get("files")) if wish["source"] == "files" else {}
        first = self._host(task_vars, names=names, key=files.get("key"), **self._trust(wish))
        if first.get("failed"):
            return first
        try:
            chain, authority, reason = self._signed(wish, names, files, first)
        except (KootwijkError, ValueError) as error:
            raise AnsibleActionFail(f"no certificate for {names[0]}: {error}") from error
        changed = first["changed"]
        if reason and first["request"]:
            second = self._host(
                task_vars, names=names, chain=chain, authority=authority, key=files.get("key")
            )
            if second.get("failed"):
                return second
            changed |= second["changed"]
        held = dict(task_vars.get("ansible_local") or {}, certificates=first.get("fact"))
        facts = {"ansible_facts": {"ansible_local": held}} if first.get("fact") else {}
        return {**result, **facts, "changed": changed, "reason": reason}

    def _host(self, task_vars, **arguments):
        arguments = {k: v for k, v in arguments.items() if v is not None}
        return self._execute_module(
            module_name=HOST_MODULE, module_args=arguments, task_vars=task_vars
        )

    def _trust(self, wish):
        """Return what the host verifies others with, where a directory signs."""
        if wish["source"] != "acme":
            return {}
        authority = (wish.get("authority") or {}).get("cert")
        return {"authority": authority} if authority else {"public": True}

    def _files(self, paths):
        missing = [name for name in ("chain", "key", "authority") if not paths.get(name)]
        if missing:
            raise AnsibleActionFail(f"certificates_files lacks: {', '.join(missing)}")
        return {
            name: self._loader.get_text_file_contents(self._find_needle("files", paths[name]))
            for name in ("chain", "key", "authority")
        }

    def _signed(self, wish, names, files, host):
        """Return (chain, authority, why the host's is replaced or '')."""
        left = int(wish["renew_days"])
        if not host["request"]:  # check mode on a host that has no key yet
            return "", "", "there is no key yet"
        if files:
            flaw = ca.why_new(files["chain"], csr=host["request"], names=names, days=0)
            if flaw:
                raise KootwijkError(f"the certificate in certificates_files does not fit: {flaw}")
            same = host["chain"] == files["chain"] and host["authority"] == files["authority"]
            return files["chain"], files["authority"], "" if same else "the file is another one"
        if wish["source"] == "acme":
            return self._provisional(names, host)
        authority = wish["authority"]
        if not authority.get("key") or not authority.get("cert"):
            raise KootwijkError("certificates_authority needs a key and a cert")
        reason = ca.why_new(
            host["chain"],
            csr=host["request"],
            names=names,
            days=left,
            authority=authority["cert"],
        )
        if not reason and host["authority"] != authority["cert"]:
            reason = "the authority's own certificate is another one"
        if not reason:
            return "", "", ""
        days = int(wish["days"])
        chain = ca.sign(
            host["request"], authority["key"], authority["cert"], days=days, names=names
        )
        return chain, authority["cert"], f"a new certificate: {reason}"

    def _provisional(self, names, host):
        """Return a certificate nobody trusts, so that services start; the directory comes later."""
        if host["chain"] and ca.spki_sha256(host["chain"]) == ca.spki_sha256(host["request"]):
            return "", None, ""
        chain = ca.sign(host["request"], *ca.new_authority(PROVISIONAL), days=7, names=names)
        return chain, None, "a provisional certificate, until the directory signs"
