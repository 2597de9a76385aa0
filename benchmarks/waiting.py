"""How long people wait: the book and the tests, from nothing: ``python -m benchmarks.waiting``.

Everything runs in fresh clones with empty homes, installation included; about an hour. After each
row the results go into waiting.json and waiting.md beside this file. ``--keep FOLDER`` leaves the
clones, with the built book, and the homes in a new folder; ``--only .ci/run`` measures that again.
``--former COMMIT`` first builds that commit's book likewise, for a ratio within one run: on another
machine, or another day, the same work takes up to twice as long.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from benchmarks.report import HERE, machine

ROWS = {  # what is waited for: its clone, its command, seconds before, goal
    "`make book`, fresh clone, empty home": ("reader", "make book", 1042, 540),
    "`make test` after it": ("reader", "make test", 975, 300),
    "`.ci/run`, fresh clone, empty home": ("ci", ".ci/run", 2280, 900),
}


def measure(folder, only=None, commit="HEAD"):
    """Yield the rows one after the other, or that of one command: seconds, and if it succeeded."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith(("FMA_", "XDG_"))}
    for row, (name, command, *_) in ROWS.items():
        if only not in (None, command):
            continue
        clone, home = folder / name, folder / f"home-{name}"
        if not clone.exists():
            subprocess.run(["git", "clone", "--quiet", str(HERE.parent), str(clone)], check=True)
            subprocess.run(["git", "checkout", "--quiet", commit], cwd=clone, check=True)
            home.mkdir(parents=True)
        began = time.monotonic()
        done = subprocess.run(command, shell=True, cwd=clone, env=kept | {"HOME": str(home)})
        seconds = round(time.monotonic() - began)
        yield row, {"seconds": seconds, "passed": not done.returncode}


def table(results):
    """The results in Markdown, beside what was before and the goals."""
    where, former = results["machine"], results.get("former", {})
    told = f" Then, here: commit {former['commit']}, in one run with what is now." if former else ""
    lines = [
        f"On {where['cores']} cores ({where['processor']}); before, and the goals: two cores of "
        f"another machine.{told}",
        "",
    ]
    for row, (*_, before, goal) in ROWS.items():
        then, now = former.get(row), results.get(row)
        cells = {"": row, "before": _time(before), "now": _told(now), "goal": _time(goal)}
        if former:
            ratio = f"{then['seconds'] / now['seconds']:.2f}" if then and now else "–"
            cells |= {"then, here": _told(then), "then : now": ratio}
            cells |= {"before : goal": f"{before / goal:.2f}"}
        if len(lines) == 2:
            lines += [_line(cells), _line(["---"] + ["--:"] * (len(cells) - 1))]
        lines.append(_line(cells.values()))
    return "\n".join([*lines, ""])


def _line(cells):
    return f"| {' | '.join(cells)} |"


def _told(found):
    if not found:
        return "–"
    return _time(found["seconds"]) if found["passed"] else f"failed ({_time(found['seconds'])})"


def _time(seconds):
    return f"{seconds // 60} min {seconds % 60:02d} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="clones and homes stay here")
    parser.add_argument("--only", choices=["make book", ".ci/run"], help="the rest stays as it is")
    parser.add_argument("--former", metavar="COMMIT", help="whose book is built first, for a ratio")
    options, path = parser.parse_args(), HERE / "waiting.json"
    keep, results = options.keep, json.loads(path.read_text("utf-8")) if options.only else {}
    if results.setdefault("machine", machine()) != machine():
        parser.error("the other rows were measured on another machine")
    if keep:
        keep.mkdir(parents=True)
    with nullcontext(keep) if keep else tempfile.TemporaryDirectory() as folder:
        if options.only != ".ci/run":
            results.pop("former", None)  # whose ratio is of one run
        if options.former:
            former = measure(Path(folder) / "former", "make book", options.former)
            results["former"] = {"commit": options.former} | dict(former)
        for row, found in measure(Path(folder), options.only):
            results[row] = found
            path.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
            path.with_suffix(".md").write_text(table(results), "utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
