//! Retries with back-off. Pure.
//!
//! Source: argo-workflows v3.7, workflow/controller/operator.go, `processNodeRetries`.

use serde_json::{Value, json};

use super::Operation;
use super::template::{Frame, plain, seconds};
use crate::demo::catalog::text;
use crate::domain::Phase;

impl Operation<'_> {
    pub(super) fn retry(
        &mut self,
        frame: &Frame,
        template: &Value,
        holder: &Value,
        name: &str,
        boundary: &str,
    ) {
        if !self.has(name) {
            self.start(&frame.holder(holder), name, "Retry", boundary);
            let inputs = frame.inputs(template);
            if inputs.as_object().is_some_and(|i| !i.is_empty()) {
                self.set(name, "inputs", inputs);
            }
        }
        let attempts = self.children(name);
        if let Some(last) = attempts.last().cloned() {
            let phase = self.phase_of(&last);
            if !phase.is_final() {
                self.work_attempt(frame, template, holder, &last, boundary);
            }
            let phase = if phase.is_final() {
                phase
            } else {
                self.phase_of(&last)
            };
            if !phase.is_final() {
                return;
            }
            let outputs = self.node(&last).map(|n| n["outputs"].clone());
            self.set(name, "outputs", outputs.unwrap_or_default());
            if !phase.is_bad() {
                self.mark(name, phase, "");
                return;
            }
            if self.given_up(template, name, phase, attempts.len())
                || self.waits(template, name, &last, attempts.len())
            {
                return;
            }
        }
        let next = self.next_attempt(name, attempts.len());
        self.work_attempt(frame, template, holder, &next, boundary);
        if self.has(&next) {
            self.link(name, &next);
            self.set(name, "message", Value::Null);
        }
    }

    /// The first name that is free: where a run was retried, an earlier attempt may have stayed.
    fn next_attempt(&self, name: &str, count: usize) -> String {
        let mut names = (count..).map(|n| format!("{name}({n})"));
        names.find(|n| !self.has(n)).unwrap_or_default()
    }

    fn work_attempt(
        &mut self,
        frame: &Frame,
        template: &Value,
        holder: &Value,
        name: &str,
        boundary: &str,
    ) {
        let mut holder = holder.clone();
        holder["retried"] = json!(true);
        self.work(frame, template, &holder, name, boundary);
    }

    fn given_up(&mut self, template: &Value, name: &str, phase: Phase, attempts: usize) -> bool {
        let strategy = &template["retryStrategy"];
        let policy = match text(strategy, "/retryPolicy") {
            "" => "OnFailure",
            word => word,
        };
        let meant = match policy {
            "OnError" => phase == Phase::Error,
            "OnFailure" => phase == Phase::Failed,
            _ => true,
        };
        let limit = plain(&strategy["limit"])
            .parse::<usize>()
            .unwrap_or(usize::MAX);
        if !self.refusal.is_empty() {
            let why = if self.shutdown.is_empty() {
                "retry exceeded workflow deadline".to_owned()
            } else {
                format!("Stopped with strategy '{}'", self.shutdown)
            };
            self.mark(name, phase, &why);
            return true;
        }
        if attempts <= limit && meant {
            return false;
        }
        let why = if meant { "No more retries left" } else { "" };
        self.mark(name, phase, why);
        true
    }

    /// Whether the back-off has not passed yet.
    fn waits(&mut self, template: &Value, name: &str, last: &str, attempts: usize) -> bool {
        let backoff = &template["retryStrategy"]["backoff"];
        let Some(base) = seconds(&backoff["duration"]) else {
            return false;
        };
        let factor = plain(&backoff["factor"]).parse::<i64>().unwrap_or(1).max(1);
        let exponent = u32::try_from(attempts.saturating_sub(1)).unwrap_or_default();
        let cap = seconds(&backoff["cap"]).unwrap_or(i64::MAX);
        let length = base
            .saturating_mul(factor.saturating_pow(exponent))
            .min(cap);
        let ended = self
            .node(last)
            .and_then(|n| text(n, "/finishedAt").parse().ok());
        let ended = ended.unwrap_or(self.around.now);
        let Ok(until) = jiff::Timestamp::checked_add(ended, self.scaled(length)) else {
            return false;
        };
        if self.around.now >= until {
            return false;
        }
        self.wake_at(until);
        let left = until.as_second() - self.around.now.as_second();
        let why = format!("Backoff for {} minutes {} seconds", left / 60, left % 60);
        self.set(name, "message", json!(why));
        true
    }
}
