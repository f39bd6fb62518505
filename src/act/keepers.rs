//! Who keeps an object as it is written elsewhere: reads the Argo CD Application, its project, or Flux's objects. Does
//! I/O through [`Reads`], and as little as it can: nothing where the plan changes nothing that is compared, one cached
//! question where Argo CD is not installed. Never fails: what cannot be read is said. Called by `prepare` and by `cli`.

use std::iter::once;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::wire::Wire;
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::plan::{
    Home, Keepers, Plan, Resource, Sight, Sought, escaped, json, keeper_among, sought, zones,
};

/// Time for all questions about one object.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it is believed that Argo CD is not installed, or is.
const BELIEVED: Duration = Duration::from_secs(300);

/// Applications of one page, and most pages that are looked through for one that lists an object.
const PAGE: usize = 50;
const MOST_PAGES: usize = 10;

/// Where Argo CD usually runs, for those who may not list applications everywhere.
const USUAL: &[&str] = &["argocd", "argo-cd", "openshift-gitops"];

/// The version that Argo CD serves.
const ARGO_CD: &str = "/apis/argoproj.io/v1alpha1";

/// Reading alone, which is all that is needed here.
pub trait Reads: Sync {
    /// Reads an object or a list. `what` completes "You may not …". An absent one is a fault of kind `Gone`.
    fn get(&self, path: &str, what: &str) -> impl Future<Output = Result<Value, Fault>> + Send;
}

impl<W: Wire> Reads for W {
    fn get(&self, path: &str, what: &str) -> impl Future<Output = Result<Value, Fault>> + Send {
        self.read(path, what)
    }
}

/// Looks for keepers, and remembers for a while whether Argo CD is installed. One for each cluster.
#[derive(Debug, Default)]
pub struct Keeping {
    installed: Mutex<Option<(bool, Instant)>>,
}

/// Who keeps the object, for a single question.
pub async fn keepers(reads: &impl Reads, object: &Value, plan: &Plan) -> Keepers {
    Keeping::default().look(reads, object, plan).await
}

impl Keeping {
    /// Who keeps the object.
    pub async fn look(&self, reads: &impl Reads, object: &Value, plan: &Plan) -> Keepers {
        let at = Timestamp::now();
        let looking = Looking {
            reads,
            object,
            plan,
        };
        let late = || {
            let text = format!("No answer within {} s", PATIENCE.as_secs());
            Sight::Unseen(Clean::new(&text))
        };
        let mut seen = Keepers {
            at,
            ..Keepers::default()
        };
        match sought(object, plan) {
            Sought::Nothing => {}
            Sought::Kustomization { namespace, name } => {
                let asked = looking.object(flux("Kustomization"), &namespace, &name);
                seen.flux = timeout(PATIENCE, asked).await.unwrap_or_else(|_| late());
            }
            Sought::HelmRelease { namespace, name } => {
                let asked = looking.object(flux("HelmRelease"), &namespace, &name);
                seen.flux = timeout(PATIENCE, asked).await.unwrap_or_else(|_| late());
            }
            Sought::Application { namespace, name } => {
                let asked = self.application(&looking, Some((&namespace, &name)));
                seen.application = timeout(PATIENCE, asked).await.unwrap_or_else(|_| late());
            }
            Sought::Lister => {
                let asked = self.application(&looking, None);
                seen.application = timeout(PATIENCE, asked).await.unwrap_or_else(|_| late());
            }
        }
        if let Some(app) = seen.application.found().filter(|a| heals(a)) {
            let asked = looking.project(app);
            seen.project = timeout(PATIENCE, asked).await.unwrap_or_else(|_| late());
        }
        if let Some(project) = seen.project.found() {
            let offset = |name: &str| {
                let zone = TimeZone::get(name).ok()?;
                Some((name.to_owned(), zone.to_offset(at).seconds()))
            };
            seen.zones = zones(project).into_iter().filter_map(offset).collect();
        }
        seen
    }

    async fn application(
        &self,
        looking: &Looking<'_, impl Reads>,
        named: Option<(&str, &str)>,
    ) -> Sight {
        if !self.is_installed(looking.reads).await {
            return Sight::Absent;
        }
        match named {
            Some(("", name)) => looking.named(name).await,
            Some((namespace, name)) => {
                let app = looking.object(argo("Application"), namespace, name).await;
                looking.kept_by(app)
            }
            None => looking.lister().await,
        }
    }

    /// Whether Argo CD's kinds are served. Everyone who is logged in may ask that, so it is also known to those who may
    /// not read applications; in doubt they are.
    async fn is_installed(&self, reads: &impl Reads) -> bool {
        let known = self.installed.lock().ok().and_then(|known| *known);
        if let Some((installed, _)) = known.filter(|(_, at)| at.elapsed() < BELIEVED) {
            return installed;
        }
        let installed = match reads.get(ARGO_CD, "read which kinds are served").await {
            Ok(served) => {
                let kinds = json::list(&served, &["resources"]);
                kinds
                    .iter()
                    .any(|r| json::text(r, &["name"]) == "applications")
            }
            Err(fault) if fault.kind == FaultKind::Gone => false,
            Err(_) => return true,
        };
        if let Ok(mut known) = self.installed.lock() {
            *known = Some((installed, Instant::now()));
        }
        installed
    }
}

