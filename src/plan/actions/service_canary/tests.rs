//! What `service.set-canary` plans, blocks and refuses.

use super::super::service_tests::{plan, refusal, service, trap};
use super::*;

const NEW: &str = "s-predictor-00002";
const OLD: &str = "s-predictor-00001";

#[test]
fn a_new_model_and_its_percent_are_one_patch() {
    let whole = service(None, [OLD, OLD, OLD, ""], &[(OLD, 100)]);
    let start = plan(
        "service.set-canary",
        &whole,
        &[("percent", "5 %"), ("uri", "s3://m/2")],
    )
    .unwrap();
    assert!(!start.is_blocked());
    assert_eq!(start.steps.len(), 1);
    assert_eq!(
        start.steps[0].body["spec"],
        json!({"predictor": {"canaryTrafficPercent": 5, "model": {"storageUri": "s3://m/2"}}})
    );
    assert_eq!(start.inverse_parameters["uri"], "s3://m/1");
    assert_eq!(
        start.inverse.as_ref().unwrap().action,
        "service.restore-spec"
    );
    let mut after = service(Some(5), [NEW, NEW, OLD, ""], &[(NEW, 5), (OLD, 95)]);
    assert!(start.verify.holds(Some(&after)));
    after["status"]["components"]["predictor"]["latestReadyRevision"] = OLD.into();
    assert!(!start.verify.holds(Some(&after)), "it is not ready yet");
    assert!(refusal("service.set-canary", &whole, &[("uri", "s3://m/1")]).contains("already"));
    for wrong in ["101", "-1", "ten", "1.5", ""] {
        assert!(
            refusal("service.set-canary", &whole, &[("percent", wrong)]).contains("0 to 100"),
            "{wrong}"
        );
    }
}

#[test]
fn a_percent_alone_on_a_promoted_service_is_blocked_and_says_what_it_would_do() {
    let promoted = service(None, [NEW, NEW, NEW, OLD], &[(NEW, 100)]);
    let alone = plan("service.set-canary", &promoted, &[("percent", "10")]).unwrap();
    assert!(alone.is_blocked());
    let text = trap(&alone, "taken for a roll back");
    assert!(
        text.contains(&format!(
            "90 % of the traffic would go to the earlier revision {OLD}"
        )),
        "{text}"
    );
    let fact = alone.facts.iter().find(|f| f.topic == "traffic").unwrap();
    assert!(
        fact.text.ends_with(&format!("then {OLD} 90 %, {NEW} 10 %")),
        "{}",
        fact.text
    );
    let with = plan("service.set-canary", &promoted, &[("uri", "s3://m/3")]).unwrap();
    assert!(!with.is_blocked());
    let only = service(None, [OLD, OLD, OLD, ""], &[(OLD, 100)]);
    let only = plan("service.set-canary", &only, &[]).unwrap();
    assert!(!only.is_blocked());
    trap(&only, "No traffic moves now");
}

#[test]
fn the_part_of_a_canary_is_changed_and_changed_back() {
    let canary = service(Some(10), [NEW, NEW, OLD, ""], &[(NEW, 10), (OLD, 90)]);
    let more = plan("service.set-canary", &canary, &[("percent", "50")]).unwrap();
    assert!(
        !more.is_blocked() && more.traps.is_empty(),
        "{:?}",
        more.traps
    );
    assert_eq!(more.inverse_parameters["percent"], "10");
    let after = service(Some(50), [NEW, NEW, OLD, ""], &[(NEW, 50), (OLD, 50)]);
    assert!(more.verify.holds(Some(&after)) && !more.verify.holds(Some(&canary)));
    assert!(refusal("service.set-canary", &canary, &[("percent", "10")]).contains("already"));
    let none = plan("service.set-canary", &canary, &[("percent", "0")]).unwrap();
    trap(&none, "the next model gets no traffic either");
}

#[test]
fn a_revision_under_way_is_held_back_before_it_is_ready() {
    let loading = service(None, [NEW, OLD, OLD, ""], &[(OLD, 100)]);
    let held = plan("service.set-canary", &loading, &[("percent", "0")]).unwrap();
    assert!(!held.is_blocked(), "{:?}", held.traps);
    assert!(
        held.facts
            .iter()
            .any(|f| f.text.contains(&format!("until {NEW} is ready")))
    );
}

#[test]
fn a_second_canary_takes_the_place_of_the_first() {
    let canary = service(Some(10), [NEW, NEW, OLD, ""], &[(NEW, 10), (OLD, 90)]);
    let next = plan(
        "service.set-canary",
        &canary,
        &[("percent", "20"), ("uri", "s3://m/3")],
    )
    .unwrap();
    trap(
        &next,
        &format!("{NEW} has 20 % until the new revision is ready"),
    );
}

#[test]
fn standard_mode_is_refused_with_the_way_that_works() {
    let mut standard = service(None, ["", "", "", ""], &[]);
    standard["status"]["deploymentMode"] = "Standard".into();
    standard["spec"]["canary"] = json!([{"predictor": {"name": "c"}, "trafficPercent": 10}]);
    let text = refusal("service.set-canary", &standard, &[]);
    assert!(
        text.contains("does nothing there") && text.contains("splits no traffic"),
        "{text}"
    );
    assert!(text.contains("service.restore-spec"), "{text}");
    for action in ["service.promote", "service.rollback"] {
        assert!(
            refusal(action, &standard, &[]).contains("service.restore-spec"),
            "{action}"
        );
    }
}
