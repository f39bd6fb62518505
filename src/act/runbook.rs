//! What a run of a runbook needs of a cluster besides its actions: marks in the journal, signed and only while it is the
//! same cluster; a query of Prometheus; looking what became of an action that an earlier console began. Does I/O.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::lease::{Claim, Leased};
use super::plane::Plane;
use super::wire::Wire;
use crate::domain::Clean;
use crate::fault::FaultKind;
use crate::plan::{About, Entry, Halt, HaltKind, Mark, Signed, Sitting, Stage, Standing, hide};
use crate::runbook::course::{Found, Need, Reply, Written};

/// Most samples of an answer that are kept.
const MOST: usize = 100;

/// A run that is older than this is not under way any more, whatever has the number of its process now.
const LONGEST: i64 = 24 * 3_600;

impl<W: Wire + 'static> Plane<W> {
    /// Does what a run of a runbook needs: `id` is its own, empty before its beginning is written.
    pub async fn runbook(&self, id: &str, need: Need) -> Reply {
        match need {
            Need::Write { mark, about, took } => {
                let written = self.mark(id, *mark, (about.as_deref(), &took)).await;
                Reply::Written(written.map_err(|halt| words(&halt)))
            }
            Need::Query(promql) => {
                let answer = self.inner.wire.query(&promql).await;
                Reply::Queried(match answer {
                    Ok(answer) => Ok(samples(&answer)),
                    Err(fault) => Err(Clean::new(&fault.told()).to_string()),
                })
            }
            Need::Look(step) => {
                let found = self.found(&format!("{id}/{step}")).await;
                Reply::Looked(found.map_err(|halt| words(&halt)))
            }
        }
    }

    /// Writes a mark, signed, once nobody else is on the target.
    async fn mark(
        &self,
        id: &str,
        mark: Mark,
        (about, took): (Option<&About>, &Clean),
    ) -> Result<Written, Halt> {
        let cluster = self.identity().await?;
        let mut signed = Signed {
            operator: self.inner.wire.operator().await,
            by: self.inner.options.by(),
            took: Clean::new(&hide::text(took)),
            from: Clean::default(),
        };
        let id = if id.is_empty() {
            self.inner.journal.new_id()
        } else {
            id.to_owned()
        };
        let claims = matches!(mark, Mark::Begun(_) | Mark::GoesOn(_)) || !took.is_empty();
        let Leased { told, from } = match about {
            Some(about) if claims => {
                let (operator, took) = (&signed.operator, signed.took.as_str());
                let claim = Claim {
                    id: &id,
                    about,
                    operator,
                    took,
                };
                self.lease(claim).await?
            }
            _ => Leased::default(),
        };
        signed.from = from;
        if mark.begins() {
            self.still_ours(&id).await?;
        }
        let ends = matches!(mark, Mark::Ended(_));
        let stage = Stage::Runbook(mark.signed(signed.clone(), &cluster));
        self.record(&id, stage).await?;
        if ends {
            self.give_back(&id).await;
        }
        Ok(Written { id, told })
    }

    /// The action that was begun for a step, and what became of it; none when it was never begun.
    async fn found(&self, runbook: &str) -> Result<Option<Found>, Halt> {
        let journal = self.inner.journal.clone();
        let read = tokio::task::spawn_blocking(move || journal.read()).await;
        let broken = |what: &str| Halt::new(HaltKind::Journal, what);
        let reading = read.map_err(|_| broken("reading the journal broke off"))?;
        let reading = reading.map_err(|error| broken(&error.to_string()).hint(&error.hint()))?;
        let entries = Entry::fold(reading.records.iter()).into_iter();
        let mine = entries.filter(|e| e.intent.runbook == runbook);
        // one that was tried and wrote nothing may have been tried again
        let Some(entry) = mine.last() else {
            return Ok(None);
        };
        let known = match entry.standing() {
            Standing::Ended(verdict) if !entry.in_doubt() => {
                let what = entry.ended.as_ref().map(|e| e.what.clone());
                (verdict, what.unwrap_or_default())
            }
            _ => self.resolved(&entry).await?,
        };
        Ok(Some(Found {
            made: entry.intent.makes(),
            id: entry.id,
            verdict: known.0,
            what: known.1,
        }))
    }

    async fn resolved(&self, entry: &Entry) -> Result<(crate::plan::Verdict, Clean), Halt> {
        match self.resolve(entry).await {
            Ok(ended) => Ok((ended.verdict, ended.what)),
            Err(fault) => {
                let kind = match fault.kind {
                    FaultKind::Busy => HaltKind::Blocked,
                    _ => HaltKind::Unreachable,
                };
                Err(Halt::new(kind, &fault.what).hint(&fault.hint))
            }
        }
    }

    /// The process of this machine that is at a run of a runbook, if it lives and is not this one.
    pub async fn sits(&self, sitting: &Sitting) -> Option<u32> {
        let host = self.inner.wire.operator().await.host;
        at_it(sitting, &host)
    }
}

