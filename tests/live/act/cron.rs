//! `cron.suspend` and `cron.resume`: each takes the other back.

use super::{NS, Person, cron, delete_cron, name, object};

#[test]
#[ignore = "needs tests/rig/live"]
fn a_schedule_is_suspended_and_resumed() {
    let person = Person::new("sre");
    let name = name("cron");
    cron(&name);
    let suspended =
        || object("cronworkflows.argoproj.io", &name).unwrap()["spec"]["suspend"].clone();
    let outcome = person.act("cron.suspend", &name, &[]);
    assert_eq!(suspended(), true);
    assert_eq!(outcome["undo"]["action"], "cron.resume");
    let again = person.midwatch(&["do", "cron.suspend", &name, "-n", NS, "--yes"]);
    assert_eq!(again.code, Some(5), "{again:?}");
    let outcome = person.act("cron.resume", &name, &[]);
    assert_ne!(suspended(), true);
    assert_eq!(outcome["undo"]["action"], "cron.suspend");
    delete_cron(&name);
}
