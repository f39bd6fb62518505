//! The question for a log. Pure.

use std::time::Duration;

use http::Request;
use jiff::Timestamp;
use kube::client::Body;
use kube::core::request::Request as Path;
use kube::core::subresource::LogParams;

use crate::domain::LogScope;
use crate::fault::FaultKind;
use crate::feed::kube::options::Options;
use crate::feed::kube::tap::Stream;
use crate::feed::kube::trouble::Trouble;

/// The URL path of the pods of a log.
pub(super) fn path(scope: &LogScope) -> String {
    format!("/api/v1/namespaces/{}/pods", scope.namespace)
}

/// Asks for the log: from `from` on after a break, else as the scope says; `waited` is how long ago it was first asked
/// for.
pub(super) fn request(
    scope: &LogScope,
    from: Option<Timestamp>,
    waited: Duration,
    options: &Options,
) -> Result<Request<Body>, Trouble> {
    let odd = |name: &&str| name.is_empty() || !name.bytes().all(is_name);
    let names = [&*scope.namespace, &*scope.pod, &*scope.container];
    if let Some(name) = names.into_iter().find(odd) {
        let what = format!("{name:?} is no name of a pod or container");
        return Err(Trouble::new(FaultKind::Gone, what));
    }
    let ago = |s: u32| i64::from(s).saturating_add(i64::try_from(waited.as_secs()).unwrap_or(0));
    let params = LogParams {
        container: Some(scope.container.clone()),
        follow: follows(scope, options),
        previous: scope.previous,
        since_seconds: scope.since.filter(|_| from.is_none()).map(ago),
        since_time: from,
        tail_lines: scope.tail.filter(|_| from.is_none()).map(i64::from),
        timestamps: true,
        ..LogParams::default()
    };
    let mut request = Path::new(path(scope))
        .logs(&scope.pod, &params)
        .map_err(|e| Trouble::new(FaultKind::Malformed, e.to_string()))?
        .map(Body::from);
    request.extensions_mut().insert(Stream {
        patience: options.silence.saturating_mul(2),
    });
    Ok(request)
}

/// The log goes on as the container prints.
pub(super) fn follows(scope: &LogScope, options: &Options) -> bool {
    options.follow_logs && !scope.previous
}

/// May stand in the name of an object.
fn is_name(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> LogScope {
        LogScope {
            view: 1,
            namespace: "ml".to_owned(),
            pod: "train-1".to_owned(),
            container: "main".to_owned(),
            previous: false,
            since: Some(60),
            tail: Some(100),
        }
    }

    fn uri(scope: &LogScope, from: Option<Timestamp>) -> String {
        let ten = Duration::from_secs(10);
        request(scope, from, ten, &Options::default())
            .unwrap()
            .uri()
            .to_string()
    }

    #[test]
    fn the_first_question_is_as_asked_and_the_next_goes_on() {
        let first = uri(&scope(), None);
        for part in [
            "/api/v1/namespaces/ml/pods/train-1/log?",
            "container=main",
            "follow=true",
            "sinceSeconds=70",
            "tailLines=100",
            "timestamps=true",
        ] {
            assert!(first.contains(part), "{first}");
        }
        let next = uri(&scope(), Some(Timestamp::from_second(1_000_000).unwrap()));
        assert!(
            next.contains("sinceTime=1970-01-12T13%3A46%3A40Z"),
            "{next}"
        );
        assert!(!next.contains("tailLines") && !next.contains("sinceSeconds"));
        let previous = LogScope {
            previous: true,
            ..scope()
        };
        let text = uri(&previous, None);
        assert!(
            text.contains("previous=true") && !text.contains("follow"),
            "{text}"
        );
    }

    #[test]
    fn names_that_are_none_are_never_put_into_a_path() {
        let odd = LogScope {
            pod: "../../secrets".to_owned(),
            ..scope()
        };
        let ten = Duration::from_secs(10);
        assert!(request(&odd, None, ten, &Options::default()).is_err());
    }
}
