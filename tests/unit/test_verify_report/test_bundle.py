"""Evidence: what is tampered with is found and named, on a machine that knows only the key."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy import cli, files, secrets
from deploy.errors import CheckError, InputError
from tests.unit.test_verify_report.runs import ATTACKS, FAILING, HOST, finding, hostile, of
from tests.unit.test_verify_report.test_formats import schema
from verify.model import Run, Status
from verify.report import bundle, dsse
from verify.report.check import check
from verify.report.writing import Options, write_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from verify.report.check import Result

TIMES = ("2026-11-25T08:00:00+00:00", "2026-11-26T08:00:00+00:00", "2026-11-27T08:00:00+00:00")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "sign.pem"
    path.write_text(secrets.make("ed25519"))
    return path


@pytest.fixture
def out(tmp_path: Path, key: Path) -> Path:
    """Three runs on three days."""
    path = tmp_path / "out"
    for moment in TIMES:
        wrote(replace(FAILING, started=moment), path, key)
    return path


def wrote(run: Run, out: Path, key: Path, **fields: Any) -> Path:
    return write_all(run, out, out.parent, Options(sign_key=key, **fields)).archive


def checked(key: Path | None, *paths: Path, includes: tuple[str, ...] = ()) -> Result:
    return check(paths, [dsse.public_key(key.read_bytes())] if key else [], includes)


def archives(out: Path) -> list[Path]:
    return sorted((out / "history").iterdir())


def read(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]


def pack(path: Path, held: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in held.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_what_was_written_is_whole_trusted_and_chained(out: Path, key: Path) -> None:
    found = checked(key, out)
    assert found.problems == []
    assert found.exit_code == 0
    assert [b.sequence for b in found.bundles] == [3, 1, 2, 3]
    assert found.bundles[2].previous == {"sequence": 1, "statement": found.bundles[1].digest}
    assert found.bundles[1].previous is None


def test_one_bundle_alone_is_checked_and_says_what_it_cannot_know(out: Path, key: Path) -> None:
    found = checked(key, archives(out)[1])
    assert found.exit_code == 0
    assert any("1 to 1 were not given" in note for note in found.notes)
    assert any("no later one cannot be seen" in note for note in found.notes)


def test_without_a_key_nothing_is_proved(out: Path) -> None:
    found = checked(None, out)
    assert found.problems == []
    assert found.exit_code == 3


def test_another_key_does_not_do(out: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_text(secrets.make("ed25519"))
    found = checked(other, archives(out)[0])
    assert found.exit_code == 1
    assert "not of a key that was given" in found.problems[0]


def test_a_chain_goes_on_with_another_key_and_needs_both(
    out: Path, key: Path, tmp_path: Path
) -> None:
    other = _other(tmp_path)
    wrote(replace(FAILING, started="2026-11-28T08:00:00+00:00"), out, other)
    assert checked(key, out).exit_code == 1
    both = [dsse.public_key(k.read_bytes()) for k in (key, other)]
    found = check([out], both)
    assert found.exit_code == 0
    assert found.bundles[-1].key == dsse.fingerprint(both[1])


NAMES = sorted(read_name for read_name in (
    "run.json", "report.nl.html", "report.en.html", "results.sarif", "scores.json",
    "assessment-results.oscal.json", "changes.json", "waivers.json", "tables.json",
    "sbom/mail1.cdx.json", "manifest.sha256", "evidence-key.pem",
))  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["changed", "removed"])
def test_each_file_that_is_tampered_with_is_named(
    out: Path, key: Path, name: str, how: str
) -> None:
    path = archives(out)[1]
    held = read(path)
    (whole,) = [n for n in held if n.endswith(f"/{name}")]
    if how == "removed":
        del held[whole]
    else:
        held[whole] = held[whole][:-1] + b"!"
    pack(path, held)
    found = checked(key, path)
    assert found.exit_code == 1
    assert any(name in problem for problem in found.problems), found.problems
    folder = path.parent.parent / "unpacked"
    with tarfile.open(path) as tar:
        tar.extractall(folder, filter="data")
    assert any(name in problem for problem in checked(key, *folder.iterdir()).problems)


def test_the_files_of_the_bundle_are_those_that_are_tried_above(out: Path) -> None:
    held = {n.partition("/")[2] for n in read(archives(out)[0])}
    assert held == {*NAMES, "statement.dsse.json"}


def test_a_file_that_was_added_is_named(out: Path, key: Path) -> None:
    path = archives(out)[0]
    held = read(path)
    pack(path, {**held, f"{next(iter(held)).split('/')[0]}/more.html": b"x"})
    assert any("more.html was added" in p for p in checked(key, path).problems)
    (out / "later.txt").write_text("x")
    assert any("later.txt was added" in p for p in checked(key, out).problems)


def test_a_manifest_in_another_order_is_named(out: Path, key: Path) -> None:
    manifest = out / "manifest.sha256"
    lines = manifest.read_text().splitlines(keepends=True)
    manifest.write_text("".join(reversed(lines)))
    problems = checked(key, out).problems
    assert any("manifest.sha256: its lines are not in order" in p for p in problems)
    assert any("manifest.sha256 was changed" in p for p in problems)


def resigned(path: Path, key: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Write the bundle again with a changed statement, properly signed: an insider's forgery."""
    held = read(path)
    (name,) = [n for n in held if n.endswith(bundle.STATEMENT)]
    said = dsse.opened(held[name])
    change(said)
    held[name] = dsse.signed(said, dsse.private_key(key.read_bytes()))
    pack(path, held)


