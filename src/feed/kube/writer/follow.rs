//! One object, watched: listed by its name, then watched from there. Does I/O.
//!
//! Two halves: one looks and keeps the newest sight, the other hands it on when there is room, so that who is slow sees
//! fewer states and never old ones. Nothing is asked twice while the watch runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::super::backoff::{Backoff, unit};
use super::super::trouble::Trouble;
use super::line::Line;
use super::{Sight, Writer};
use crate::fault::FaultKind;

/// Looks until nobody listens.
pub(super) fn start<T: Send + 'static>(
    writer: Writer,
    path: &str,
    tell: fn(Sight) -> T,
) -> mpsc::Receiver<T> {
    let (tx, rx) = mpsc::channel(1);
    let (list, name) = path.rsplit_once('/').unwrap_or(("", path));
    let newest = watch::Sender::new(None);
    let seen = newest.subscribe();
    let eye = Eye {
        backoff: Backoff::new(
            writer.inner.options.retry_min,
            writer.inner.options.retry_max,
        ),
        denials: Backoff::denials(&writer.inner.options),
        // a name is one segment of a path, escaped as queries want it too
        query: format!("fieldSelector=metadata.name%3D{name}"),
        what: format!("watch {}", list.rsplit('/').next().unwrap_or_default()),
        list: list.to_owned(),
        writer,
        newest,
    };
    tokio::spawn(async move {
        tokio::select! {
            () = tx.closed() => {}
            () = hand_on(&tx, seen, tell) => {}
            () = eye.look() => {}
        }
    });
    rx
}

async fn hand_on<T>(
    tx: &mpsc::Sender<T>,
    mut seen: watch::Receiver<Option<Arc<Sight>>>,
    tell: fn(Sight) -> T,
) {
    while seen.changed().await.is_ok() {
        let Ok(room) = tx.reserve().await else {
            return;
        };
        let newest = seen.borrow_and_update().clone();
        if let Some(sight) = newest {
            room.send(tell(Arc::unwrap_or_clone(sight)));
        }
    }
}

/// How a watch ended without trouble.
enum Ended {
    /// Its time was over; it goes on from where it was.
    Over,
    /// The server no longer keeps that version.
    Expired,
}

struct Eye {
    writer: Writer,
    list: String,
    query: String,
    what: String,
    newest: watch::Sender<Option<Arc<Sight>>>,
    backoff: Backoff,
    denials: Backoff,
}

