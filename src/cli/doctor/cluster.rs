//! One context: can it be reached, who are we there, and each source: served, permitted, how many. I/O.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;

use super::backends;
use super::check::{Check, Verdict};
use crate::domain::{Clean, JobKind};
use crate::fault::{Fault, FaultKind};
use crate::feed::kube::{Answer, Deed, Probe, Target};
use crate::kinds::{KindSpec, SPECS};
use crate::settings::Endpoint;

/// Clocks that differ by more make ages wrong and tokens refused, in seconds.
const SKEW: i64 = 5;

/// An answer that takes longer is worth a word.
const SLOW: Duration = Duration::from_secs(1);

/// What is read: a kind, or a part of one.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    name: &'static str,
    spec: &'static KindSpec,
    sub: &'static str,
    verbs: &'static [&'static str],
}

/// Every kind once, and the logs of pods.
fn wanted() -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    // documents with objectives are installed by few, and missed by nobody
    for spec in SPECS.iter().filter(|s| !s.feed.starts_with("slo-")) {
        let known = |w: &Wanted| w.spec.plural == spec.plural && w.spec.group == spec.group;
        if !spec.plural.is_empty() && !all.iter().any(known) {
            all.push(Wanted {
                name: spec.feed,
                spec,
                sub: "",
                verbs: &["list", "watch"],
            });
        }
    }
    if let Some(pods) = all.iter().find(|w| w.spec.plural == "pods").copied() {
        all.push(Wanted {
            name: "logs",
            sub: "log",
            verbs: &["get"],
            ..pods
        });
    }
    all
}

/// Everything about one context. Each question has its own deadline; sources are asked side by side.
pub async fn checks(
    target: Target,
    namespaces: &[String],
    limit: Duration,
    sources: &BTreeMap<String, Endpoint>,
) -> Vec<Check> {
    let beside = target.clone();
    let area = target.id.as_str().to_owned();
    let server = target.server.clone();
    let user = target.user.clone();
    let probe = Probe::new(target, limit);
    let mut checks = setup(&area, &probe);
    let answer = probe.answer().await;
    let there = answer.is_ok();
    let person = if there { probe.person().await } else { None };
    checks.push(connection(
        &area,
        &server,
        &answer,
        person.as_deref().unwrap_or(&user),
    ));
    if let Ok(answer) = &answer {
        checks.push(clock(&area, answer));
        let asked = wanted()
            .into_iter()
            .map(|w| source(&area, &probe, w, namespaces));
        checks.extend(join_all(asked).await.into_iter().filter(is_missed));
        checks.extend(backends::checks(beside, limit, sources).await);
    } else {
        let name = |w: Wanted| w.name;
        let names: Vec<&str> = wanted().into_iter().map(name).collect();
        let said = format!(
            "not asked, for the server does not answer: {}",
            names.join(", ")
        );
        checks.push(Check::new(&area, "sources", Verdict::Down, said));
    }
    checks
}

/// Nobody installs every kind of training job: what is not there is missed by nobody.
fn is_missed(check: &Check) -> bool {
    check.verdict != Verdict::Absent || JobKind::of(&check.name).is_none()
}

fn setup(area: &str, probe: &Probe) -> Vec<Check> {
    let setup = match probe.setup() {
        Ok(setup) => setup,
        Err(fault) => return vec![Check::of_fault(area, "settings", &fault)],
    };
    let tls = if setup.unsafe_tls {
        Check::new(area, "tls", Verdict::Note, &setup.tls).advice(
            "Anyone on the way can read and answer: set certificate-authority in the kubeconfig.",
        )
    } else {
        Check::new(area, "tls", Verdict::Ok, &setup.tls)
    };
    let mut checks = vec![Check::new(area, "login", Verdict::Ok, &setup.login), tls];
    if !setup.proxy.is_empty() {
        let said = format!("through {}", setup.proxy);
        checks.push(Check::new(area, "proxy", Verdict::Ok, said));
    }
    checks
}

fn connection(area: &str, server: &str, answer: &Result<Answer, Fault>, person: &str) -> Check {
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => {
            return Check::of_fault(area, "connection", fault).detail("endpoint", server);
        }
    };
    let version = if answer.version.is_empty() {
        "an unknown version"
    } else {
        &answer.version
    };
    let who = if person.is_empty() {
        String::new()
    } else {
        format!(" as {}", Clean::new(person))
    };
    let took = answer.took.as_millis();
    let time = if took == 0 {
        "under 1 ms".to_owned()
    } else {
        format!("{took} ms")
    };
    let said = format!("{server}{who}: {version}, answers in {time}");
    let check = if answer.took > SLOW {
        Check::new(area, "connection", Verdict::Note, said)
            .advice("It is slow: look at the way there (VPN, proxy) and at the load of the server.")
    } else {
        Check::new(area, "connection", Verdict::Ok, said)
    };
    let known = (!answer.version.is_empty()).then(|| answer.version.clone());
    check
        .detail("endpoint", server)
        .detail("version", known)
        .detail(
            "user",
            (!person.is_empty()).then(|| Clean::new(person).to_string()),
        )
        .detail("latencyMs", u64::try_from(took).unwrap_or(u64::MAX))
}

fn clock(area: &str, answer: &Answer) -> Check {
    let Some(skew) = answer.skew else {
        let said = "the server does not tell its time";
        return Check::new(area, "clock", Verdict::Note, said);
    };
    let check = if skew.abs() > SKEW {
        let side = if skew > 0 { "ahead of" } else { "behind" };
        let said = format!(
            "the server's clock is {} s {side} this machine's",
            skew.abs()
        );
        Check::new(area, "clock", Verdict::Note, said)
            .advice("Ages and times are wrong by as much: set this machine's clock (NTP).")
    } else {
        Check::new(area, "clock", Verdict::Ok, "agrees with this machine's")
    };
    check.detail("skewSeconds", skew)
}