/// Self-heal is on, so that sync windows matter.
fn heals(app: &Value) -> bool {
    json::flag(app, &["spec", "syncPolicy", "automated", "selfHeal"])
}

fn argo(kind: &'static str) -> Resource {
    let plural = match kind {
        "Application" => "applications",
        _ => "appprojects",
    };
    resource("argoproj.io", "v1alpha1", (plural, kind))
}

fn flux(kind: &'static str) -> Resource {
    match kind {
        "Kustomization" => resource(
            "kustomize.toolkit.fluxcd.io",
            "v1",
            ("kustomizations", kind),
        ),
        _ => resource("helm.toolkit.fluxcd.io", "v2", ("helmreleases", kind)),
    }
}

fn resource(
    group: &'static str,
    version: &'static str,
    (plural, kind): (&'static str, &'static str),
) -> Resource {
    Resource {
        feed: "",
        group,
        version,
        plural,
        kind,
        namespaced: true,
        home: Home::Kubernetes,
    }
}

/// One question about one object.
struct Looking<'a, R> {
    reads: &'a R,
    object: &'a Value,
    plan: &'a Plan,
}

impl<R: Reads> Looking<'_, R> {
    async fn object(&self, resource: Resource, namespace: &str, name: &str) -> Sight {
        let path = resource.path(namespace, name);
        let what = format!(
            "get {} {} in namespace {}",
            resource.kind,
            Clean::new(name),
            Clean::new(namespace)
        );
        sight(self.reads.get(&path, &what).await)
    }

    /// The project of an application. It lives where Argo CD runs.
    async fn project(&self, app: &Value) -> Sight {
        let or = |first: &str, other: &str| if first.is_empty() { other } else { first }.to_owned();
        let own = json::text(app, &["metadata", "namespace"]);
        let namespace = or(json::text(app, &["status", "controllerNamespace"]), own);
        let name = or(json::text(app, &["spec", "project"]), "default");
        self.object(argo("AppProject"), &namespace, &name).await
    }

    /// The application of this name, in the namespace that Argo CD runs in, which nobody tells.
    async fn named(&self, name: &str) -> Sight {
        let all = argo("Application").path("", "");
        let path = format!("{all}?fieldSelector=metadata.name%3D{}", escaped(name));
        let what = format!("list applications named {}", Clean::new(name));
        match self.reads.get(&path, &what).await {
            Ok(list) => self.among(json::list(&list, &["items"])),
            Err(fault) if fault.kind == FaultKind::Denied => {
                self.in_usual_places(name, fault).await
            }
            Err(fault) => sight(Err(fault)),
        }
    }

    async fn in_usual_places(&self, name: &str, denied: Fault) -> Sight {
        for namespace in USUAL {
            let app = self.object(argo("Application"), namespace, name).await;
            let app = self.kept_by(app);
            if matches!(app, Sight::Found(_)) {
                return app;
            }
        }
        sight(Err(denied))
    }

    /// Looks through applications for one that lists the object, up to a number of them.
    async fn lister(&self) -> Sight {
        let all = argo("Application").path("", "");
        let mut next = String::new();
        for _ in 0..MOST_PAGES {
            let path = format!("{all}?limit={PAGE}{next}");
            let list = match self.reads.get(&path, "list applications").await {
                Ok(list) => list,
                Err(fault) => return sight(Err(fault)),
            };
            let found = self.among(json::list(&list, &["items"]));
            let more = json::text(&list, &["metadata", "continue"]);
            if matches!(found, Sight::Found(_)) || more.is_empty() {
                return found;
            }
            next = format!("&continue={}", escaped(more));
        }
        let text = format!(
            "Only the first {} applications of Argo CD were looked through for this object, which carries no mark of one",
            PAGE * MOST_PAGES
        );
        Sight::Unseen(Clean::new(&text))
    }

    fn among(&self, apps: &[Value]) -> Sight {
        let keeper = keeper_among(apps.iter(), self.object, self.plan);
        keeper.map_or(Sight::Absent, |app| Sight::Found(Box::new(app.clone())))
    }

    fn kept_by(&self, app: Sight) -> Sight {
        match app {
            Sight::Found(app) if keeper_among(once(&*app), self.object, self.plan).is_some() => {
                Sight::Found(app)
            }
            Sight::Found(_) => Sight::Absent,
            other => other,
        }
    }
}

fn sight(read: Result<Value, Fault>) -> Sight {
    match read {
        Ok(value) => Sight::Found(Box::new(value)),
        Err(fault) if fault.kind == FaultKind::Gone => Sight::Absent,
        Err(fault) => Sight::Unseen(Clean::new(&fault.what)),
    }
}
