//! What a filter lets through, what it says of mistakes, and that text is read and printed alike.

use proptest::prelude::*;

use super::*;

const FIELDS: &[Field] = &[
    text("state"),
    text("name"),
    text("engine"),
    text("namespace"),
    sized("age", Measure::Seconds),
    sized("restarts", Measure::Count),
    text("last-word"),
];

const fn text(id: &'static str) -> Field {
    Field { id, measure: None }
}

const fn sized(id: &'static str, measure: Measure) -> Field {
    Field {
        id,
        measure: Some(measure),
    }
}

struct Row {
    name: &'static str,
    labels: Labels,
}

impl Row {
    fn new(name: &'static str) -> Self {
        let pairs = [("team", "nlp"), ("example.com/tier", "gold"), ("gpu", "")];
        Self {
            name,
            labels: Labels::of(pairs),
        }
    }
}

impl Subject for Row {
    fn name(&self) -> &str {
        self.name
    }
    fn namespace(&self) -> &'static str {
        "ml-fraud"
    }
    fn cluster(&self) -> &'static str {
        "eu"
    }
    fn column(&self, index: usize, see: &mut dyn FnMut(&str)) {
        let columns = ["Failed", self.name, "argo", "ml-fraud", "3 h", "4"];
        see(columns
            .get(index)
            .copied()
            .unwrap_or("train: OOMKilled (137)"));
    }
    fn value(&self, index: usize) -> Option<i64> {
        match index {
            4 => Some(3 * 3_600),
            5 => Some(4),
            _ => None,
        }
    }
    fn labels(&self) -> &Labels {
        &self.labels
    }
}

fn saved() -> BTreeMap<String, String> {
    [
        ("hot", "phase:failed age:<1d"),
        ("my runs", "name:train"),
        ("broken", "restarts:>x"),
        ("a", "@b"),
        ("b", "@a"),
    ]
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .into()
}

fn read(text: &str) -> Result<Filter, FilterMistake> {
    let saved = saved();
    Filter::parse(
        text,
        &Grammar {
            fields: FIELDS,
            saved: &saved,
        },
    )
}

fn rank(filter: &str, name: &'static str) -> Option<Rank> {
    read(filter)
        .unwrap()
        .rank(&Row::new(name), &mut Finder::default())
}

fn passes(filter: &str) -> bool {
    rank(filter, "train-nightly-x7k2p").is_some()
}

/// The bytes that are wrong, and what is said of them.
fn wrong(filter: &str) -> (String, String) {
    let mistake = read(filter).unwrap_err();
    (filter.get(mistake.at).unwrap().to_owned(), mistake.what)
}

#[test]
fn all_words_must_be_found_in_any_column() {
    assert!(passes("") && passes("nightly fraud") && passes("failed oomk"));
    assert!(!passes("nightly churn"));
    assert!(!passes("\"3 h\""), "sizes are no words");
}

#[test]
fn a_capital_is_looked_for_as_written_and_a_small_letter_in_any_case() {
    assert!(passes("oomkilled") && passes("OOMKilled") && passes("phase:failed"));
    assert!(!passes("OOMKILLED") && !passes("Nightly"));
}

#[test]
fn letters_apart_are_found_in_the_name_where_they_begin_words_or_stand_in_pieces() {
    assert!(passes("tnx") && passes("trnight") && passes("tnx7k"));
    assert!(
        !passes("anl") && !passes("rgt"),
        "scattered letters are no hit"
    );
    assert!(!passes("\"tnx\"") && !passes("name:tnx"), "only bare words");
}

#[test]
fn a_field_narrows_to_its_column_and_a_bang_turns_around() {
    assert!(passes(
        "ns:fraud phase:failed name:train engine:argo cluster:eu"
    ));
    assert!(passes("last:oom") && !passes("name:fraud"));
    assert!(passes("!churn") && !passes("!ns:fraud") && passes("!tnx"));
}

