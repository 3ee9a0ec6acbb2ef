from benchmarks.wild.case import Case

CASES: tuple[Case, ...] = ()
