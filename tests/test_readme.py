"""README.md tells the truth: its commands print what it says, its figures are the measured ones."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import readme

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CONSOLE = re.findall(r"^\$ \S+/python (.*)\n((?:(?!\$|```).*\n)+)", README, re.MULTILINE)


@pytest.mark.parametrize(("command", "printed"), CONSOLE)
def test_command_prints_what_the_readme_shows(command, printed):
    ran = [sys.executable, *command.split()]
    assert subprocess.run(ran, capture_output=True, text=True, check=True).stdout == printed


def test_readme_shows_commands():
    assert len(CONSOLE) >= 2


@pytest.mark.skipif(
    not (readme.HERE / "results.json").exists(), reason="no benchmarks/results.json"
)
def test_speed_is_what_was_measured():
    measured = readme.block(json.loads((readme.HERE / "results.json").read_text("utf-8")))
    assert README.partition(readme.START)[2].partition(readme.END)[0] == measured


def test_links_and_pictures_exist():
    for target in re.findall(r'(?:\]\(|srcset="|src=")(?!https?:)([^)"#]+)', README):
        if target != "benchmarks/results.md":
            assert (ROOT / target).exists(), target