/// The process of this host that is at a run of a runbook, if it lives and is not this one.
#[must_use]
pub fn at_it(sitting: &Sitting, host: &str) -> Option<u32> {
    let pid = sitting.process()?;
    let young = Timestamp::now().as_second() - sitting.seen.as_second() < LONGEST;
    let here = sitting.last.operator.host.as_str() == host;
    (young && here && pid != std::process::id() && lives(pid)).then_some(pid)
}

/// A process of this machine lives.
#[must_use]
pub fn lives(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok();
    let process = pid.and_then(rustix::process::Pid::from_raw);
    process.is_some_and(|process| {
        rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH)
    })
}

fn words(halt: &Halt) -> Clean {
    if halt.hint.is_empty() {
        halt.what.clone()
    } else {
        Clean::new(&format!(
            "{}. {}",
            halt.what.trim_end_matches('.'),
            halt.hint
        ))
    }
}

/// What Prometheus answered, as expressions know it: `value` is that of the first sample, `samples` are all.
fn samples(answer: &Value) -> Value {
    let data = &answer["data"];
    let one = |value: &Value| {
        let text = value.get(1).and_then(Value::as_str)?;
        let number: f64 = text.parse().ok()?;
        number.is_finite().then_some(number)
    };
    if data["resultType"] == "scalar" {
        return json!({"value": one(&data["result"]), "samples": [], "count": 1});
    }
    let all = data["result"].as_array().map_or(&[][..], Vec::as_slice);
    let samples: Vec<Value> = all
        .iter()
        .take(MOST)
        .map(|sample| {
            let labels = sample["metric"].as_object().into_iter().flatten();
            let labels: Map<String, Value> = labels
                .map(|(name, value)| {
                    let value = Clean::new(value.as_str().unwrap_or_default());
                    (Clean::new(name).to_string(), value.as_str().into())
                })
                .collect();
            json!({"labels": labels, "value": one(&sample["value"])})
        })
        .collect();
    let value = samples.first().map(|s| s["value"].clone());
    json!({"value": value, "count": all.len(), "samples": samples})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_prometheus_is_a_value_and_its_samples() {
        let answer = json!({"status": "success", "data": {"resultType": "vector", "result": [
            {"metric": {"pod": "a\u{202e}b"}, "value": [1.0, "2.5"]},
            {"metric": {}, "value": [1.0, "NaN"]}]}});
        let told = samples(&answer);
        assert_eq!((&told["value"], &told["count"]), (&json!(2.5), &json!(2)));
        assert!(
            !told["samples"][0]["labels"]["pod"]
                .as_str()
                .unwrap()
                .contains('\u{202e}')
        );
        assert_eq!(
            told["samples"][1]["value"],
            Value::Null,
            "no number is no value"
        );
        let none = json!({"data": {"resultType": "vector", "result": []}});
        assert_eq!(samples(&none)["value"], Value::Null);
        let scalar = json!({"data": {"resultType": "scalar", "result": [1.0, "3"]}});
        assert_eq!(samples(&scalar)["value"], json!(3.0));
    }
}