def test_a_statement_that_was_changed_is_found(out: Path, key: Path) -> None:
    path = archives(out)[0]
    held = read(path)
    (name,) = [n for n in held if n.endswith(bundle.STATEMENT)]
    envelope = json.loads(held[name])
    said = json.loads(base64.b64decode(envelope["payload"]))
    said["predicate"]["status"] = "PASS"
    envelope["payload"] = base64.b64encode(json.dumps(said).encode()).decode()
    held[name] = json.dumps(envelope).encode()
    pack(path, held)
    found = checked(key, out)
    assert any("0001" in p and "signature is not of a key" in p for p in found.problems)


def test_a_signature_taken_off_is_found(out: Path, key: Path) -> None:
    path = archives(out)[2]
    held = read(path)
    (name,) = [n for n in held if n.endswith(bundle.STATEMENT)]
    held[name] = json.dumps({**json.loads(held[name]), "signatures": []}).encode()
    pack(path, held)
    assert any("it is not signed" in p for p in checked(key, path).problems)
    assert checked(None, path).exit_code == 1


def test_a_bundle_taken_out_of_the_middle_is_found(out: Path, key: Path) -> None:
    archives(out)[1].unlink()
    found = checked(key, out / "history")
    assert found.exit_code == 1
    assert any("the chain lacks number 2" in p for p in found.chain)


def test_a_bundle_written_anew_by_who_holds_the_key_breaks_the_chain(out: Path, key: Path) -> None:
    resigned(archives(out)[1], key, lambda s: s["predicate"].update(status="PASS"))
    found = checked(key, out / "history")
    assert [b.problems for b in found.bundles] == [[], [], []], "each is whole by itself"
    assert any("0003" in p and "does not follow" in p and "0002" in p for p in found.chain)


def test_a_link_changed_by_who_holds_the_key_is_found(out: Path, key: Path) -> None:
    def change(said: dict[str, Any]) -> None:
        said["predicate"]["previous"]["statement"] = "0" * 64

    resigned(archives(out)[1], key, change)
    assert any("0002" in p and "does not follow" in p for p in checked(key, out).chain)


def test_bundles_in_another_order_are_found(out: Path, key: Path) -> None:
    first, second, _ = archives(out)
    aside = out / "aside"
    shutil.move(first, aside)
    shutil.move(second, first)
    shutil.move(aside, second)
    problems = checked(key, out / "history").problems
    assert any(p.startswith("0001") and "its name says number 1, it is 2" in p for p in problems)
    assert any(p.startswith("0002") and "its name says number 2, it is 1" in p for p in problems)


