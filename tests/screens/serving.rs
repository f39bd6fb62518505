//! What the screens show of inference services: what burns, why, and what is not known.

#[path = "serving/world.rs"]
pub mod world;

use midwatch::app::Model;
use midwatch::domain::{
    BurnRow, Burning, CanaryRow, Clean, Origin, ServiceRow, SourceState, Written, WrittenRow,
};
use midwatch::ui::Look;

use super::platform::{now, put, set_state};
use super::{mono, picture, platform, press};
use world::burning::{burn, cold_starts, pair};
use world::*;

#[path = "serving/standard.rs"]
mod standard;

fn live() -> Model {
    let mut model = platform::live();
    fill(&mut model);
    press(&mut model, "5");
    model
}

fn shown(model: &mut Model) -> String {
    picture(model, (120, 36), Look::default())
}

/// Names in the order of the list.
fn names(model: &mut Model) -> Vec<String> {
    let known: Vec<String> = services().iter().map(|s| s.key.name.to_string()).collect();
    let shown = shown(model);
    let name = |line: &str| {
        let mut words = line.split_whitespace();
        words
            .find(|w| known.iter().any(|k| k == w) || *w == "churn-llm")
            .map(str::to_owned)
    };
    shown.lines().skip(5).take(9).filter_map(name).collect()
}

#[test]
fn services_that_burn_stand_first_with_what_is_really_routed() {
    let mut model = live();
    insta::assert_snapshot!(
        "services_200x50",
        picture(&mut model, (200, 50), Look::default())
    );
    insta::assert_snapshot!("services_120x36", shown(&mut model));
    insta::assert_snapshot!(
        "services_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "services_40x10",
        picture(&mut model, (40, 10), Look::default())
    );
    insta::assert_snapshot!("services_mono_80x24", picture(&mut model, (80, 24), mono()));
}

#[test]
fn a_service_opens_on_its_canary_beside_the_stable_side() {
    let mut model = live();
    press(&mut model, "Enter");
    insta::assert_snapshot!(
        "service_200x50",
        picture(&mut model, (200, 50), Look::default())
    );
    insta::assert_snapshot!("service_120x36", shown(&mut model));
    insta::assert_snapshot!(
        "service_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "service_40x10",
        picture(&mut model, (40, 10), Look::default())
    );
    insta::assert_snapshot!("service_mono_80x24", picture(&mut model, (80, 24), mono()));
    press(&mut model, "G");
    insta::assert_snapshot!("service_end_120x36", shown(&mut model));
}

#[test]
fn revisions_say_what_they_serve() {
    let mut model = live();
    press(&mut model, "Tab");
    insta::assert_snapshot!("revisions_120x36", shown(&mut model));
}

#[test]
fn a_service_moves_up_as_soon_as_it_burns() {
    let mut model = live();
    assert_eq!(names(&mut model)[0], "fraud-scorer");
    let hotter = BurnRow {
        worst: Some(pair(300.0, 400.0)),
        ..burning(&key("ml-churn", "churn"))
    };
    let mut rows = burns();
    rows.retain(|r| &*r.service.name != "churn");
    rows.push(hotter);
    put(&mut model, "burn", rows);
    assert_eq!(names(&mut model)[..2], ["churn", "fraud-scorer"]);
    // and down again
    put(&mut model, "burn", burns());
    assert_eq!(names(&mut model)[0], "fraud-scorer");
}

#[test]
fn what_is_not_measured_is_a_dash_and_never_calm() {
    let mut model = live();
    put::<BurnRow>(&mut model, "burn", Vec::new());
    set_state(&mut model, "burn", SourceState::Absent);
    let shown = shown(&mut model);
    let line = shown.lines().find(|l| l.contains(" churn ")).unwrap();
    assert!(!line.contains('×') && !line.contains(" 0 "), "{line}");
    assert!(shown.contains("no Prometheus found"), "{shown}");
}

