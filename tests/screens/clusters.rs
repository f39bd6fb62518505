//! Several clusters in one list, one of them without an answer.

use midwatch::domain::SourceState;
use midwatch::ui::Look;

use super::filters::{keys, letters};
use super::{mono, picture, platform};

#[test]
fn rows_of_all_clusters_stand_in_one_list_and_one_cluster_can_be_asked_for() {
    let mut model = platform::two();
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(
        shown.contains("2 clusters") && shown.contains("Runs  7"),
        "{shown}"
    );
    assert!(
        shown.contains("CLUSTER") && shown.contains("prod-us"),
        "{shown}"
    );
    letters(&mut model, "/cluster:us");
    keys(&mut model, "enter");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(
        shown.contains("Runs  2 of 7") && !shown.contains("prod-eu"),
        "{shown}"
    );
}

#[test]
fn a_cluster_that_does_not_answer_is_named_and_its_rows_are_not_counted_as_none() {
    let mut model = platform::live();
    model
        .clusters
        .push(midwatch::domain::ClusterId::new("prod-us"));
    for feed in ["api", "workflows"] {
        platform::set_state_of(&mut model, "prod-us", feed, SourceState::Down);
    }
    insta::assert_snapshot!(
        "clusters_one_down_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    insta::assert_snapshot!(
        "clusters_one_down_mono_80x24",
        picture(&mut model, (80, 24), mono())
    );
}

#[test]
fn a_cluster_that_stops_answering_keeps_its_rows_and_is_named() {
    let mut model = platform::two();
    for feed in ["api", "workflows"] {
        platform::set_state_of(&mut model, "prod-us", feed, SourceState::Stale);
    }
    let shown = picture(&mut model, (120, 36), Look::default());
    let top = shown.lines().next().unwrap();
    assert!(
        top.contains("1 of 2 clusters") && top.contains("prod-us is stale 0:42"),
        "{shown}"
    );
    assert!(
        shown.contains("Runs  7 ") && shown.contains("score-hourly-9fh2d"),
        "{shown}"
    );
}
