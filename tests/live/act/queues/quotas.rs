//! Quotas of teams: set where they are kept, and followed.

use serde_json::{Value, json};

use super::{Made, listed, refused, traps};
use crate::act::{LONG, NS, Person, kubectl, name, object};
use crate::support::wait_for;

const TEAM: &str = "team-vision";

fn quota(name: &str) -> Option<Value> {
    let text = kubectl(
        &["-n", TEAM, "get", "resourcequota", name, "-o", "json"],
        "",
    )
    .ok()?;
    serde_json::from_str(&text).ok()
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_quota_that_a_profile_keeps_is_set_in_the_profile_and_stays() {
    let person = Person::new("sre");
    let slices = "requests.nvidia.com/mig-1g.10gb";
    let row = listed(&person, "quotas", TEAM, "the team's", |q| {
        q["name"] == "kf-resource-quota"
    });
    assert_eq!(
        (&row["keptBy"], &row["owner"]),
        (&json!(TEAM), &json!("ada@example.com"))
    );
    // the sweep asked for more than the quota has
    assert_eq!(row["refused"][0]["name"], "vision-sweep", "{row}");
    let waits = listed(&person, "waiting", TEAM, "the sweep", |w| {
        w["name"] == "vision-sweep"
    });
    assert_eq!(waits["lacks"], "quota");
    assert!(
        waits["why"]
            .as_str()
            .unwrap()
            .contains("4 of 4 mig-1g.10gb are in use, and 1 more wanted"),
        "{waits}"
    );

    let text = refused(
        &person,
        &[
            "quota.set",
            "kf-resource-quota",
            "-n",
            TEAM,
            "--param",
            "resource=gpu",
            "--param",
            "hard=6",
        ],
    );
    assert!(
        text.contains("puts it back") && text.contains("Profile team-vision"),
        "{text}"
    );
    let set = |hard: &str| {
        let given = format!("hard={hard}");
        let target = format!("profiles/{TEAM}");
        let done = person.midwatch(&[
            "do",
            "quota.set",
            &target,
            "--param",
            "resource=gpu",
            "--param",
            &given,
            "--yes",
            "--confirm",
            TEAM,
            "-o",
            "json",
            "--wait",
            "120s",
            "--reason",
            "a test",
        ]);
        assert_eq!(done.code, Some(0), "{done:?}");
        wait_for("the quota to follow", LONG, || {
            let hard_now =
                quota("kf-resource-quota")?["spec"]["hard"]["requests.nvidia.com/gpu"].clone();
            (hard_now == hard).then_some(())
        });
    };
    set("6");
    set("4");
    let target = format!("profiles/{TEAM}");
    let done = person.midwatch(&[
        "do",
        "quota.set",
        &target,
        "--param",
        "resource=mig-1g.10gb",
        "--param",
        "hard=2",
        "--dry-run",
        "-o",
        "json",
    ]);
    let plan: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    assert!(
        traps(&plan).contains("4 are in use, more than 2: lowering ends none of them"),
        "{plan}"
    );
    assert_eq!(
        plan["steps"][0]["body"]["spec"]["resourceQuotaSpec"]["hard"],
        json!({slices: "2"})
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_quota_of_its_own_is_set_and_the_quota_controller_follows() {
    let person = Person::new("sre");
    let mut made = Made(Vec::new());
    let own = name("quota");
    made.make("resourcequotas", &json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": own, "namespace": NS},
        "spec": {"hard": {"requests.nvidia.com/mig-7g.80gb": "50"}}}));
    wait_for("its status", LONG, || {
        let now = object("resourcequotas", &own)?;
        now["status"]["hard"].is_object().then_some(())
    });
    let outcome = person.act("quota.set", &own, &["--param", "hard=40"]);
    let now = object("resourcequotas", &own).unwrap();
    assert_eq!(
        now["status"]["hard"]["requests.nvidia.com/mig-7g.80gb"],
        "40"
    );
    assert_eq!(outcome["undo"]["parameters"]["hard"], "50");
    let text = refused(
        &person,
        &["quota.set", &own, "-n", NS, "--param", "hard=few"],
    );
    assert!(text.contains("a whole number from 0"), "{text}");
}
