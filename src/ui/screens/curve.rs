//! Paints the curve of an experiment's results, and where its top trials lie among the parameters. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::{Axis as ChartAxis, Chart, Dataset, GraphType, Widget};

use crate::app::trials::Drawn;
use crate::app::trials::curve::Axis;
use crate::app::trials::words;
use crate::domain::{ExperimentRow, Figure};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, below, line, style};

/// Lower than this there is no room for a curve.
pub const LOW: u16 = 5;

/// Paints the results: every trial as a dot, the best so far as a line, the goal as another.
pub fn results(
    drawn: &Drawn,
    experiment: &ExperimentRow,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    if area.height == 0 {
        return;
    }
    let title = format!(
        "{}, best so far by trial, in the order in which they ended",
        words::objective(&experiment.objective)
    );
    Pen::new(buffer, line(area, 0), look).cell(&title, area.width, false, Role::Dim);
    let below = below(area);
    let goal = experiment.objective.goal.and_then(Figure::known);
    let Some(bounds) = drawn.curve.range(goal) else {
        let text = "no trial has told a figure that can be drawn yet";
        Pen::new(buffer, line(below, 0), look)
            .skip(1)
            .put(text, Role::Warn);
        return;
    };
    if below.height < LOW - 1 || below.width < 24 {
        return;
    }
    let plot = Plot {
        bounds,
        last: drawn.curve.points.last().map_or(1.0, |p| p.0),
        look,
    };
    plot.paint(drawn, goal, below, buffer);
}

struct Plot {
    bounds: (f64, f64),
    last: f64,
    look: Look,
}

impl Plot {
    fn paint(&self, drawn: &Drawn, goal: Option<f64>, area: Rect, buffer: &mut Buffer) {
        // what is drawn later lies on top: dots, then the goal, then the best so far
        let mut layer = Buffer::empty(area);
        self.chart(&drawn.curve.points, GraphType::Scatter, &mut layer, area);
        self.over(&layer, buffer, area, ("·", "."), Role::Dim);
        if let Some(goal) = goal {
            let line = [(1.0, goal), (self.last.max(2.0), goal)];
            let mut layer = Buffer::empty(area);
            self.chart(&line, GraphType::Line, &mut layer, area);
            self.over(&layer, buffer, area, ("╌", "-"), Role::Good);
        }
        let mut steps = Vec::with_capacity(drawn.curve.best.len() * 2);
        for pair in drawn.curve.best.windows(2) {
            if let [a, b] = pair {
                steps.extend([*a, (b.0, a.1), *b]);
            }
        }
        if steps.is_empty() {
            steps.clone_from(&drawn.curve.best);
        }
        let mut layer = Buffer::empty(area);
        self.chart(&steps, GraphType::Line, &mut layer, area);
        self.over(&layer, buffer, area, ("━", "="), Role::Busy);
        self.frame(area, buffer);
        self.label(goal, area, buffer);
    }

    fn chart(&self, points: &[(f64, f64)], kind: GraphType, layer: &mut Buffer, area: Rect) {
        let data = Dataset::default()
            .marker(Marker::Dot)
            .graph_type(kind)
            .data(points);
        let (low, high) = self.bounds;
        let label = |n: f64| Line::from(format!("{:>8}", Figure(n).to_string()));
        let chart = Chart::new(vec![data])
            .x_axis(
                ChartAxis::default()
                    .bounds([1.0, self.last.max(2.0)])
                    .labels([Line::from("1"), Line::from(Figure(self.last).to_string())]),
            )
            .y_axis(ChartAxis::default().bounds([low, high]).labels([
                label(low),
                label(f64::midpoint(low, high)),
                label(high),
            ]));
        chart.render(area, layer);
    }

    /// Puts the dots of a layer on the picture, as another sign.
    fn over(
        &self,
        layer: &Buffer,
        buffer: &mut Buffer,
        area: Rect,
        (fine, plain): (&str, &str),
        role: Role,
    ) {
        let sign = if self.look.ascii { plain } else { fine };
        for position in area.positions() {
            let dotted = layer.cell(position).is_some_and(|c| c.symbol() == "•");
            if dotted && let Some(cell) = buffer.cell_mut(position) {
                cell.set_symbol(sign).set_style(style(role, self.look));
            }
        }
    }

    /// The axes and what stands at them.
    fn frame(&self, area: Rect, buffer: &mut Buffer) {
        let mut layer = Buffer::empty(area);
        self.chart(&[], GraphType::Scatter, &mut layer, area);
        for position in area.positions() {
            let Some(drawn) = layer.cell(position).map(|c| c.symbol().to_owned()) else {
                continue;
            };
            if drawn.trim().is_empty() {
                continue;
            }
            let plain = match drawn.as_str() {
                "│" => "|",
                "─" => "-",
                "└" => "+",
                other => other,
            };
            let rule = plain != drawn;
            let sign = if self.look.ascii { plain } else { &drawn };
            let role = if rule { Role::Rule } else { Role::Dim };
            if let Some(cell) = buffer.cell_mut(position)
                && (rule || cell.symbol() == " ")
            {
                cell.set_symbol(sign).set_style(style(role, self.look));
            }
        }
    }

