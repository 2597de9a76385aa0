"""Write the measured ratios of results.json into README.md, between its two markers."""

import json

from benchmarks.report import HERE

README = HERE.parent / "README.md"
START, END = "<!-- speed -->\n", "<!-- /speed -->\n"


def block(results):
    """The README's list of ratios."""
    ratios, where = results["ratios"], results["machine"]
    lines = [
        f"On {where['cores']} cores ({where['processor']}), float64, from "
        "[`benchmarks/results.md`](benchmarks/results.md):",
        "",
    ]
    if full := results.get("full"):
        lines.append(
            f"- the article's experiments at full scale, {full['epochs']:,} epochs from an empty "
            f"cache, take {full['seconds'] / 60:.1f} minutes: a plain NumPy "
            "listing, as in a blog article, takes "
            f"**{full['listing_seconds'] / full['seconds']:.1f} times** as long;"
        )
    lines += [
        "- an epoch of the 20-seed test in JAX (jit; the fastest of four ways, vmap among them) "
        f"takes **{ratios['jax']['median']:.2f} times** as long as ours;",
        f"- ours takes **{ratios['products']['median']:.2f} times** as long as the three bare "
        "matrix products of an epoch.",
    ]
    return "\n".join(lines) + "\n"


def main():
    """Rewrite the block; everything else in the README stays."""
    results = json.loads((HERE / "results.json").read_text("utf-8"))
    before, _, rest = README.read_text("utf-8").partition(START)
    after = rest.partition(END)[2]
    README.write_text(before + START + block(results) + END + after, "utf-8")


if __name__ == "__main__":
    main()
