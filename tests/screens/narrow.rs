//! What stays on a terminal of 80 columns, and which keys are offered.

use midwatch::app::{Model, Msg, update};
use midwatch::domain::{ClusterId, ClusterLoad, SourceState};
use midwatch::store::News;
use midwatch::ui::Look;

use super::filters::letters;
use super::{mono, picture, platform, press};

fn line(model: &mut Model, size: (u16, u16), number: usize) -> String {
    let shown = picture(model, size, Look::default());
    shown.lines().nth(number).unwrap().to_owned()
}

fn last(model: &mut Model, size: (u16, u16)) -> String {
    line(model, size, usize::from(size.1) - 1)
}

#[test]
fn the_header_gives_up_the_load_then_the_clock_before_what_failed() {
    let mut model = platform::live();
    let load = ClusterLoad {
        requests: 2,
        ..ClusterLoad::default()
    };
    let told = News::Load(ClusterId::new("prod-eu"), load);
    let _ = update(&mut model, Msg::Arrived(told), platform::now());
    let all = "1 failed · 1 waiting · 2 running";
    let wide = line(&mut model, (120, 36), 0);
    assert!(
        wide.contains(all) && wide.contains("api 2") && wide.ends_with('Z'),
        "{wide}"
    );
    let narrow = line(&mut model, (80, 24), 0);
    assert!(narrow.contains(all) && !narrow.contains("api"), "{narrow}");
    assert!(narrow.ends_with('Z'), "{narrow}");
    let least = line(&mut model, (64, 24), 0);
    assert!(least.contains(all) && !least.ends_with('Z'), "{least}");
}

#[test]
fn the_tab_that_is_shown_is_in_sight_and_nothing_is_written_over_it() {
    let mut model = platform::live();
    for (command, title) in [("events", "Events"), ("templates", "Templates")] {
        model.show(command);
        for width in [60, 80, 120] {
            let shown = line(&mut model, (width, 24), 1);
            assert!(shown.contains(title), "{width}: {shown}");
        }
    }
    let shown = picture(&mut model, (80, 24), mono());
    assert!(shown.lines().nth(1).unwrap().is_ascii(), "{shown}");
}

#[test]
fn a_name_that_has_no_room_is_told_in_full_below_the_list() {
    let mut model = platform::two();
    let shown = picture(&mut model, (80, 24), Look::default());
    assert!(!shown.contains("NAMESPACE"), "{shown}");
    assert!(
        shown.contains("prod-eu/ml-fraud/train-nightly-x7k2p"),
        "{shown}"
    );
    let wide = picture(&mut model, (200, 50), Look::default());
    assert!(!wide.contains("prod-eu/ml-fraud"), "{wide}");
}

#[test]
fn back_is_offered_only_where_it_does_something() {
    let mut model = platform::live();
    let size = (120, 36);
    assert!(!last(&mut model, size).contains("esc back"));
    letters(&mut model, "/train");
    press(&mut model, "Enter");
    assert!(last(&mut model, size).contains("esc back"), "a filter");
    press(&mut model, "Esc");
    assert!(!last(&mut model, size).contains("esc back"));
    press(&mut model, "Enter");
    assert!(last(&mut model, size).contains("esc back"), "a run");
}

#[test]
fn the_way_out_and_the_help_are_always_offered_and_events_where_there_is_room() {
    let mut model = platform::live();
    assert!(last(&mut model, (120, 36)).contains("e events"));
    for width in [60, 80, 120] {
        let keys = last(&mut model, (width, 24));
        assert!(
            keys.contains("? help") && keys.contains("q quit"),
            "{width}: {keys}"
        );
    }
}

#[test]
fn the_help_offers_its_own_keys_and_no_others() {
    let mut model = platform::live();
    press(&mut model, "?");
    let keys = last(&mut model, (80, 24));
    assert!(
        keys.contains("down") && keys.contains("close") && keys.contains("q quit"),
        "{keys}"
    );
    assert!(!keys.contains("filter") && !keys.contains("logs"), "{keys}");
}

#[test]
fn a_log_in_trouble_does_not_make_the_cluster_down() {
    let mut model = platform::live();
    platform::set_state(&mut model, "logs", SourceState::Down);
    let top = line(&mut model, (120, 36), 0);
    assert!(top.contains("live") && !top.contains("down"), "{top}");
}
