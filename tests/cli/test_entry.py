"""What every command has in common: quick help, errors of one line, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from firstword import __version__
from tests.cli.conftest import ENVIRONMENT, Execute, Run

pytestmark = pytest.mark.unit

HEAVY = ("av", "fastapi", "httpx2", "numpy", "onnxruntime", "pydantic", "uvicorn")

OPTIONS = {
    "serve": ("--host", "--port", "--tls-cert", "--tls-key", "--config", "--engine", "--workers", "--hello"),
    "say": ("--output", "--voice", "--model", "--speed", "--format", "--server", "--api-key", "--progress"),
    "transcribe": ("--output", "--format", "--words", "--model", "--language", "--translate", "--server"),
    "listen": ("--file", "--model", "--language", "--fast", "--json", "--server", "--api-key", "--config"),
    "voices": ("--server", "--json"),
    "models list": ("--server", "--json"),
    "models pull": ("--defaults", "--from", "--config"),
    "models verify": ("--config",),
    "models rm": ("--config",),
    "doctor": ("--port", "--config"),
    "bench ttfa": ("--server", "--words", "--formats", "--runs", "--json"),
    "key": (),
}


@pytest.mark.parametrize("command", OPTIONS)
def test_help_names_every_option_and_gives_an_example(run: Run, command: str) -> None:
    shown = run(*command.split(), "--help").stdout

    assert [] == [option for option in OPTIONS[command] if option not in shown]
    assert f"Example: firstword {command}" in " ".join(shown.split())


def test_help_lists_every_command(run: Run) -> None:
    shown = run("--help").stdout

    assert [] == [command for command in OPTIONS if f"\n  {command.split()[0]}" not in shown]


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from firstword.cli.entry import run; run(['say', '--help']); "
        f"sys.exit(' '.join(name for name in {HEAVY} if name in sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=ENVIRONMENT, check=False)

    assert b"\n" == done.stderr


def test_libraries_find_their_environment_set_before_they_are_loaded() -> None:
    program = (
        "import os, sys\n"
        "from firstword.cli import entry\n"
        "assert 'numpy' not in sys.modules\n"
        "sys.argv = ['firstword', '--version']\n"
        "try:\n    entry.main()\n"
        "except SystemExit:\n"
        "    print(os.environ['ORT_DISABLE_TELEMETRY'], os.environ['OPENBLAS_NUM_THREADS'])\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=ENVIRONMENT, check=False)

    assert "1 1" == done.stdout.decode().splitlines()[-1]


def test_version_is_the_packages(run: Run) -> None:
    assert f"firstword {__version__}\n" == run("--version").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("frobnicate",), "No such command"),
        (("say", "hi", "--device", "hall", "-o", "hi.wav"), "--device plays"),
        (("say", "hi", "-o", "hi.doc"), "name a --format"),
        (("say", "hi", "-o", "hi.wav", "--speed", "9"), "--speed"),
        (("say", "hi", "-o", "hi.wav", "--config", "/nowhere.toml"), "/nowhere.toml"),
        (("serve", "--port", "99999"), "--port"),
        (("serve", "--engine", "nobody"), "nobody"),
        (("serve", "--host", "0.0.0.0"), "--allow-anonymous"),
        (("bench", "ttfa", "--words", "none"), "'none'"),
        (("bench", "ttfa", "--server", "nowhere"), "'nowhere'"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line_and_exits_2(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    done = run(*arguments)

    lines = done.stderr.splitlines()
    assert (2, 1, "") == (done.code, len(lines), done.stdout)
    assert lines[0].startswith("firstword: ")
    assert said in lines[0]


def test_an_unknown_setting_is_told_in_one_line_and_exits_2(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "firstword.toml"
    file.write_text("prot = 8000\n", encoding="utf-8")

    done = run("voices", "--config", file)

    assert (2, 1) == (done.code, len(done.stderr.splitlines()))
    assert "'prot'" in done.stderr


def test_debug_shows_where_an_error_came_from(execute: Execute) -> None:
    done = execute("--debug", "voices", "--config", "/nowhere.toml")

    assert b"Traceback" in done.stderr
    assert b"ConfigurationError" in done.stderr


def test_a_reader_who_leaves_is_no_error(tone_settings: Path) -> None:
    program = f"'{sys.executable}' -m firstword.cli.entry voices --config '{tone_settings}'"

    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {program} | true"],
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )

    assert (0, b"") == (done.returncode, done.stderr)
