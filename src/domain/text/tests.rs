//! What a person sees of hostile text, and the laws that hold for any text.

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::points::{Point, point};
use super::*;

fn shown(raw: &str) -> String {
    Clean::new(raw).as_str().to_owned()
}

#[test]
fn plain_text_is_left_alone() {
    for text in [
        "",
        "train-nightly-x7k2p",
        "main: OOMKilled (exit code 137)",
        "größe 5 µs · ✓ 中文",
    ] {
        assert_eq!(shown(text), text);
    }
}

#[test]
fn escape_sequences_of_known_attacks_are_gone() {
    // kubectl CVE-2021-25743, git CVE-2024-52005, tracing-subscriber CVE-2025-58160, OSC 52 and OSC 8
    assert_eq!(
        shown("\u{1b}[2J\u{1b}[H\u{1b}[31mfake prompt"),
        "fake prompt"
    );
    assert_eq!(shown("a\u{1b}]52;c;cm0gLXJmIC8=\u{7}b"), "ab");
    assert_eq!(
        shown("\u{1b}]8;;http://evil\u{1b}\\ok\u{1b}]8;;\u{1b}\\"),
        "ok"
    );
    assert_eq!(shown("a\u{9d}52;c;?\u{9c}b"), "ab");
    assert_eq!(
        shown("q\u{1b}P+q544e\u{1b}\\w\u{1b}_Gf=100\u{1b}\\e"),
        "qwe"
    );
    assert_eq!(
        shown("\u{1b}[c\u{1b}[>q\u{1b}[21t\u{1b}[?1049l\u{1b}[?1000hx"),
        "x"
    );
    assert_eq!(shown("\u{1b}c\u{1b}(0x"), "x");
}

#[test]
fn an_unterminated_string_hides_nothing_behind_it() {
    assert_eq!(shown("\u{1b}]0;title\nnext line"), "␛]0;title⏎next line");
    assert_eq!(shown("ok\u{1b}"), "ok␛");
    assert_eq!(shown("ok\u{1b}[12"), "ok␛[12");
}

#[test]
fn controls_are_shown_as_pictures_and_line_ends_as_a_mark() {
    assert_eq!(shown("ok\rfailed\u{8}\u{0}\u{7f}"), "ok␍failed␈␀␡");
    assert_eq!(shown("one\r\ntwo\nthree\n"), "one⏎two⏎three");
    assert_eq!(shown("a\u{85}b"), "a‹U+0085›b");
}

#[test]
fn what_reorders_or_hides_is_made_visible() {
    assert_eq!(shown("user\u{202e}nimda"), "user‹U+202E›nimda");
    assert_eq!(shown("pro\u{200b}d"), "pro‹U+200B›d");
    assert_eq!(shown("a\u{e0041}b"), "a‹U+E0041›b");
    assert_eq!(shown("x\u{2028}y\u{feff}"), "x‹U+2028›y‹U+FEFF›");
    assert_eq!(shown("pay\u{200d}pal"), "pay‹U+200D›pal");
    assert_eq!(shown("a\u{fe0f}"), "a‹U+FE0F›");
}

#[test]
fn emoji_and_scripts_that_need_joiners_keep_them() {
    for text in ["👩‍💻 done", "❤️", "1️⃣", "क्‍ष", "می‌خواهم", "한국어", "葛󠄀"]
    {
        assert_eq!(shown(text), text, "{text:?}");
    }
}

#[test]
fn tabs_reach_the_next_stop() {
    assert_eq!(shown("a\tb\t\tc"), "a       b               c");
    assert_eq!(shown("中\tb"), "中      b");
}

#[test]
fn marks_cannot_pile_up_or_reach_into_the_frame() {
    let zalgo = format!("a{}b", "\u{301}".repeat(40));
    assert_eq!(shown(&zalgo), format!("a{}b", "\u{301}".repeat(4)));
    assert_eq!(shown("\u{301}x"), "\u{25cc}\u{301}x");
}

#[test]
fn a_long_line_says_how_much_is_missing() {
    let text = shown(&"x".repeat(100_000));
    assert!(text.len() <= LINE_CAP, "{}", text.len());
    let (kept, note) = text.split_once(" … ").unwrap();
    assert_eq!(note, format!("{} bytes more", 100_000 - kept.len()));
}

#[test]
fn bytes_that_are_no_text_are_marked() {
    assert_eq!(
        Clean::from_bytes(b"ok\xff\x9b31mx").as_str(),
        "ok\u{fffd}\u{fffd}31mx"
    );
}

#[test]
fn any_scalar_reads_as_text() {
    let read = |json: &str| serde_json::from_str::<Clean>(json).unwrap().to_string();
    let all: Vec<String> = [
        r#""a\u001b[1mb""#,
        "5",
        "-5",
        "1.5",
        "true",
        "null",
        "[1,{}]",
        r#"{"a":[]}"#,
    ]
    .iter()
    .map(|json| read(json))
    .collect();
    assert_eq!(all, ["ab", "5", "-5", "1.5", "true", "", "", ""]);
}

fn holds_the_laws(raw: &str) -> Result<(), TestCaseError> {
    let once = Clean::new(raw);
    prop_assert!(once.len() <= LINE_CAP);
    for c in once.chars() {
        prop_assert!(!c.is_control(), "{raw:?} -> {once:?}");
        prop_assert!(
            !matches!(point(c), Point::Hidden | Point::Control(_)),
            "U+{:04X} in {once:?} from {raw:?}",
            u32::from(c)
        );
    }
    prop_assert!(once == Clean::new(&once), "not idempotent: {raw:?}");
    prop_assert!(once.width() <= once.len() * 2);
    Ok(())
}

#[test]
fn a_joiner_stays_only_with_the_mark_that_it_joins() {
    let raw = "\u{301}\u{200d}\u{301}\u{200d}\u{301}[";
    holds_the_laws(raw).unwrap();
    holds_the_laws(&raw.repeat(300)).unwrap();
}

/// Characters that matter to the rules, mixed with any other.
fn hostile() -> impl Strategy<Value = String> {
    let picked = prop::sample::select(
        "\u{1b}\u{1b}\u{1b}[]P_^X\\\u{7}\u{9b}\u{9d}\u{9c}\u{90}\n\r\t;0m?\u{200d}\u{200c}\u{fe0f}\u{301}\u{202e}😀क्a \u{e0100}葛\u{85}\u{2028}\u{e0020}\u{1160}"
            .chars()
            .collect::<Vec<_>>(),
    );
    prop::collection::vec(prop_oneof![4 => picked, 1 => any::<char>()], 0..200)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_the_laws(raw in hostile()) {
        holds_the_laws(&raw)?;
    }

    #[test]
    fn no_bytes_break_the_laws(raw in prop::collection::vec(any::<u8>(), 0..300)) {
        holds_the_laws(&String::from_utf8_lossy(&raw))?;
    }

    #[test]
    fn no_long_text_breaks_the_laws(raw in hostile(), times in 1usize..400) {
        holds_the_laws(&raw.repeat(times))?;
    }
}

#[test]
fn every_code_point_holds_the_laws_alone_and_between_letters() {
    for c in (0..=0x0010_ffff).filter_map(char::from_u32) {
        holds_the_laws(&c.to_string()).unwrap();
        holds_the_laws(&format!("a{c}b")).unwrap();
        holds_the_laws(&format!("😀{c}😀")).unwrap();
    }
}
