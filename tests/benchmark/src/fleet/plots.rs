//! The figures as plots.

use super::report::{Results, Row};
use super::window::least;
use crate::plot::{Axis, Plot, Series};

/// The time to the last rotation, against the number of secrets.
pub(super) fn time_plot(results: &Results) -> Plot {
    let points = |rows: &[Row]| {
        let rows = rows.iter().filter(|row| row.figures.finished > 0);
        rows.map(|row| (count(row), row.figures.last.as_secs_f64()))
            .collect()
    };
    let rows = || results.spread.iter().chain(&results.at_once);
    let bound = |row: &Row| least(row.scenario.secrets, row.scenario.iam_rate).as_secs_f64();
    let mut bounds: Vec<_> = rows().map(|row| (count(row), bound(row))).collect();
    bounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    bounds.dedup();
    plot(
        "Time until the last secret has rotated",
        "seconds",
        // Up to where the legend covers nothing.
        vec![1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0],
        vec![
            (
                "each at a random moment of the window",
                points(&results.spread),
            ),
            ("all at once", points(&results.at_once)),
            ("the least possible: 3 calls of IAM a secret", bounds),
        ],
        results,
    )
}

/// What Lambda bills for a rotation, against the number of secrets.
pub(super) fn billed_plot(results: &Results) -> Plot {
    let points = |rows: &[Row]| {
        rows.iter()
            .map(|row| (count(row), row.figures.billed_median))
            .collect()
    };
    plot(
        "Billed for one rotation, median",
        "milliseconds",
        vec![10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0],
        vec![
            (
                "each at a random moment of the window",
                points(&results.spread),
            ),
            ("all at once", points(&results.at_once)),
        ],
        results,
    )
}

fn plot(
    title: &str,
    unit: &str,
    ticks: Vec<f64>,
    series: Vec<(&str, Vec<(f64, f64)>)>,
    results: &Results,
) -> Plot {
    let mut sizes: Vec<_> = results
        .spread
        .iter()
        .chain(&results.at_once)
        .map(count)
        .collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    let series = series.into_iter().filter(|(_, points)| !points.is_empty());
    Plot {
        title: title.to_owned(),
        x: Axis {
            label: "secrets".to_owned(),
            ticks: sizes,
        },
        y: Axis {
            label: unit.to_owned(),
            ticks,
        },
        log_x: true,
        log_y: true,
        series: series
            .map(|(name, points)| Series {
                name: name.to_owned(),
                points,
            })
            .collect(),
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a count of secrets is far below 2^52"
)]
fn count(row: &Row) -> f64 {
    row.scenario.secrets as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fleet::report::tests::results;

    #[test]
    fn both_plots_can_be_drawn() {
        let plot = time_plot(&results());
        let bound = plot.series.last().map(|series| series.points.clone());
        assert_eq!(bound.unwrap(), [(100.0, 100.0), (1_000.0, 1_000.0)]);
        for plot in [plot, billed_plot(&results())] {
            assert!(plot.svg().unwrap().contains("all at once"));
        }
    }
}
