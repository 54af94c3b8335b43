//! Plots of a few series, as SVG.

use std::error::Error;
use std::fmt;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::prelude::*;

use crate::table::thousands;

const SIZE: (u32, u32) = (860, 480);
const FONT: &str = "sans-serif";
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);

/// Colours that colour-blind people can tell apart as well (Okabe and Ito).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x00, 0x00, 0x00),
];

/// A line of the plot, with a mark at each point.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// The points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// An axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it measures, with the unit.
    pub label: String,
    /// The positions of its ticks; if empty, its ends.
    pub ticks: Vec<f64>,
}

/// A plot.
#[derive(Clone, Debug)]
pub struct Plot {
    /// The title above it.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Whether the horizontal axis is logarithmic.
    pub log_x: bool,
    /// Whether the vertical axis is logarithmic.
    pub log_y: bool,
    /// The lines.
    pub series: Vec<Series>,
}

/// Why there is no plot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlotError {
    /// No series has a point.
    Empty,
    /// A value that does not fit on an axis, such as 0 on a logarithmic one.
    NotOnAxis(String),
    /// The drawing failed.
    Drawing(String),
}

impl fmt::Display for PlotError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("there is no point to plot"),
            Self::NotOnAxis(what) => write!(formatter, "{what} has no place on its axis"),
            Self::Drawing(reason) => write!(formatter, "the plot can't be drawn: {reason}"),
        }
    }
}

impl Error for PlotError {}

/// An axis with the values that it must show.
#[derive(Clone)]
struct Scale {
    log: bool,
    ticks: Vec<f64>,
    /// The ends in plot coordinates: on a logarithmic axis, the logarithms of the values.
    from: f64,
    to: f64,
}

impl Scale {
    fn new(
        axis: &Axis,
        log: bool,
        values: impl Iterator<Item = f64> + Clone,
    ) -> Result<Self, PlotError> {
        let shown = values.chain(axis.ticks.iter().copied());
        let (lowest, highest) = (shown.clone().reduce(f64::min), shown.reduce(f64::max));
        let (Some(lowest), Some(highest)) = (lowest, highest) else {
            return Err(PlotError::Empty);
        };
        let is_shown = lowest.is_finite() && highest.is_finite() && (!log || lowest > 0.0);
        if !is_shown {
            let what = format!("{lowest} to {highest} of \"{}\"", axis.label);
            return Err(PlotError::NotOnAxis(what));
        }
        let ticks = match axis.ticks.as_slice() {
            [] => vec![lowest, highest],
            ticks => ticks.to_vec(),
        };
        let mut scale = Self {
            log,
            ticks,
            from: 0.0,
            to: 0.0,
        };
        let (from, to) = (scale.place(lowest), scale.place(highest));
        // A little room, so that no mark is cut off, and so that an axis with one value has a length too.
        let margin = match (to - from) * 0.03 {
            none if none <= 0.0 => 1.0,
            some => some,
        };
        (scale.from, scale.to) = (from - margin, to + margin);
        Ok(scale)
    }

    fn place(&self, value: f64) -> f64 {
        if self.log { value.log10() } else { value }
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (self.place(*value) - self.from) / (self.to - self.from);
        let length = f64::from(limit.1 - limit.0);
        limit.0 + (share * length).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.weight().allow_light_points() {
            true => Vec::new(),
            false => self.ticks.clone(),
        }
    }

    fn range(&self) -> std::ops::Range<f64> {
        let value = |place| {
            if self.log {
                f64::powf(10.0, place)
            } else {
                place
            }
        };
        value(self.from)..value(self.to)
    }
}

impl ValueFormatter<f64> for Scale {
    fn format(value: &f64) -> String {
        if value.fract() == 0.0 {
            thousands(&value.to_string())
        } else {
            value.to_string()
        }
    }
}

impl Plot {
    /// The plot as an SVG document, on a white background, so that it is readable anywhere.
    ///
    /// # Errors
    /// [`PlotError`] if there is nothing to plot, or a value does not fit on an axis.
    pub fn svg(&self) -> Result<String, PlotError> {
        let points = self.series.iter().flat_map(|series| &series.points);
        if points.clone().next().is_none() {
            return Err(PlotError::Empty);
        }
        let x = Scale::new(&self.x, self.log_x, points.clone().map(|point| point.0))?;
        let y = Scale::new(&self.y, self.log_y, points.map(|point| point.1))?;
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        self.draw(&area, &x, &y)
            .map_err(|error| PlotError::Drawing(error.to_string()))?;
        drop(area);
        Ok(svg)
    }

    fn draw(
        &self,
        area: &DrawingArea<SVGBackend<'_>, Shift>,
        x: &Scale,
        y: &Scale,
    ) -> Result<(), Box<dyn Error>> {
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, (FONT, 18))
            .margin(12)
            .margin_right(24)
            .x_label_area_size(46)
            .y_label_area_size(70)
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .x_desc(&self.x.label)
            .y_desc(&self.y.label)
            .label_style((FONT, 14))
            .axis_desc_style((FONT, 15))
            .bold_line_style(GRID)
            .draw()?;
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            let marks = series
                .points
                .iter()
                .map(|point| Circle::new(*point, 4, colour.filled()));
            chart.draw_series(marks)?;
            chart
                .draw_series(LineSeries::new(
                    series.points.clone(),
                    colour.stroke_width(2),
                ))?
                .label(&series.name)
                .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.9))
            .border_style(GRID)
            .label_font((FONT, 14))
            .draw()?;
        area.present()?;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn plot(points: Vec<(f64, f64)>) -> Plot {
        Plot {
            title: "Cold start".to_owned(),
            x: Axis {
                label: "memory (MB)".to_owned(),
                ticks: vec![128.0, 1769.0],
            },
            y: Axis {
                label: "ms".to_owned(),
                ticks: vec![0.5, 10.0],
            },
            log_x: true,
            log_y: true,
            series: vec![Series {
                name: "ours".to_owned(),
                points,
            }],
        }
    }

    #[test]
    fn a_plot_has_its_names_its_ticks_and_a_white_ground() {
        let svg = plot(vec![(128.0, 5.0), (1769.0, 1.0)]).svg().unwrap();
        assert!(svg.starts_with("<svg"), "{svg}");
        assert!(svg.contains(r##"fill="#FFFFFF""##), "{svg}");
        for text in ["Cold start", "memory (MB)", "ours", "128", "1,769", "0.5"] {
            let is_there = svg.lines().any(|line| line.trim() == text);
            assert!(is_there, "{text} is missing in {svg}");
        }
        assert_eq!(svg.matches("<circle").count(), 2);
    }

    #[test]
    fn equal_distances_on_a_logarithmic_axis_are_equal_ratios() {
        let points = [(1.0, 1.0), (10.0, 1.0), (100.0, 1.0)];
        let axis = Axis {
            label: String::new(),
            ticks: Vec::new(),
        };
        let scale = Scale::new(&axis, true, points.iter().map(|point| point.0)).unwrap();
        let [first, second, third] = points.map(|(value, _)| scale.map(&value, (0, 1000)));
        assert!(0 < first && third < 1000);
        assert!((second - first).abs_diff(third - second) <= 1);
    }

    #[test]
    fn what_cannot_be_plotted_is_refused() {
        assert_eq!(plot(Vec::new()).svg(), Err(PlotError::Empty));
        let zero = plot(vec![(128.0, 0.0)]).svg().unwrap_err();
        assert!(matches!(zero, PlotError::NotOnAxis(_)), "{zero}");
    }
}