#[test]
fn one_of_several_values_is_enough_and_an_equal_sign_means_all_of_it() {
    assert!(passes("phase:running|failed") && passes("churn|night") && !passes("phase:x|y"));
    assert!(passes("ns:=ml-fraud") && !passes("ns:=fraud") && passes("ns:=fraud|=ml-fraud"));
    assert!(passes(r#""train: OOM""#) && passes(r#"last-word:"oomkilled (137""#));
    assert!(!passes(r#""train OOM""#));
}

#[test]
fn sizes_compare() {
    assert!(passes("age:>2h") && passes("age:<1d") && passes("age:>=3h") && passes("age:<=180m"));
    assert!(!passes("age:>3h") && passes("!age:>3h") && passes("age:<1m|>1h"));
    assert!(passes("restarts:4") && passes("restarts:>3") && !passes("restarts:<4"));
}

#[test]
fn labels_are_found_by_their_key_or_the_end_of_it_and_by_their_value() {
    assert!(passes("label:team=nlp") && passes("label:team") && passes("label:gpu=\"\""));
    assert!(passes("label:tier=silver|gold") && passes("label:example.com/tier=gold"));
    assert!(!passes("label:team=nl") && !passes("label:tea") && passes("!label:team=cv"));
}

#[test]
fn a_saved_filter_is_used_by_its_name_and_a_broken_one_is_said() {
    assert!(passes("@hot") && !passes("!@hot") && passes("@\"my runs\" @hot"));
    assert_eq!(
        wrong("x @broken"),
        (
            "@broken".to_owned(),
            "the saved filter broken (restarts:>x): x is no whole number".to_owned()
        )
    );
    assert!(wrong("@hott").1.contains("did you mean @hot?"));
    assert!(wrong("@a").1.contains("too deep"), "{:?}", wrong("@a"));
}

#[test]
fn what_is_wrong_is_pointed_at_and_said() {
    let cases = [
        (
            "phse:failed",
            "phse",
            "no column phse: did you mean phase:?",
        ),
        (
            "a age:>2x",
            "2x",
            "2x is no length of time: write 30s, 10m, 2h, 1h30m or 3d",
        ),
        ("age:2h", "2h", "more or less? write age:>2h or age:<2h"),
        ("age:>", ">", "a size is missing: write age:>2h or age:<10m"),
        ("restarts:many", "many", "many is no whole number"),
        ("name:>3", ">3", "name has no size: age, restarts have one"),
        ("ns:", ":", "a value is missing after ns:"),
        ("phase:", ":", "a value is missing after phase:"),
        ("a|", "|", "a word is missing after |"),
        ("!", "!", "what not? write a word after !"),
        (
            "label:",
            ":",
            "which label? write label:key or label:key=value",
        ),
        ("|a", "|", "a word is missing"),
    ];
    for (text, at, what) in cases {
        assert_eq!(wrong(text), (at.to_owned(), what.to_owned()), "{text}");
    }
    assert!(wrong("zzzzzz:x").1.contains("there are state, name"));
}

#[test]
fn what_is_right_narrows_while_the_rest_is_wrong() {
    let saved = saved();
    let grammar = Grammar {
        fields: FIELDS,
        saved: &saved,
    };
    let (filter, wrong) = Filter::right_part("ns:fraud phse:\"a b\" !age:>x train", &grammar);
    assert_eq!(filter.to_string(), "namespace:fraud train");
    assert!(
        wrong.unwrap().what.contains("phse"),
        "the first that is wrong"
    );
}

#[test]
fn what_only_looks_like_a_field_is_a_word() {
    assert!(read("score(1:shard)").is_ok() && read("10:30").is_ok() && read("://x").is_ok());
}

#[test]
fn a_name_that_fits_better_comes_first() {
    let rank = |name| rank("train", name).unwrap();
    assert!(rank("train") < rank("train-a"));
    assert!(rank("train-a") < rank("pretrain"));
    assert!(rank("pretrain") < rank("other"), "the last word says train");
    assert!(super::Filter::default().is_empty());
    let apart = super::tests::rank("tna", "train-nightly-a").unwrap();
    assert!(super::tests::rank("tra", "train-nightly-a").unwrap() < apart);
}

#[test]
fn the_letters_that_were_looked_for_are_told() {
    let letters = |filter: &str, name: &str| {
        let filter = read(filter).unwrap();
        filter.letters(name, &mut Finder::default())
    };
    assert_eq!(letters("night", "train-nightly"), [6, 7, 8, 9, 10]);
    assert_eq!(letters("tn", "train-nightly"), [0, 6]);
    assert_eq!(
        letters("!night ns:night phase:x", "train-nightly"),
        [0_usize; 0]
    );
    assert_eq!(letters("name:漢", "a漢字"), [1]);
}

#[test]
fn the_piece_at_the_cursor_is_what_can_be_completed() {
    let saved = saved();
    let piece = |text: &str| {
        let grammar = Grammar {
            fields: FIELDS,
            saved: &saved,
        };
        let piece = Piece::at(text, text.len(), &grammar);
        (piece.from, piece.typed, piece.sought)
    };
    let is = |from, typed: &str, sought| (from, typed.to_owned(), sought);
    assert_eq!(piece("a na"), is(2, "na", Sought::Field));
    assert_eq!(piece("!pha"), is(1, "pha", Sought::Field));
    assert_eq!(piece("phase:failed|ru"), is(13, "ru", Sought::Column(0)));
    assert_eq!(piece("ns:=ml"), is(4, "ml", Sought::Column(3)));
    assert_eq!(piece("cluster:"), is(8, "", Sought::Cluster));
    assert_eq!(piece("label:te"), is(6, "te", Sought::LabelKey));
    let team = Sought::LabelValue("team".to_owned());
    assert_eq!(piece("x label:team=a|n"), is(15, "n", team));
    assert_eq!(
        piece("last-word:\"out of"),
        is(10, "out of", Sought::Column(6))
    );
    assert_eq!(piece("@h"), is(1, "h", Sought::Saved));
    assert_eq!(piece("age:>2").2, Sought::Nothing);
}

/// Texts that are often filters.
fn filters() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "!",
        "@",
        "@hot",
        "@\"my runs\"",
        "ns:",
        "phase:",
        "age:",
        "restarts:",
        "label:",
        "name:",
        "=",
        "<",
        ">=",
        "|",
        "\"",
        "\\",
        " ",
        " ",
        "train",
        "漢字",
        "2h",
        "10m",
        "3",
        "team",
        "Failed",
        "x:",
        "e\u{301}",
        ":",
    ]);
    prop::collection::vec(part, 0..10).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_filter_that_is_printed_reads_the_same(text in filters()) {
        if let Ok(filter) = read(&text) {
            let printed = filter.to_string();
            prop_assert_eq!(read(&printed), Ok(filter), "printed as {}", printed);
        }
    }

    #[test]
    fn any_text_is_read_or_refused_and_what_is_wrong_lies_within_it(
        text in prop_oneof![filters(), ".{0,60}"],
        cursor in 0usize..80,
        name in prop::sample::select(vec!["train-nightly-x7k2p", "漢字-e\u{301}", ""]),
    ) {
        match read(&text) {
            Ok(filter) => {
                let mut finder = Finder::default();
                let row = Row::new(name);
                let _ = filter.rank(&row, &mut finder);
                let _ = filter.letters(name, &mut finder);
            }
            Err(mistake) => {
                prop_assert!(text.get(mistake.at.clone()).is_some_and(|t| !t.is_empty()), "{:?}", mistake);
            }
        }
        let saved = saved();
        let grammar = Grammar { fields: FIELDS, saved: &saved };
        let piece = Piece::at(&text, cursor, &grammar);
        prop_assert!(text.is_char_boundary(piece.from) && piece.from <= text.len());
    }

    #[test]
    fn a_value_that_is_quoted_is_found_as_it_is(value in ".{1,20}") {
        let value = value.to_lowercase();
        let filter = read(&format!("name:={}", quoted(&value)));
        prop_assert!(filter.is_ok(), "{:?}", filter);
    }
}
