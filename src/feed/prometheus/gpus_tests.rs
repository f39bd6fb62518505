//! What is asked about GPUs, and what becomes of the answers.

use super::*;
use crate::fault::FaultKind;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn sample(name: &str, text: &str, value: f64) -> Sample {
    let mut labels: BTreeMap<String, String> = text
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    if !name.is_empty() {
        labels.insert("__name__".to_owned(), name.to_owned());
    }
    Sample {
        labels,
        at: 0.0,
        value,
    }
}

fn series(text: &str, points: Vec<(f64, f64)>) -> Answer {
    let labels = sample("", text, 0.0).labels;
    Answer {
        series: vec![Series { labels, points }],
        ..Answer::default()
    }
}

const GPU: &str = "Hostname=n gpu=0 UUID=GPU-1 modelName=A100";

/// Answers every query that is due, until none is; which were asked.
fn round(asks: &mut Gpus, second: i64, answer: &dyn Fn(&str) -> Answer) -> Vec<Query> {
    let mut asked = Vec::new();
    loop {
        let due = asks.due(at(second));
        if due.is_empty() {
            return asked;
        }
        for query in due {
            asks.answered(&query.id, Ok(answer(&query.id)), at(second));
            asked.push(query);
        }
    }
}

#[allow(clippy::cast_precision_loss)]
fn server(id: &str) -> Answer {
    let end = at(0).as_second() as f64;
    match id {
        BOARDS => Answer {
            samples: vec![
                sample("DCGM_FI_DEV_GPU_TEMP", GPU, 61.0),
                sample("DCGM_FI_DEV_XID_ERRORS", GPU, 79.0),
            ],
            ..Answer::default()
        },
        SLICES => Answer {
            samples: vec![sample("DCGM_FI_PROF_GR_ENGINE_ACTIVE", GPU, 0.0)],
            ..Answer::default()
        },
        SCRAPED => Answer {
            samples: vec![sample("", "Hostname=n", end - 240.0)],
            ..Answer::default()
        },
        "hour/engine" => Answer {
            samples: vec![sample("", GPU, 0.01)],
            ..Answer::default()
        },
        "idle/engine" => {
            let points = (0..=6).map(|n| (end - 600.0 * f64::from(6 - n), 0.0));
            series(GPU, points.collect())
        }
        XIDS => {
            let point = |n: i32| (end - 60.0 * f64::from(n), if n < 6 { 79.0 } else { 0.0 });
            series(GPU, (0..30).rev().map(point).collect())
        }
        other => panic!("nobody asks for {other}"),
    }
}

#[test]
fn a_gpu_is_told_with_its_error_its_last_hour_and_since_when_it_idles() {
    let mut asks = Gpus::new(ClusterId::new("c"));
    round(&mut asks, 0, &server);
    let rows = asks.rows(&ClusterId::new("c"), at(0));
    let gpu = &rows[0];
    assert_eq!((&*gpu.node, gpu.temperature), ("n", Some(61.0)));
    let xid = gpu.xid.unwrap();
    assert_eq!((xid.code, xid.at, xid.before), (79, Some(at(-300)), None));
    assert_eq!(
        gpu.measured,
        Some(at(-240)),
        "when it was scraped, not when it was asked"
    );
    let slice = &gpu.slices[0];
    assert!((slice.hour.unwrap().ratio - 0.01).abs() < 1e-9);
    assert_eq!(slice.idle_since, Some(at(-4_200)));
}

#[test]
fn an_error_that_stands_from_the_beginning_came_before_it() {
    let told = last_xid(&Series {
        labels: BTreeMap::new(),
        points: vec![(1_000.0, 48.0), (1_060.0, 48.0)],
    });
    let told = told.unwrap();
    assert_eq!(
        (told.at, told.before),
        (None, Timestamp::from_second(1_000).ok())
    );
}

#[test]
fn ten_gpus_or_ten_thousand_are_the_same_few_questions() {
    let mut asks = Gpus::new(ClusterId::new("c"));
    let mut asked = round(&mut asks, 0, &server).len();
    for second in 1..=60 {
        asked += round(&mut asks, second, &server).len();
    }
    assert!(asked <= 16, "{asked}");
}

#[test]
fn a_gpu_that_is_told_of_no_more_stays_with_the_time_of_its_last_figures() {
    let mut asks = Gpus::new(ClusterId::new("c"));
    round(&mut asks, 0, &server);
    round(&mut asks, 60, &|_| Answer::default());
    let rows = asks.rows(&ClusterId::new("c"), at(60));
    assert_eq!(rows[0].measured, Some(at(-240)));
    assert!(asks.rows(&ClusterId::new("c"), at(4_000)).is_empty());
}

#[test]
fn hostile_ids_do_not_become_a_part_of_a_question() {
    let mut asks = Gpus::new(ClusterId::new("c"));
    let bad = r#"Hostname=n gpu=0 UUID=GPU-1"}or{x="#;
    let asked = round(&mut asks, 0, &|id| Answer {
        samples: match id {
            BOARDS => vec![sample("DCGM_FI_DEV_XID_ERRORS", bad, 79.0)],
            SLICES => vec![sample("DCGM_FI_DEV_FB_USED", bad, 79.0)],
            _ => Vec::new(),
        },
        ..Answer::default()
    });
    assert!(asked.iter().all(|q| !q.promql.contains("or{")), "{asked:?}");
}

#[test]
fn what_fails_leaves_the_figures_and_their_age() {
    let mut asks = Gpus::new(ClusterId::new("c"));
    round(&mut asks, 0, &server);
    for query in asks.due(at(30)) {
        let fault = Fault::new("prometheus", FaultKind::Timeout, "no answer", at(30));
        asks.answered(&query.id, Err(fault), at(30));
    }
    let rows = asks.rows(&ClusterId::new("c"), at(40));
    assert_eq!(rows[0].measured, Some(at(-240)));
}