def test_a_clock_that_went_back_is_found(out: Path, key: Path) -> None:
    wrote(replace(FAILING, started="2026-11-20T08:00:00+00:00"), out, key)
    assert any("0004" in p and "began before" in p for p in checked(key, out).chain)


def test_two_of_one_number_are_found(out: Path, key: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "out"
    other.parent.mkdir()
    wrote(of(started=TIMES[0]), other, key)
    found = checked(key, out / "history", other / "history")
    assert any("there are two of number 1" in p for p in found.chain)


def test_a_bundle_of_another_inventory_is_found(out: Path, key: Path) -> None:
    resigned(archives(out)[2], key, lambda s: s["predicate"].update(inventory="other"))
    assert any("is of other" in p for p in checked(key, out / "history").chain)


def test_a_tail_cut_off_is_found_by_who_noted_the_last(out: Path, key: Path) -> None:
    noted = checked(key, out).bundles[-1].digest
    assert checked(key, out, includes=(noted,)).exit_code == 0
    archives(out)[2].unlink()
    found = checked(key, out / "history", includes=(noted,))
    assert any(f"no bundle here has the statement {noted}" in p for p in found.chain)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"no tar"), gzip.compress(b"\0" * 1024), b"\x1f\x8b\x08\x00"],
)
def test_what_is_no_bundle_is_no_pass(tmp_path: Path, key: Path, content: bytes) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(content)
    assert checked(key, path).exit_code == 1


def test_a_bundle_cut_short_is_found(out: Path, key: Path) -> None:
    path = archives(out)[0]
    path.write_bytes(path.read_bytes()[:-2000])
    assert any("cannot be read" in p for p in checked(key, path).problems)


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "x/../../evil"])
def test_a_bundle_that_would_write_elsewhere_is_refused(out: Path, key: Path, name: str) -> None:
    path = archives(out)[0]
    pack(path, {**read(path), name: b"x"})
    assert any("no plain file" in p for p in checked(key, path).problems)


def test_a_link_in_a_bundle_is_refused(out: Path, key: Path, tmp_path: Path) -> None:
    path = tmp_path / "link.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        link = tarfile.TarInfo("a/run.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    assert any("no plain file" in p for p in checked(key, path).problems)
    (out / "run.json").unlink()
    (out / "run.json").symlink_to("/etc/passwd")
    assert any("is a link" in p for p in checked(key, out).problems)


def test_a_file_twice_in_a_bundle_is_found(out: Path, key: Path) -> None:
    path = archives(out)[0]
    held = read(path)
    (name,) = [n for n in held if n.endswith("run.json")]
    with tarfile.open(path, "w:gz") as tar:
        for one, content in [*held.items(), (name, held[name])]:
            member = tarfile.TarInfo(one)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    assert any("run.json is there twice" in p for p in checked(key, path).problems)


@pytest.mark.parametrize(
    "fields",
    [
        {"sequence": "x"},
        {"sequence": None},
        {"previous": [1]},
        {"started": "0001-01-01"},
        {"started": 7},
        {"schema": "kootwijk.evidence/2"},
    ],
)
def test_a_statement_of_another_shape_is_found_though_signed(
    out: Path, key: Path, fields: dict[str, Any]
) -> None:
    resigned(archives(out)[1], key, lambda said: said["predicate"].update(fields))
    found = checked(key, out / "history")
    assert found.exit_code == 1
    assert any("0002" in problem for problem in found.problems)


@pytest.mark.parametrize(
    "envelope",
    [
        b"",
        b"[]",
        b"{}",
        b'{"payload": "!", "payloadType": "x", "signatures": []}',
        b'{"payload": "", "payloadType": "application/vnd.in-toto+json", "signatures": [1]}',
        b"[" * 100_000,
    ],
)
def test_an_envelope_that_is_none_is_found(out: Path, key: Path, envelope: bytes) -> None:
    (out / bundle.STATEMENT).write_bytes(envelope)
    assert any("DSSE" in p for p in checked(key, out).problems)


