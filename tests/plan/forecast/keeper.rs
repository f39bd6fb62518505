//! Who keeps an object: an application, Flux, Helm, nobody, or one that cannot be read.

use midwatch::plan::{
    Evidence, Forecast, Keepers, Sight, Sought, Stays, forecast, keeper_among, sought,
};
use serde_json::{Value, json};

use super::{ID, TRACKING, app, cron, seen, suspended};
use crate::{now, plan};

#[test]
fn a_mark_that_was_copied_from_the_parent_says_nothing_of_the_child() {
    let mut run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "nightly-1", "namespace": "ml", "uid": "u-3", "resourceVersion": "9", "annotations": {TRACKING: ID}},
        "spec": {}, "status": {"phase": "Running"}});
    let stop = plan("run.stop", &run, &[]).unwrap();
    assert_eq!(sought(&run, &stop), Sought::Nothing);
    let told = forecast(&run, &stop, &seen(app()));
    assert_eq!((told.owner, told.stays), (None, Stays::Yes));
    assert!(
        told.text.starts_with(
            "Carries the mark of CronWorkflow nightly, which Argo CD app serving-prod owns"
        ),
        "{}",
        told.text
    );
    run["metadata"]["ownerReferences"] =
        json!([{"kind": "CronWorkflow", "name": "nightly", "controller": true}]);
    let told = forecast(&run, &stop, &seen(app()));
    assert!(
        told.text.starts_with("Made by CronWorkflow nightly"),
        "{}",
        told.text
    );
}

#[test]
fn what_cannot_be_read_is_unknown_and_never_taken_for_calm() {
    let unread = Keepers {
        application: Sight::Unseen("You may not list applications".into()),
        ..Keepers::default()
    };
    let told = suspended(&cron(), &unread);
    assert_eq!(
        (told.stays, &*told.unknown),
        (Stays::Unknown, "You may not list applications")
    );
    let elsewhere = Keepers {
        application: Sight::Absent,
        ..Keepers::default()
    };
    let told = suspended(&cron(), &elsewhere);
    assert_eq!(told.stays, Stays::Unknown);
    assert_eq!(told.passing(), Some(told.text.as_str()));
    assert!(
        told.unknown.contains("not on this cluster"),
        "{}",
        told.unknown
    );

    let mut labelled = cron();
    labelled["metadata"]["annotations"] = json!({});
    labelled["metadata"]["labels"] = json!({"app.kubernetes.io/instance": "serving-prod"});
    let told = suspended(&labelled, &unread);
    assert_eq!(told.owner.unwrap().evidence, Evidence::Label);
    assert_eq!(told.stays, Stays::Unknown);
    // the label alone, and no application that lists the object: nobody's
    assert_eq!(suspended(&labelled, &elsewhere), Forecast::default());
}

#[test]
fn the_application_that_lists_the_object_on_this_cluster_keeps_it() {
    let mut object = cron();
    object["metadata"]["annotations"] = json!({});
    let change = plan("cron.suspend", &object, &[]).unwrap();
    let (mut other, mut far, own) = (app(), app(), app());
    other["status"]["resources"] = json!([]);
    far["spec"]["destination"]["server"] = "https://us:6443".into();
    let apps = [other, far, own];
    assert_eq!(keeper_among(apps.iter(), &object, &change), Some(&apps[2]));
    assert_eq!(keeper_among(apps[..2].iter(), &object, &change), None);
    // the id on the object names it, wherever it says it writes to
    let tracked = cron();
    assert!(keeper_among(apps[1..2].iter(), &tracked, &change).is_some());
}

#[test]
fn flux_and_helm_are_told_by_their_labels() {
    let labelled = |labels: Value, annotations: Value| {
        let mut object = cron();
        object["metadata"]["annotations"] = annotations;
        object["metadata"]["labels"] = labels;
        object
    };
    let flux = |owner: Value| Keepers {
        at: now(),
        flux: Sight::Found(Box::new(owner)),
        ..Keepers::default()
    };
    let kustomized = labelled(
        json!({"kustomize.toolkit.fluxcd.io/name": "ml", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}),
        json!({}),
    );
    let told = suspended(&kustomized, &flux(json!({"spec": {"interval": "10m"}})));
    assert_eq!((told.stays, told.reverted_within), (Stays::No, Some(600)));
    assert_eq!(
        told.owner.unwrap().told(),
        "Flux Kustomization flux-system/ml (the object says so)"
    );
    let told = suspended(
        &kustomized,
        &flux(json!({"spec": {"interval": "10m", "suspend": true}})),
    );
    assert_eq!(told.stays, Stays::UntilSync);

    let released = labelled(
        json!({"helm.toolkit.fluxcd.io/name": "ml", "helm.toolkit.fluxcd.io/namespace": "flux-system"}),
        json!({}),
    );
    for (mode, stays) in [("enabled", Stays::No), ("warn", Stays::UntilSync)] {
        let owner = json!({"spec": {"interval": "5m", "driftDetection": {"mode": mode}}});
        assert_eq!(suspended(&released, &flux(owner)).stays, stays);
    }
    let helm = labelled(
        json!({"app.kubernetes.io/managed-by": "Helm"}),
        json!({"meta.helm.sh/release-name": "crons", "meta.helm.sh/release-namespace": "ml"}),
    );
    let told = suspended(&helm, &Keepers::default());
    assert_eq!(told.stays, Stays::UntilSync);
    assert!(
        told.text.contains("until its next upgrade"),
        "{}",
        told.text
    );
}
