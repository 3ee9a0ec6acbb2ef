"""python -m benchmarks.wild                     the open half: a line per case, then a table per family
python -m benchmarks.wild --case NAME --cards  one case, with its card, its alerts and what a perfect card would say
python -m benchmarks.wild --half frozen        the other half: looked at once, when the work is done
python -m benchmarks.wild --list               name, source, family, half, and the counts
python -m benchmarks.wild --variants           the same cases under other seeds, names, cadences: how many keep their verdict
python -m benchmarks.wild --check              whether the cases are written as they must be (does not run the product)
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from benchmarks.wild import variants
from benchmarks.wild.case import FAMILIES, Case
from benchmarks.wild.cases import all_cases, half, nonfinite, problems
from benchmarks.wild.judge import Outcome, Seen, judged, lines, table


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.wild", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--half", choices=("open", "frozen"), default="open")
    parser.add_argument("--family", choices=FAMILIES, action="append", help="may be repeated")
    parser.add_argument("--case", metavar="NAME", action="append", help="may be repeated")
    parser.add_argument("--cards", action="store_true", help="what was said, beside what should have been")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--variants", action="store_true", help="(of cases that are right as written)")
    parser.add_argument("--kind", choices=tuple(variants.KINDS), action="append", help="of variants; may be repeated")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    args = parser.parse_args(argv)
    cases = [
        c
        for c in all_cases()
        if (not args.family or c.family in args.family) and (not args.case or c.name in args.case)
    ]
    if args.list:
        print("\n".join(listing(cases)))
        return 0
    if args.check:
        found = list(check(cases))
        print("\n".join(found) or "nothing to mend")
        return 0 if all(line.startswith("note") for line in found) else 1
    chosen = [c for c in cases if half(c) == args.half]
    if not chosen:
        other = "frozen" if args.half == "open" else "open"
        parser.error(f"no such case in the {args.half} half" + (f" (try --half {other})" if cases else ""))
    if args.variants:
        told = variants.run(chosen, args.jobs, args.kind or tuple(variants.KINDS))
        print("\n".join([*variants.lines(told), "", *variants.table(told)]))
        return 0
    results = run(chosen, args.jobs)
    for case, (outcome, seen) in zip(chosen, results, strict=True):
        print("\n".join(lines(outcome)))
        if args.cards:
            print("\n".join(card(case, outcome, seen)))
    print("\n".join(["", *table([outcome for outcome, _ in results])]))
    return 0


def run(cases: Sequence[Case], jobs: int) -> list[tuple[Outcome, Seen]]:
    names = [c.name for c in cases]
    if jobs <= 1:
        return [judged(name) for name in names]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(judged, names))


def listing(cases: Sequence[Case]) -> Iterator[str]:
    for c in cases:
        yield f"{c.name:56} {'healthy' if c.expect.healthy else 'sick':8} {c.family:12} {half(c):7} {c.source}"
    yield ""
    for family in [*dict.fromkeys(c.family for c in cases), None]:
        mine = [c for c in cases if family in (None, c.family)]
        halves = Counter(half(c) for c in mine)
        ill = sum(not c.expect.healthy for c in mine)
        yield (
            f"{family or 'all':12} {len(mine):4} runs  {ill:3} sick {len(mine) - ill:3} healthy  "
            f"{halves['open']:3} open {halves['frozen']:3} frozen  {len({thread(c.source) for c in mine}):3} threads or repositories"
        )


def thread(source: str) -> str:
    """owner/repo#123 as it is; of owner/repo:path the repository."""
    return re.split("[ :@]", source, maxsplit=1)[0]


def check(cases: Sequence[Case]) -> Iterator[str]:
    for name, n in Counter(c.name for c in cases).items():
        if n > 1:
            yield f"{name}: {n} cases of this name"
    for c in cases:
        yield from (f"{c.name}: {p}" for p in problems(c))
        if bad := nonfinite(c):
            yield f"note {c.name}: not finite {bad}"


def card(case: Case, outcome: Outcome, seen: Seen) -> Iterator[str]:
    yield from ("", f"  {case.source}", f"  {case.why}", "  --- said")
    yield from (f"  {line}" for line in outcome.answers)
    yield "  --- card"
    yield from (f"  {line}" for line in seen.text.splitlines())
    yield "  --- a perfect card"
    yield from (f"  {line}" for line in case.read)
    yield ""


if __name__ == "__main__":
    raise SystemExit(main())
