//! Curves of budgets that burned in a time that is over.

use super::*;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
    pairs.iter().map(own).collect()
}

fn past() -> Past {
    let services = BTreeSet::from([("ml".to_owned(), "fraud".to_owned())]);
    let span = Span {
        seconds: 600,
        step: 300,
    };
    Past::new(&Objectives::default(), services, span)
}

#[test]
fn a_budget_that_burned_is_told_point_by_point_and_what_is_not_known_is_not_nothing() {
    let mut past = past();
    let names = past.due();
    assert_eq!(names.len(), 1);
    let there = Answer {
        series: vec![Series {
            labels: labels(&[("__name__", "revision_request_count")]),
            points: vec![(900.0, 1.0)],
        }],
        ..Answer::default()
    };
    past.answered(&names[0].id, &there);
    let trend = past.due();
    assert_eq!(trend.len(), 1, "{trend:?}");
    assert_eq!(trend[0].span.map(|s| s.step), Some(300));
    let of = |service: &str, code: &str, points: &[(f64, f64)]| Series {
        labels: labels(&[
            ("namespace_name", "ml"),
            ("configuration_name", service),
            ("response_code_class", code),
        ]),
        points: points.to_vec(),
    };
    let series = vec![
        of("fraud-predictor", "2xx", &[(900.0, 999.0), (1500.0, 100.0)]),
        of("fraud-predictor", "5xx", &[(900.0, 1.0)]),
        of("other-predictor", "5xx", &[(900.0, 1.0)]),
    ];
    past.answered(
        &trend[0].id,
        &Answer {
            series,
            ..Answer::default()
        },
    );
    assert!(past.due().is_empty(), "all was asked");
    let curves = past.curves(1_510);
    assert_eq!(curves.len(), 1, "{curves:?}");
    let points: Vec<_> = curves[0].points.iter().map(|(at, _)| *at).collect();
    assert_eq!(points, [900, 1200, 1500]);
    let burn = curves[0].points[0].1.unwrap();
    assert!((burn - 1.0).abs() < 1e-9, "{burn}");
    assert_eq!(curves[0].points[1].1, None);
    assert_eq!(curves[0].points[2].1, Some(0.0));
    assert_eq!(curves[0].most().map(|(at, _)| at), Some(900));
}

fn written(grouping: &[&str]) -> Slo {
    Slo {
        id: Clean::new("own"),
        title: Clean::new("own 99 %"),
        target: 0.99,
        period: None,
        service: Some((Clean::new("ml"), Clean::new("fraud"))),
        sli: Sli::Custom(Custom {
            counts: Counts::Bad {
                bad: "sum(rate(bad[{{.window}}]))".to_owned(),
                valid: "sum(rate(all[{{.window}}]))".to_owned(),
            },
            grouping: grouping.iter().map(|name| (*name).to_owned()).collect(),
            rates: true,
        }),
        origin: crate::domain::Origin::BuiltIn,
    }
}

#[test]
fn an_objective_that_was_added_is_asked_with_its_own_queries_and_has_a_curve_for_each_group() {
    let mut past = past();
    let other = Slo {
        service: Some((Clean::new("other"), Clean::new("fraud"))),
        ..written(&[])
    };
    past.add(vec![written(&["model"]), other]);
    let names = past.due();
    past.answered(&names[0].id, &Answer::default());
    let due = past.due();
    let asked: Vec<&str> = due.iter().map(|q| q.promql.as_str()).collect();
    // the one of another namespace is not asked
    assert_eq!(
        asked,
        ["sum(rate(bad[5m]))", "sum(rate(all[5m]))"],
        "its own queries over the step"
    );
    let of = |model: &str, value: f64| Series {
        labels: labels(&[("model", model)]),
        points: vec![(900.0, value), (1500.0, f64::NAN)],
    };
    for (query, values) in due.iter().zip([[2.0, 0.0], [100.0, 50.0]]) {
        let answer = Answer {
            series: vec![of("a", values[0]), of("b", values[1])],
            ..Answer::default()
        };
        past.answered(&query.id, &answer);
    }
    assert!(past.due().is_empty(), "all was asked");
    let curves = past.curves(1_510);
    let told: Vec<(&str, Option<f64>, Option<f64>)> = curves
        .iter()
        .map(|c| (&*c.title, c.points[0].1, c.points[2].1))
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0].0, "own 99 % (model=a)");
    assert!((told[0].1.unwrap() - 2.0).abs() < 1e-9, "{told:?}");
    assert_eq!(told[0].2, None, "nothing is known of that time");
    assert_eq!((told[1].0, told[1].1), ("own 99 % (model=b)", Some(0.0)));
}