    /// The goal by its name, where its line is.
    fn label(&self, goal: Option<f64>, area: Rect, buffer: &mut Buffer) {
        let Some(goal) = goal else { return };
        let sign = if self.look.ascii { "-" } else { "╌" };
        let text = format!(" goal {} ", Figure(goal));
        for row in 0..area.height {
            let at = line(area, row);
            let dashes = at
                .positions()
                .filter(|p| buffer.cell(*p).is_some_and(|c| c.symbol() == sign));
            let dashes: Vec<u16> = dashes.map(|p| p.x).collect();
            let width = u16::try_from(text.len()).unwrap_or(0);
            // not the rule below the picture, which in plain letters looks the same
            if row + 2 < area.height
                && let Some(last) = dashes.last()
                && dashes.len() > usize::from(width)
            {
                let at = Rect {
                    x: last.saturating_sub(width),
                    width,
                    ..at
                };
                Pen::new(buffer, at, self.look).put(&text, Role::Good);
                return;
            }
        }
    }
}

/// Paints where the top trials lie on each parameter: 1 is the best.
pub fn parameters(drawn: &Drawn, area: Rect, buffer: &mut Buffer, look: Look) {
    if area.height == 0 {
        return;
    }
    let title = match drawn.top.len() {
        0 => "no trial has told a figure to compare yet".to_owned(),
        n => format!("where the best {n} lie: 1 is the best"),
    };
    Pen::new(buffer, line(area, 0), look).cell(&title, area.width, false, Role::Dim);
    let widest = |of: fn(&Axis) -> &str, most: usize| {
        let all = drawn.axes.iter().map(|a| of(a).chars().count());
        u16::try_from(all.max().unwrap_or(0).min(most)).unwrap_or(0)
    };
    let name = widest(|a| &a.name, 16);
    let ends = (widest(|a| &a.least, 9), widest(|a| &a.most, 9));
    let rows = area.height - 1;
    for (at, axis) in (1..).zip(drawn.axes.iter().take(usize::from(rows))) {
        let last = at == rows && drawn.axes.len() > usize::from(rows);
        if last {
            let more = drawn.axes.len() - usize::from(at) + 1;
            Pen::new(buffer, line(area, at), look).put(&format!("{more} more: tab"), Role::Dim);
            return;
        }
        one(axis, (name, ends), line(area, at), buffer, look);
    }
    let used = u16::try_from(drawn.axes.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    legend(drawn, area, used, (buffer, look));
}

/// One axis: name, least, the marks between, most.
fn one(
    axis: &Axis,
    (name, (least, most)): (u16, (u16, u16)),
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let mut pen = Pen::new(buffer, area, look);
    pen.cell(&axis.name, name, false, Role::Text)
        .skip(1)
        .cell(&axis.least, least, true, Role::Dim)
        .skip(1);
    let scale = if axis.log { " log" } else { "" };
    let after = most + 1 + 4;
    let width = pen.room().saturating_sub(after);
    if width < 5 {
        return;
    }
    let (track, ends) = if look.ascii {
        ("-", "|")
    } else {
        ("─", "│")
    };
    let mut cells: Vec<String> = vec![track.to_owned(); usize::from(width)];
    if let Some(first) = cells.first_mut() {
        ends.clone_into(first);
    }
    if let Some(last) = cells.last_mut() {
        ends.clone_into(last);
    }
    let mut marked = vec![false; cells.len()];
    for (rank, place) in axis.marks.iter().enumerate() {
        let Some(place) = place else { continue };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let at = (place * f64::from(width - 1)).round() as usize;
        // the better one is seen where two lie in one place
        if let (Some(cell), Some(taken)) = (cells.get_mut(at), marked.get_mut(at))
            && !*taken
        {
            *cell = (rank + 1).to_string();
            *taken = true;
        }
    }
    for (cell, marked) in cells.iter().zip(&marked) {
        let role = match (marked, cell.as_str()) {
            (true, "1") => Role::Good,
            (true, _) => Role::Strong,
            (false, _) => Role::Rule,
        };
        pen.put(cell, role);
    }
    pen.skip(1).put(&axis.most, Role::Dim).put(scale, Role::Dim);
}

/// Which trials the numbers are.
fn legend(drawn: &Drawn, area: Rect, from: u16, (buffer, look): (&mut Buffer, Look)) {
    for (row, (at, (name, figure))) in (from..area.height).zip((1..).zip(&drawn.top)) {
        let role = if at == 1 { Role::Good } else { Role::Strong };
        Pen::new(buffer, line(area, row), look)
            .put(&format!("{at} "), role)
            .put(name, Role::Text)
            .put(&format!("  {figure}"), Role::Dim);
    }
}
