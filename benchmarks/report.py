"""The results as a table and a plot."""

import platform
from importlib.metadata import version
from pathlib import Path

from threadpoolctl import threadpool_info

from benchmarks.library import CORES, LISTING, MOMENTS, OURS, SEEDS, STRETCH, WIDTHS

HERE = Path(__file__).parent


def machine():
    """Where the figures come from."""
    model = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    blas = next((i for i in threadpool_info() if i["user_api"] == "blas"), {})
    names = ("internal_api", "version", "architecture")
    return {
        "processor": model,
        "cores": CORES,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "blas": " ".join(str(blas[name]) for name in names if blas.get(name)),
        "jax": version("jax"),
    }


def table(results):
    """The results in Markdown."""
    where, times = results["machine"], results["milliseconds"]
    lines = [
        "# How fast is it?",
        "",
        f"{where['processor']}, {where['cores']} cores, {where['system']}; "
        f"Python {where['python']}, NumPy {where['numpy']} ({where['blas']}), JAX {where['jax']}.",
        "",
        f"The 20-seed test: widths {' and '.join(map(str, WIDTHS))}, {len(SEEDS)} seeds, recipe "
        f"`long`, float64, all cores. Each time is for a stretch of {STRETCH} epochs from the "
        "networks as they are at that epoch, because the number of neurons that bend changes "
        f"during training; the time of {OURS} as such is the mean over training. The costs of "
        "every contender were compared with ours first. JAX is timed without compilation, records "
        "the cost only (we record the norms, the largest pre-activation and the live neurons as "
        f"well). Contenders took turns, {results['rounds']} rounds; median and quartiles.",
        "",
        "| | ms per epoch and run | quartiles |",
        "|---|--:|--:|",
    ]
    for name, t in times.items():
        lines.append(f"| {name} | {t['median']:.3f} | {t['low']:.3f} to {t['high']:.3f} |")
    lines += ["", "| ratio, taken within each round | | quartiles |", "|---|--:|--:|"]
    for r in results["ratios"].values():
        quartiles = f"{r['low']:.2f} to {r['high']:.2f}"
        lines.append(f"| {r['of']} / {r['over']} | {r['median']:.2f} | {quartiles} |")
    if full := results.get("full"):
        ratio = full["listing_seconds"] / full["seconds"]
        lines += [
            "",
            f"The article's experiments E1 to E5 at full scale ({full['epochs']:,} epochs) from an "
            f"empty cache: {full['seconds'] / 60:.1f} minutes. The {LISTING}, from its time per "
            f"epoch at each width: {full['listing_seconds'] / 60:.1f} minutes, {ratio:.1f} times "
            "as long.",
        ]
    return "\n".join([*lines, ""])


def plot(results, path):
    """Dots with their quartiles; ours over the course of training in one row."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator, NullLocator

    times = results["milliseconds"]
    rows = sorted(
        (name for name in times if not name.startswith(f"{OURS}, ")),
        key=lambda name: -times[name]["median"],
    )
    style = {"svg.fonttype": "none", "svg.hashsalt": "fma", "font.family": "sans-serif"}
    moments = [times[f"{OURS}, epoch {moment:,}"]["median"] for moment in MOMENTS]
    fastest = [name for name in rows if name.startswith("JAX")][-1]
    ours, theirs = (times[name]["median"] for name in (OURS, fastest))
    with plt.rc_context(style):
        figure, axes = plt.subplots(figsize=(7.6, 3.6), layout="constrained")
        figure.suptitle(
            f"One epoch takes {ours:.2f} ms here and {theirs:.2f} ms with the fastest JAX",
            x=0.01,
            ha="left",
            fontsize=10.5,
            weight="bold",
        )
        for y, name in enumerate(rows):
            t = times[name]
            ink = "#0072b2" if name == OURS else "#595959"
            end = max(t["high"], *moments) if name == OURS else t["high"]
            axes.plot([t["low"], t["high"]], [y, y], color=ink, linewidth=3, alpha=0.35)
            axes.plot(t["median"], y, "o", color=ink)
            axes.annotate(
                f"{t['median']:.2f}",
                (end, y),
                (8, 0),
                textcoords="offset points",
                va="center",
                color=ink,
                weight="bold" if name == OURS else None,
            )
        axes.plot(moments, [rows.index(OURS)] * len(moments), "|", color="#0072b2", markersize=14)
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.margins(x=0.12)
        axes.set_xlabel(f"milliseconds for one epoch of one run on all {CORES} cores")
        figure.supxlabel(
            f"Bars: quartiles. Ticks: {OURS} at epochs {', '.join(f'{m:,}' for m in MOMENTS)}.",
            fontsize=9,
        )
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(left=False)
        axes.grid(axis="x", alpha=0.3)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
