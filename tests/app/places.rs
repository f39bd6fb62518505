//! Going back and forth between places, and the last place at the next start.

use midwatch::app::history::{DEEP, LastPlace};
use midwatch::app::run::RunScreen;
use midwatch::app::{Model, Msg, update};
use midwatch::domain::{ClusterId, SourceState};
use proptest::prelude::*;

use super::{any_msg, draw, platform, runs, selected};

fn keys(model: &mut Model, keys: &str) {
    for key in keys.split(' ') {
        let _ = update(model, Msg::Pressed(key.parse().unwrap()), platform::now());
        draw(model);
    }
}

fn opened(model: &Model) -> Option<String> {
    let run: &RunScreen = model.screen()?.as_any().downcast_ref()?;
    Some(run.key().name.to_string())
}

fn live() -> Model {
    let mut model = platform::live();
    draw(&mut model);
    model
}

#[test]
fn back_and_forth_lead_through_lists_filters_and_opened_runs() {
    let mut model = live();
    keys(&mut model, "/ c h u r n enter 8 2 esc enter j j");
    assert_eq!(opened(&model).as_deref(), Some("promote-churn-4h2ls"));
    keys(&mut model, "[");
    assert_eq!(
        (opened(&model), runs(&model).rows().len()),
        (None, 5),
        "all runs"
    );
    assert_eq!(
        selected(&model),
        "promote-churn-4h2ls",
        "the selection comes back"
    );
    keys(&mut model, "[");
    assert_eq!(
        runs(&model).rows().len(),
        1,
        "with the filter that was cleared"
    );
    keys(&mut model, "[");
    assert_eq!(model.base(), "platform");
    keys(&mut model, "[ [ [ [");
    assert_eq!(
        (model.base(), runs(&model).rows().len()),
        ("runs", 5),
        "the first place"
    );
    keys(&mut model, "] ] ] ] ] ]");
    assert_eq!(opened(&model).as_deref(), Some("promote-churn-4h2ls"));
}

#[test]
fn a_new_way_forgets_what_lay_forward_and_the_oldest_places_go() {
    let mut model = live();
    keys(&mut model, "8 0 [ 2");
    assert_eq!(model.history.len().1, 0);
    for _ in 0..DEEP {
        keys(&mut model, "8 2");
    }
    assert_eq!(model.history.len(), (DEEP, 0));
}

#[test]
fn an_opened_run_is_as_it_was_left() {
    let mut model = live();
    keys(&mut model, "/ f a n enter enter down down");
    let index = |m: &Model| {
        let run: &RunScreen = m.screen().unwrap().as_any().downcast_ref().unwrap();
        (run.index(), run.lines().len())
    };
    let before = index(&model);
    keys(&mut model, "0 [");
    assert_eq!(index(&model), before);
}

#[test]
fn a_search_keeps_to_the_newest_row_that_passes_while_it_is_followed() {
    let mut model = live();
    keys(&mut model, "f s s n / R enter");
    let before = model.here();
    keys(&mut model, "[ ]");
    assert_eq!(model.here(), before);
}

fn restart(last: &LastPlace, clusters: &[&str]) -> Model {
    let text = serde_json::to_string(last).unwrap();
    let last: LastPlace = serde_json::from_str(&text).unwrap();
    let clusters = clusters.iter().map(|c| ClusterId::new(c)).collect();
    let mut model = Model::new(clusters, (120, 36), platform::now());
    model.return_to(&last);
    draw(&mut model);
    model
}

#[test]
fn the_next_start_is_where_the_last_session_ended() {
    let mut model = live();
    keys(&mut model, "/ f r a u d enter s R G");
    let chosen = selected(&model);
    let last = model.last_place();
    let mut model = restart(&last, &["prod-eu"]);
    // rows come by and by, after the first frames
    platform::set_state(&mut model, "workflows", SourceState::Partial);
    draw(&mut model);
    platform::fill(&mut model);
    draw(&mut model);
    assert_eq!((runs(&model).rows().len(), selected(&model)), (3, chosen));
    assert_eq!(runs(&model).sort(), (Some(0), true));
    let other = restart(&last, &["prod-us"]);
    assert!(
        runs(&other).narrowed().is_empty(),
        "other clusters, other places"
    );
}

#[test]
fn a_run_that_was_open_is_opened_again_and_one_that_is_gone_is_told() {
    let mut model = live();
    keys(&mut model, "enter");
    let last = model.last_place();
    let mut model = restart(&last, &["prod-eu"]);
    assert_eq!(opened(&model).as_deref(), Some("train-nightly-x7k2p"));
    platform::fill(&mut model);
    platform::gone(&mut model);
    assert!(opened(&model).is_some(), "it is there");

    let mut model = restart(&last, &["prod-eu"]);
    platform::gone(&mut model);
    assert_eq!(opened(&model), None);
    let told = model.notes.all().last().unwrap().note.text.clone();
    assert_eq!(told, "the run train-nightly-x7k2p that was open is gone");
}

#[test]
fn a_place_from_a_file_is_text_from_outside() {
    let last = LastPlace {
        filter: "\u{1b}[2J\u{202e}x".repeat(100),
        sort: Some("nothing".to_owned()),
        ..live().last_place()
    };
    let model = restart(&last, &["prod-eu"]);
    let spot = model.here().spot;
    assert!(!spot.filter.chars().any(char::is_control) && spot.filter.chars().count() <= 200);
    assert_eq!(spot.sort, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn back_then_forward_is_where_one_was(messages in prop::collection::vec(any_msg(), 1..60)) {
        let mut model = live();
        for msg in messages {
            let _ = update(&mut model, msg, platform::now());
            draw(&mut model);
        }
        // out of a line that is typed, out of the help
        let _ = update(&mut model, Msg::Pressed("enter".parse().unwrap()), platform::now());
        // what was chosen in the palette may ask for a line of its own
        for _ in 0..5 {
            let over = model.prompt.is_some() || model.help.is_some() || model.menu.is_some();
            if over || model.palette.is_some() || model.deeds.is_open() {
                keys(&mut model, "esc");
            }
        }
        draw(&mut model);
        let (before, places) = (model.here(), model.history.len());
        keys(&mut model, "[");
        if places.0 > 0 {
            prop_assert_ne!(model.history.len(), places);
            keys(&mut model, "]");
        }
        prop_assert_eq!(model.here(), before);
        prop_assert_eq!(model.history.len(), places);
    }
}
