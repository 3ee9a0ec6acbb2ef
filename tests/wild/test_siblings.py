"""Other inputs of the kinds that `cases/` has one of each: other names, scales, noise, and healthy twins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wild.siblings import SIBLINGS
from tests.wild.siblings.sketch import Sibling
from tests.wild.test_cases import wrongs


@pytest.mark.parametrize("sibling", SIBLINGS, ids=lambda s: s.case.name)
def test_told_right(sibling: Sibling, tmp_path: Path) -> None:
    assert wrongs(sibling.case, sibling.run().write(tmp_path)) == []
