//! Documents that stand in objects of a cluster. Pure.
//!
//! The API server serves them as JSON, so a mistake is told with its path (`spec.slos[1].objective`); a text inside of
//! an object with its name, line and column. An object speaks for the services of its own namespace only: whoever may
//! write there must not hide what burns elsewhere.

use super::{Documents, read};
use crate::domain::{Clean, DocumentRow, Origin};
use crate::fault::Mistake;
use crate::slo::objective::Slo;

/// Most objectives that are taken from a cluster: each has queries of its own.
pub const SPOKEN: usize = 40;

/// What a document says: its objectives, and what is wrong with it, one sentence each.
#[must_use]
pub fn spoken(row: &DocumentRow) -> (Vec<Slo>, Vec<Clean>) {
    let (mut slos, mut mistakes) = (Vec::new(), Vec::new());
    for (name, text) in row.parts.iter() {
        let Documents {
            slos: found,
            mistakes: wrong,
        } = read(text);
        let told = |mistake: &Mistake| {
            let place = if name.is_empty() {
                path(text, mistake.line)
            } else {
                format!("{name}, line {}, column {}", mistake.line, mistake.column)
            };
            sentence(&place, &mistake.what, &mistake.hint)
        };
        mistakes.extend(wrong.iter().map(told));
        for slo in found {
            match own(row, slo) {
                Ok(slo) => slos.push(slo),
                Err(what) => mistakes.push(sentence(name, &what, "")),
            }
        }
    }
    if row.parts.is_empty() {
        mistakes.push(Clean::new("no objective stands in it"));
    }
    (slos, mistakes)
}

fn sentence(place: &str, what: &str, hint: &str) -> Clean {
    let place = if place.is_empty() {
        String::new()
    } else {
        format!("{place}: ")
    };
    let hint = if hint.is_empty() {
        String::new()
    } else {
        format!(" ({hint})")
    };
    Clean::new(&format!("{place}{what}{hint}"))
}

/// The objective as one of this object.
fn own(row: &DocumentRow, slo: Slo) -> Result<Slo, String> {
    let (namespace, service) = slo.service.clone().unwrap_or_default();
    let here = &row.object.key.namespace;
    if !namespace.is_empty() && namespace != *here {
        return Err(format!(
            "{} is of a service in {namespace}, and an object speaks for its own namespace only",
            slo.id
        ));
    }
    Ok(Slo {
        service: Some((here.clone(), service)),
        origin: Origin::Object(row.object.clone()),
        ..slo
    })
}

/// Where a line of indented JSON stands: `spec.slos[1].objective`.
fn path(text: &str, line: usize) -> String {
    // what is open, from outside: its name in its parent, whether it is a list, and how many items it has had
    let mut open: Vec<(String, bool, usize)> = Vec::new();
    let mut at = String::new();
    for text in text.lines().take(line) {
        let trimmed = text.trim_start();
        let depth = (text.len() - trimmed.len()) / 2;
        open.truncate(depth);
        if trimmed.starts_with(['}', ']']) {
            continue;
        }
        let name = match open.last_mut() {
            Some((_, true, items)) => {
                *items += 1;
                format!("[{}]", *items - 1)
            }
            Some(_) => {
                let key = trimmed.split("\": ").next().unwrap_or_default();
                format!(".{}", key.trim_start_matches('"'))
            }
            None => String::new(),
        };
        let parents: String = open.iter().map(|(name, ..)| name.as_str()).collect();
        at = format!("{parents}{name}");
        if trimmed.ends_with(['{', '[']) {
            open.push((name, trimmed.ends_with('['), 0));
        }
    }
    at.trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{ClusterId, Key, Written};

    fn document(parts: &[(&str, String)]) -> DocumentRow {
        let key = Key::new(ClusterId::new("c"), "ml-fraud", "fraud");
        let parts = parts.iter().map(|(n, t)| ((*n).to_owned(), t.clone()));
        DocumentRow {
            object: Written {
                feed: "slo-sloth",
                word: "sloth",
                key: key.clone(),
                uid: Clean::new("u"),
            },
            key,
            parts: Arc::from(parts.collect::<Vec<_>>()),
        }
    }

    fn sloth(slos: &Value) -> String {
        let object = json!({"apiVersion": "sloth.slok.dev/v1", "kind": "PrometheusServiceLevel",
            "metadata": {"name": "fraud", "namespace": "ml-fraud"},
            "spec": {"service": "fraud-scorer", "slos": slos}});
        serde_json::to_string_pretty(&object).unwrap()
    }

    fn slo(name: &str, objective: &Value) -> Value {
        json!({"name": name, "objective": objective, "sli": {"events": {
            "errorQuery": "sum(rate(bad[{{.window}}]))", "totalQuery": "sum(rate(all[{{.window}}]))"}}})
    }

    #[test]
    fn a_mistake_is_told_with_its_path_and_takes_no_other_objective_with_it() {
        let slos = json!([slo("good", &json!(99.9)), slo("bad", &json!(200))]);
        let (slos, mistakes) = spoken(&document(&[("", sloth(&slos))]));
        assert_eq!(slos.len(), 1);
        let (namespace, service) = slos[0].service.clone().unwrap();
        assert_eq!((&*namespace, &*service), ("ml-fraud", "fraud-scorer"));
        assert_eq!(slos[0].origin.told(), "sloth ml-fraud/fraud");
        assert_eq!(mistakes.len(), 1);
        assert!(
            mistakes[0].starts_with("spec.slos[1].objective: an objective of 200 %"),
            "{}",
            mistakes[0]
        );
    }

    #[test]
    fn what_is_no_objective_at_all_is_told_with_its_place_too() {
        let slos = json!([{"name": 5}, "x"]);
        let (slos, mistakes) = spoken(&document(&[("", sloth(&slos))]));
        assert!(slos.is_empty());
        assert!(mistakes[0].starts_with("spec.slos[0]"), "{}", mistakes[0]);
        let (_, mistakes) = spoken(&document(&[]));
        assert_eq!(&*mistakes[0], "no objective stands in it");
    }

    #[test]
    fn a_text_in_an_object_is_told_with_its_name_and_line() {
        let text = "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec: 5\n".to_owned();
        let (slos, mistakes) = spoken(&document(&[("slo.yaml", text)]));
        assert!(slos.is_empty());
        assert!(
            mistakes[0].starts_with("slo.yaml, line 4, column "),
            "{}",
            mistakes[0]
        );
    }

    #[test]
    fn an_object_speaks_for_its_own_namespace_only() {
        let text = "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: errors, namespace: ml-churn}\nspec:\n  \
             service: churn-score\n  indicator: {spec: {ratioMetric: {counter: true,\n    bad: {metricSource: {type: Prometheus, spec: {query: 'sum(increase(b[{{.window}}]))'}}},\n    total: {metricSource: {type: Prometheus, spec: {query: 'sum(increase(a[{{.window}}]))'}}}}}}\n  \
             timeWindow: [{duration: 30d, isRolling: true}]\n  budgetingMethod: Occurrences\n  objectives: [{target: 0.99}]\n"
            .to_owned();
        let other = text.replace("ml-churn", "ml-fraud");
        let (slos, mistakes) = spoken(&document(&[("slo.yaml", text)]));
        assert!(slos.is_empty());
        assert!(
            mistakes[0].contains("speaks for its own namespace only"),
            "{}",
            mistakes[0]
        );
        let (slos, mistakes) = spoken(&document(&[("slo.yaml", other)]));
        assert_eq!((slos.len(), mistakes), (1, Vec::new()));
    }
}
