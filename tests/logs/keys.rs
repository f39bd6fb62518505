//! What keys do with lines.

use std::fmt::Write as _;

use midwatch::app::{Effect, Msg};
use midwatch::domain::{Clean, LogEnd, LogLine};
use midwatch::keys::Chord;

use crate::desk::{Desk, at};

#[path = "keys/anything.rs"]
mod anything;

fn many(desk: &mut Desk, from: i64, to: i64) {
    let lines = (from..to).map(|n| LogLine {
        at: Some(at(n)),
        text: Clean::new(&format!(
            "line {n} {}",
            if n % 10 == 0 { "ten" } else { "" }
        )),
        cut: 0,
    });
    desk.batch(0, lines.collect(), None);
}

#[test]
fn new_lines_stay_in_sight_until_a_person_scrolls() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 100);
    assert_eq!(desk.cursor(), "line 99 ");
    desk.press("Up Up");
    assert_eq!(desk.cursor(), "line 97 ");
    many(&mut desk, 100, 1300);
    assert_eq!(desk.cursor(), "line 97 ");
    let shown = desk.picture();
    assert!(shown.contains("1,200 new below"), "{shown}");
    desk.press("End");
    assert!(desk.picture().contains("line 1299"));
    many(&mut desk, 1300, 1301);
    assert!(desk.picture().contains("line 1300"));
    desk.press("f");
    many(&mut desk, 1301, 1302);
    assert!(!desk.picture().contains("line 1301"));
}

#[test]
fn a_page_up_shows_the_lines_above_and_none_is_skipped() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 200);
    let mut seen = String::new();
    for _ in 0..20 {
        let _ = write!(seen, "{}", desk.picture());
        desk.press("PageUp");
    }
    for n in 0..200 {
        assert!(
            seen.contains(&format!("line {n} ")) || seen.contains(&format!("line {n}\n")),
            "{n}"
        );
    }
}

#[test]
fn a_search_lights_up_counts_and_goes_round() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 100);
    desk.press("/");
    desk.write("TEN");
    assert!(
        desk.picture().contains("not found"),
        "a capital makes case count"
    );
    desk.press("Backspace");
    let _ = desk.tell(Msg::Pressed(Chord::ctrl('u')));
    desk.write("ten");
    assert_eq!(desk.cursor(), "line 90 ten");
    assert!(desk.picture().contains("10 of 10"), "{}", desk.picture());
    assert!(desk.found().contains("ten"));
    desk.press("Enter N");
    assert_eq!(desk.cursor(), "line 80 ten");
    desk.press("n n");
    assert_eq!(desk.cursor(), "line 0 ten");
    assert!(desk.picture().contains("1 of 10") && desk.picture().contains("around the end"));
    desk.press("N");
    assert!(
        desk.picture().contains("around the beginning"),
        "{}",
        desk.picture()
    );
    desk.press("n");
    // what comes later is found as well
    many(&mut desk, 100, 120);
    assert!(desk.picture().contains("1 of 12"), "{}", desk.picture());
    desk.press("Esc");
    assert!(!desk.found().contains("ten"));
}

#[test]
fn a_search_that_is_dropped_leaves_the_person_where_he_was() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 100);
    desk.press("/");
    desk.write("line 5 ");
    assert_eq!(desk.cursor(), "line 5 ");
    desk.press("Esc");
    assert_eq!(desk.cursor(), "line 99 ");
    assert!(desk.logs().follows());
}

#[test]
fn filters_hide_and_show_while_they_are_typed() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 100);
    desk.press("&");
    desk.write("ten");
    assert!(
        desk.picture().contains("10 of 100 lines"),
        "{}",
        desk.picture()
    );
    desk.press("Enter !");
    desk.write("line [5-9]0");
    desk.press("Enter");
    let shown = desk.picture();
    assert!(
        shown.contains("5 of 100 lines")
            && shown.contains("only ten")
            && shown.contains("without line [5-9]0"),
        "{shown}"
    );
    many(&mut desk, 100, 111);
    assert!(
        desk.picture().contains("7 of 111 lines"),
        "{}",
        desk.picture()
    );
    desk.press("Esc");
    assert!(desk.picture().contains("111 lines"));
}

#[test]
fn a_filter_that_nothing_passes_says_so() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 9);
    desk.press("&");
    desk.write("zebra");
    desk.press("Enter");
    assert!(desk.picture().contains("None of 9 lines passes the filter"));
}

#[test]
fn where_the_filter_hides_everything_esc_takes_it_off_before_the_search() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 9);
    desk.press("/");
    desk.write("line 5");
    desk.press("Enter &");
    desk.write("zebra");
    desk.press("Enter");
    assert!(
        desk.picture()
            .contains("passes the filter; Esc takes it off")
    );
    desk.press("Esc");
    let shown = desk.picture();
    assert!(
        shown.contains("9 lines") && !shown.contains("zebra"),
        "{shown}"
    );
    assert!(shown.contains("/line 5"), "the search stays: {shown}");
}

