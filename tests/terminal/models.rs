//! A model promoted by keys, on the embedded platform.

use std::fs;
use std::time::Duration;

use crate::home::{Home, SOON, opened};
use crate::support::wait_for;

/// The platform plays its past first.
const LONG: Duration = Duration::from_secs(90);

#[test]
fn a_version_is_promoted_once_its_gates_pass_and_the_promotion_is_taken_back() {
    let home = Home::new();
    let mut pty = home.midwatch().args(&["demo"]).size(120, 36).spawn();
    opened(&pty);
    pty.send("4");
    pty.wait_for("fraud-scorer", LONG);
    pty.send("/");
    for key in "fraud-scorer".chars() {
        pty.send(&key.to_string());
    }
    pty.send("Enter");
    pty.wait_for("1 of 8", SOON);
    pty.send("Enter");
    pty.wait_for("✗ bias", SOON);
    // the challenger does not pass
    pty.send_all(&["j", "a"]);
    pty.wait_for("model.promote", SOON);
    pty.send("Enter");
    pty.wait_for("override", SOON);
    pty.send("Enter");
    pty.wait_for("v42 does not pass its gate: bias failed", SOON);
    assert!(pty.screen().contains("It must not be done like this."));
    pty.send("Esc");
    pty.wait_gone("It must not be done", SOON);
    // the shadow does
    pty.send_all(&["k", "a"]);
    pty.wait_for("model.promote", SOON);
    pty.send("Enter");
    pty.wait_for("override", SOON);
    pty.send("Enter");
    pty.wait_for("Makes v43 of fraud-scorer champion in place of v41", SOON);
    pty.send_all(&["Tab", "Enter"]);
    pty.wait_for("u undo", SOON);
    pty.send("u");
    pty.wait_for(
        "Sets back aliases of fraud-scorer: champion v43 → v41",
        SOON,
    );
    pty.send_all(&["Tab", "Enter"]);
    let journal = home.path("state/midwatch/journal/journal-000001.jsonl");
    wait_for("both verdicts", SOON, || {
        let text = fs::read_to_string(&journal).ok()?;
        let done = text.matches(r#""verdict":"done""#).count();
        (done == 2).then_some(())
    });
    pty.wait_for("u undo", SOON);
    pty.send("Esc");
    pty.wait_gone("u undo", SOON);
    // what was asked for again meanwhile: it is as it was
    pty.wait_for("v41      champion", SOON);
    pty.send_all(&["Esc", "Esc", "q"]);
    assert!(pty.wait_exit(SOON).success());
}
