"""The rules of the house: who may import whom, how large a module may be, what an import loads."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import firstword

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src/firstword"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
HEAVY = {
    *("aiohttp", "av", "fastapi", "hibari", "httpx2", "lameenc", "onnxruntime", "openai"),
    *("pydantic_settings", "ray", "sounddevice", "soundfile", "soxr", "starlette", "torch", "uvicorn"),
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def run_python(code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs code in an interpreter that sees `src` of `cwd` before what is installed."""
    code = f"import sys; sys.path.insert(0, 'src'); {code}"
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


def lint_imports(checkout: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=None, no_cache=True))"
    return run_python(code, checkout)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the sources and the contracts, to be spoiled."""
    shutil.copytree(PACKAGE, tmp_path / "src/firstword", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_nobody_imports_what_his_room_may_not(checkout: Path) -> None:
    found = lint_imports(checkout)

    assert (0, "") == (found.returncode, found.stderr), found.stdout


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("core/types.py", "firstword.formats.registry"),
        ("text/segmenter.py", "asyncio"),
        ("formats/registry.py", "firstword.wire.speech"),
        ("wire/speech.py", "fastapi"),
        ("engines/tone.py", "firstword.catalog"),
        ("engines/tone.py", "onnxruntime"),
        ("client/__init__.py", "firstword.text"),
        ("client/__init__.py", "httpx"),
        ("pipeline/speak.py", "firstword.engines.tone"),
        ("pipeline/speak.py", "firstword.runtime.scheduler"),
        ("pipeline/speak.py", "av"),
        ("assembly.py", "firstword.server.app"),
        ("server/app.py", "firstword.cli"),
        ("server/app.py", "firstword.client"),
        ("server/app.py", "httpx2"),
        ("server/app.py", "ray"),
        ("cli/entry.py", "uvicorn"),
    ],
)
def test_a_forbidden_import_turns_the_linter_red(checkout: Path, importer: str, imported: str) -> None:
    module = checkout / "src/firstword" / importer
    source = module.read_text("utf-8")
    module.write_text(f"{source}\nimport {imported}\n", "utf-8")
    line = source.count("\n") + 2

    found = lint_imports(checkout)

    assert found.returncode == 1
    assert "BROKEN" in found.stdout
    assert f"(l.{line})" in re.sub(r"\s", "", found.stdout)


def test_a_room_without_a_layer_turns_the_linter_red(checkout: Path) -> None:
    (checkout / "src/firstword/attic.py").write_text('"""Where things go that have no room."""\n', "utf-8")

    found = lint_imports(checkout)

    assert found.returncode == 1
    assert "attic" in found.stdout


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_module_has_at_most_500_lines(module: Path) -> None:
    assert len(module.read_text("utf-8").splitlines()) <= 500


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_module_is_named_after_what_is_in_it(module: Path) -> None:
    words = set(module.stem.split("_"))

    assert set() == words & {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_a_room_says_what_it_is_for(room: Path) -> None:
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))


def imports_of(path: Path) -> Iterator[str]:
    """The top-level names that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("module", sorted((PACKAGE / "core").glob("*.py")), ids=name_of)
def test_core_needs_only_the_standard_library_numpy_and_anyio(module: Path) -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "anyio", "firstword"}

    assert set() == set(imports_of(module)) - allowed


def reads_environment(path: Path) -> bool:
    """True for `os.environ` and `os.getenv`; to set what a library will read is allowed everywhere."""
    source = path.read_text("utf-8").replace("os.environ.setdefault(", "set(")
    return any(
        isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
        for node in ast.walk(ast.parse(source))
    )


def test_only_the_settings_read_the_environment() -> None:
    readers = {name_of(path) for path in MODULES if reads_environment(path)}
    looks_at_what_libraries_see = "src/firstword/cli/checkup.py"

    assert set() == readers - {"src/firstword/settings.py", looks_at_what_libraries_see}


@pytest.mark.parametrize(
    "module",
    [
        "firstword",
        "firstword.client",
        "firstword.client.playing.player",
        "firstword.client.saving.recording",
        "firstword.cli.entry",
    ],
)
def test_importing_loads_no_model_codec_or_web_framework(module: str) -> None:
    found = run_python(f"import {module}; print(*{{m.partition('.')[0] for m in sys.modules}})", ROOT)

    assert "" == found.stderr
    assert set() == HEAVY & set(found.stdout.split())


@pytest.mark.parametrize("room", [room.name for room in ROOMS])
def test_importing_a_room_loads_no_library_of_its_modules(room: str) -> None:
    found = run_python(f"import firstword.{room}; print(*{{m.partition('.')[0] for m in sys.modules}})", ROOT)

    assert "" == found.stderr
    assert set() == {"av", "fastapi", "hibari", "onnxruntime", "uvicorn"} & set(found.stdout.split())


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_every_locked_version_has_hashes(lock: Path) -> None:
    text = re.sub(r"^ *#.*\n", "", lock.read_text("utf-8"), flags=re.MULTILINE)
    entries = re.split(r"\n(?=\S)", text.strip())

    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9.-]*==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


NODE_LOCKS = [
    lock
    for folder in ("tests", "examples", "web")
    for lock in sorted((ROOT / folder).glob("**/package-lock.json"))
    if "node_modules" not in lock.parts
]
COMMITTED_LOCKS = [*LOCKS, *NODE_LOCKS]


@pytest.mark.parametrize("lock", COMMITTED_LOCKS, ids=name_of)
def test_locks_record_no_address_and_no_path(lock: Path) -> None:
    text = re.sub(r'"sha512-[\w+/]+=*"', '"sha512"', lock.read_text("utf-8"))  # no path, whatever is in it

    assert [] == re.findall(r'\w+://\S+|"resolved"|(?<![\w.])/\w+\S*|--(?!hash=)\w\S*', text)


def test_the_lock_of_the_tests_has_the_versions_of_the_server_s() -> None:
    served, tested = (
        set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / name).read_text("utf-8"), re.MULTILINE))
        for name in ("serve.txt", "test.txt")
    )

    assert set() == served - tested


def test_there_is_no_other_kind_of_lock() -> None:
    names = ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml"]

    assert [] == [name for name in names if (ROOT / name).exists()]


def test_the_changelog_begins_with_what_is_unreleased_or_with_this_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    released = [heading for heading in headings if heading != "Unreleased"]
    assert headings[0] in {"Unreleased", firstword.__version__}
    assert released[:1] in ([], [firstword.__version__])


@pytest.mark.parametrize("marks", ["", "pytest.mark.anyio", "[pytest.mark.unit, pytest.mark.socket]"])
def test_a_test_module_without_exactly_one_category_is_not_collected(tmp_path: Path, marks: str) -> None:
    shutil.copy(ROOT / "tests/conftest.py", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    mark = f"pytestmark = {marks}" if marks else ""
    (tmp_path / "test_it.py").write_text(f"import pytest\n{mark}\ndef test_it(): pass\n", "utf-8")

    found = run_python(f"import pytest; sys.exit(pytest.main([{str(tmp_path)!r}]))", tmp_path)

    assert found.returncode == pytest.ExitCode.USAGE_ERROR
    assert "exactly one of browser, conformance, model, socket, unit" in found.stdout + found.stderr
