//! The journal on the screen: what was done, what is in doubt, one action in full; and what is locked.

use midwatch::app::deed::{Acted, Order};
use midwatch::app::{Effect, Msg, update};
use midwatch::plan::Verdict;
use midwatch::ui::Look;

use super::{done, mono, picture, platform, press};

#[test]
fn actions_stand_newest_first_with_what_came_of_them() {
    let mut model = platform::live();
    let _ = done::read(&mut model, done::night());
    press(&mut model, "9");
    for (name, size, look) in [
        ("journal_120x36", (120, 36), Look::default()),
        ("journal_80x24", (80, 24), Look::default()),
        ("journal_mono_80x24", (80, 24), mono()),
        ("journal_40x10", (40, 10), Look::default()),
    ] {
        insta::assert_snapshot!(name, picture(&mut model, size, look));
    }
}

#[test]
fn one_action_is_told_in_full() {
    let mut model = platform::live();
    let _ = done::read(&mut model, done::night());
    press(&mut model, "9 Enter");
    insta::assert_snapshot!(
        "journal_action_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    insta::assert_snapshot!(
        "journal_action_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
}

#[test]
fn what_is_in_doubt_stands_in_the_header_until_the_journal_was_shown() {
    let mut model = platform::live();
    let _ = done::read(&mut model, done::night());
    let shown = picture(&mut model, (120, 36), Look::default());
    let header = shown.lines().next().unwrap();
    assert!(header.contains("1 action in doubt"), "{header}");
    assert!(
        shown.contains("in doubt: run.retry of workflows ml-fraud/train-nightly-x7k2p in prod-eu"),
        "{shown}"
    );
    for width in [80, 60, 50] {
        let header = picture(&mut model, (width, 24), Look::default());
        assert!(
            header.lines().next().unwrap().contains("in doubt"),
            "{header}"
        );
    }
    press(&mut model, "9");
    let header = picture(&mut model, (120, 36), Look::default());
    assert!(!header.lines().next().unwrap().contains("in doubt"));
}

#[test]
fn what_was_found_out_by_looking_is_told_and_leaves_the_header() {
    let mut model = platform::live();
    let _ = done::read(&mut model, done::night());
    let mut found = done::ended(
        done::night().remove(4),
        Verdict::Done,
        "The run is running.",
    );
    found.resolved = true;
    let acted = Acted::Resolved(vec![found]);
    let _ = update(&mut model, Msg::Acted(Box::new(acted)), platform::now());
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(
        !shown.lines().next().unwrap().contains("in doubt"),
        "{shown}"
    );
    assert!(
        shown.contains(
            "looked what came of run.retry of workflows ml-fraud/train-nightly-x7k2p: done."
        ),
        "{shown}"
    );
}

#[test]
fn an_empty_journal_and_one_that_was_not_read_are_not_the_same() {
    let mut model = platform::live();
    press(&mut model, "9");
    let shown = picture(&mut model, (80, 24), Look::default());
    assert!(shown.contains("The journal has not been read"), "{shown}");
    let _ = done::read(&mut model, Vec::new());
    let shown = picture(&mut model, (80, 24), Look::default());
    assert!(
        shown.contains("Nothing was done from this machine yet"),
        "{shown}"
    );
}

#[test]
fn showing_the_journal_reads_it_and_asking_again_reads_it_again() {
    let mut model = platform::live();
    for key in ["9", "C-r"] {
        let effects = update(
            &mut model,
            Msg::Pressed(key.parse().unwrap()),
            platform::now(),
        );
        assert!(effects.has(&Effect::Act(Order::ReadJournal)), "{key}");
    }
}

#[test]
fn actions_are_narrowed_and_sorted_like_other_rows() {
    let mut model = platform::live();
    let _ = done::read(&mut model, done::night());
    press(&mut model, "9 / o l d Enter");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("Journal  1 of 5"), "{shown}");
    assert!(
        shown.contains("run.delete") && !shown.contains("cron.suspend"),
        "{shown}"
    );
}

#[test]
fn undo_tells_why_when_there_is_none() {
    let mut model = platform::live();
    let _ = done::read(&mut model, done::night());
    press(&mut model, "9 u");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(
        shown.contains("run.retry is in doubt: look at its target first"),
        "{shown}"
    );
    press(&mut model, "Down u");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("run.delete cannot be taken back"), "{shown}");
}

#[test]
fn an_unlocked_context_is_counted_down_at_every_width() {
    let mut model = platform::live();
    model.settings.protected = vec!["prod-*".to_owned()];
    assert!(picture(&mut model, (120, 36), Look::default()).contains("[prod-eu: ask]"));
    press(&mut model, "U");
    insta::assert_snapshot!(
        "unlock_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    press(&mut model, "p r o d - e u Enter");
    for width in [120, 80, 60] {
        let shown = picture(&mut model, (width, 24), Look::default());
        assert!(shown.contains("[unlocked 5:00]"), "{shown}");
    }
}
