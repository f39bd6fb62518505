//! Prometheus: the envelope, numbers, errors, and the functions that queries of the console use.

use http::Method;
use serde_json::{Value, json};

use super::{Answer, Services, escaped};

impl Services {
    async fn ask(&self, promql: &str) -> Answer {
        self.read(&self.prometheus, "/api/v1/query", &[("query", promql)])
            .await
    }

    /// What a query that is answered has.
    async fn data(&self, promql: &str) -> Value {
        let body = self.ask(promql).await.json(200);
        assert_eq!(body["status"], "success", "{promql}: {body}");
        body["data"].clone()
    }

    async fn span(&self, query: &[(&str, &str)]) -> Answer {
        self.read(&self.prometheus, "/api/v1/query_range", query)
            .await
    }
}

/// An error of the server itself.
#[track_caller]
fn refused(answer: Answer, code: u16, kind: &str, words: &str) {
    let text = answer.text.clone();
    let body = answer.json(code);
    assert_eq!(
        (&body["status"], &body["errorType"]),
        (&json!("error"), &json!(kind)),
        "{text}"
    );
    assert!(
        body["error"].as_str().unwrap().contains(words),
        "{text}, wanted {words}"
    );
    assert!(body.get("data").is_none_or(Value::is_null), "{text}");
}

pub async fn numbers_are_text_and_times_are_numbers(services: &Services) {
    for (promql, sort, value) in [
        ("2+2", "scalar", "4"),
        ("0/0", "scalar", "NaN"),
        ("1/0", "scalar", "+Inf"),
        ("-1/0", "scalar", "-Inf"),
        ("\"x\"", "string", "x"),
    ] {
        let data = services.data(promql).await;
        assert_eq!(data["resultType"], sort, "{promql}");
        assert!(data["result"][0].is_number(), "{promql}: {data}");
        assert_eq!(data["result"][1], value, "{promql}");
    }
    let data = services.data("vector(1)").await;
    let sample = &data["result"][0];
    assert_eq!(
        (&data["resultType"], &sample["metric"]),
        (&json!("vector"), &json!({}))
    );
    assert!(
        sample["value"][0].is_number() && sample["value"][1] == "1",
        "{data}"
    );
    // nothing is an answer
    let none = services.data("nosuch").await;
    assert_eq!(none, json!({"resultType": "vector", "result": []}));
}

