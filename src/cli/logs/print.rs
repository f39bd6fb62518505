//! Reads the logs and prints them until they end. I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::LogsArgs;
use super::find::{Found, Stream, detail, gone, podless, streams};
use super::merge::Merge;
use crate::cli::exit::{Failure, NOT_FOUND, PARTIAL, say};
use crate::cli::get::told;
use crate::cli::output::{Out, closed};
use crate::cli::session::{Session, Trouble};
use crate::domain::{LogEnd, LogLine, LogScope, SourceId, SourceRow, SourceState};
use crate::feed::kube::{Feeds, Options, Target, source_of};
use crate::store::{LogBatch, News, Scope, Want};

/// Batches that may wait: reading pauses while nobody takes what is printed.
const ROOM: usize = 8;
/// Failures in a row before a log that is not followed is given up.
const TRIES: u32 = 3;

/// One log being printed.
#[allow(clippy::struct_excessive_bools)] // what has become of it, each on its own
struct Reading {
    label: String,
    lines: u64,
    done: bool,
    /// Its pod or log is gone.
    gone: bool,
    failed: bool,
    /// Its container has not started, and is not waited for.
    waits: bool,
    /// What was said of it last.
    said: String,
}

struct Printer<'a> {
    args: &'a LogsArgs,
    found: Found,
    out: Out,
    feeds: Feeds,
    wants: BTreeSet<Want>,
    logs: BTreeMap<SourceId, Reading>,
    /// Some steps have no pod any more to read from.
    lost: bool,
    merge: Merge<SourceId, (String, LogLine)>,
}

/// Prints the logs of what was found.
pub async fn print(
    mut session: Session,
    found: Found,
    targets: Vec<Target>,
    args: &LogsArgs,
    out: Out,
) -> Result<ExitCode, Failure> {
    let (tx, mut news) = mpsc::channel(ROOM);
    let options = Options {
        whole_logs: true,
        follow_logs: args.follow,
        ..Options::default()
    };
    let mut printer = Printer {
        args,
        found,
        out,
        feeds: Feeds::start(options, targets, tx),
        wants: BTreeSet::new(),
        logs: BTreeMap::new(),
        lost: false,
        merge: Merge::default(),
    };
    printer.begin(&session)?;
    if printer.logs.is_empty() && !printer.goes_on(&session) {
        return Err(printer.nothing(&session));
    }
    let mut gone = Box::pin(closed());
    loop {
        printer.write()?;
        if printer.is_done() && !printer.goes_on(&session) {
            return printer.end();
        }
        let due = printer.merge.due();
        tokio::select! {
            told = news.recv() => match told {
                Some(told) => printer.take(told),
                None => return printer.end(),
            },
            heard = session.next(), if args.follow => {
                if heard.is_none() {
                    return printer.end();
                }
                printer.join(&session)?;
            }
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now).into()), if due.is_some() => {}
            () = &mut gone => return Ok(ExitCode::SUCCESS),
        }
    }
}

