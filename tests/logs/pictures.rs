//! Pictures of logs.

use midwatch::domain::{ContainerState, LogEnd, Phase, SourceState, StepKind};
use midwatch::ui::{Colours, Look};

use crate::desk::{Desk, container, fan, pod, step};
use crate::platform;

fn mono() -> Look {
    Look {
        colours: Colours::None,
        ascii: true,
        ..Look::default()
    }
}

/// Three pods of a run: one trains, one serves JSON, one failed.
fn busy() -> Desk {
    let mut desk = Desk::of(platform::live());
    let running = || vec![container("main", ContainerState::Running, "")];
    let steps = vec![
        step("train(0)", StepKind::Task, Phase::Failed, "p-train"),
        step(
            "score(17:shard-eu-west)",
            StepKind::Task,
            Phase::Running,
            "p-score",
        ),
        step("publish", StepKind::Task, Phase::Pending, "p-publish"),
    ];
    fan(&mut desk, steps, vec![None; 3]);
    let waiting = vec![container(
        "main",
        ContainerState::Waiting,
        "ImagePullBackOff",
    )];
    desk.put(
        "pods",
        vec![
            pod("p-train", "sweep-fan-out-b7", running()),
            pod("p-score", "sweep-fan-out-b7", running()),
            pod("p-publish", "sweep-fan-out-b7", waiting),
        ],
    );
    desk.press("/");
    desk.write("fan");
    desk.press("Enter l");
    let log = |desk: &Desk, name: &str| desk.scopes().iter().position(|s| s.pod == name).unwrap();
    let (train, score) = (log(&desk, "p-train"), log(&desk, "p-score"));
    desk.state(train, SourceState::Live, None);
    desk.state(score, SourceState::Live, None);
    for epoch in 1..=14 {
        desk.print(
            train,
            &[&format!(
                "{} 2026-11-21 03:03:{:02} INFO  epoch {epoch}/40 loss {}.{:03} lr 3e-4 11.2 it/s",
                epoch * 10,
                epoch,
                3 - epoch / 5,
                900 - epoch * 37
            )],
        );
    }
    desk.print(
        train,
        &[
            "150 2026-11-21 03:05:15 WARNING gradient norm 812.4 is above 100",
            "151 Traceback (most recent call last):",
            "151   File \"/app/train.py\", line 88, in <module>",
            "151     row[\"amount\"]",
            "151 KeyError: 'amount'",
        ],
    );
    desk.end(train, LogEnd::Complete);
    for n in 0..6 {
        let level = if n == 4 { "error" } else { "info" };
        desk.print(score, &[&format!(r#"{} {{"ts":"2026-11-21T03:05:{:02}Z","level":"{level}","msg":"scored part {n} of the shard with the model of last night","rows":{},"took_ms":{}}}"#, 40 + n * 20, n * 9, 2000 + n * 7, 130 + n)]);
    }
    desk
}

#[test]
fn several_pods_stand_in_the_order_of_time_with_their_names() {
    let mut desk = busy();
    insta::assert_snapshot!("several_120x36", desk.picture());
    desk.size(80, 24);
    insta::assert_snapshot!("several_80x24", desk.picture());
    desk.size(40, 10);
    insta::assert_snapshot!("several_40x10", desk.picture());
    desk.size(80, 24);
    desk.look(mono());
    insta::assert_snapshot!("several_mono_80x24", desk.picture());
    assert!(desk.picture().is_ascii());
}

#[test]
fn a_search_in_filtered_lines_with_their_times() {
    let mut desk = busy();
    desk.press("!");
    desk.write("epoch ([2-9]|10)/");
    desk.press("Enter /");
    desk.write("loss|scored");
    desk.press("Enter t k M N");
    insta::assert_snapshot!("search_120x36", desk.picture());
    desk.size(80, 24);
    insta::assert_snapshot!("search_80x24", desk.picture());
}

#[test]
fn logs_can_be_drawn_at_every_size() {
    let mut desk = busy();
    desk.press("/");
    desk.write("e");
    desk.press("Enter w g Enter");
    for width in (0..=60).chain([79, 80, 120, 200, 300]) {
        for height in [0, 1, 2, 5, 9, 10, 11, 12, 24, 50, 100] {
            desk.size(width, height);
            desk.picture();
        }
    }
}
