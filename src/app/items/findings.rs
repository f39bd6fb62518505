//! What needs a person as JSON. Pure.

use serde_json::{Value, json};

use super::{Item, Said, placed, text, time};
use crate::domain::{Clean, FindingRow, Subject};

impl Item for FindingRow {
    fn item(&self, _said: Said<'_>) -> Value {
        let evidence = self.evidence.iter();
        let evidence = evidence.map(|(label, said)| json!({"label": label, "text": text(said)}));
        let subject = |subject: &Subject| {
            json!({
                "kind": subject.word,
                "namespace": text(&subject.key.namespace),
                "name": text(&subject.key.name),
                "uid": text(&subject.uid),
            })
        };
        let seen = self
            .seen
            .map(|at| json!({"at": time(Some(at)), "by": text(&self.seen_by)}));
        let books = self.books.iter().map(Clean::as_str);
        let fields = json!({
            "rule": self.rule,
            "state": self.need.word(),
            "now": self.is_now(),
            "what": text(&self.what),
            "subject": self.subject.as_ref().map(subject),
            "sentence": text(&self.sentence),
            "evidence": evidence.collect::<Vec<_>>(),
            "since": time(self.since),
            "seen": seen,
            "runbooks": books.collect::<Vec<_>>(),
        });
        placed(&self.key, true, fields)
    }
}
