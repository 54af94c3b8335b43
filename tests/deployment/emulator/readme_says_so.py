"""The README's table, compared with what the tests of actions taken away have seen."""

from keeping import ASKED
from rotation import STEPS
from taken_away import in_readme, kept, triples, write
from test_keeper_taken_away import CASES as OF_THE_KEEPER
from test_taken_away import CASES


def test_the_readme_says_so():
    seen = kept()
    for cases, steps in ((CASES, STEPS), (OF_THE_KEEPER, ASKED)):
        its = {(one.source, one.document, one.sid, one.action) for one in seen if one.step in steps}
        assert len(its) == len(cases)
    write(seen)
    rows = in_readme()
    assert len(rows) == len(set(rows))
    assert set(rows) == triples(seen)
