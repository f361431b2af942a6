"""The host's half of certificates_issue: the key, the request, the files."""

import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: certificates_host
short_description: Key, signing request and files of the host's certificate
description:
  - Makes the key if there is none and returns a signing request and the certificate in place.
  - With I(chain), puts that certificate in place of the one there is.
options:
  folder: {type: path, default: /etc/kootwijk/tls}
  names: {type: list, elements: str, required: true}
  chain: {type: str, description: Certificate chain to put in place.}
  authority: {type: str, description: Certificate of the authority to put in place.}
  public: {type: bool, default: false, description: Put the public authorities in place.}
  key: {type: str, description: Private key to put in place of the host's own.}
"""
PUBLIC = Path("/etc/ssl/certs/ca-certificates.crt")
FACT = Path("/etc/ansible/facts.d/certificates.fact")


def put(module: AnsibleModule, path: Path, content: str, mode: int, group: str = "root") -> bool:
    """Replace ``path`` atomically if its content differs; tell whether it did."""
    if path.exists() and path.read_text(encoding="utf-8") == content:
        return module.set_group_if_different(
            str(path), group, changed=module.set_mode_if_different(str(path), mode, changed=False)
        )
    if module.check_mode:
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    module.set_mode_if_different(temporary, mode, changed=False)
    module.set_group_if_different(temporary, group, changed=False)
    Path(temporary).replace(path)
    return True


def link(module: AnsibleModule, path: Path, target: Path) -> bool:
    """Make ``path`` a link to ``target``; tell whether it was none."""
    if path.is_symlink() and path.readlink() == target:
        return False
    if not module.check_mode:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)
    return True


def openssl(module: AnsibleModule, *words: str, stdin: str = "") -> bytes:
    done = subprocess.run(
        ["openssl", *words], input=stdin.encode(), capture_output=True, check=False
    )
    if done.returncode:
        module.fail_json(msg=f"openssl {words[0]} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "default": "/etc/kootwijk/tls"},
            "names": {"type": "list", "elements": "str", "required": True},
            "chain": {"type": "str"},
            "authority": {"type": "str"},
            "public": {"type": "bool", "default": False},
            "key": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    folder = Path(module.params["folder"])
    key = folder / "privkey.pem"
    changed = False
    wanted = module.params["key"]
    if not wanted and not key.exists():
        if module.check_mode:
            module.exit_json(changed=True, request="", chain="", authority="")
        curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        wanted = openssl(module, "genpkey", *curve).decode()
    wanted = wanted or key.read_text(encoding="utf-8")
    changed |= put(module, key, wanted, 0o640, "ssl-cert")
    for name in ("chain", "authority"):
        path = folder / {"chain": "fullchain.pem", "authority": "ca.pem"}[name]
        if module.params[name]:
            changed |= put(module, path, module.params[name], 0o644)
    if module.params["public"]:
        changed |= link(module, folder / "ca.pem", PUBLIC)
    public = openssl(module, "pkey", "-pubout", "-outform", "DER", stdin=wanted)
    spki = hashlib.sha256(public).hexdigest()
    fact = {"names": sorted(module.params["names"]), "spki_sha256": spki}
    changed |= put(module, FACT, json.dumps(fact, indent=1, sort_keys=True) + "\n", 0o644)
    request = openssl(
        module, "req", "-new", "-key", "/dev/stdin", "-subj", "/", stdin=wanted
    ).decode()
    module.exit_json(
        changed=changed,
        request=request,
        fact=fact,
        chain=read(folder / "fullchain.pem"),
        authority=read(folder / "ca.pem"),
    )


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    main()
