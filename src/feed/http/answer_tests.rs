//! Answers are told as what they are, and by whom they were given.

use super::*;

const SECRET: &str = "planted-secret-9d1";

fn redactor() -> Redactor {
    let mut redact = Redactor::default();
    redact.learn(SECRET);
    redact
}

fn whom(redact: &Redactor, proxied: bool, login: bool) -> Whom<'_> {
    Whom {
        title: "Prometheus",
        place: "monitoring/prometheus:9090".to_owned(),
        key: "sources.prometheus",
        login,
        proxied: proxied.then_some(("monitoring", "prometheus")),
        redact,
    }
}

fn raw(status: u16, body: &str) -> Raw {
    Raw {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from(body.to_owned()),
    }
}

fn told(status: u16, body: &str, proxied: bool) -> Trouble {
    let redact = redactor();
    wrong(&raw(status, body), &whom(&redact, proxied, false))
        .unwrap()
        .0
}

#[test]
fn errors_of_each_server_are_read_in_its_own_form() {
    for (status, body, kind, words) in [
        (
            400,
            r#"{"status":"error","errorType":"bad_data","error":"parse error: unexpected end"}"#,
            FaultKind::Malformed,
            "parse error",
        ),
        (
            422,
            r#"{"status":"error","errorType":"execution","error":"many-to-many matching"}"#,
            FaultKind::Malformed,
            "many-to-many",
        ),
        (
            503,
            r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#,
            FaultKind::Timeout,
            "query timed out",
        ),
        (
            400,
            "\"bad matcher format: foo\"",
            FaultKind::Malformed,
            "bad matcher",
        ),
        (
            422,
            r#"{"code":602,"message":"matchers in body is required"}"#,
            FaultKind::Malformed,
            "matchers in body",
        ),
        (
            404,
            r#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Registered Model with name=x not found"}"#,
            FaultKind::Gone,
            "name=x not found",
        ),
        (502, "Bad Gateway", FaultKind::Busy, "Bad Gateway"),
        (429, "", FaultKind::Busy, "slow down"),
    ] {
        let trouble = told(status, body, false);
        assert_eq!(trouble.kind, kind, "{body}");
        assert!(trouble.what.contains(words), "{}", trouble.what);
        assert!(
            trouble.what.contains("Prometheus at monitoring"),
            "{}",
            trouble.what
        );
    }
}

#[test]
fn what_the_api_server_says_is_not_taken_for_the_words_of_the_backend() {
    let status = |code: u16, message: &str| {
        format!(
            r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{message}","code":{code}}}"#
        )
    };
    let message = "services 'prometheus:9090' is forbidden: cannot create services/proxy";
    let denied = told(403, &status(403, message), true);
    assert_eq!(denied.kind, FaultKind::Denied);
    assert!(
        denied
            .what
            .starts_with("You may not reach monitoring/prometheus")
    );
    assert!(
        denied
            .hint
            .contains("services/proxy in namespace monitoring")
    );
    let empty = told(
        503,
        &status(503, "no endpoints available for service"),
        true,
    );
    assert_eq!(empty.kind, FaultKind::Unreachable);
    assert!(
        empty.what.starts_with("Nothing runs behind"),
        "{}",
        empty.what
    );
    let reset = told(
        502,
        &status(502, "error trying to reach service: EOF"),
        true,
    );
    assert!(
        reset.what.starts_with("The API server cannot reach"),
        "{}",
        reset.what
    );
    // the same body from a URL is not the API server's
    let own = told(403, &status(403, "no"), false);
    assert!(own.what.starts_with("Prometheus at"), "{}", own.what);
}

#[test]
fn a_login_page_is_no_answer() {
    let page = told(200, "\n<!DOCTYPE html><title>Log in</title>", false);
    assert_eq!(page.kind, FaultKind::Denied);
    assert!(page.what.contains("web page"), "{}", page.what);
    assert!(page.hint.contains("token-file"), "{}", page.hint);
    let redact = redactor();
    let mut away = raw(302, "");
    let to = format!("https://login.example.com/auth?state={SECRET}");
    away.headers.insert(header::LOCATION, to.parse().unwrap());
    let (trouble, own) = wrong(&away, &whom(&redact, false, false)).unwrap();
    assert!(
        trouble.what.contains("https://login.example.com/auth"),
        "{}",
        trouble.what
    );
    assert!(!trouble.what.contains("state") && !own);
}

#[test]
fn who_is_refused_is_told_what_to_set() {
    let redact = redactor();
    let refused = raw(401, "Unauthorized");
    let (proxied, own) = wrong(&refused, &whom(&redact, true, false)).unwrap();
    assert!(
        proxied.hint.contains("port-forward") && own,
        "{}",
        proxied.hint
    );
    let (old, _) = wrong(&refused, &whom(&redact, false, true)).unwrap();
    assert!(
        old.what.contains("does not accept the token"),
        "{}",
        old.what
    );
    assert!(old.hint.starts_with("Renew"), "{}", old.hint);
    let host = told(
        403,
        "Invalid Host header - possible DNS rebinding attack",
        false,
    );
    assert!(
        host.hint.contains("sources.prometheus.host"),
        "{}",
        host.hint
    );
}

#[test]
fn a_path_that_nobody_knows_is_told_with_what_to_check() {
    for body in ["404 page not found\n", "<!doctype html><title>404</title>"] {
        let trouble = told(404, body, false);
        assert_eq!(trouble.kind, FaultKind::Gone);
        assert!(trouble.hint.contains("prefix"), "{}", trouble.hint);
    }
}

#[test]
fn nothing_secret_and_nothing_hostile_is_told() {
    for body in [
        format!("got {SECRET} \u{1b}[2J\u{202e}"),
        format!(r#"{{"error":"token {SECRET} \u001b]52;c;eA==\u0007"}}"#),
    ] {
        for status in [400, 401, 403, 404, 500] {
            let trouble = told(status, &body, true);
            let all = format!("{} {}", trouble.what, trouble.hint);
            assert!(!all.contains(SECRET), "{all}");
            assert!(
                !all.chars().any(char::is_control) && !all.contains('\u{202e}'),
                "{all}"
            );
        }
    }
}

#[test]
fn a_good_answer_is_good() {
    let redact = redactor();
    assert!(
        wrong(
            &raw(200, r#"{"status":"success"}"#),
            &whom(&redact, true, false)
        )
        .is_none()
    );
    assert!(wrong(&raw(200, "3.17.2"), &whom(&redact, false, false)).is_none());
}
