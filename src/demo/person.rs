//! The persons who may use the platform, their tokens and their rights. Pure.

use serde_json::{Value, json};

/// What a person may do: every verb on every resource, or some, perhaps only in some namespaces.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Verbs; `*` is all.
    pub verbs: Vec<String>,
    /// API groups; `*` is all.
    pub groups: Vec<String>,
    /// Plurals, with `/subresource` where one is meant; `*` is all.
    pub resources: Vec<String>,
    /// Namespaces in which it holds; empty for everywhere, the cluster scope included.
    pub namespaces: Vec<String>,
}

/// Someone with a token.
#[derive(Debug, Clone)]
pub struct Person {
    /// Name, as in messages.
    pub name: String,
    /// Groups, as `kubectl auth whoami` shows them.
    pub groups: Vec<String>,
    /// Bearer token; empty for the anonymous one.
    pub token: String,
    /// What they may do.
    pub rules: Vec<Rule>,
    /// Plurals they are denied, whatever the rules say: a test's knob.
    pub denied: Vec<String>,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Deed<'a> {
    /// `get`, `list`, …
    pub verb: &'a str,
    /// API group.
    pub group: &'a str,
    /// Plural.
    pub resource: &'a str,
    /// Subresource, or empty.
    pub sub: &'a str,
    /// Namespace, or empty for the cluster scope.
    pub namespace: &'a str,
    /// Object, or empty.
    pub name: &'a str,
    /// Set instead of all others but the verb for paths that are no resource.
    pub path: &'a str,
}

const ARGO_KINDS: [&str; 7] = [
    "workflows",
    "cronworkflows",
    "workflowtemplates",
    "clusterworkflowtemplates",
    "applications",
    "applicationsets",
    "appprojects",
];

const SERVING_KINDS: [&str; 4] = [
    "inferenceservices",
    "llminferenceservices",
    "servingruntimes",
    "clusterservingruntimes",
];

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|w| (*w).to_owned()).collect()
}

fn reading(namespaces: &[&str]) -> Vec<Rule> {
    let rule = |group: &str, resources: &[&str]| Rule {
        verbs: words(&["get", "list", "watch"]),
        groups: words(&[group]),
        resources: words(resources),
        namespaces: words(namespaces),
    };
    vec![
        rule(
            "",
            &[
                "namespaces",
                "nodes",
                "pods",
                "events",
                "pods/log",
                "services",
            ],
        ),
        rule("argoproj.io", &ARGO_KINDS),
        Rule {
            verbs: words(&["get", "create"]),
            ..rule("", &["services/proxy"])
        },
        rule("serving.kserve.io", &SERVING_KINDS),
        rule("serving.knative.dev", &["services", "revisions"]),
        rule("apps", &["deployments"]),
        rule("", &["configmaps", "resourcequotas"]),
        rule(
            "kueue.x-k8s.io",
            &["clusterqueues", "localqueues", "workloads"],
        ),
        rule("kubeflow.org", &["profiles", "notebooks"]),
        rule("sloth.slok.dev", &["prometheusservicelevels"]),
        rule("pyrra.dev", &["servicelevelobjectives"]),
    ]
}

impl Person {
    fn new(name: &str, groups: &[&str], rules: Vec<Rule>) -> Self {
        let mut all = words(groups);
        all.push("system:authenticated".to_owned());
        Self {
            name: name.to_owned(),
            groups: all,
            token: String::new(),
            rules,
            denied: Vec::new(),
        }
    }

    /// Who comes without a token.
    #[must_use]
    pub fn anonymous() -> Self {
        Self {
            name: "system:anonymous".to_owned(),
            groups: words(&["system:unauthenticated"]),
            token: String::new(),
            rules: Vec::new(),
            denied: Vec::new(),
        }
    }

