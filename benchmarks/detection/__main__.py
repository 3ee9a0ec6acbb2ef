"""python -m benchmarks.detection                                  own generator
python -m benchmarks.detection --external DIR [--hard]          another generator and scorer
python -m benchmarks.detection --curves tests/data              real curves, labelled by hand
python -m benchmarks.detection --families                       typical runs of many frameworks, healthy and sick
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.detection import curves, external, own, scores
from benchmarks.detection.cases import Outcome
from benchmarks.detection.families import KINDS
from benchmarks.detection.families.judge import report, verdicts


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detection", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--external", type=Path, metavar="DIR", help="folder with detect_gen.py and detect_bench.py")
    source.add_argument("--curves", type=Path, metavar="DIR", help="folder with index.csv and the histories it names")
    source.add_argument("--families", action="store_true", help="a table per kind of run")
    parser.add_argument(
        "--kind", action="append", metavar="NAME", help="only this kind (with --families); may be repeated"
    )
    parser.add_argument(
        "--seeds",
        type=seeds,
        metavar="A-B",
        help="both included; default 0-199, with --families 0-5 (each length twice)",
    )
    parser.add_argument("--hard", action="store_true", help="the hard tier (with --external)")
    parser.add_argument("--prefixes", type=int, default=24, help="coarse prefixes per run (with --external)")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    args = parser.parse_args(argv)
    if args.hard and not args.external:
        parser.error("--hard is a tier of --external")
    if args.families:
        kinds = [k for k in KINDS if args.kind is None or k.name in args.kind]
        print("\n".join(report(list(verdicts(kinds, args.seeds or range(6))))))
        return
    args.seeds = args.seeds or range(200)
    if args.curves:
        print("\n".join(curves.report(args.curves)))
        return
    if args.external:
        result, outcomes = external.judged(
            args.external, args.seeds, hard=args.hard, jobs=args.jobs, prefixes=args.prefixes
        )
    else:
        outcomes = own.judged(args.seeds, args.jobs)
        result = scores.score(outcomes)
    print("\n".join([*scores.table(result), "", *errors(outcomes)]))


def errors(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Every case that went wrong, so that each can be looked at again by its seed."""
    for o in outcomes:
        missed = " ".join(f"missed {family}" for family in o.missed)
        false = " ".join(f"false {family}" + (f" ({where})" if where else "") for family, where in o.false.items())
        if missed or false:
            print_kind = o.kind if not o.labels else f"{o.kind} (fault)"
            yield f"seed {o.seed:4d}  {print_kind:28} {missed} {false}".rstrip()


def seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    main()
