"""The README's table, compared with what the tests of actions taken away have seen."""

from taken_away import in_readme, kept, triples, write
from test_taken_away import CASES


def test_the_readme_says_so():
    seen = kept()
    assert len({(one.source, one.document, one.sid, one.action) for one in seen}) == len(CASES)
    write(seen)
    rows = in_readme()
    assert len(rows) == len(set(rows))
    assert set(rows) == triples(seen)
