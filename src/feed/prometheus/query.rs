//! One question to Prometheus, sent and read. Does I/O.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::decode::{self, Envelope};
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::feed::http::{Backend, Failed};
use crate::feed::kube::locked;
use crate::slo::{Answer, Query, Span};

/// Most warnings kept of one answer.
const WARNINGS: usize = 5;

/// After so long Thanos is asked for whole answers again.
const PART: Duration = Duration::from_secs(120);

/// A field of a form.
type Field = (&'static str, String);

/// Stands for the id of a query where a sign of life was asked for.
pub(super) const SIGN: &str = "";

/// A Prometheus, or what speaks like one.
pub(crate) struct Server {
    pub(crate) backend: Backend,
    thanos: OnceCell<bool>,
    /// Thanos cannot answer wholly: since when, and what it said.
    part: Mutex<Option<(Instant, Fault)>>,
}

/// What a server says of itself.
#[derive(Deserialize)]
struct Version {
    data: Built,
}

#[derive(Deserialize)]
struct Built {
    #[serde(default)]
    version: Clean,
    /// What speaks like Prometheus and is another names itself here.
    #[serde(default)]
    application: Clean,
}

impl Version {
    /// Thanos has never reached 1, Prometheus was never below it in our days.
    fn is_thanos(&self) -> bool {
        self.data.application.is_empty() && self.data.version.starts_with("0.")
    }
}

impl Server {
    pub(crate) fn new(backend: Backend) -> Self {
        Self {
            backend,
            thanos: OnceCell::new(),
            part: Mutex::new(None),
        }
    }

    /// Asks one query. `at` is when it was due: spans end there.
    pub(crate) async fn ask(
        self: Arc<Self>,
        query: Query,
        at: Timestamp,
    ) -> (String, Result<Answer, Failed>) {
        let answer = self.answer(&query, at).await;
        (query.id, answer)
    }

    /// Asks whether it is there. What is there and does not know this question is there; what cannot be read is no sign.
    pub(super) async fn sign(self: Arc<Self>) -> (String, Result<Answer, Failed>) {
        let sign = match self.backend.probe().await {
            Err(failed) if failed.reply.as_ref().is_none_or(|r| r.status != 404) => Err(failed),
            Err(_) => Ok(Answer::default()),
            Ok(reply) => match serde_json::from_slice::<Envelope<'_>>(&reply.body) {
                Ok(_) => Ok(Answer::default()),
                Err(error) => Err(self.backend.unreadable(&error).await),
            },
        };
        (SIGN.to_owned(), sign)
    }

    async fn answer(&self, query: &Query, at: Timestamp) -> Result<Answer, Failed> {
        let mut form = vec![("query", query.promql.clone())];
        let path = match query.span {
            None => "/api/v1/query",
            Some(span) => {
                form.extend(bounds(span, at));
                "/api/v1/query_range"
            }
        };
        if !self.is_thanos().await? {
            return self.post(path, &form).await;
        }
        // replicas count once; what was thinned out is no base for a rate
        form.push(("dedup", "true".to_owned()));
        form.push(("max_source_resolution", "0s".to_owned()));
        self.whole_or_part(path, form).await
    }

    /// Thanos is asked for a whole answer. Where it refuses, because one of its stores is away, half an answer is better
    /// than none, and is told as that; a whole one is asked for again after a while.
    async fn whole_or_part(&self, path: &str, mut form: Vec<Field>) -> Result<Answer, Failed> {
        let mut refused = self.in_part();
        if refused.is_none() {
            let mut whole = form.clone();
            whole.push(("partial_response", "false".to_owned()));
            match self.post(path, &whole).await {
                Err(failed) if failed.reply.as_ref().is_some_and(|r| r.status >= 500) => {
                    refused = Some(failed.fault);
                }
                answer => {
                    *locked(&self.part) = None;
                    return answer;
                }
            }
        }
        form.push(("partial_response", "true".to_owned()));
        let mut answer = self.post(path, &form).await?;
        if let Some(fault) = refused {
            if answer.warnings.is_empty() {
                answer.warnings.push(Clean::new(&fault.what));
            }
            locked(&self.part).get_or_insert((Instant::now(), fault));
        }
        Ok(answer)
    }

    /// Why answers are only a part; none while they are whole, or it is time to see whether they are again.
    fn in_part(&self) -> Option<Fault> {
        let mut part = locked(&self.part);
        if part
            .as_ref()
            .is_some_and(|(since, _)| since.elapsed() >= PART)
        {
            *part = None;
        }
        part.as_ref().map(|(_, fault)| fault.clone())
    }

    /// What a person is told while answers are only a part.
    pub(crate) fn part(&self) -> Option<Fault> {
        let part = locked(&self.part);
        part.as_ref().map(|(_, fault)| {
            let what = format!("Thanos answers without some of its stores: {}", fault.what);
            Fault {
                what,
                hint: "Figures that do not fire are unknown until they are back.".to_owned(),
                ..fault.clone()
            }
        })
    }

    async fn post(&self, path: &str, form: &[Field]) -> Result<Answer, Failed> {
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let reply = self.backend.post_form(path, &form).await?;
        self.read(&reply).await
    }

    async fn read(&self, reply: &crate::feed::http::Reply) -> Result<Answer, Failed> {
        let unread = match serde_json::from_slice::<Envelope<'_>>(&reply.body) {
            Ok(envelope) if envelope.status == "success" => match decode::answer(&envelope) {
                Ok(mut answer) => {
                    for warning in envelope.warnings.iter().take(WARNINGS) {
                        let warning = self.backend.clean(warning).await;
                        answer.warnings.push(Clean::new(&warning));
                    }
                    return Ok(answer);
                }
                Err(error) => error,
            },
            Ok(envelope) => return Err(self.refused(&envelope.error).await),
            Err(error) => error,
        };
        Err(self.backend.unreadable(&unread).await)
    }

    /// An error with a status that says all is well.
    async fn refused(&self, said: &str) -> Failed {
        let said = self.backend.clean(said).await;
        let what = format!("Prometheus did not answer a query: {said}");
        Failed {
            fault: Fault::new("prometheus", FaultKind::Malformed, what, Timestamp::now()),
            reply: None,
            lost: false,
        }
    }

    /// Asked once: Thanos has options of its own.
    async fn is_thanos(&self) -> Result<bool, Failed> {
        let asked = self.thanos.get_or_try_init(|| async {
            if self.backend.is_thanos().await? {
                return Ok(true);
            }
            match self.backend.probe().await {
                // servers that speak like Prometheus need not know this path
                Err(failed) if failed.reply.is_none() => Err(failed),
                Err(_) => Ok(false),
                Ok(reply) => Ok(serde_json::from_slice::<Version>(&reply.body)
                    .is_ok_and(|version| version.is_thanos())),
            }
        });
        asked.await.copied()
    }
}

/// From when to when, in whole steps, so that the same points come again until a step has passed.
fn bounds(span: Span, at: Timestamp) -> [(&'static str, String); 3] {
    let step = i64::from(span.step.max(1));
    let end = at.as_second().div_euclid(step) * step;
    let start = end - i64::from(span.seconds);
    [
        ("start", start.to_string()),
        ("end", end.to_string()),
        ("step", step.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_ends_on_a_whole_step() {
        let at = Timestamp::from_second(1_000_007).unwrap();
        let span = Span {
            seconds: 3600,
            step: 60,
        };
        let [start, end, step] = bounds(span, at);
        assert_eq!((start.1.as_str(), end.1.as_str()), ("996360", "999960"));
        assert_eq!(step.1, "60");
    }

    #[test]
    fn thanos_is_known_by_its_version() {
        let is = |data: &str| {
            let version: Version = serde_json::from_str(&format!("{{\"data\":{data}}}")).unwrap();
            version.is_thanos()
        };
        assert!(is(r#"{"version":"0.34.1","revision":"x"}"#));
        assert!(!is(r#"{"version":"2.42.0"}"#) && !is(r#"{"version":"3.1.0"}"#));
        assert!(!is(r#"{"version":"0.9","application":"Other"}"#));
    }
}
