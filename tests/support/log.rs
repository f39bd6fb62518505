//! One log as the feed tells it: lines, losses, states; waits on conditions.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use midwatch::domain::{ClusterId, LogEnd, LogLine, LogScope, SourceRow, SourceState as S};
use midwatch::fault::FaultKind;
use midwatch::feed::kube::{Feeds, Options, Places, targets};
use midwatch::store::{News, Scope, Want};
use tokio::sync::mpsc;

use super::SOON;

/// What one log has told.
pub struct Log {
    feeds: Feeds,
    rx: mpsc::Receiver<News>,
    pub lines: Vec<LogLine>,
    pub lost: u64,
    pub end: Option<LogEnd>,
    pub restarts: usize,
    pub batches: Vec<usize>,
    pub source: Option<SourceRow>,
    pub states: Vec<S>,
    pub faults: Vec<(FaultKind, String)>,
    pub forgotten: bool,
}

pub fn scope(namespace: &str, pod: &str) -> LogScope {
    LogScope {
        view: 1,
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        container: "main".to_owned(),
        previous: false,
        since: None,
        tail: None,
    }
}

impl Log {
    pub fn start(kubeconfig: &Path, options: Options, scope: LogScope, room: usize) -> Self {
        super::tls();
        let places = Places {
            flag: Some(kubeconfig.to_owned()),
            ..Places::default()
        };
        let found = targets(&places, &[]).unwrap_or_else(|f| panic!("{f:?}"));
        let cluster: ClusterId = found[0].id.clone();
        let (tx, rx) = mpsc::channel(room);
        let log = Self {
            feeds: Feeds::start(options, found, tx),
            rx,
            lines: Vec::new(),
            lost: 0,
            end: None,
            restarts: 0,
            batches: Vec::new(),
            source: None,
            states: Vec::new(),
            faults: Vec::new(),
            forgotten: false,
        };
        log.feeds.want(BTreeSet::from([Want {
            cluster,
            feed: "logs",
            scope: Scope::Log(scope),
        }]));
        log
    }

    fn take(&mut self, news: News) {
        match news {
            News::Log(batch) => {
                if batch.restart {
                    self.restarts += 1;
                    self.lines.clear();
                }
                self.batches.push(batch.lines.len());
                self.lines.extend(batch.lines);
                self.lost += batch.lost;
                self.end = batch.end.or(self.end);
            }
            News::Source(row) if row.id.feed == "logs" => {
                if self.states.last() != Some(&row.state) {
                    self.states.push(row.state);
                }
                self.faults
                    .extend(row.fault.iter().map(|f| (f.kind, f.what.clone())));
                self.source = Some(*row);
            }
            News::Forget(id) if id.feed == "logs" => self.forgotten = true,
            _ => {}
        }
    }

    pub async fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let end = tokio::time::Instant::now() + SOON;
        while !done(self) {
            let now = tokio::time::Instant::now();
            assert!(
                now < end,
                "waited for {what}; {} lines, end {:?}, {:#?}",
                self.lines.len(),
                self.end,
                self.source
            );
            let look = now + Duration::from_secs(1);
            match tokio::time::timeout_at(look, self.rx.recv()).await {
                Ok(Some(news)) => self.take(news),
                Ok(None) => panic!("the feed ended while waiting for {what}"),
                Err(_) => {}
            }
        }
    }

    pub fn texts(&self) -> Vec<&str> {
        self.lines.iter().map(|l| l.text.as_str()).collect()
    }

    pub fn state(&self) -> Option<S> {
        self.source.as_ref().map(|s| s.state)
    }

    pub fn unwant(&self) {
        self.feeds.want(BTreeSet::new());
    }

    /// Numbers that the lines of a flood carry.
    pub fn numbers(&self) -> Vec<u64> {
        let number = |l: &LogLine| {
            let text = l.text.as_str();
            let at = text.find("record ").unwrap_or_else(|| panic!("{text}")) + 7;
            text.get(at..at + 9).unwrap().parse::<u64>().unwrap()
        };
        let numbered = self.lines.iter().filter(|l| l.text.contains("record "));
        numbered.map(number).collect()
    }

    /// Each number once, in order, none missing.
    pub fn assert_whole(&self, first: u64) {
        let all = self.numbers();
        let odd = (first..).zip(&all).find(|(want, number)| want != *number);
        assert!(
            odd.is_none(),
            "lines are missing, doubled or out of order: (wanted, told) {odd:?} of {} after {} restarts",
            all.len(),
            self.restarts
        );
    }
}
