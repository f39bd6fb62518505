//! A run of a runbook, killed without warning: the next console goes on where it stood, does nothing twice and leaves nothing
//! out, and the journal tells what was.

use std::collections::BTreeMap;

use super::*;

const BOOK: &str = r#"---
id: hold
title: Hold the run
target: run
---
## Does it run?
```step
check: target.state != "Succeeded"
```
## Hold it?
```step
ask: Hold it?
choices: hold, leave
as: way
```
## Hold it
```step
when: way == "hold"
action: run.suspend
```
## Is it still there?
```step
wait: target.name == "train"
within: 2m
```
## Tell the owner
```step
note: Tell the owner
```
"#;

/// It waits for a word of the run before it acts.
const LATE: &str = r#"---
id: late
title: Hold the run when it is time
target: run
---
## Is it time?
```step
wait: target.message == "go"
within: 5m
```
## Hold it
```step
action: run.suspend
```
"#;

impl Rig {
    fn with_runbook(self) -> Self {
        let folder = self.folder.path().join("midwatch/runbooks");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("hold.md"), BOOK).unwrap();
        std::fs::write(folder.join("late.md"), LATE).unwrap();
        self
    }

    /// What the report says of the last hour.
    fn report(&self) -> String {
        let output = self.command(&["report", "--since", "1h"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The run says something.
    async fn says(&self, message: &str) {
        let body = json!({"status": {"message": message}}).to_string();
        let request = http::Request::patch(format!("{RUNS}/train"))
            .header("content-type", "application/merge-patch+json")
            .body(body.into_bytes());
        let asked = self.front.client.request::<Value>(request.unwrap());
        asked.await.unwrap();
    }

    /// Waits until the journal has so many marks more that are like this.
    fn wait_for_marks(&self, many: usize, like: impl Fn(&Value) -> bool) {
        let end = Instant::now() + Duration::from_secs(60);
        while self.marks().iter().filter(|m| like(m)).count() < many {
            assert!(Instant::now() < end, "it is not marked: {}", self.journal());
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    fn runbook(&self, words: &[&str]) -> Child {
        let said = ["--yes", "--answer", "2=hold", "--answer", "5=told them"];
        let mut command = self.command(&["runbook"]);
        command.args(words).args(said);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Marks of runs of runbooks in the journal.
    fn marks(&self) -> Vec<Value> {
        let journal = self.journal();
        // the last line may be half written
        let lines = journal.lines().filter_map(|l| serde_json::from_str(l).ok());
        lines.filter(|l: &Value| l["stage"] == "runbook").collect()
    }

    /// How often each step ended, by its number.
    fn ended(&self) -> BTreeMap<u64, usize> {
        let mut all = BTreeMap::new();
        for mark in self.marks() {
            if mark["mark"] == "step" && mark["did"] != "began" {
                *all.entry(mark["step"].as_u64().unwrap()).or_default() += 1;
            }
        }
        all
    }

    fn is_told_truly(&self) {
        let once: BTreeMap<u64, usize> = (0..5).map(|step| (step, 1)).collect();
        assert_eq!(
            self.ended(),
            once,
            "each step ended once: {}",
            self.journal()
        );
        let last = self.marks().pop().unwrap();
        assert_eq!(
            (&last["mark"], &last["how"]),
            (&json!("ended"), &json!("done"))
        );
        assert_eq!(self.changes(), 1, "written once");
        let report = self.report();
        assert!(
            report.contains("### hold on ml-fraud/train: done\n"),
            "{report}"
        );
        assert_eq!(report.matches("| done |").count(), 5, "{report}");
        let resumed = self
            .marks()
            .iter()
            .filter(|m| m["mark"] == "goes-on")
            .count();
        assert_eq!(
            report.matches("**gone on with**").count(),
            resumed,
            "{report}"
        );
        // one that wrote nothing may stand beside it
        let rows = report.lines().filter(|l| l.contains("| `run.suspend` |"));
        let done = rows.filter(|l| l.contains("| done: ")).count();
        assert_eq!(done, 1, "{report}");
        assert!(
            !report.contains("in doubt") && !report.contains("left"),
            "{report}"
        );
    }

    /// Goes on with it to its end.
    fn to_its_end(&self) -> String {
        let output = self.runbook(&["resume"]).wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    }
}

/// Killed once each step has begun and once each has ended: a console that goes on has to get further than the one before.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_boundary_a_runbook_goes_on_from_step_to_step() {
    let rig = rig().await.with_runbook();
    let (mut kills, mut words) = (0, vec!["run", "hold", "ml-fraud/train"]);
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let before = rig.marks().len();
        let mut child = rig.runbook(&words);
        // a step that began begins anew when it is gone on with: that alone would never get it to its end
        let began = kills % 2 == 0;
        let left = loop {
            assert!(Instant::now() < end, "it does not end: {}", rig.journal());
            if let Some(left) = child.try_wait().unwrap() {
                break Some(left);
            }
            let marks = rig.marks();
            let new = marks.get(before..).unwrap_or_default();
            let mut steps = new.iter().filter(|m| m["mark"] == "step");
            if steps.any(|m| (m["did"] == "began") == began) {
                break None;
            }
            std::thread::park_timeout(Duration::from_millis(5));
        };
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        if rig.marks().last().is_some_and(|m| m["mark"] == "ended") {
            break;
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(left, None, "it was left: {said}");
        kills += 1;
        words = vec!["resume"];
    }
    assert!(kills >= 8, "killed only {kills} times");
    rig.is_told_truly();
    assert!(rig.is_suspended().await);
    rig.end().await;
}

/// Killed while its action is on its way, the next console looks what came of it.
#[tokio::test(flavor = "multi_thread")]
async fn killed_in_its_action_a_runbook_looks_what_came_of_it() {
    for hold in [Hold::DryRun, Hold::Change, Hold::Answer] {
        let rig = rig().await.with_runbook();
        *rig.front.hold.lock().unwrap() = hold;
        let mut child = rig.runbook(&["run", "hold", "ml-fraud/train"]);
        rig.wait_until_held(&mut child);
        child.kill().unwrap();
        child.wait().unwrap();
        *rig.front.hold.lock().unwrap() = Hold::Nothing;
        let report = rig.report();
        assert!(report.contains("**left** at step 3"), "{report}");
        let known = match hold {
            Hold::DryRun => "| begun |",
            _ => "| **in doubt** |",
        };
        assert!(report.contains(known), "{hold:?}: {report}");
        rig.to_its_end();
        rig.is_told_truly();
        assert!(rig.is_suspended().await, "{hold:?}");
        rig.end().await;
    }
}

/// A second person is told who is on it, and can take it over; the first one's console sends nothing after that.
#[tokio::test(flavor = "multi_thread")]
async fn two_persons_on_one_target_do_not_work_against_each_other() {
    let rig = rig().await.with_runbook();
    let words = ["run", "late", "ml-fraud/train"];
    let first = rig.runbook(&words);
    rig.wait_for_marks(1, |m| m["did"] == "began");
    let second = rig.runbook(&words).wait_with_output().unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("Someone is on it already: "), "{said}");
    assert!(said.contains(", since 20"), "{said}");
    let third = rig.runbook(&[&words[..], &["--take-over", "she is asleep"]].concat());
    rig.wait_for_marks(2, |m| m["did"] == "began");
    assert_eq!(rig.changes(), 0);
    // now both would go on to the action
    rig.says("go").await;
    let third = third.wait_with_output().unwrap();
    let said = String::from_utf8(third.stderr).unwrap();
    assert_eq!(third.status.code(), Some(0), "{said}");
    let first = first.wait_with_output().unwrap();
    let said = String::from_utf8(first.stderr).unwrap();
    assert_eq!(first.status.code(), Some(1), "{said}");
    assert!(said.contains("It was taken over by "), "{said}");
    assert!(said.contains("she is asleep"), "{said}");
    assert_eq!(rig.changes(), 1, "only the third one's");
    let report = rig.report();
    for part in [
        "**taken from** ",
        "**taken over** from ",
        "because: she is asleep",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert!(
        report.contains("### late on ml-fraud/train: **left** at step 2"),
        "{report}"
    );
    assert!(
        report.contains("### late on ml-fraud/train: done"),
        "{report}"
    );
    rig.end().await;
}