#[test]
fn old_burn_figures_stay_and_are_said_to_be_old() {
    let mut model = live();
    set_state(&mut model, "burn", SourceState::Stale);
    let shown = shown(&mut model);
    assert!(
        shown.contains("burn figures are old: prometheus stale for 42 s"),
        "{shown}"
    );
    assert!(shown.contains("31× / 38×"), "{shown}");
}

#[test]
fn without_figures_of_the_canary_there_is_not_enough_data() {
    for state in [
        SourceState::Live,
        SourceState::Down,
        SourceState::Absent,
        SourceState::Connecting,
    ] {
        let mut model = live();
        put::<CanaryRow>(&mut model, "canary", Vec::new());
        set_state(&mut model, "canary", state);
        press(&mut model, "Enter");
        let shown = shown(&mut model);
        assert!(shown.contains("not enough data"), "{state:?}\n{shown}");
    }
    // figures of an older canary say nothing of this one
    let mut model = live();
    let mut old = compared();
    old.canary.revision = Clean::from(revision_name("fraud-scorer", 40));
    put(&mut model, "canary", vec![old]);
    press(&mut model, "Enter");
    assert!(shown(&mut model).contains("not enough data"));
}

#[test]
fn the_list_can_be_sorted_and_narrowed_by_what_burns() {
    let mut model = live();
    press(&mut model, "/ b u r n : > 1 0 Enter");
    assert_eq!(names(&mut model), ["fraud-scorer"]);
    press(&mut model, "Esc");
    press(&mut model, "/ s t a t e : p i n n e d Enter");
    assert_eq!(names(&mut model), ["propensity"]);
}

#[test]
fn few_cold_starts_neither_stand_for_a_burn_rate_nor_make_what_is_unknown_calm() {
    let mut model = live();
    let of = key("ml-churn", "churn");
    let unknown = burn(&of, "errors", "errors < 0.1 %", Burning::Unknown);
    put(&mut model, "burn", vec![cold_starts(&of, 0.0), unknown]);
    let list = shown(&mut model);
    let line = list.lines().find(|l| l.contains(" churn ")).unwrap();
    assert!(!line.contains("(max") && line.contains("No data"), "{line}");
    // too many of them are told where the eye looks
    let many = BurnRow {
        state: Burning::Ticket,
        ..cold_starts(&of, 14.0)
    };
    put(&mut model, "burn", vec![many]);
    let list = shown(&mut model);
    let line = list.lines().find(|l| l.contains(" churn ")).unwrap();
    assert!(line.contains("14 (max 10)"), "{line}");
}

#[test]
fn a_budget_that_is_far_overspent_is_told_whole() {
    let mut model = live();
    for (left, told) in [
        (-0.5, "-50 %"),
        (-4.13, "-4.1×"),
        (-330.0, "-330×"),
        (-5_000.0, "<-1k×"),
    ] {
        let spent = BurnRow {
            left: Some(left),
            ..burning(&key("ml-churn", "churn"))
        };
        put(&mut model, "burn", vec![spent]);
        let list = shown(&mut model);
        let line = list.lines().find(|l| l.contains(" churn ")).unwrap();
        assert!(line.contains(told), "{told}: {line}");
    }
}

#[test]
fn the_form_of_a_canary_begins_at_its_present_percent() {
    let mut model = live();
    let row = ServiceRow {
        canary: Some(35),
        ..knative("ml-twin", "twin", 42, 41, &[(42, 35), (41, 65)])
    };
    put(&mut model, "services", vec![row]);
    press(&mut model, "/ t w i n Enter");
    press(&mut model, ": s e r v i c e - s e t - c a n a r y Enter");
    let form = shown(&mut model);
    let line = form.lines().find(|l| l.contains("percent")).unwrap();
    assert!(line.contains("35"), "{form}");
}