    /// The people of the platform: `admin` and `oncall` may do all, `sre` reads what the console needs, `viewer`
    /// reads that in one namespace, `nobody` has no rights.
    #[must_use]
    pub fn everyone(viewer_namespaces: &[&str]) -> Vec<Self> {
        let all = vec![Rule {
            verbs: words(&["*"]),
            groups: words(&["*"]),
            resources: words(&["*"]),
            namespaces: Vec::new(),
        }];
        vec![
            Self::new("admin", &["system:masters"], all.clone()),
            Self::new("oncall", &["platform:oncall"], all),
            Self::new("sre", &[], reading(&[])),
            Self::new("viewer", &[], reading(viewer_namespaces)),
            Self::new("nobody", &[], Vec::new()),
        ]
    }

    fn is_known(&self) -> bool {
        !self.token.is_empty()
    }

    /// Whether they may.
    #[must_use]
    pub fn may(&self, deed: &Deed<'_>) -> bool {
        if !deed.path.is_empty() {
            return self.may_path(deed);
        }
        if self.denied.iter().any(|d| d == deed.resource) {
            return false;
        }
        let own_review = deed.resource.starts_with("selfsubject") && deed.verb == "create";
        (own_review && self.is_known()) || self.rules.iter().any(|r| r.covers(deed))
    }

    fn may_path(&self, deed: &Deed<'_>) -> bool {
        let open = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
        let known = ["/api", "/apis", "/openapi"];
        let below = |roots: &[&str]| {
            roots
                .iter()
                .any(|r| deed.path == *r || deed.path.starts_with(&format!("{r}/")))
        };
        let reads = deed.verb == "get";
        (reads && below(&open))
            || (reads && self.is_known() && below(&known))
            || self.groups.iter().any(|g| g == "system:masters")
    }

    /// The rules that hold in a namespace, as a `SelfSubjectRulesReview` lists them.
    #[must_use]
    pub fn rules_in(&self, namespace: &str) -> Vec<Value> {
        let holds =
            |r: &&Rule| r.namespaces.is_empty() || r.namespaces.iter().any(|n| n == namespace);
        self.rules
            .iter()
            .filter(holds)
            .map(|r| json!({"verbs": r.verbs, "apiGroups": r.groups, "resources": r.resources}))
            .collect()
    }
}

impl Rule {
    fn covers(&self, deed: &Deed<'_>) -> bool {
        let full = if deed.sub.is_empty() {
            deed.resource.to_owned()
        } else {
            format!("{}/{}", deed.resource, deed.sub)
        };
        let has = |list: &[String], word: &str| list.iter().any(|w| w == "*" || w == word);
        let here =
            self.namespaces.is_empty() || self.namespaces.iter().any(|n| n == deed.namespace);
        here && has(&self.verbs, deed.verb)
            && has(&self.groups, deed.group)
            && has(&self.resources, &full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list<'a>(resource: &'a str, namespace: &'a str) -> Deed<'a> {
        Deed {
            verb: "list",
            resource,
            namespace,
            ..Deed::default()
        }
    }

    #[test]
    fn everyone_may_do_what_their_role_says() {
        let mut people = Person::everyone(&["ml-fraud"]);
        for p in &mut people {
            p.token = p.name.clone();
        }
        let may =
            |name: &str, deed: &Deed<'_>| people.iter().find(|p| p.name == name).unwrap().may(deed);
        assert!(may("oncall", &list("pods", "")));
        assert!(may("sre", &list("pods", "")));
        assert!(!may("sre", &list("secrets", "")));
        assert!(!may("viewer", &list("pods", "")));
        assert!(may("viewer", &list("pods", "ml-fraud")));
        assert!(!may("viewer", &list("pods", "recsys")));
        assert!(!may("nobody", &list("pods", "ml-fraud")));
        let path = Deed {
            verb: "get",
            path: "/apis/argoproj.io",
            ..Deed::default()
        };
        assert!(may("nobody", &path));
        assert!(!Person::anonymous().may(&path));
    }
}