pub async fn functions_give_what_they_give_everywhere(services: &Services) {
    let three = r#"label_replace(vector(10),"le","1","","") or label_replace(vector(20),"le","2","","") or label_replace(vector(20),"le","+Inf","","")"#;
    let two =
        r#"(label_replace(vector(1),"a","x","","") or label_replace(vector(4),"a","y","",""))"#;
    for (promql, wanted) in [
        ("vector(1) > 2".to_owned(), json!([])),
        ("vector(3) > bool 2".to_owned(), json!([[{}, "1"]])),
        ("vector(1) > bool 2".to_owned(), json!([[{}, "0"]])),
        (
            r#"absent(nosuch{a="b",c=~"d.*"})"#.to_owned(),
            json!([[{"a": "b"}, "1"]]),
        ),
        ("absent(vector(1))".to_owned(), json!([])),
        ("round(vector(2.5))".to_owned(), json!([[{}, "3"]])),
        ("round(vector(-2.5))".to_owned(), json!([[{}, "-2"]])),
        ("clamp_max(vector(5),3)".to_owned(), json!([[{}, "3"]])),
        ("clamp_min(vector(5),7)".to_owned(), json!([[{}, "7"]])),
        ("vector(scalar(vector(4)))".to_owned(), json!([[{}, "4"]])),
        ("vector(scalar(nosuch))".to_owned(), json!([[{}, "NaN"]])),
        (
            r#"label_replace(vector(1),"a","x$1","b","(.*)")"#.to_owned(),
            json!([[{"a": "x"}, "1"]]),
        ),
        // what does not match is left as it is
        (
            r#"label_replace(vector(1),"a","x$1","b","c")"#.to_owned(),
            json!([[{}, "1"]]),
        ),
        (
            format!("histogram_quantile(0.9, {three})"),
            json!([[{}, "1.8"]]),
        ),
        (
            format!("histogram_quantile(0.25, {three})"),
            json!([[{}, "0.5"]]),
        ),
        (
            format!("histogram_quantile(1, {three})"),
            json!([[{}, "2"]]),
        ),
        (format!("sum({two})"), json!([[{}, "5"]])),
        (format!("count({two})"), json!([[{}, "2"]])),
        (format!("max({two})"), json!([[{}, "4"]])),
        (
            format!("min by (a) ({two})"),
            json!([[{"a": "x"}, "1"], [{"a": "y"}, "4"]]),
        ),
        (format!("avg without (a) ({two})"), json!([[{}, "2.5"]])),
        (format!("{two} > 2"), json!([[{"a": "y"}, "4"]])),
        (
            format!(r#"{two} and on (a) label_replace(vector(0),"a","x","","")"#),
            json!([[{"a": "x"}, "1"]]),
        ),
        (
            format!(r#"{two} unless on (a) label_replace(vector(0),"a","x","","")"#),
            json!([[{"a": "y"}, "4"]]),
        ),
        (
            format!("{two} / on (a) group_left () {two}"),
            json!([[{"a": "x"}, "1"], [{"a": "y"}, "1"]]),
        ),
        ("rate(vector(time())[5m:1m])".to_owned(), json!([[{}, "1"]])),
        (
            "increase(vector(time())[5m:1m])".to_owned(),
            json!([[{}, "300"]]),
        ),
        (
            "max_over_time(vector(7)[5m:1m])".to_owned(),
            json!([[{}, "7"]]),
        ),
        ("resets(vector(7)[5m:1m])".to_owned(), json!([[{}, "0"]])),
        ("-vector(2) ^ 2 % 3".to_owned(), json!([[{}, "-1"]])),
    ] {
        let data = services.data(&promql).await;
        let mut all: Vec<(String, Value)> = data["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (s["metric"].to_string(), json!([s["metric"], s["value"][1]])))
            .collect();
        // the order of a vector is nobody's promise
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let found: Vec<Value> = all.into_iter().map(|(_, sample)| sample).collect();
        assert_eq!(json!(found), wanted, "{promql}");
    }
}

pub async fn what_cannot_be_asked_is_refused_with_why(services: &Services) {
    for (promql, words) in [
        ("rate(up", "parse error"),
        ("", "no expression found in input"),
        ("up[5m", "parse error"),
        ("up{a=\"b\"", "parse error"),
        ("{}", "at least one non-empty matcher"),
        (
            "nofunction(up)",
            "unknown function with name \"nofunction\"",
        ),
        (
            "rate(up)",
            "expected type range vector in call to function \"rate\"",
        ),
    ] {
        refused(services.ask(promql).await, 400, "bad_data", words);
    }
    let query = [("query", "vector(1)"), ("time", "now")];
    let answer = services
        .read(&services.prometheus, "/api/v1/query", &query)
        .await;
    refused(
        answer,
        400,
        "bad_data",
        "cannot parse \"now\" to a valid timestamp",
    );
    // what can be read and not be carried out is another thing
    refused(
        services.ask("up * on () up").await,
        422,
        "execution",
        "found duplicate series for the match group",
    );
    for path in ["/api/v1/nothing", "/nothing"] {
        let answer = services.read(&services.prometheus, path, &[]).await;
        assert_eq!(
            (answer.code, answer.kind.as_str()),
            (404, "text/plain"),
            "{answer:?}"
        );
        assert_eq!(answer.text.trim(), "404 page not found");
    }
}

pub async fn a_span_comes_in_its_points(services: &Services) {
    let of = |from, to, step| {
        [
            ("query", "vector(1)"),
            ("start", from),
            ("end", to),
            ("step", step),
        ]
    };
    let body = services.span(&of("1000", "1120", "60")).await.json(200);
    assert_eq!(body["data"]["resultType"], "matrix");
    let points = &body["data"]["result"][0]["values"];
    let times: Vec<f64> = points
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p[0].as_f64().unwrap())
        .collect();
    assert_eq!(times, [1000.0, 1060.0, 1120.0]);
    assert!(
        points.as_array().unwrap().iter().all(|p| p[1] == "1"),
        "{body}"
    );
    for (from, to, step, words) in [
        (
            "1000",
            "900",
            "60",
            "end timestamp must not be before start time",
        ),
        ("1000", "1120", "", "cannot parse \"\" to a valid duration"),
        (
            "1000",
            "1120",
            "0",
            "zero or negative query resolution step widths are not accepted",
        ),
        (
            "0",
            "11001",
            "1",
            "exceeded maximum resolution of 11,000 points",
        ),
        (
            "now",
            "1120",
            "60",
            "cannot parse \"now\" to a valid timestamp",
        ),
    ] {
        refused(
            services.span(&of(from, to, step)).await,
            400,
            "bad_data",
            words,
        );
    }
    let ranged = [
        ("query", "up[5m]"),
        ("start", "1000"),
        ("end", "1120"),
        ("step", "60"),
    ];
    refused(
        services.span(&ranged).await,
        400,
        "bad_data",
        "must be Scalar or instant Vector",
    );
}

pub async fn a_question_may_come_as_a_form(services: &Services) {
    let path = format!("{}/api/v1/query", services.prometheus);
    let form = escaped(&[("query", "vector(6) * 7"), ("dedup", "true")]);
    let body = Some(("application/x-www-form-urlencoded", form));
    let answer = services.call(Method::POST, &path, body).await.json(200);
    assert_eq!(answer["data"]["result"][0]["value"][1], "42", "{answer}");
}

pub async fn what_is_scraped_can_be_counted(services: &Services) {
    let built = services
        .read(&services.prometheus, "/api/v1/status/buildinfo", &[])
        .await
        .json(200);
    assert!(
        built["data"]["version"].as_str().unwrap().contains('.'),
        "{built}"
    );
    let value = |data: Value| {
        let text = data["result"][0]["value"][1].as_str().map(str::to_owned);
        text.unwrap_or_else(|| panic!("{data}"))
            .parse::<f64>()
            .unwrap()
    };
    assert!(value(services.data("count(up)").await) >= 1.0);
    let count = "istio_requests_total";
    let all = value(services.data(&format!("sum(increase({count}[1h]))")).await);
    let bad = value(
        services
            .data(&format!(
                "sum(increase({count}{{response_code=~\"5..\"}}[1h]))"
            ))
            .await,
    );
    assert!(all > bad && bad > 0.0, "{bad} of {all}");
    let named = services
        .data(&format!(
            "count by (__name__) ({{__name__=~\"{count}|nosuch\"}})"
        ))
        .await;
    assert_eq!(named["result"].as_array().unwrap().len(), 1, "{named}");
    assert_eq!(named["result"][0]["metric"], json!({"__name__": count}));
    let jobs = services
        .read(&services.prometheus, "/api/v1/label/job/values", &[])
        .await
        .json(200);
    let jobs: Vec<&str> = jobs["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|j| j.as_str().unwrap())
        .collect();
    assert!(!jobs.is_empty() && jobs.is_sorted(), "{jobs:?}");
}

pub async fn alerts_tell_since_when_they_are_true(services: &Services) {
    let body = services
        .read(&services.prometheus, "/api/v1/alerts", &[])
        .await
        .json(200);
    let alerts = body["data"]["alerts"].as_array().unwrap();
    assert!(!alerts.is_empty(), "{body}");
    let value = regex::Regex::new(r"^-?\d(\.\d+)?e[+-]\d\d$").unwrap();
    for alert in alerts {
        assert!(
            ["firing", "pending"].contains(&alert["state"].as_str().unwrap()),
            "{alert}"
        );
        assert!(
            alert["labels"]["alertname"].is_string() && alert["annotations"].is_object(),
            "{alert}"
        );
        let since: jiff::Timestamp = alert["activeAt"].as_str().unwrap().parse().unwrap();
        assert!(since.as_second() > 0);
        assert!(value.is_match(alert["value"].as_str().unwrap()), "{alert}");
    }
}
