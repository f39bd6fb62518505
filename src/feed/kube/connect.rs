//! Contexts to connect to, the login before the screen opens, and building clients. Does I/O.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use super::credential::{self, Credential};
use super::locate::{Found, Places, find, read_all};
use super::options::Options;
use super::redact::Redactor;
use super::secrets::teach;
use super::trouble::Trouble;
use crate::domain::ClusterId;
use crate::fault::{Fault, FaultKind};

/// One cluster to connect to: a context that exists and whose settings make sense.
#[derive(Clone)]
pub struct Target {
    /// Its name in all keys: the context.
    pub id: ClusterId,
    /// URL of the API server, without credentials.
    pub server: String,
    /// User of the context, as the kubeconfig names it.
    pub user: String,
    /// Namespace of the context.
    pub namespace: String,
    origin: Origin,
    /// What the login gave, until the first client uses it.
    session: Arc<Mutex<Option<Credential>>>,
}

/// Where its settings are read from, again at each renewal.
#[derive(Clone)]
enum Origin {
    Files {
        paths: Vec<PathBuf>,
        context: String,
    },
    InCluster,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("id", &self.id)
            .field("server", &self.server)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// The clusters to connect to: the named contexts, or the current one when none is named.
pub fn targets(places: &Places, contexts: &[String]) -> Result<Vec<Target>, Fault> {
    pick(places, contexts).map_err(|t| t.fault("kubeconfig", Timestamp::now()))
}

/// Logs in on the normal terminal, before the screen opens: runs the credential plugin of the context, which may ask
/// and open a browser. Without a plugin there is nothing to do. Blocks.
pub fn login(target: &Target) -> Result<(), Fault> {
    let told = |t: Trouble| t.fault(target.id.as_str(), Timestamp::now());
    let config = target.config().map_err(told)?;
    if let Some(exec) = credential::plugin(&config.auth_info) {
        let got = credential::run_on_terminal(exec).map_err(told)?;
        *super::locked(&target.session) = Some(got);
    }
    Ok(())
}

fn pick(places: &Places, contexts: &[String]) -> Result<Vec<Target>, Trouble> {
    let found = find(places)?;
    let (paths, config) = match found {
        Found::InCluster if contexts.is_empty() => return Ok(vec![in_cluster()?]),
        Found::InCluster => {
            return Err(Trouble::config(
                "Contexts are named, but this pod has no kubeconfig",
                "Leave --context out to use the service account, or name a file with --kubeconfig.",
            ));
        }
        Found::Files(paths, config) => (paths, config),
    };
    let mut names: Vec<String> = Vec::new();
    for name in contexts {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    if names.is_empty() {
        names.push(current(&config)?);
    }
    names
        .iter()
        .map(|name| target(&paths, &config, name))
        .collect()
}

fn current(config: &Kubeconfig) -> Result<String, Trouble> {
    config
        .current_context
        .clone()
        .filter(|c| !c.is_empty())
        .ok_or_else(|| {
            Trouble::config(
                "The kubeconfig has no current-context",
                format!("Name one with --context: {}", known(config)),
            )
        })
}

/// The contexts there are, for hints.
fn known(config: &Kubeconfig) -> String {
    if config.contexts.is_empty() {
        return "it has no context at all".to_owned();
    }
    let names: Vec<&str> = config.contexts.iter().map(|c| c.name.as_str()).collect();
    Redactor::default().clean(&names.join(", "))
}

fn target(paths: &[PathBuf], config: &Kubeconfig, name: &str) -> Result<Target, Trouble> {
    let shown = Redactor::default().clean(name);
    let context = config
        .contexts
        .iter()
        .find(|c| c.name == name)
        .and_then(|c| c.context.as_ref())
        .ok_or_else(|| {
            Trouble::config(
                format!("There is no context {shown} in the kubeconfig"),
                format!("Contexts there: {}", known(config)),
            )
        })?;
    let target = Target {
        id: ClusterId::new(name),
        server: String::new(),
        user: Redactor::default().clean(context.user.as_deref().unwrap_or_default()),
        namespace: context
            .namespace
            .clone()
            .unwrap_or_else(|| "default".to_owned()),
        origin: Origin::Files {
            paths: paths.to_vec(),
            context: name.to_owned(),
        },
        session: Arc::default(),
    };
    let settings = load(config, name)?;
    Ok(Target {
        server: shown_url(&settings.cluster_url),
        ..target
    })
}

fn in_cluster() -> Result<Target, Trouble> {
    let config = Config::incluster().map_err(|e| {
        Trouble::config(
            format!(
                "The service account of this pod cannot be used: {}",
                Redactor::default().clean(&e.to_string())
            ),
            "Mount a service account token, or name a file with --kubeconfig.",
        )
    })?;
    Ok(Target {
        id: ClusterId::new("in-cluster"),
        server: shown_url(&config.cluster_url),
        user: "service account".to_owned(),
        namespace: config.default_namespace,
        origin: Origin::InCluster,
        session: Arc::default(),
    })
}

fn load(config: &Kubeconfig, context: &str) -> Result<Config, Trouble> {
    let options = KubeConfigOptions {
        context: Some(context.to_owned()),
        ..KubeConfigOptions::default()
    };
    let loading = Config::from_custom_kubeconfig(config.clone(), &options);
    let settings = futures::executor::block_on(loading).map_err(|e| settings_wrong(&e, context))?;
    let scheme = settings.cluster_url.scheme_str().unwrap_or_default();
    if !matches!(scheme, "https" | "http") || settings.cluster_url.host().is_none() {
        return Err(Trouble::config(
            format!("The server of context {context} is not a URL that begins with https://"),
            "Correct clusters[].cluster.server in the kubeconfig.",
        ));
    }
    if settings.root_cert.as_ref().is_some_and(Vec::is_empty) {
        return Err(Trouble::config(
            format!("The certificate authority of context {context} holds no certificate"),
            "Correct certificate-authority or certificate-authority-data in the kubeconfig.",
        ));
    }
    Ok(settings)
}

fn settings_wrong(error: &KubeconfigError, context: &str) -> Trouble {
    let context = Redactor::default().clean(context);
    let why = Redactor::default().clean(&error.to_string());
    let (what, hint) = match error {
        KubeconfigError::LoadClusterOfContext(name) => (
            format!("Context {context} names the cluster {name}, which is not in the kubeconfig"),
            "Add the cluster, or correct the context.",
        ),
        KubeconfigError::MissingClusterUrl => (
            format!("The cluster of context {context} has no server"),
            "Set clusters[].cluster.server in the kubeconfig.",
        ),
        KubeconfigError::ParseClusterUrl(_) => (
            format!("The server of context {context} is not a URL"),
            "Correct clusters[].cluster.server in the kubeconfig.",
        ),
        KubeconfigError::ParseProxyUrl(_) => (
            format!("The proxy of context {context} is not a URL"),
            "Correct proxy-url in the kubeconfig, or HTTPS_PROXY.",
        ),
        KubeconfigError::LoadCertificateAuthority(_) | KubeconfigError::ParseCertificates(_) => (
            format!("The certificate authority of context {context} cannot be used: {why}"),
            "Correct certificate-authority or certificate-authority-data in the kubeconfig.",
        ),
        KubeconfigError::LoadClientCertificate(_) | KubeconfigError::LoadClientKey(_) => (
            format!("The client certificate of context {context} cannot be used: {why}"),
            "Correct client-certificate and client-key in the kubeconfig.",
        ),
        _ => (
            format!("Context {context} cannot be used: {why}"),
            "Correct the kubeconfig.",
        ),
    };
    Trouble::config(what, hint)
}

/// The URL without user and password.
pub(super) fn shown_url(url: &http::Uri) -> String {
    let authority = url.authority().map_or("", http::uri::Authority::as_str);
    let host = authority.rsplit('@').next().unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    Redactor::default().clean(&format!(
        "{}://{host}{path}",
        url.scheme_str().unwrap_or("https")
    ))
}

/// A client and what belongs to it.
pub(crate) struct Built {
    pub(crate) client: Client,
    /// When its credentials have to be renewed.
    pub(crate) renew_at: Option<Timestamp>,
    pub(crate) redact: Redactor,
}

/// Settings with the credentials in them.
pub(super) struct Ready {
    pub(super) config: Config,
    pub(super) redact: Redactor,
    /// What a plugin gave, if there is one.
    pub(super) login: Option<Login>,
}

/// What a plugin gave, and how it was called.
#[derive(Clone)]
pub(super) struct Login {
    plugin: serde_json::Value,
    pub(super) credential: Credential,
}

impl Target {
    pub(super) fn config(&self) -> Result<Config, Trouble> {
        match &self.origin {
            Origin::InCluster => Config::incluster().map_err(|e| {
                let why = Redactor::default().clean(&e.to_string());
                Trouble::config(
                    format!("The service account of this pod cannot be used: {why}"),
                    "",
                )
            }),
            Origin::Files { paths, context } => match read_all(paths.clone())? {
                Found::Files(_, config) => load(&config, context),
                Found::InCluster => Err(Trouble::config("No kubeconfig", "")),
            },
        }
    }

    /// Reads settings and credentials anew. A plugin is not run again while what it gave (`had`) is good.
    pub(super) async fn ready(
        &self,
        options: &Options,
        had: Option<Login>,
    ) -> Result<Ready, Trouble> {
        let this = self.clone();
        let mut config = blocking(move || this.config()).await?;
        let mut redact = Redactor::default();
        teach(&config, &mut redact);
        let mut login = None;
        if let Some(exec) = credential::plugin(&config.auth_info) {
            let plugin = serde_json::to_value(exec).unwrap_or_default();
            let had = had.filter(|had| had.plugin == plugin).map(|h| h.credential);
            let kept = had.or_else(|| super::locked(&self.session).take());
            let credential = match kept.filter(|c| c.is_fresh(Timestamp::now())) {
                Some(kept) => kept,
                None => credential::run_in_background(exec, options.login, &redact).await?,
            };
            credential.teach(&mut redact);
            credential.fill(&mut config.auth_info);
            login = Some(Login { plugin, credential });
        }
        config.connect_timeout = Some(options.connect);
        config.read_timeout = Some(options.silence + options.answer);
        config.write_timeout = Some(options.answer);
        config.default_retry = false;
        Ok(Ready {
            config,
            redact,
            login,
        })
    }

    /// Reads settings and credentials anew and builds a client for reading: its failures come back at once, since
    /// the watches do the waiting.
    pub(crate) async fn connect(&self, options: &Options) -> Result<Built, Trouble> {
        let Ready {
            config,
            redact,
            login,
        } = self.ready(options, None).await?;
        let context = self.id.clone();
        let shown = redact.clone();
        let client = blocking(move || {
            Client::try_from(config).map_err(|e| client_wrong(&e, &context, &shown))
        })
        .await?;
        Ok(Built {
            client,
            renew_at: login.and_then(|login| login.credential.renew_at()),
            redact,
        })
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Trouble::new(
            FaultKind::Config,
            "Building the client failed",
        ))
    })
}

pub(super) fn client_wrong(error: &kube::Error, context: &ClusterId, redact: &Redactor) -> Trouble {
    use kube::client::AuthError;
    match error {
        kube::Error::Auth(AuthError::ReadTokenFile(e, path)) => Trouble::config(
            format!("Cannot read the token file {}: {e}", path.display()),
            "Correct tokenFile in the kubeconfig, then reconnect.",
        ),
        // its text holds what the plugin printed
        kube::Error::Auth(AuthError::AuthExecRun { .. } | AuthError::AuthExecParse(_)) => {
            Trouble::new(
                FaultKind::Denied,
                format!("The login command of context {context} failed"),
            )
            .hint("Run it once in another terminal, then reconnect.")
        }
        kube::Error::Auth(e) => Trouble::new(
            FaultKind::Denied,
            format!(
                "No credentials for context {context}: {}",
                redact.clean(&e.to_string())
            ),
        )
        .hint("Log in again, then reconnect."),
        other => Trouble::config(
            format!(
                "No client for context {context}: {}",
                redact.clean(&other.to_string())
            ),
            "Compare the certificates and the server in the kubeconfig.",
        ),
    }
}