/// One source: served, permitted, counted; where the whole cluster is asked for and denied, nothing is guessed.
async fn source(area: &str, probe: &Probe, wanted: Wanted, namespaces: &[String]) -> Check {
    let whole = [String::new()];
    let scopes: &[String] = if namespaces.is_empty() || !wanted.spec.namespaced {
        &whole
    } else {
        namespaces
    };
    let endpoint = probe.endpoint(wanted.spec, scopes.first().map_or("", String::as_str));
    let check = match looked_at(area, probe, wanted, scopes).await {
        Ok(check) => check,
        Err(fault) => Check::of_fault(area, wanted.name, &fault),
    };
    check.detail("endpoint", endpoint)
}

async fn looked_at(
    area: &str,
    probe: &Probe,
    wanted: Wanted,
    scopes: &[String],
) -> Result<Check, Fault> {
    if !served(probe, wanted.spec).await? {
        return Ok(absent(area, wanted));
    }
    let mut rows = Some(0);
    for scope in scopes {
        let denied = denied(probe, wanted, scope).await?;
        if !denied.is_empty() {
            let check = refused(area, wanted, scope, &denied);
            return elsewhere(probe, wanted, scope, check).await;
        }
        if wanted.sub.is_empty() {
            let count = probe.count(wanted.spec, scope).await?;
            rows = rows.zip(count).map(|(a, b)| a + b);
        }
    }
    let verbs = wanted.verbs.join(" and ");
    if !wanted.sub.is_empty() {
        let said = format!("may be read ({verbs} {})", resource(wanted));
        return Ok(Check::new(area, wanted.name, Verdict::Ok, said).detail("served", true));
    }
    let count = rows.map_or_else(|| "an unknown number".to_owned(), |n| n.to_string());
    let place = match scopes {
        [whole] if whole.is_empty() => String::new(),
        named => format!(" in {}", named.join(", ")),
    };
    let path = probe.path(wanted.spec, scopes.first().map_or("", String::as_str));
    let said = format!("{count}{place}, {verbs} allowed, at {path}");
    Ok(Check::new(area, wanted.name, Verdict::Ok, said)
        .detail("served", true)
        .detail("rows", rows))
}

/// Where the whole cluster is denied, the namespace of the context may not be.
async fn elsewhere(
    probe: &Probe,
    wanted: Wanted,
    scope: &str,
    mut check: Check,
) -> Result<Check, Fault> {
    let own = probe.namespace();
    if scope.is_empty() && wanted.spec.namespaced && denied(probe, wanted, own).await?.is_empty() {
        let own = Clean::new(own);
        check.said = format!("{}; in namespace {own} you may", check.said);
        return Ok(check.detail("allowedIn", vec![own.to_string()]));
    }
    Ok(check)
}

/// What is served is open to all who are let in; where it is not, the list itself will tell.
async fn served(probe: &Probe, spec: &KindSpec) -> Result<bool, Fault> {
    match probe.serves(spec).await {
        Err(fault) if fault.kind == FaultKind::Denied => Ok(true),
        other => other,
    }
}

/// The verbs that are refused.
async fn denied(probe: &Probe, wanted: Wanted, scope: &str) -> Result<Vec<&'static str>, Fault> {
    let mut denied = Vec::new();
    for verb in wanted.verbs {
        let deed = Deed {
            verb,
            group: wanted.spec.group,
            plural: wanted.spec.plural,
            sub: wanted.sub,
            namespace: scope,
        };
        if !probe.may(deed).await? {
            denied.push(*verb);
        }
    }
    Ok(denied)
}

fn full(spec: &KindSpec) -> String {
    if spec.group.is_empty() {
        spec.plural.to_owned()
    } else {
        format!("{}.{}", spec.plural, spec.group)
    }
}

fn resource(wanted: Wanted) -> String {
    if wanted.sub.is_empty() {
        wanted.spec.plural.to_owned()
    } else {
        format!("{}/{}", wanted.spec.plural, wanted.sub)
    }
}

fn absent(area: &str, wanted: Wanted) -> Check {
    let kind = full(wanted.spec);
    let said = format!("{kind} {} is not served", wanted.spec.version);
    Check::new(area, wanted.name, Verdict::Absent, said)
        .advice(format!(
            "The CRD {kind} is not installed: install what brings it, or do without."
        ))
        .detail("served", false)
}

fn refused(area: &str, wanted: Wanted, scope: &str, verbs: &[&str]) -> Check {
    let place = if scope.is_empty() {
        "in the whole cluster".to_owned()
    } else {
        format!("in namespace {scope}")
    };
    let what = if wanted.sub.is_empty() {
        full(wanted.spec)
    } else {
        resource(wanted)
    };
    let said = format!("you may not {} {what} {place}", verbs.join(" or "));
    let role = if scope.is_empty() {
        "a ClusterRole bound to you".to_owned()
    } else {
        format!("a Role in namespace {scope} bound to you")
    };
    let rule = if wanted.sub.is_empty() {
        r#"["get", "list", "watch"]"#
    } else {
        r#"["get"]"#
    };
    let narrow = if scope.is_empty() && wanted.spec.namespaced {
        "; or name namespaces you may read with -n"
    } else {
        ""
    };
    let advice = format!(
        r#"Add to {role}: {{apiGroups: ["{}"], resources: ["{}"], verbs: {rule}}}{narrow}"#,
        wanted.spec.group,
        resource(wanted),
    );
    Check::new(area, wanted.name, Verdict::Denied, said)
        .advice(advice)
        .detail("served", true)
        .detail("denied", verbs.to_vec())
}
