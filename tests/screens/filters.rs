//! Filters while they are typed, saved filters, marks, chosen columns.

use midwatch::app::list::ListScreen;
use midwatch::app::lists::Runs;
use midwatch::app::{Model, Msg, update};
use midwatch::keys::Chord;
use midwatch::ui::Look;

use super::{mono, picture, platform};

/// Presses keys, written as in a keymap, one after another.
pub fn keys(model: &mut Model, keys: &str) {
    for key in keys.split(' ') {
        let chord: Chord = key.parse().unwrap();
        let _ = update(model, Msg::Pressed(chord), platform::now());
        let _ = picture(model, (120, 36), Look::default());
    }
}

/// Types a text, letter by letter.
pub fn letters(model: &mut Model, text: &str) {
    for letter in text.chars() {
        let _ = update(model, Msg::Pressed(Chord::char(letter)), platform::now());
        let _ = picture(model, (120, 36), Look::default());
    }
}

fn wide(model: &mut Model) -> String {
    picture(model, (120, 36), Look::default())
}

fn runs(model: &Model) -> &ListScreen<Runs> {
    model.screen().unwrap().as_any().downcast_ref().unwrap()
}

fn names(model: &Model) -> Vec<String> {
    let rows = runs(model).rows().iter();
    rows.map(|row| row.key.name.to_string()).collect()
}

#[test]
fn a_mistake_is_pointed_at_while_it_is_typed_and_the_list_stays_as_it_was() {
    let mut model = platform::live();
    letters(&mut model, "/ns:fraud ");
    assert_eq!(names(&model).len(), 3);
    letters(&mut model, "phse:failed");
    assert_eq!(names(&model).len(), 3, "what is right is in force");
    insta::assert_snapshot!("filter_error_120x36", wide(&mut model));
    insta::assert_snapshot!(
        "filter_error_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "filter_error_mono_80x24",
        picture(&mut model, (80, 24), mono())
    );
    keys(&mut model, "enter");
    assert!(model.prompt.is_some(), "what is wrong is not kept");
    keys(&mut model, "esc");
    assert!(model.prompt.is_none() && names(&model).len() == 5);
}

#[test]
fn what_is_wrong_far_to_the_right_is_said_beside_it() {
    let mut model = platform::live();
    letters(
        &mut model,
        "/!one-long-word !another-long-word !a-third-long-word !a-fourth age:>5",
    );
    let shown = picture(&mut model, (80, 24), Look::default());
    let said = shown.lines().rev().nth(1).unwrap();
    assert!(said.contains("5 what? write 5s, 5m, 5h or 5d ▾"), "{shown}");
    letters(&mut model, &" !x".repeat(10));
    let shown = picture(&mut model, (80, 24), Look::default());
    assert!(
        shown.lines().last().unwrap().contains("!x▏"),
        "the cursor is in sight:\n{shown}"
    );
}

#[test]
fn tab_completes_fields_and_what_rows_have_in_them() {
    let mut model = platform::live();
    letters(&mut model, "/na");
    assert!(wide(&mut model).contains("name:  namespace:"));
    keys(&mut model, "tab tab");
    insta::assert_snapshot!("filter_completion_120x36", wide(&mut model));
    keys(&mut model, "f tab");
    assert_eq!(model.prompt.as_ref().unwrap().text(), "namespace:ml-fraud");
    keys(&mut model, "C-u");
    letters(&mut model, "label:te");
    keys(&mut model, "tab =");
    let shown = wide(&mut model);
    assert!(
        shown.contains("label:team=") && shown.contains("fraud  churn  nlp"),
        "{shown}"
    );
    keys(&mut model, "c tab enter");
    assert_eq!(names(&model), ["promote-churn-4h2ls"]);
}

#[test]
fn what_is_looked_for_is_found_at_once_whatever_was_selected() {
    let mut model = platform::live();
    keys(&mut model, "G");
    letters(&mut model, "/train");
    assert_eq!(
        names(&model)[0],
        "train-nightly-x7k2p",
        "failed first of those that fit alike"
    );
    assert_eq!(runs(&model).index(), 0);
    keys(&mut model, "C-u");
    letters(&mut model, "k2x9q");
    assert_eq!(names(&model), ["train-nightly-k2x9q"]);
    keys(&mut model, "C-u");
    letters(&mut model, "ftd8");
    assert_eq!(names(&model), ["features-daily-8mmqv"], "letters apart");
}

#[test]
fn a_filter_that_is_dropped_leaves_the_selection_where_it_was() {
    let mut model = platform::live();
    keys(&mut model, "j j");
    let before = runs(&model).selected().unwrap().key.clone();
    letters(&mut model, "/features");
    keys(&mut model, "esc");
    assert_eq!(runs(&model).selected().unwrap().key, before);
}

#[test]
fn a_filter_by_age_is_asked_again_as_time_goes_by() {
    let mut model = platform::live();
    letters(&mut model, "/age:<9m");
    keys(&mut model, "enter");
    assert_eq!(names(&model), ["sweep-fan-out-b7", "features-daily-8mmqv"]);
    let later = platform::now() + jiff::Span::new().minutes(2);
    let _ = update(&mut model, Msg::Ticked, later);
    let mut view = midwatch::ui::View::new(Look::default());
    let backend = ratatui::backend::TestBackend::new(120, 36);
    let mut terminal = ratatui::Terminal::new(backend).unwrap();
    terminal.draw(|frame| view.draw(&mut model, frame)).unwrap();
    assert_eq!(names(&model), ["sweep-fan-out-b7"]);
}