#[test]
fn a_log_that_ended_offers_no_following() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 9);
    desk.press("Up");
    assert!(desk.picture().contains("stopped: f follows"));
    desk.end(0, LogEnd::Complete);
    let shown = desk.picture();
    assert!(shown.contains("complete"), "{shown}");
    assert!(!shown.contains("f follow"), "{shown}");
}

#[test]
fn a_mistake_in_a_pattern_is_told_and_the_last_good_one_stays() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 100);
    desk.press("&");
    desk.write("ten");
    desk.write("(");
    let shown = desk.picture();
    assert!(
        shown.contains("10 of 100 lines") && shown.contains("unclosed group"),
        "{shown}"
    );
    let (screen, ctx) = desk.model.screen_mut().unwrap();
    assert_eq!(screen.check("ten(", 4, &ctx).mistake.unwrap().0, 3..4);
}

#[test]
fn errors_are_jumped_to_as_one_each() {
    let mut desk = Desk::failed();
    desk.print(
        0,
        &[
            "1 start",
            "2 Traceback (most recent call last):",
            "2   File \"train.py\", line 7",
            "2 KeyError: 'amount'",
            "3 retrying",
            "4 level=error msg=\"no answer\"",
            "5 done",
        ],
    );
    desk.press("e");
    assert!(desk.cursor().starts_with("Traceback"));
    desk.press("E");
    assert!(desk.cursor().starts_with("level=error"));
    desk.press("E");
    assert!(desk.picture().contains("no error below"));
    assert!(
        desk.picture().contains("4 error lines"),
        "{}",
        desk.picture()
    );
}

#[test]
fn what_is_saved_is_what_passes_the_filter() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 30);
    desk.press("&");
    desk.write("ten");
    let effects = desk.press("Enter S");
    let wanted = Effect::Save {
        text: "line 0 ten\nline 10 ten\nline 20 ten\n".to_owned(),
        name: "train-nightly-x7k2p-train(1)-20261121T031244Z.log".to_owned(),
    };
    assert!(effects.has(&wanted), "{effects:?}");
    let effects = desk.press("g y");
    let copied = Effect::Copy {
        text: "line 0 ten".to_owned(),
        what: "the line".to_owned(),
    };
    assert!(effects.has(&copied), "{effects:?}");
}

#[test]
fn what_was_read_can_be_cleared_away_and_brought_back() {
    let mut desk = Desk::failed();
    many(&mut desk, 0, 9);
    desk.press("C-l");
    assert!(
        desk.picture()
            .contains("Nothing new since the screen was cleared")
    );
    many(&mut desk, 9, 12);
    let shown = desk.picture();
    assert!(
        !shown.contains("line 8") && shown.contains("line 9") && shown.contains("3 of 12 lines"),
        "{shown}"
    );
    desk.press("Esc");
    assert!(desk.picture().contains("line 8"));
}

#[test]
fn json_lines_are_folded_and_shown_whole_on_demand() {
    let mut desk = Desk::failed();
    desk.print(
        0,
        &[r#"1 {"ts":"2026-11-21T03:02:45Z","level":"error","msg":"no answer","code":503}"#],
    );
    let shown = desk.picture();
    assert!(
        shown.contains("03:02:45.000 ERROR no answer code=503"),
        "{shown}"
    );
    desk.press("Enter");
    assert!(
        desk.picture().contains("\"code\": 503"),
        "{}",
        desk.picture()
    );
    desk.press("Enter J");
    assert!(desk.picture().contains(r#""msg":"no answer""#));
}

#[test]
fn long_lines_go_beyond_the_edge_or_break() {
    let mut desk = Desk::failed();
    let long = format!("1 {} end", "x".repeat(300));
    desk.print(0, &[&long]);
    assert!(!desk.picture().contains("end"));
    desk.press("w");
    assert!(desk.picture().contains("end"));
    desk.press("w");
    for _ in 0..11 {
        desk.press("Right");
    }
    assert!(desk.picture().contains("end"), "{}", desk.picture());
}

#[test]
fn a_mark_is_drawn_between_old_and_new() {
    let mut desk = Desk::failed();
    desk.print(0, &["1 before"]);
    desk.press("M");
    desk.print(0, &["2 after"]);
    let shown = desk.picture();
    let (a, m, b) = (
        shown.find("before"),
        shown.find("──── 03:12:44Z"),
        shown.find("after"),
    );
    assert!(a < m && m < b && a.is_some() && b.is_some(), "{shown}");
}
