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
    // the box stays until the second key has come
    ("Cancel", "Enter"),
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

    /// Leaves when the screen says that it is solved, and reads the score.
    fn end(mut self) {
        self.pty.wait_for("is solved, in", SOON * 2);
        // it is not left before it has seen that itself
        self.pty
            .wait_until("the end of the action", SOON, |screen| {
                let text = screen.contents();
                !text.contains("● under way") && !text.contains("decided on or carried out")
            });
        assert!(self.keys <= KEYS, "{} keys", self.keys);
        self.pty.send("Esc");
        // Esc and a letter in one go would be another key
        self.pty.wait_read(SOON);
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
    night.end();
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
    night.end();
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
    night.end();
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
    night.end();
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
    night.end();
}

#[test]
fn a_service_that_spends_its_budget_gets_the_model_from_before() {
    let mut night = Night::begin("inference-slo-breached", "4");
    night.play(&[
        ("errors < 0.1 %", "r"),
        ("fits       A service spends its error budget", "Enter"),
        ("> model", "Enter"),
    ]);
    night.play(ACT);
    night.end();
}

#[test]
fn a_champion_that_is_not_served_is_set_back() {
    let mut night = Night::begin("champion-rollback", "4");
    night.play(&[
        ("is not what is served", "r"),
        ("fits       Set the champion back", "Enter"),
        ("> yes", "Enter"),
        ("> write an answer", "Enter"),
        ("answer: ", "7"),
        ("answer: ", "Enter"),
    ]);
    night.play(ACT);
    night.end();
}

#[test]
fn another_version_is_promoted_where_one_fails_its_gates() {
    let mut night = Night::begin("mlflow-registry-promotion-blocked", "4");
    night.play(&[
        ("gate bias failed: v42", "r"),
        ("fits       A version does not pass its gates", "Enter"),
        ("> yes", "Enter"),
        ("> write an answer", "Enter"),
        ("answer: ", "4"),
        ("answer: ", "3"),
        ("answer: ", "Enter"),
    ]);
    night.play(ACT);
    night.end();
}

#[test]
fn a_step_that_failed_runs_again() {
    let mut night = Night::begin("kfp-pipeline-failed-step-debug", "20");
    night.play(&[
        ("OOMKilled", "r"),
        ("fits       Find why a step failed", "Enter"),
        ("Was it?", "y"),
    ]);
    night.play(ACT);
    night.end();
}

#[test]
fn a_sick_node_is_emptied() {
    let mut night = Night::begin("gpu-node-down", "10");
    night.play(&[
        ("has lost 1 of 8 gpu", "r"),
        ("Take a sick GPU node", "Enter"),
    ]);
    night.play(ACT);
    night.play(&[
        ("u: undo", "Enter"),
        ("> yes", "Enter"),
        ("Next: node.drain", "Enter"),
        ("To confirm, type the name", "a"),
        ("To confirm, type the name", "4"),
        ("To confirm, type the name", "Enter"),
    ]);
    night.end();
}

#[test]
fn a_sweep_makes_room() {
    let mut night = Night::begin("sweep-starves-team", "4");
    night.play(&[
        ("of recsys wait; it holds", "r"),
        ("Make a sweep leave room", "Enter"),
        ("> write an answer", "Enter"),
        ("answer: ", "8"),
        ("answer: ", "Enter"),
        ("show what it would do", "Enter"),
        ("To confirm, type the name", "b"),
        ("To confirm, type the name", "e"),
        ("To confirm, type the name", "r"),
        ("To confirm, type the name", "t"),
        ("To confirm, type the name", "Enter"),
    ]);
    night.end();
}

#[test]
fn a_node_is_cut_so_that_a_pod_fits() {
    let mut night = Night::begin("mig-layout-does-not-fit", "4");
    night.play(&[
        ("it wants 1 mig-2g.20gb", "r"),
        ("Cut a node's GPUs", "Enter"),
        ("> gpu-a", "Enter"),
    ]);
    night.play(ACT);
    night.play(&[("Enter: node.mig-layout", "Enter")]);
    night.play(&ACT[1..]);
    night.play(&[("Enter: node.uncordon", "Enter")]);
    night.play(&ACT[1..]);
    night.end();
}

#[test]
fn a_model_is_trained_registered_and_tried() {
    let mut night = Night::begin("train-register-deploy", "20");
    // the runbook that fits is begun with one key, which shows what its first action would do
    night.play(&[("train-register-d…", "B")]);
    night.play(&ACT[1..]);
    // the pipeline runs to its gate
    night.play(&[("Enter: gate.approve", "Enter")]);
    night.play(&[("[ Cancel ]", "Tab"), ("[ Cancel ]", "Enter")]);
    // and to its end
    night.play(&[("Enter: model.set-alias", "Enter")]);
    night.play(&[("[ Cancel ]", "Tab"), ("[ Cancel ]", "Enter")]);
    night.play(&[("Enter: service.set-canary", "Enter")]);
    night.play(&[("[ Cancel ]", "Tab"), ("[ Cancel ]", "Enter")]);
    night.end();
}

#[test]
fn a_wrong_result_is_taken_out_of_a_cache() {
    let mut night = Night::begin("pipeline-cache-poisoned", "20");
    night.play(&[
        ("rank: exit 1", "r"),
        ("fits       Take a wrong result", "Down"),
        ("Take a wrong result", "Enter"),
        ("> yes", "Enter"),
    ]);
    night.play(ACT);
    night.play(&[("Enter: run.resubmit", "Enter")]);
    night.play(&[("[ Cancel ]", "Tab"), ("[ Cancel ]", "Enter")]);
    night.end();
}