#[test]
fn objectives_say_where_they_are_written_and_a_broken_document_is_told() {
    let mut model = live();
    let of = key("ml-churn", "churn");
    let document = |name: &str| Written {
        feed: "slo-pyrra",
        word: "pyrra",
        key: key("ml-churn", name),
        uid: Clean::new("u"),
    };
    let own = BurnRow {
        origin: Origin::Object(document("availability")),
        ..inside(&of, "availability", "availability 99 %")
    };
    put(
        &mut model,
        "burn",
        vec![own, inside(&of, "errors", "errors < 0.1 %")],
    );
    let broken = WrittenRow {
        key: key("ml-churn", "pyrra/latency"),
        object: document("latency"),
        objectives: 0,
        mistakes: Box::new([Clean::new("spec.target: `many` is no number")]),
    };
    put(&mut model, "burn", vec![broken]);
    let list = shown(&mut model);
    assert!(
        list.contains("an objective is broken: pyrra ml-churn/latency"),
        "{list}"
    );
    press(&mut model, "/ c h u r n Enter g Enter");
    let text = shown(&mut model);
    assert!(
        text.contains("availability is written in pyrra ml-churn/availability"),
        "{text}"
    );
    assert!(
        text.contains("pyrra ml-churn/latency: spec.target: `many` is no number"),
        "{text}"
    );
}

#[test]
fn while_nobody_has_chosen_a_row_the_list_stays_on_what_burns_most() {
    let mut model = platform::live();
    fill(&mut model);
    put::<BurnRow>(&mut model, "burn", Vec::new());
    set_state(&mut model, "burn", SourceState::Partial);
    press(&mut model, "5");
    let _ = shown(&mut model);
    let cursor = |model: &mut Model| {
        let list = shown(model);
        let line = list.lines().find(|l| l.contains('▌')).unwrap_or_default();
        line.to_owned()
    };
    put(&mut model, "burn", burns());
    assert!(cursor(&mut model).contains("fraud-scorer"));
    // from the first key on it is the person's row
    let hotter = BurnRow {
        worst: Some(pair(300.0, 400.0)),
        ..burning(&key("ml-churn", "churn"))
    };
    press(&mut model, "?");
    press(&mut model, "Esc");
    let mut rows = burns();
    rows.push(hotter);
    put(&mut model, "burn", rows);
    assert!(cursor(&mut model).contains("fraud-scorer"));
}

#[test]
fn services_can_be_drawn_at_every_size() {
    for keys in ["5", "5 Enter", "5 Tab", "5 Enter G"] {
        let mut model = live();
        press(&mut model, keys);
        for width in [0, 1, 5, 13, 39, 40, 60, 79, 80, 120, 199, 300] {
            for height in [0, 1, 2, 5, 9, 10, 11, 24, 50, 100] {
                let _ = picture(&mut model, (width, height), Look::default());
                let _ = picture(&mut model, (width, height), mono());
            }
        }
    }
}

#[test]
#[ignore = "prints a figure"]
#[allow(clippy::print_stdout)]
fn figure_of_five_hundred_services_put_in_order_and_drawn() {
    let mut model = platform::live();
    fill(&mut model);
    let many: Vec<ServiceRow> = (0..500)
        .map(|n| knative("load", &format!("svc-{n:03}"), 2, 2, &[(2, 100)]))
        .collect();
    let objectives =
        |s: &ServiceRow| ["errors", "p50", "p95", "p99", "ready"].map(|id| inside(&s.key, id, id));
    let mut rows: Vec<BurnRow> = many.iter().flat_map(objectives).collect();
    put(&mut model, "services", many);
    put(&mut model, "burn", rows.clone());
    press(&mut model, "5");
    let mut best = std::time::Duration::MAX;
    for round in 0..5 {
        rows[0].volume = Some(f64::from(round));
        put(&mut model, "burn", rows.clone());
        let began = std::time::Instant::now();
        let _ = picture(&mut model, (120, 36), Look::default());
        best = best.min(began.elapsed());
    }
    println!("500 services with 2,500 objectives, ordered and drawn in {best:?}");
    let _ = now();
}
