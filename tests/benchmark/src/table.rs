//! Markdown tables and the figures in them.

/// A Markdown table: the first column is text, the others are aligned as figures.
#[must_use]
pub fn markdown(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|title| (*title).to_owned()).collect();
    let rule = (0..header.len()).map(|column| if column == 0 { "---" } else { "---:" });
    let rule: Vec<String> = rule.map(str::to_owned).collect();
    let lines = [&header, &rule].into_iter().chain(rows);
    lines.map(|cells| line(cells)).collect()
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The middle value; the mean of the two middle values if there is no single one.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The value that the share `q` of the values does not exceed, `q` from 0 to 1; interpolated between two values.
#[must_use]
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let (low, high) = (sorted[below], sorted[last.min(below + 1)]);
    Some(low + (high - low) * (position - below as f64))
}

/// A figure with three significant digits, and a comma for the thousands.
#[must_use]
pub fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        small if small == 0.0 || small >= 99.95 => 0,
        small if small >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = if rest.is_empty() {
        String::new()
    } else {
        format!(".{rest}")
    };
    thousands(whole) + &rest
}

/// The digits of a whole number, with a comma for the thousands.
#[must_use]
pub fn thousands(digits: &str) -> String {
    let length = digits.len();
    let is_boundary = |index: usize| index > 0 && (length - index).is_multiple_of(3);
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if is_boundary(index) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_header_a_rule_and_a_line_for_each_row() {
        let rows = [
            vec!["ours".to_owned(), "1".to_owned()],
            vec!["a|b".to_owned(), "2".to_owned()],
        ];
        let expected = "| what | ms |\n| --- | ---: |\n| ours | 1 |\n| a\\|b | 2 |\n";
        assert_eq!(markdown(&["what", "ms"], &rows), expected);
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[7.0]), Some(7.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_quantile_lies_between_values_in_proportion() {
        let values = [10.0, 0.0, 20.0, 30.0, 40.0];
        assert_eq!(quantile(&values, 0.0), Some(0.0));
        assert_eq!(quantile(&values, 1.0), Some(40.0));
        assert_eq!(quantile(&values, 0.9), Some(36.0));
    }

    #[test]
    fn a_figure_has_three_significant_digits() {
        let cases = [
            (0.0, "0"),
            (0.1234, "0.12"),
            (9.999, "10.0"),
            (12.34, "12.3"),
            (99.97, "100"),
            (634.4, "634"),
            (3288.0, "3,288"),
            (1_536_259.0, "1,536,259"),
            (-1234.0, "-1,234"),
            (-123.0, "-123"),
        ];
        for (value, text) in cases {
            assert_eq!(figure(value), text);
        }
    }
}