def test_the_statement_is_valid_and_names_every_file(out: Path) -> None:
    said = dsse.opened((out / bundle.STATEMENT).read_bytes())
    jsonschema.Draft202012Validator(schema("statement")).validate(said)
    for subject in said["subject"]:
        content = (out / subject["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == subject["digest"]["sha256"]


def test_what_changed_is_compared_with_the_last_of_the_history(
    tmp_path: Path, key: Path, out: Path
) -> None:
    assert json.loads((out / "changes.json").read_text())["since"] == TIMES[1]
    worse = of(*FAILING.findings, finding(Status.FAIL, endpoint="new.example.com"))
    wrote(replace(worse, started="2026-11-28T08:00:00+00:00"), out, key)
    found = json.loads((out / "changes.json").read_text())
    assert [f["endpoint"] for f in found["appeared"]] == ["new.example.com"]
    for since in (archives(out)[0], out / "run.json", out):
        wrote(worse, tmp_path / "fresh", key, since=since)
    odd = tmp_path / "odd.json"
    for content in ("", "[]", "{}", "[" * 100_000, '{"hosts": 1}'):
        odd.write_text(content)
        with pytest.raises(InputError, match="no run to compare with"):
            wrote(worse, tmp_path / "fresh", key, since=odd)
    with pytest.raises(InputError, match="no run to compare with"):
        wrote(worse, tmp_path / "fresh", key, since=tmp_path / "nothing")


def test_a_history_that_cannot_be_read_is_not_continued(out: Path, key: Path) -> None:
    archives(out)[2].write_bytes(b"damaged")
    with pytest.raises(InputError, match="nothing can be chained"):
        wrote(FAILING, out, key)


def test_nothing_of_a_run_before_is_left_in_the_folder(out: Path, key: Path) -> None:
    other = replace(HOST, name="web1")
    run = of(finding(), hosts=(other,), started="2026-11-28T08:00:00+00:00")
    (out / "mine.json").write_text("{}")
    wrote(run, out, key, language="nl")
    assert not (out / "report.en.html").exists()
    assert [p.name for p in (out / "sbom").iterdir()] == ["web1.cdx.json"]
    assert (out / "mine.json").exists(), "what is not ours stays"


def test_the_same_bundle_is_packed_to_the_same_bytes() -> None:
    held = {"a": b"1", "b/c": b"2"}
    assert bundle.packed(held, "x", FAILING) == bundle.packed(held, "x", FAILING)


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_a_host_cannot_break_the_bundle(tmp_path: Path, key: Path, attack: str) -> None:
    for _ in range(2):  # the second reads the first again
        path = wrote(hostile(attack), tmp_path / "out", key)
    assert checked(key, path, tmp_path / "out").exit_code == 0


def test_two_writers_at_once_make_one_chain(out: Path, key: Path) -> None:
    later = replace(FAILING, started="2026-11-28T08:00:00+00:00")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda _: wrote(later, out, key), range(4)))
    found = checked(key, out)
    assert found.problems == []
    assert [b.sequence for b in found.bundles[1:]] == [1, 2, 3, 4, 5, 6, 7]


