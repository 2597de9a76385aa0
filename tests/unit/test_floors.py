"""The architecture: no import runs up the floors; floor 1 is small and knows only NumPy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "fma"
FLOORS = {
    1: ["checks", "folding", "network", "recipe", "smooth", "task", "training"],
    2: [
        "baselines",
        "curvature",
        "preflight",
        "probe",
        "regimes",
        "sharing",
        "small",
        "small_compiled",
        "stability",
        "statistics",
        "stream",
        "surface",
        "sweeps",
        "throw",
        "transplant",
        "window",
    ],
    3: ["explorer", "figures", "notebook"],
    4: ["chapters"],
    5: ["__main__", "publish"],
}
COMPILED = "folding", "smooth"
FLOOR = {name: floor for floor, names in FLOORS.items() for name in names}
FILES = sorted(PACKAGE.rglob("*.py"))
PYTHON = sorted(
    p
    for part in ("fma", "tests", "benchmarks", "book", "examples")
    for p in ROOT.glob(f"{part}/**/*.py")
)


def name_of(path):
    """The module's first name within the package: explorer for explorer/cell.py."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path):
    """Dotted names of all that a file imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            for alias in node.names:
                inner = (PACKAGE / f"{alias.name}.py").exists() or alias.name == "explorer"
                yield f"fma.{alias.name}" if node.module == "fma" and inner else node.module


def climbs(name, imported):
    """Whether a module of the package may not import this."""
    top, _, rest = imported.partition(".")
    if top != "fma":
        return False
    if not rest:  # the package itself, which offers floors 1 to 3
        return FLOOR[name] < 3
    return FLOOR[rest.partition(".")[0]] > FLOOR[name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_import_runs_up(path):
    if path == PACKAGE / "__init__.py":
        assert all(FLOOR[n.removeprefix("fma.")] <= 2 for n in imports(path) if "fma." in n)
        return
    name = name_of(path)
    assert name in FLOOR, f"{name} has no floor yet: give it one in FLOORS"
    assert not [imported for imported in imports(path) if climbs(name, imported)]


def test_every_floor_has_its_files():
    assert {name_of(path) for path in FILES} - {"__init__"} == set(FLOOR)


def test_an_import_that_runs_up_is_noticed():
    assert climbs("network", "fma.regimes")
    assert climbs("sweeps", "fma.figures")
    assert climbs("training", "fma")
    assert not climbs("folding", "fma.network")
    assert not climbs("figures", "fma.sweeps")


def test_floor_1_imports_numpy_and_the_standard_library_only():
    for name in FLOORS[1]:
        known = {"numpy", "fma"} | ({"numba"} if name in COMPILED else set())
        for imported in imports(PACKAGE / f"{name}.py"):
            top = imported.partition(".")[0]
            assert top in known or top in sys.stdlib_module_names, f"{name}: {top}"


def test_numba_is_asked_for_only_when_a_run_starts():
    found = {path.name for path in FILES if "fma.folding" in imports(path)}
    assert found == {"training.py", "small_compiled.py"}
    for name, user in (("smooth", "training.py"), ("small_compiled", "small.py")):
        found = {path.name for path in FILES if f"fma.{name}" in imports(path)}
        assert found == {user}
    code = "import sys, fma.chapters.setup; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_floor_1_is_small():
    lines = {n: len((PACKAGE / f"{n}.py").read_text("utf-8").splitlines()) for n in FLOORS[1]}
    assert lines.pop("folding") < 240
    assert lines.pop("smooth") < 50
    assert sum(lines.values()) < 380  # the equations, the descent, their input; on NumPy alone


def test_floor_1_prints_nothing_and_opens_nothing():
    for name in FLOORS[1]:
        for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text("utf-8"))):
            assert not (isinstance(node, ast.Name) and node.id in ("print", "open", "input"))
            assert not isinstance(node, ast.Global)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_global_generator_is_seeded_nowhere(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr == "seed":
            assert ast.unparse(node) not in ("np.random.seed", "numpy.random.seed", "random.seed")


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["joblib", "matplotlib", "pandas", "statsmodels", "scipy", "IPython", "dask", "tqdm"]
    code = f"import fma, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_check_of_other_networks_has_fewer_than_400_lines():
    names = "curvature", "preflight", "sharing"
    lines = sum(len((PACKAGE / f"{n}.py").read_text("utf-8").splitlines()) for n in names)
    assert lines < 400
