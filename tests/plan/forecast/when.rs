//! When Argo CD puts a change back: windows, pauses, and applications that do nothing.

use midwatch::plan::{Sight, Stays};
use serde_json::{Value, json};

use super::{app, cron, seen, suspended, with};

#[test]
fn sync_windows_hold_self_heal_back_until_they_let_it_pass() {
    // 12:00 UTC on a Saturday
    let gate = |windows: Value| {
        let mut seen = seen(app());
        seen.project = Sight::Found(Box::new(json!({"spec": {"syncWindows": windows}})));
        seen.zones = [("Europe/Berlin".to_owned(), 3_600)].into();
        suspended(&cron(), &seen)
    };
    let deny = |schedule: &str, duration: &str| json!({"kind": "deny", "schedule": schedule, "duration": duration, "applications": ["*"]});
    let told = gate(json!([deny("0 11 * * *", "3h")]));
    assert_eq!(
        (told.stays, told.reverted_within),
        (Stays::No, Some(2 * 3_600 + 10))
    );
    assert!(
        told.text
            .contains("held back by a sync window until Sat 14:00Z"),
        "{}",
        told.text
    );
    // over before, for others, at another time of the day in its zone
    for open in [
        json!([deny("0 8 * * *", "3h")]),
        json!([{"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["training-*"], "namespaces": ["web"]}]),
        json!([{"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["*"], "namespaces": ["web"], "andOperator": true}]),
        json!([{"kind": "deny", "schedule": "0 11 * * *", "duration": "90m", "timeZone": "Europe/Berlin", "applications": ["*"]}]),
        json!([{"kind": "allow", "schedule": "0 11 * * *", "duration": "2h", "applications": ["*"]}]),
    ] {
        let told = gate(open.clone());
        assert_eq!(told.reverted_within, Some(10), "{open}: {}", told.text);
    }
    let told = gate(
        json!([{"kind": "allow", "schedule": "0 9 * * 1", "duration": "1h", "clusters": ["https://kubernetes.*"]}]),
    );
    assert!(told.text.contains("until Mon 09:00Z"), "{}", told.text);
    let told = gate(json!([deny("0 0 * * *", "48h")]));
    assert_eq!(told.stays, Stays::UntilSync, "{}", told.text);
    for odd in [
        deny("@daily", "3h"),
        json!({"kind": "deny", "schedule": "0 1 * * *", "duration": "1h", "timeZone": "Mars/Base", "namespaces": ["*"]}),
    ] {
        let told = gate(json!([odd]));
        assert!(
            told.unknown.contains("cannot be read here"),
            "{}",
            told.unknown
        );
    }
    let mut unread = seen(app());
    unread.project = Sight::Unseen("You may not get AppProject ml".into());
    let told = suspended(&cron(), &unread);
    assert_eq!(told.stays, Stays::No);
    assert!(
        told.unknown.contains("You may not get AppProject ml"),
        "{}",
        told.unknown
    );
}

#[test]
fn an_application_that_does_nothing_at_present_is_told() {
    let frozen = json!({"argocd.argoproj.io/skip-reconcile": "true"});
    let failed = json!({"phase": "Failed", "syncResult": {"revision": "abc"}});
    let broken = json!([{"type": "ComparisonError", "message": "no such repository"}]);
    for (pointer, value, because) in [
        ("/metadata/annotations", frozen, "frozen by skip-reconcile"),
        ("/status/operationState", failed, "its last sync failed"),
        ("/status/conditions", broken, "it cannot compare at present"),
    ] {
        let told = suspended(&cron(), &seen(with(pointer, value)));
        assert_eq!(told.stays, Stays::UntilSync);
        assert!(told.text.contains(because), "{}", told.text);
    }
    let mut going = with("/metadata/deletionTimestamp", json!("2026-11-21T11:59:00Z"));
    assert_eq!(suspended(&cron(), &seen(going.clone())).stays, Stays::Yes);
    going["metadata"]["finalizers"] = json!(["resources-finalizer.argocd.argoproj.io"]);
    let told = suspended(&cron(), &seen(going));
    assert!(
        told.text.contains("this object goes with it"),
        "{}",
        told.text
    );
}

#[test]
fn self_heal_pauses_longer_each_time_it_had_to_act() {
    let state = |count: u64, finished: &str| json!({"phase": "Succeeded", "finishedAt": finished, "operation": {"sync": {"selfHealAttemptsCount": count}}});
    for (count, finished, expected) in [
        (0, "2026-11-21T12:00:00Z", 10),
        (1, "2026-11-21T12:00:00Z", 12),
        (3, "2026-11-21T11:59:50Z", 18),
        (9, "2026-11-21T12:00:00Z", 310),
        (9, "2026-11-21T11:00:00Z", 10),
    ] {
        let told = suspended(
            &cron(),
            &seen(with("/status/operationState", state(count, finished))),
        );
        assert_eq!(told.reverted_within, Some(expected), "{count} {finished}");
    }
}