impl Eye {
    async fn look(mut self) {
        loop {
            let wait = match self.round().await {
                Ok(()) => self.backoff.next(unit()),
                Err(trouble) => {
                    let wait = match trouble.kind {
                        FaultKind::Denied | FaultKind::Config => self.denials.next(unit()),
                        _ => self.backoff.next(unit()),
                    };
                    self.see(Sight::Trouble(self.writer.fault(&trouble)));
                    wait.max(trouble.wait.unwrap_or_default())
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Lists, and watches from there until something is wrong or the list has to be read again.
    async fn round(&mut self) -> Result<(), Trouble> {
        let mut from = self.read().await?;
        loop {
            let line = self.writer.line().await?;
            let begun = Instant::now();
            match self.watch(&line, &mut from).await? {
                Ended::Expired => return Ok(()),
                Ended::Over => {}
            }
            let options = &self.writer.inner.options;
            if begun.elapsed() < options.settled.min(options.watch / 2) {
                // something in between ends watches at once
                tokio::time::sleep(self.backoff.next(unit())).await;
            } else {
                self.backoff.reset();
            }
        }
    }

    /// What is there now; the version to watch from.
    async fn read(&mut self) -> Result<String, Trouble> {
        let uri = format!("{}?{}", self.list, self.query);
        let request = || Request::get(&uri).body(Vec::new());
        let (line, (status, body)) = self.writer.asked(&request, &self.what).await?;
        if !(200..300).contains(&status) {
            return Err(line.refused(status, &body, &self.what));
        }
        let mut list: Value = line.json(&body, &self.what)?;
        let from = version(&list);
        let item = list.pointer_mut("/items/0").map(Value::take);
        self.denials.reset();
        self.see(match item {
            Some(item) => Sight::Object(Box::new(whole(item, &list))),
            None => Sight::Absent,
        });
        Ok(from)
    }

    async fn watch(&mut self, line: &Arc<Line>, from: &mut String) -> Result<Ended, Trouble> {
        let options = self.writer.inner.options.clone();
        let uri = format!(
            "{}?{}&watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
            self.list,
            self.query,
            super::escaped(from),
            options.watch_seconds()
        );
        let request = Request::get(uri).body(Vec::new());
        let response = line.open(request, &self.what).await?;
        let status = response.status().as_u16();
        let mut body = response.into_body();
        match status {
            410 => return Ok(Ended::Expired),
            401 => self.writer.forget(line).await,
            _ => {}
        }
        if status != 200 {
            let bytes = tokio::time::timeout(options.answer, body.frame()).await;
            let bytes = bytes.ok().flatten().and_then(Result::ok);
            let bytes = bytes.and_then(|f| f.into_data().ok()).unwrap_or_default();
            return Err(line.refused(status, &bytes, &self.what));
        }
        let mut events = Events::new(options.event_bytes);
        loop {
            let Ok(frame) = tokio::time::timeout(options.silence, body.frame()).await else {
                return Err(silence(line, options.silence));
            };
            let Some(frame) = frame else {
                return Ok(Ended::Over);
            };
            let frame = frame.map_err(|e| line.trouble(e.into(), &self.what))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            for event in events.take(&data)? {
                let event: Value = line.json(&event, &self.what)?;
                if let Some(ended) = self.take(line, event, from)? {
                    return Ok(ended);
                }
            }
        }
    }

    /// Takes one event.
    fn take(
        &mut self,
        line: &Line,
        mut event: Value,
        from: &mut String,
    ) -> Result<Option<Ended>, Trouble> {
        let object = event.get_mut("object").map(Value::take).unwrap_or_default();
        let sight = match event.get("type").and_then(Value::as_str) {
            Some("ADDED" | "MODIFIED") => Some(Sight::Object(Box::new(object.clone()))),
            Some("DELETED") => Some(Sight::Absent),
            Some("BOOKMARK") => None,
            Some("ERROR") => {
                let code = object.get("code").and_then(Value::as_u64).unwrap_or(500);
                if code == 410 {
                    return Ok(Some(Ended::Expired));
                }
                let code = u16::try_from(code).unwrap_or(500);
                return Err(line.refused(code, object.to_string().as_bytes(), &self.what));
            }
            // a kind of event that is not known says nothing about the object
            _ => return Ok(None),
        };
        let version = version(&object);
        if !version.is_empty() {
            *from = version;
        }
        if let Some(sight) = sight {
            self.see(sight);
        }
        Ok(None)
    }

    /// Keeps what is new.
    fn see(&self, sight: Sight) {
        self.newest.send_if_modified(|newest| {
            let new = newest.as_deref() != Some(&sight);
            if new {
                *newest = Some(Arc::new(sight));
            }
            new
        });
    }
}

fn silence(line: &Line, limit: Duration) -> Trouble {
    let what = format!("{} sent nothing for {limit:?}", line.cluster.server);
    Trouble::new(FaultKind::Timeout, what).hint("Check the network, a VPN or a proxy.")
}

fn version(value: &Value) -> String {
    let version = value.pointer("/metadata/resourceVersion");
    version
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// An item of a list with its kind, which lists of built-in kinds leave out.
fn whole(mut item: Value, list: &Value) -> Value {
    let text = |key: &str| list.get(key).and_then(Value::as_str);
    let kind = text("kind").and_then(|kind| kind.strip_suffix("List"));
    if let Some(fields) = item.as_object_mut() {
        for (key, value) in [("apiVersion", text("apiVersion")), ("kind", kind)] {
            if let Some(value) = value.filter(|_| !fields.contains_key(key)) {
                fields.insert(key.to_owned(), value.into());
            }
        }
    }
    item
}

/// Cuts the bytes of a watch into events, one a line.
struct Events {
    rest: Vec<u8>,
    limit: u64,
}

impl Events {
    fn new(limit: u64) -> Self {
        Self {
            rest: Vec::new(),
            limit,
        }
    }

    /// The events that are complete with these bytes.
    fn take(&mut self, data: &[u8]) -> Result<Vec<Vec<u8>>, Trouble> {
        let mut events = Vec::new();
        for piece in data.split_inclusive(|b| *b == b'\n') {
            self.rest.extend_from_slice(piece);
            if self.rest.len() as u64 > self.limit {
                let what = format!("One change has more than {} MB", self.limit >> 20);
                return Err(Trouble::new(FaultKind::Malformed, what));
            }
            if piece.ends_with(b"\n") {
                let event = std::mem::take(&mut self.rest);
                if !event.trim_ascii().is_empty() {
                    events.push(event);
                }
            }
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_whole_lines_however_the_bytes_arrive() {
        let mut events = Events::new(20);
        assert_eq!(events.take(b"{\"a\"").unwrap().len(), 0);
        let got = events.take(b":1}\n\n{}\n{").unwrap();
        assert_eq!(got, [b"{\"a\":1}\n".to_vec(), b"{}\n".to_vec()]);
        assert!(events.take(&[b' '; 30]).is_err());
    }

    #[test]
    fn an_item_of_a_list_says_its_kind() {
        let list = json!({"apiVersion": "v1", "kind": "PodList"});
        let item = whole(json!({"metadata": {"name": "a"}}), &list);
        assert_eq!(item["kind"], "Pod");
        assert_eq!(item["apiVersion"], "v1");
        let own = json!({"kind": "Other", "apiVersion": "x/v1"});
        assert_eq!(whole(own.clone(), &list), own);
    }
}
