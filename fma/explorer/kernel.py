"""Build `kernel.js`, the trainer's WebAssembly, from `kernel.c`: ``python -m fma.explorer.kernel``.

The compiler is the `ziglang` package from PyPI; the same version gives the same bytes on every
machine. The module is kept as text inside a script because a page opened from disk may not fetch.
"""

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
FLAGS = (
    *("-target", "wasm32-freestanding", "-O3", "-msimd128"),
    *("-nostdlib", "-Wl,--no-entry", "-Wl,--strip-all"),
)


def build():
    """The text of `kernel.js`.

    Raises
    ------
    subprocess.CalledProcessError
        If the compiler is missing or refuses the source.
    """
    with tempfile.TemporaryDirectory() as folder:
        wasm = Path(folder) / "kernel.wasm"
        compiler = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", str(wasm), "kernel.c"]
        subprocess.run(compiler, cwd=FOLDER, check=True)
        code = base64.b64encode(wasm.read_bytes()).decode()
    return f'// Built from kernel.c by kernel.py.\nexport const KERNEL = "{code}";\n'


if __name__ == "__main__":
    (FOLDER / "kernel.js").write_text(build(), encoding="utf-8")