def test_a_run_that_was_killed_while_it_wrote_leaves_a_chain_that_goes_on(
    out: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = replace(FAILING, started="2026-11-28T08:00:00+00:00")
    true = files.write

    def failing(path: Path, content: bytes, **fields: Any) -> None:
        if path.name == "run.json":
            raise OSError(28, "No space left on device")
        true(path, content, **fields)

    monkeypatch.setattr(files, "write", failing)
    with pytest.raises(OSError, match="No space left"):
        wrote(later, out, key)
    assert checked(key, out / "history").problems == []
    monkeypatch.undo()
    wrote(later, out, key)
    assert checked(key, out).problems == []


def test_a_secret_never_gets_into_the_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOOTWIJK_VAULT_KEY", str(tmp_path / "vault-key"))
    held = secrets.Store(tmp_path).get("db_password")
    with pytest.raises(CheckError, match="db_password") as caught:
        write_all(of(finding(reason=f"uses {held}")), tmp_path / "out", tmp_path)
    assert held not in str(caught.value)
    assert not (tmp_path / "out" / "run.json").exists()
    write_all(FAILING, tmp_path / "out", tmp_path)
    private = secrets.Store(tmp_path).get("evidence_signing_key").encode()
    body = b"".join(private.splitlines()[1:-1])
    assert all(body not in p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file())


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rsa.pem"
    path.write_text(secrets.make("rsa"))
    with pytest.raises(InputError, match="cannot be used"):
        wrote(FAILING, tmp_path / "out", path)


def test_the_command_checks_where_nothing_of_the_inventory_is(
    out: Path, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    public = tmp_path / "public.pem"
    public.write_bytes(dsse.public_pem(dsse.public_key(key.read_bytes())))
    path = str(archives(out)[0])
    assert cli.main(["evidence", "check", path, "--key", str(public)]) == 0
    assert "OK: 1 bundle" in capsys.readouterr().out
    assert cli.main(["evidence", "check", path]) == 3
    assert cli.main(["evidence", "check", str(tmp_path / "none")]) == 2
    assert cli.main(["evidence", "check", path, "--key", path]) == 2
    capsys.readouterr()
    assert cli.main(["evidence", "check", "--json", path, "--key", str(public)]) == 0
    assert json.loads(capsys.readouterr().out)["exit_code"] == 0


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine")
def test_standard_tools_alone_verify_a_bundle(out: Path, key: Path, tmp_path: Path) -> None:
    """The commands of docs/reference/evidence.md, as they stand there."""
    from deploy.paths import ROOT  # noqa: PLC0415

    page = (ROOT / "docs" / "reference" / "evidence.md").read_text(encoding="utf-8")
    script = page.split("<!-- standard tools -->")[1].split("```sh\n")[1].split("```")[0]
    shutil.copy(archives(out)[1], tmp_path / "BUNDLE.tar.gz")
    public = dsse.public_key(key.read_bytes())
    (tmp_path / "KEY.pem").write_bytes(dsse.public_pem(public))

    def verified() -> subprocess.CompletedProcess[str]:
        for old in (tmp_path / "bundle",):
            shutil.rmtree(old, ignore_errors=True)
        return subprocess.run(
            ["sh", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    done = verified()
    assert done.returncode == 0, done.stderr
    assert dsse.fingerprint(public) in done.stdout
    held = read(tmp_path / "BUNDLE.tar.gz")
    (name,) = [n for n in held if n.endswith("run.json")]
    pack(tmp_path / "BUNDLE.tar.gz", {**held, name: held[name] + b" "})
    assert verified().returncode != 0
    resigned(tmp_path / "BUNDLE.tar.gz", _other(tmp_path), lambda _: None)
    assert verified().returncode != 0


def _other(folder: Path) -> Path:
    path = folder / "other-key.pem"
    path.write_text(secrets.make("ed25519"))
    return path


def test_checking_imports_nothing_that_only_a_control_machine_has() -> None:
    """An auditor's machine has Python and ``cryptography``."""
    heavy = "('ansible', 'pytest', 'jinja2', 'yaml')"
    code = "import sys, verify.report.checking as c;"
    code += f"print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_signing_is_dsse() -> None:
    """The protocol's own encoding, https://github.com/secure-systems-lab/dsse."""
    key = Ed25519PrivateKey.generate()
    envelope = json.loads(dsse.signed({"a": 1}, key))
    payload = base64.b64decode(envelope["payload"])
    head = f"DSSEv1 28 application/vnd.in-toto+json {len(payload)} ".encode()
    mark = base64.b64decode(envelope["signatures"][0]["sig"])
    key.public_key().verify(mark, head + payload)
