"""Files beyond the places that are always read: named by a setting. Runs on the host."""

import glob
import os
import re

# Names of files; `https://` and the like are none, `texthash:/path` and `=-/path` are.
_PATH = re.compile(r"(?<![\w./])(?<!\w[@-])/(?:[\w.+@-]+/)+[\w.+@-]+/?")
# Settings that name a folder of templates or pages; other folders may hold what people write.
_FOLDER = re.compile(r"^\s*[\"']?\w*(?:template_dir\w*|document_?root)\b", re.IGNORECASE)
_SERVED = re.compile(r"^\s*(?:root|alias)\b")
# How a cron line, a unit, a setting or a program names a module of Python.
_MODULE = re.compile(r"(?:(?<=\s)-m\s*|\bimport\s+|\bfrom\s+|\bmodule:\s*[\"']?)([A-Za-z_]\w*)")
# Names of files that are read where a setting names them, and not by themselves.
SPARE = r"[\w.@-]+\.(?:bak|orig|old|save|disabled|off)"
# Not settings: devices, logs, caches, mail, and what packages and the system keep of themselves.
_NEVER = (
    *("/proc/", "/sys/", "/dev/", "/run/", "/boot/", "/var/log/", "/var/cache/", "/var/mail/"),
    *("/var/run/", "/var/spool/", "/var/backups/", "/var/vmail/", "/var/lib/dpkg/"),
    *("/var/lib/apt/", "/var/lib/ucf/", "/var/lib/systemd/"),
    *("/usr/share/doc/", "/usr/share/man/", "/usr/include/"),
)
MOST_NAMED = 500
MOST_BYTES = 1024 * 1024


class Named:
    """Which files and folders the texts that were read name."""

    def __init__(self):
        self.files, self.folders, self.modules, self.spare = {}, {}, set(), set()

    def add(self, said, folders=_FOLDER):
        """Take the paths in a text without comments; at ``folders``, with what is below."""
        self.modules.update(_MODULE.findall(said))
        self.spare.update(re.findall(rf"(?<![\w.@-]){SPARE}(?![\w-])", said))
        for line in said.split("\n"):
            if "/" not in line:
                continue
            folder = folders.match(line)
            for path in _PATH.findall(line[:4000]):
                found = os.path.normpath(path)
                if not f"{found}/".startswith(_NEVER):
                    (self.folders if folder else self.files)[found] = 1

    def loads(self, path):
        """Say whether anything names the module of Python that a file is of; other files are."""
        module = re.search(r"/(?:site|dist)-packages/([^/.]+)", path)
        return not module or module.group(1) in self.modules

    def names(self, path):
        """Say whether anything names a file, or the folder in which it lies."""
        both = (path, os.path.dirname(path))
        return any(p in self.files or p in self.folders for p in both)

    def file(self, path):
        """Say whether anything names a file itself."""
        return path in self.files or os.path.basename(path) in self.spare

    def nginx(self, folder="/etc/nginx"):
        """Take what nginx's own files name, which are read with `nginx -T`."""
        for path in sorted(glob.glob(f"{folder}/**/*", recursive=True))[:MOST_NAMED]:
            try:
                if os.path.isfile(path):
                    with open(path, encoding="utf-8", errors="replace") as file:
                        said = file.read(MOST_BYTES)
                    said = re.sub(r"(?m)(?:(?<=\s)|^)#[^\n]*", "", said)
                    self.add(re.sub(r"[{;]", "\n", said), _SERVED)
            except OSError:
                continue

    def beyond(self, roots):
        """Return (files, folders) that are there and below none of ``roots``."""
        under = tuple(f"{r.rstrip('/')}/" for r in roots)
        files, folders = [], []
        for path in (*self.files, *self.folders):
            if f"{path}/".startswith(under) or path.count("/") < 3:
                continue  # nor what stands at the top: /usr/bin, /var/lib
            if os.path.isfile(path):
                files.append(path)
            elif path in self.folders and os.path.isdir(path):
                folders.append(path)
        return files[:MOST_NAMED], folders[:MOST_NAMED]
