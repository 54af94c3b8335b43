//! Columns that line up.

use std::fmt::Write as _;

use anstyle::Style;

use crate::view::DIM;

/// A piece of a table, with its colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            style: Style::new(),
        }
    }

    pub(crate) fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// Renders the rows under their header, each column as wide as it needs.
pub(crate) fn render<const N: usize>(
    indent: usize,
    header: [&str; N],
    rows: &[[Cell; N]],
) -> String {
    let header = header.map(|name| Cell::new(name).style(DIM));
    let mut widths = [0; N];
    for row in std::iter::once(&header).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.chars().count());
        }
    }
    let mut table = String::new();
    for row in std::iter::once(&header).chain(rows) {
        let mut gap = indent;
        for (width, Cell { text, style }) in widths.iter().zip(row) {
            if text.is_empty() {
                gap += width + 3;
                continue;
            }
            // Writing to a String can't fail.
            let _ = write!(table, "{:gap$}{style}{text}{style:#}", "");
            gap = width - text.chars().count() + 3;
        }
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_their_colour() {
        let rows = [
            [Cell::new("a").style(DIM), Cell::new("one")],
            [Cell::new("longer"), Cell::new("").style(DIM)],
        ];
        let text = anstream::adapter::strip_str(&render(2, ["X", "Y"], &rows)).to_string();
        assert_eq!(text, "  X        Y\n  a        one\n  longer\n");
    }
}