impl Printer<'_> {
    /// Starts to read, and names the steps that cannot be read any more.
    fn begin(&mut self, session: &Session) -> Result<(), Failure> {
        self.join(session)?;
        for sentence in gone(session, &self.found, self.args) {
            self.lost = true;
            say(&sentence);
        }
        Ok(())
    }

    /// Starts to read what is there and was not yet.
    fn join(&mut self, session: &Session) -> Result<(), Failure> {
        let all = streams(session, &self.found, self.args)?;
        for stream in all {
            let want = self.want(&stream);
            let id = source_of(&want);
            if self.logs.contains_key(&id) {
                continue;
            }
            let reading = Reading {
                label: stream.label,
                lines: 0,
                done: false,
                gone: false,
                failed: false,
                waits: false,
                said: String::new(),
            };
            self.merge.join(id.clone());
            self.logs.insert(id, reading);
            self.wants.insert(want);
        }
        self.feeds.want(self.wants.clone());
        Ok(())
    }

    fn want(&self, stream: &Stream) -> Want {
        Want {
            cluster: self.found.key.cluster.clone(),
            feed: "logs",
            scope: Scope::Log(LogScope {
                view: 0,
                namespace: stream.namespace.clone(),
                pod: stream.pod.clone(),
                container: stream.container.clone(),
                previous: self.args.previous,
                since: self.args.since,
                tail: self.args.tail,
            }),
        }
    }

    fn take(&mut self, news: News) {
        match news {
            News::Log(batch) => self.lines(*batch),
            News::Source(row) => self.source(&row),
            _ => {}
        }
    }

    fn lines(&mut self, batch: LogBatch) {
        let Some(log) = self.logs.get_mut(&batch.source) else {
            return;
        };
        let now = Instant::now();
        log.lines += batch.lines.len() as u64;
        for line in batch.lines {
            let entry = (log.label.clone(), line);
            self.merge.push(&batch.source, entry.1.at, entry, now);
        }
        match batch.end {
            Some(LogEnd::Complete) => log.done = true,
            // what its source says of it comes next
            Some(LogEnd::Gone) => log.gone = true,
            None => {}
        }
        if batch.end.is_some() {
            self.merge.leave(&batch.source);
        }
    }

    /// What has become of a log: said once.
    fn source(&mut self, row: &SourceRow) {
        let follow = self.args.follow;
        let Some(log) = self.logs.get_mut(&row.id) else {
            return;
        };
        let Some(fault) = row.fault.as_ref().filter(|_| !log.done) else {
            return;
        };
        let waits = row.state == SourceState::Connecting;
        let bad = match row.state {
            SourceState::Denied | SourceState::Absent => true,
            SourceState::Stale | SourceState::Down => !follow && fault.count >= TRIES,
            _ => false,
        };
        if log.gone || bad || (waits && !follow) {
            log.done = true;
            log.failed = !waits;
            log.waits = waits;
            self.merge.leave(&row.id);
        } else if !follow && !waits {
            // tried again: said when it is given up
            return;
        }
        if log.said != fault.what {
            log.said.clone_from(&fault.what);
            let hint = if fault.hint.is_empty() || waits {
                String::new()
            } else {
                format!("\n{}", fault.hint)
            };
            say(&format!("{}{hint}", fault.what));
        }
    }

    fn is_done(&self) -> bool {
        self.logs.values().all(|log| log.done) && self.merge.due().is_none()
    }

    /// More logs may come.
    fn goes_on(&self, session: &Session) -> bool {
        if !self.args.follow {
            return false;
        }
        if self.found.is_run {
            return detail(session, &self.found).is_some_and(|d| !d.row.phase.is_final());
        }
        false
    }

    /// Prints the lines whose turn it is.
    fn write(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        let prefix = self.args.prefix
            || self.logs.len() > 1
            || self.found.is_run && self.args.step.is_none();
        let mut any = false;
        while let Some((label, line)) = self.merge.next(now) {
            any = true;
            if let Some(at) = line.at.filter(|_| self.args.timestamps) {
                self.out.text(&stamp(at))?;
            }
            if prefix {
                self.out.text(&format!("[{label}] "))?;
            }
            self.out.text(&line.text)?;
            if line.cut > 0 {
                self.out.text(&format!(" … {} bytes more", line.cut))?;
            }
            self.out.text("\n")?;
        }
        if any {
            self.out.flush()?;
        }
        Ok(())
    }

    /// There is no pod to read from.
    fn nothing(&self, session: &Session) -> Failure {
        let troubles = session.troubles();
        let blind = troubles.iter().any(Trouble::is_blind);
        let name = &self.found.key.name;
        let mut message = match podless(session, &self.found, self.args) {
            Some(why) => why,
            None if blind => {
                format!("whether {name} has pods is not known: not everything could be read")
            }
            None => {
                let what = if self.found.is_run {
                    format!("no pod of {name} is there")
                } else {
                    format!("pod {name} has no container")
                };
                format!("{what}: its logs may be kept as the artifacts main-logs of its steps")
            }
        };
        for trouble in &troubles {
            message = format!("{message}\n{}", told(trouble));
        }
        Failure::Ended {
            message,
            code: if blind { 1 } else { NOT_FOUND },
        }
    }

    fn end(mut self) -> Result<ExitCode, Failure> {
        self.write()?;
        self.out.flush()?;
        let unread = self.lost || self.logs.values().any(|log| log.failed || log.waits);
        let read = self.logs.values().any(|log| log.lines > 0 || !log.failed);
        let gone = self.logs.values().all(|log| log.gone);
        Ok(ExitCode::from(match (unread, read) {
            (false, _) => 0,
            (_, true) => PARTIAL,
            (_, false) if gone => NOT_FOUND,
            (_, false) => 1,
        }))
    }
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ ").to_string()
}
