//! The text that an exporter answers with, read sample by sample. Pure; the feed of GPUs asks exporters themselves.
//!
//! A line is `name{label="value",…} value [time]`. What cannot be read is left out: an exporter that writes one bad line
//! is worth its others. Source: Prometheus, `docs/instrumenting/exposition_formats.md`, text format 0.0.4.

use std::collections::BTreeMap;

/// One sample, as it was written. Not safe to show: from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample<'a> {
    /// Its metric.
    pub name: &'a str,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value; may be NaN or infinite.
    pub value: f64,
}

/// Most labels of a sample; what has more is no sample of an exporter that is known.
const LABELS: usize = 64;

/// All samples whose metric is asked for.
pub fn samples<'a>(
    text: &'a str,
    wanted: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = Sample<'a>> + 'a {
    text.lines().filter_map(move |line| {
        let line = line.trim();
        let end = line.find(|c: char| c == '{' || c.is_whitespace())?;
        let (name, rest) = line.split_at_checked(end)?;
        // most lines are of metrics that nobody asks for: their labels are not read
        if name.starts_with('#') || !wanted(name) {
            return None;
        }
        let (labels, rest) = labels(rest.trim_start())?;
        let value = rest.split_whitespace().next().and_then(number)?;
        Some(Sample {
            name,
            labels,
            value,
        })
    })
}

/// The labels in front of a value, and what stands behind them.
fn labels(text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    let Some(mut rest) = text.strip_prefix('{') else {
        return Some((labels, text));
    };
    loop {
        rest = rest.trim_start().trim_start_matches(',').trim_start();
        if let Some(behind) = rest.strip_prefix('}') {
            return Some((labels, behind));
        }
        let (key, behind) = rest.split_once('=')?;
        let (value, behind) = quoted(behind.trim_start())?;
        if labels.len() == LABELS {
            return None;
        }
        labels.insert(key.trim().to_owned(), value);
        rest = behind;
    }
}

/// A text in quotation marks, and what stands behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, inner.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            _ => value.push(c),
        }
    }
    None
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Sample<'_>> {
        samples(text, |_| true).collect()
    }

    #[test]
    fn samples_are_read_with_their_labels_and_without_what_stands_around_them() {
        let text = "# HELP DCGM_FI_DEV_GPU_TEMP GPU temperature (in C).\n# TYPE DCGM_FI_DEV_GPU_TEMP gauge\n\
            DCGM_FI_DEV_GPU_TEMP{gpu=\"0\",UUID=\"GPU-1\",modelName=\"NVIDIA A100\",} 41 1700000000000\n\
            up 1\n\n  spaced{ a = \"b\" , c=\"d\" }  2.5e1\n";
        let all = read(text);
        let names: Vec<_> = all.iter().map(|s| (s.name, s.value)).collect();
        assert_eq!(
            names,
            [
                ("DCGM_FI_DEV_GPU_TEMP", 41.0),
                ("up", 1.0),
                ("spaced", 25.0)
            ]
        );
        assert_eq!(all[0].labels["modelName"], "NVIDIA A100");
        assert_eq!(all[2].labels["c"], "d");
    }

    #[test]
    fn what_stands_in_a_value_ends_no_label() {
        let all = read("m{a=\"x\\\"} 7\\\\\",b=\"{,=\\n}\"} NaN\n");
        assert_eq!(all[0].labels["a"], "x\"} 7\\");
        assert_eq!(all[0].labels["b"], "{,=\n}");
        assert!(all[0].value.is_nan());
    }

    #[test]
    fn a_line_that_cannot_be_read_takes_no_other_with_it() {
        let all = read("m{a=\"b} 1\nm{a 1\nm N/A\n{} 3\nm{} +Inf\nm 9223372036854775794\n<html>\n");
        let values: Vec<_> = all
            .iter()
            .filter(|s| s.name == "m")
            .map(|s| s.value)
            .collect();
        assert_eq!(values, [f64::INFINITY, 9_223_372_036_854_775_794.0]);
    }

    #[test]
    fn only_what_is_asked_for_is_read() {
        let all: Vec<_> = samples("a 1\nb 2\n", |name| name == "b").collect();
        assert_eq!(all.len(), 1);
        assert!((all[0].value - 2.0).abs() < f64::EPSILON);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "(?s).{0,200}", lines in "[a{}=\"\\\\ ,\n0-9]{0,200}") {
            let _ = (read(&text).len(), read(&lines).len());
        }
    }
}
