"""Build `kernel.js`, the trainer's WebAssembly, from `kernel.c`: ``python -m fma.explorer.kernel``.

The compiler is the `ziglang` package from PyPI; the same version gives the same bytes on every
machine. The module is kept as text inside a script because a page opened from disk may not fetch.
It comes twice: for browsers with SIMD instructions, which compute two numbers at a time, and for
those without. The results are the same to the last bit.
"""

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
FLAGS = (
    *("-target", "wasm32-freestanding", "-O3"),
    *("-nostdlib", "-Wl,--no-entry", "-Wl,--strip-all"),
)
MODULES = {"KERNEL": "-msimd128", "KERNEL_WITHOUT_SIMD": "-mno-simd128"}


def build():
    """The text of `kernel.js`.

    Raises
    ------
    subprocess.CalledProcessError
        If the compiler is missing or refuses the source.
    """
    lines = [f'export const {name} = "{_compile(flag)}";' for name, flag in MODULES.items()]
    return "\n".join(["// Built from kernel.c by kernel.py.", *lines, ""])


def _compile(flag):
    with tempfile.TemporaryDirectory() as folder:
        wasm = Path(folder) / "kernel.wasm"
        compiler = [sys.executable, "-m", "ziglang", "cc", *FLAGS, flag, "-o", str(wasm)]
        subprocess.run([*compiler, "kernel.c"], cwd=FOLDER, check=True)
        return base64.b64encode(wasm.read_bytes()).decode()


if __name__ == "__main__":
    (FOLDER / "kernel.js").write_text(build(), encoding="utf-8")
