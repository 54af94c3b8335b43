//! Runs a property on random values, the same ones every time.

use std::cell::Cell;
use std::ops::RangeInclusive;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::figures::figure;

/// How many values a property is tried on. Set the variable PROPTEST_CASES for more.
const CASES: u32 = 500;

/// Checks that a property holds. The property returns, for each value, whether it was read. A property that
/// meets only refusals shows little, so `read` is the percentage of values that have to be read.
pub fn always<S: Strategy>(
    name: &str,
    read: RangeInclusive<u32>,
    values: &S,
    holds: impl Fn(S::Value) -> bool,
) {
    let longer = std::env::var_os("PROPTEST_CASES").is_some();
    let usual = Config::default();
    let config = Config {
        cases: if longer { usual.cases } else { CASES },
        failure_persistence: None,
        max_shrink_time: 10_000,
        ..usual
    };
    let cases = config.cases;
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let counted = Cell::new(0);
    let result = TestRunner::new_with_rng(config, rng).run(values, |value| {
        counted.set(counted.get() + u32::from(holds(value)));
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    let share = u64::from(counted.get()) * 100 / u64::from(cases);
    println!("{name}: {share} % of them read");
    assert!(read.contains(&u32::try_from(share).unwrap()));
    if !longer {
        figure(name, cases.try_into().unwrap());
    }
}
