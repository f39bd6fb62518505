//! The incidents of `midwatch demo --drill`, each solved in a pseudo-terminal by keys alone, from the home screen on. What
//! they scored is printed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use support::SOON;
use support::pty::{Program, Pty};

/// Nobody should need more keys at three in the morning.
const KEYS: usize = 12;

/// Shows what an action would do, and does it.
const ACT: &[(&str, &str)] = &[
    ("show what it would do", "Enter"),
    ("[ Cancel ]", "Tab"),
    ("[ Cancel ]", "Enter"),
];

/// A drill in a terminal.
struct Night {
    pty: Pty,
    name: &'static str,
    keys: usize,
    _home: tempfile::TempDir,
}

impl Night {
    /// Simulated time passes this much faster.
    fn begin(name: &'static str, speed: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let pty = Program::new(env!("CARGO_BIN_EXE_midwatch"))
            .folder(home.path())
            .env("HOME", home.path())
            .env("XDG_STATE_HOME", home.path())
            .args(&["demo", "--drill", name, "--speed", speed])
            .size(160, 50)
            .spawn();
        Self {
            pty,
            name,
            keys: 0,
            _home: home,
        }
    }

    /// Presses each key once its text is on the screen.
    fn play(&mut self, steps: &[(&str, &str)]) {
        for (text, key) in steps {
            self.pty.wait_for(text, SOON);
            self.pty.send(key);
            self.keys += 1;
        }
    }

    /// Leaves when the screen shows the end, and reads the score.
    fn end(mut self, text: &str) {
        self.pty.wait_for(text, SOON * 2);
        assert!(self.keys <= KEYS, "{} keys", self.keys);
        self.pty.send("Esc");
        // Esc and a letter in one go would be another key
        self.pty.wait_for("q quit", SOON);
        self.pty.send("q");
        let solved = format!("Drill {}: solved in", self.name);
        self.pty.wait_for(&solved, SOON);
        self.pty.wait_for("wrong actions  0", SOON);
        let screen = self.pty.screen();
        let score = screen.lines().skip_while(|line| !line.contains(&solved));
        for line in score.take(5) {
            println!("{}", line.trim_end());
        }
        assert!(self.pty.wait_exit(SOON).success());
    }
}

#[test]
fn a_canary_that_burns_is_rolled_back() {
    let mut night = Night::begin("canary-rollback", "1");
    night.play(&[
        ("errors < 0.1 %", "r"),
        ("Roll back a burning canary", "Enter"),
    ]);
    night.play(ACT);
    night.end("✓ done");
}

#[test]
fn a_gate_is_approved() {
    let mut night = Night::begin("gate-waiting", "4");
    night.play(&[
        ("gate: approve", "r"),
        ("Decide a gate that waits", "Enter"),
        ("> approve", "Enter"),
    ]);
    night.play(ACT);
    night.end("✓ done");
}

#[test]
fn a_run_that_was_forgotten_goes_on() {
    let mut night = Night::begin("pipeline-run-stuck", "20");
    night.play(&[
        ("suspended", "r"),
        ("fits       Find why a run", "Down"),
        ("Find why a run does not go on", "Enter"),
        ("> suspended", "Enter"),
    ]);
    night.play(ACT);
    night.end("✓ 7.");
}

#[test]
fn a_model_that_does_not_load_is_replaced() {
    let mut night = Night::begin("model-load-failed", "10");
    night.play(&[
        ("cannot be loaded", "r"),
        ("A model cannot be loaded", "Enter"),
        ("> file", "Enter"),
    ]);
    night.play(ACT);
    night.end("✓ 6.");
}

#[test]
fn a_predictor_that_comes_and_goes_is_kept() {
    let mut night = Night::begin("kserve-predictor-flapping", "4");
    night.play(&[
        ("cold starts <", "r"),
        ("fits       Stop a predictor", "Down"),
        ("Stop a predictor", "Enter"),
    ]);
    night.play(ACT);
    night.end("✓ done");
}

#[test]
fn a_model_is_trained_registered_and_tried() {
    let mut night = Night::begin("train-register-deploy", "20");
    night.play(&[
        ("FeaturesDrift", "r"),
        ("Train a model, register it", "Enter"),
    ]);
    night.play(ACT);
    // the pipeline runs to its end
    night.play(&[("Enter: model.set-alias", "Enter")]);
    night.play(&[("[ Cancel ]", "Tab"), ("[ Cancel ]", "Enter")]);
    night.play(&[("Enter: service.set-canary", "Enter")]);
    night.play(&[("[ Cancel ]", "Tab"), ("[ Cancel ]", "Enter")]);
    night.end("✓ done");
}

#[test]
fn a_wrong_result_is_taken_out_of_a_cache() {
    let mut night = Night::begin("pipeline-cache-poisoned", "20");
    night.play(&[
        ("schema drift", "r"),
        ("fits       Take a wrong result", "Down"),
        ("Take a wrong result", "Enter"),
        ("> yes", "Enter"),
    ]);
    night.play(ACT);
    night.play(&[("Enter: run.resubmit", "Enter")]);
    night.play(&[("[ Cancel ]", "Tab"), ("[ Cancel ]", "Enter")]);
    night.end("> done");
}
