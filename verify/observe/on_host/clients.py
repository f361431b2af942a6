"""Clients of others' storage: what root and the services' users have set. Runs on the host."""

import configparser
import glob
import os
import pwd

import text

MOST_BYTES = 256 * 1024
MOST_HOMES = 300
# Where a client looks in a home; the forms are INI but for the last.
_RCLONE = (".config/rclone/rclone.conf", ".rclone.conf")
_AWS = (".aws/config", ".aws/credentials")
_S3CMD = (".s3cfg",)
_OTHERS = (
    *(".config/restic/*", ".restic*", ".config/borg/*", ".mc/config.json", ".boto", ".netrc"),
    *(".config/gcloud/configurations/*", ".azure/config", ".kube/config", ".gitconfig", ".curlrc"),
    *(".config/pip/pip.conf", ".pip/pip.conf", ".npmrc", ".wgetrc", ".pg_service.conf"),
    *(".ssh/config", ".ssh/rc", ".ssh/environment", ".pam_environment", ".forward", ".mailrc"),
    *(".bashrc", ".bash_profile", ".bash_login", ".profile", ".zshrc", ".zshenv", ".msmtprc"),
    *(".config/environment.d/*", ".config/systemd/user/*", ".config/systemd/user/*.d/*"),
    *(".config/git/config", ".config/uv/uv.toml", ".config/containers/*.conf", ".gemrc"),
    *(".docker/config.json", ".config/composer/*.json", ".composer/*.json", ".cargo/config.toml"),
)
_NOT_HOMES = ("/", "/bin", "/dev", "/nonexistent", "/proc", "/usr/sbin", "/usr/games", "/run")
# What rclone speaks to where its configuration names no server: https://rclone.org/overview/
_RCLONE_TYPES = {
    "drive": "www.googleapis.com",
    "google photos": "photoslibrary.googleapis.com",
    "google cloud storage": "storage.googleapis.com",
    "onedrive": "graph.microsoft.com",
    "azureblob": "blob.core.windows.net",
    "azurefiles": "file.core.windows.net",
    "dropbox": "api.dropboxapi.com",
    "box": "api.box.com",
    "b2": "api.backblazeb2.com",
    "iclouddrive": "www.icloud.com",
    "internetarchive": "s3.us.archive.org",
}
_S3_PROVIDERS = {
    **dict.fromkeys(("aws", "", "other"), "s3.amazonaws.com"),
    "gcs": "storage.googleapis.com",
    "wasabi": "s3.wasabisys.com",
}


def homes():
    """Return the homes of root and of every other local user."""
    found = {os.path.realpath(one.pw_dir) for one in pwd.getpwall()} - set(_NOT_HOMES)
    return sorted(h for h in found if os.path.isdir(h))[:MOST_HOMES]


def storage(problems):
    """Return rows of clients' configurations, and of where a client goes that is told no server."""
    rows = []
    for home in homes():
        for names, implied in ((_RCLONE, _rclone), (_AWS, _aws), (_S3CMD, _s3cmd), (_OTHERS, None)):
            for name in names:
                for path in sorted(glob.glob(os.path.join(glob.escape(home), name)))[:50]:
                    rows += _rows(path, implied, problems)
    return {"rows": rows}


def _rows(path, implied, problems):
    try:
        if not os.path.isfile(path):
            return []
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES)
    except OSError as why:
        problems.append({"place": path, "what": f"cannot be read: {why.strerror}"})
        return []
    said = content.decode("utf-8", "replace")
    if implied is _rclone and "RCLONE_ENCRYPT_V0:" in said[:4096]:
        problems.append({"place": path, "what": "encrypted with a password"})
        return []
    kind = "json" if path.endswith(".json") else "ini"
    rows = [[path, n, k, e] for n, k, e in text.rows(said, kind)]
    if implied:
        rows += [[path, _line(said, name), key, end] for name, key, end in implied(_ini(said))]
    return rows


def _ini(said):
    """Return {section: {option: value}}; what is no INI is {}."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(said)
    except configparser.Error:
        return {}
    return {name: {k: v or "" for k, v in parser[name].items()} for name in parser.sections()}


def _line(said, section):
    lines = said.split("\n")
    return next((n for n, x in enumerate(lines, 1) if x.strip() == f"[{section}]"), 0)


def _rclone(found):
    for name, options in found.items():
        kind = options.get("type", "").lower()
        if kind == "s3":
            if not options.get("endpoint"):
                provider = options.get("provider", "").lower()
                end = _S3_PROVIDERS.get(provider)
                end = _s3(options.get("region")) if end == "s3.amazonaws.com" else end
                if end:
                    yield name, "provider", f"https://{end}"
        elif kind in _RCLONE_TYPES and not options.get("endpoint"):
            yield name, "type", f"https://{_RCLONE_TYPES[kind]}"


def _aws(found):
    # https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-endpoints.html
    for name, options in found.items():
        if name.startswith(("services ", "sso-session ")) or not options:
            continue
        at = options.get("services", "")
        served = at and "endpoint_url" in str(found.get(f"services {at}"))
        everywhere = found.get("default", {}).get("endpoint_url")
        if not (options.get("endpoint_url") or served or (name == "default" and everywhere)):
            yield name, "profile", f"https://{_s3(options.get('region'))}"


def _s3cmd(found):
    # https://s3tools.org/kb/item14.htm
    for name, options in found.items():
        if not options.get("host_base"):
            yield name, "host_base", f"https://{_s3(options.get('bucket_location'))}"


def _s3(region):
    word = (region or "").strip().lower()
    plain = word.replace("-", "").isalnum() and word.isascii() and "-" in word
    return f"s3.{word}.amazonaws.com" if plain else "s3.amazonaws.com"