#[test]
fn customary_names_of_columns_are_completed() {
    let mut model = platform::live();
    for (typed, whole) in [("/pha", "phase:"), ("/ns", "ns:"), ("/names", "namespace:")] {
        letters(&mut model, typed);
        keys(&mut model, "tab");
        assert_eq!(model.prompt.as_ref().unwrap().text(), whole);
        keys(&mut model, "esc");
    }
}

#[test]
fn a_state_that_there_is_not_is_told_with_the_one_that_was_meant() {
    let mut model = platform::live();
    letters(&mut model, "/phase:faild");
    keys(&mut model, "enter");
    let shown = wide(&mut model);
    assert!(shown.contains("Nothing matches"), "{shown}");
    assert!(
        shown.contains("no state is faild; did you mean failed?"),
        "{shown}"
    );
    keys(&mut model, "esc");
    letters(&mut model, "/zzzz");
    keys(&mut model, "enter");
    assert!(!wide(&mut model).contains("no state is"));
}

#[test]
fn filters_typed_before_are_called_up_again() {
    let mut model = platform::live();
    letters(&mut model, "/churn");
    keys(&mut model, "enter esc");
    assert_eq!(names(&model).len(), 5);
    keys(&mut model, "/ up");
    assert_eq!(names(&model), ["promote-churn-4h2ls"]);
}

#[test]
fn a_saved_filter_is_chosen_by_its_name_and_a_broken_one_says_so() {
    let mut model = platform::live();
    keys(&mut model, "F");
    assert!(
        wide(&mut model).contains("! no filter is saved"),
        "a refusal is a warning"
    );
    assert_eq!(model.here().spot.filter, "", "nothing was typed");
    model.notes.close();
    let saved = [
        ("burning", "phase:failed|error"),
        ("mine", "label:team=nlp"),
        ("old", "age:>x"),
    ];
    model.settings.filters = saved.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    keys(&mut model, "F tab");
    insta::assert_snapshot!("filter_saved_120x36", wide(&mut model));
    keys(&mut model, "enter");
    assert_eq!(names(&model), ["train-nightly-x7k2p"]);
    keys(&mut model, "F");
    letters(&mut model, "ol");
    keys(&mut model, "tab enter");
    let shown = wide(&mut model);
    assert!(
        shown.contains("the saved filter old (age:>x): x is no length of time"),
        "{shown}"
    );
    keys(&mut model, "esc");
    assert_eq!(
        names(&model),
        ["train-nightly-x7k2p"],
        "the filter before is in force again"
    );
    // the settings change under it
    model
        .settings
        .filters
        .insert("burning".to_owned(), "phase:running".to_owned());
    let _ = wide(&mut model);
    assert_eq!(names(&model).len(), 2);
}

#[test]
fn marks_stay_on_their_rows_and_are_counted() {
    let mut model = platform::live();
    keys(&mut model, "space j space");
    insta::assert_snapshot!("marks_120x36", wide(&mut model));
    insta::assert_snapshot!("marks_mono_80x24", picture(&mut model, (80, 24), mono()));
    let marked = runs(&model).marked();
    keys(&mut model, "s s R");
    letters(&mut model, "/churn");
    keys(&mut model, "enter");
    assert_eq!(runs(&model).marked(), marked, "sorted and filtered");
    keys(&mut model, "esc");
    assert_eq!(runs(&model).marked().len(), 2, "esc takes the filter first");
    keys(&mut model, "esc");
    assert!(runs(&model).marked().is_empty());
    keys(&mut model, "g space G v");
    assert_eq!(runs(&model).marked().len(), 5, "from the last mark to here");
    keys(&mut model, "*");
    assert!(runs(&model).marked().is_empty());
}

#[test]
fn columns_are_those_of_the_settings_and_the_name_is_always_there() {
    let mut model = platform::live();
    let chosen = ["name", "by", "nmae", "state"].map(str::to_owned).to_vec();
    model.settings.columns.insert("runs".to_owned(), chosen);
    keys(&mut model, "j");
    let shown = wide(&mut model);
    let heads = shown.lines().nth(4).unwrap();
    let words: Vec<&str> = heads.split_whitespace().collect();
    assert_eq!(words, ["NAME", "BY", "STATE"], "{shown}");
    assert!(shown.contains("cron train-nightly"), "{shown}");
    let narrow = picture(&mut model, (40, 12), Look::default());
    assert!(
        !narrow.contains("BY") && narrow.contains("STATE"),
        "{narrow}"
    );
    let chosen = ["state", "nam"].map(str::to_owned).to_vec();
    model.settings.columns.insert("runs".to_owned(), chosen);
    let shown = wide(&mut model);
    let words: Vec<&str> = shown.lines().nth(4).unwrap().split_whitespace().collect();
    assert_eq!(words, ["STATE", "NAME"], "{shown}");
}

#[test]
fn names_that_differ_at_their_end_stay_apart_when_they_are_cut() {
    let mut model = platform::live();
    let shown = picture(&mut model, (60, 24), Look::default());
    assert!(
        shown.contains("-x7k2p") && shown.contains("-k2x9q"),
        "{shown}"
    );
}
