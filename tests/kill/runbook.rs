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

impl Rig {
    fn with_runbook(self) -> Self {
        let folder = self.folder.path().join("midwatch/runbooks");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("hold.md"), BOOK).unwrap();
        self
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
    // the first waits for an answer that is not given: its console has the target
    let mut first = rig.command(&["runbook", "run", "hold", "ml-fraud/train"]);
    let first = first.output().unwrap();
    assert_eq!(first.status.code(), Some(9));
    let second = rig.runbook(&["run", "hold", "ml-fraud/train"]);
    let second = second.wait_with_output().unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("Someone is on it already: "), "{said}");
    assert_eq!(rig.changes(), 0);
    let words = [
        "run",
        "hold",
        "ml-fraud/train",
        "--take-over",
        "she is asleep",
    ];
    let third = rig.runbook(&words).wait_with_output().unwrap();
    let said = String::from_utf8(third.stderr).unwrap();
    assert_eq!(third.status.code(), Some(0), "{said}");
    assert_eq!(rig.changes(), 1);
    assert!(rig.journal().contains("she is asleep"));
    rig.end().await;
}
