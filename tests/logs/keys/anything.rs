//! Whatever is printed, pressed and typed, at any size: no panic.

use midwatch::app::Msg;
use midwatch::domain::{Clean, LogEnd, LogLine};
use midwatch::keys::{Chord, Code};
use proptest::prelude::*;

use crate::desk::{Desk, at};
use crate::platform;

fn any_key() -> impl Strategy<Value = Chord> {
    let chars: Vec<char> = "jkgGfnNeEptwJSyMos/&!<>. (l".chars().collect();
    let codes = vec![
        Code::Enter,
        Code::Esc,
        Code::PageUp,
        Code::PageDown,
        Code::Up,
        Code::Down,
        Code::Left,
        Code::Right,
        Code::Backspace,
    ];
    prop_oneof![
        6 => prop::sample::select(chars).prop_map(Chord::char),
        3 => prop::sample::select(codes).prop_map(Chord::plain),
        1 => Just(Chord::ctrl('l')),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => ".{0,40}",
        1 => Just("Traceback (most recent call last):".to_owned()),
        1 => Just("  File \"x\"".to_owned()),
        2 => "\\{\"(level|msg|a)\":\"[a-zé漢\u{202e}]{0,9}\",\"b\":[0-9]{1,3}\\}",
        1 => "[a-z ]{200,300}",
        1 => "(ERROR|WARN) (ab|c)*",
    ]
}

#[derive(Debug, Clone)]
enum Act {
    Key(Chord),
    Lines(Vec<(Option<i64>, String)>),
    Typed(String),
    Size(u16, u16),
    End,
}

fn any_act() -> impl Strategy<Value = Act> {
    let line = (prop::option::of(0i64..50), any_text());
    prop_oneof![
        8 => any_key().prop_map(Act::Key),
        4 => prop::collection::vec(line, 0..30).prop_map(Act::Lines),
        1 => "[a-c.*+?()|\\\\\\[]{0,6}".prop_map(Act::Typed),
        1 => (30u16..130, 8u16..40).prop_map(|(w, h)| Act::Size(w, h)),
        1 => Just(Act::End),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn no_lines_keys_patterns_and_sizes_break_it(acts in prop::collection::vec(any_act(), 1..60)) {
        let mut desk = Desk::failed();
        for act in acts {
            let reading = !desk.scopes().is_empty();
            match act {
                Act::Key(chord) => { let _ = desk.tell(Msg::Pressed(chord)); }
                Act::Typed(text) => { let _ = desk.tell(Msg::Pasted(text)); }
                Act::Size(w, h) => desk.size(w, h),
                Act::End if reading => desk.end(0, LogEnd::Complete),
                Act::Lines(lines) if reading => {
                    let lines = lines.into_iter().map(|(second, text)| LogLine {
                        at: second.map(at),
                        text: Clean::new(&text),
                        cut: 0,
                    });
                    desk.batch(0, lines.collect(), None);
                }
                Act::End | Act::Lines(_) => {}
            }
            let shown = desk.picture();
            prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{:?}", shown);
            if desk.model.screen().unwrap().id() != "logs" {
                // Back left it
                desk.press("Esc");
                desk.press("2 l");
                if desk.model.screen().unwrap().id() != "logs" {
                    break;
                }
            }
            let (Some(scope), Some(cursor)) = (desk.scopes().first().cloned(), desk.logs().cursor()) else { continue };
            if let Some(book) = desk.model.world.book(scope.view).filter(|b| b.lines().len() > 0) {
                let shown = desk.logs().shown(book);
                prop_assert!(shown.is_empty() || desk.logs().index(book) < shown.len());
                prop_assert!(book.number(cursor) <= book.end());
            }
        }
        let _ = platform::now();
    }
}
