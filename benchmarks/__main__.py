"""Measure, and write results.json, results.md and results.svg beside this file."""

import argparse
import json
from pathlib import Path

from tqdm import tqdm

from benchmarks.library import Bench, full, summarise
from benchmarks.report import HERE, machine, plot, table


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="turns of all contenders (7)")
    parser.add_argument("--full", action="store_true", help="also E1 to E5 from an empty cache")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the results")
    options = parser.parse_args()
    bench = Bench()
    rounds = [bench.measure(turn) for turn in tqdm(range(options.rounds), desc="rounds")]
    results = {"machine": machine(), "rounds": options.rounds} | summarise(rounds)
    if options.full:
        results["full"] = full(bench)
    bench.close()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    (options.out / "results.md").write_text(table(results), "utf-8")
    plot(results, options.out / "results.svg")
    print(table(results))


if __name__ == "__main__":
    main()
