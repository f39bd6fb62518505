//! Where a backend is: as the settings say, else by its label, else by its well-known name. Ports are never tried out.
//! Does I/O.

use std::sync::Arc;

use super::answer::Whom;
use super::ask::Ask;
use super::directory::{self, Service};
use super::known::Known;
use super::login::{self, Login};
use super::route::{At, Direct, Forward, Place, Proxy, Route};
use super::settings::{Chosen, chosen};
use crate::fault::FaultKind;
use crate::feed::kube::{Link, Redactor, Trouble};

/// Most services asked whether they are what they seem to be.
const ASKED: usize = 4;

/// A backend that was found.
pub(super) struct Found {
    /// What it seems to be.
    pub(super) known: &'static Known,
    /// Entry of the settings, or the one to write.
    pub(super) key: String,
    pub(super) route: Route,
    /// Where, and why there.
    pub(super) endpoint: String,
    pub(super) login: Option<Login>,
    pub(super) host: Option<String>,
    pub(super) redact: Redactor,
}

/// A Service that may be what is looked for.
struct Candidate {
    known: &'static Known,
    service: Service,
    why: String,
}

impl Found {
    /// Whom a message is about.
    pub(super) fn whom(&self) -> Whom<'_> {
        Whom {
            title: self.known.title,
            place: self.route.place(),
            key: &self.key,
            login: self.login.is_some(),
            proxied: self.route.proxied(),
            redact: &self.redact,
        }
    }

    /// Where it is.
    pub(super) fn place(&self) -> Place {
        let mut place = self.route.place_of();
        // what is passed on keeps the Host of the API server
        place.proxy = place.proxy.filter(|_| self.host.is_none());
        place
    }

    /// The same by a port-forward.
    fn forwarded(self, link: &Arc<Link>, because: &str) -> Self {
        let Route::Proxy(proxy) = self.route else {
            return self;
        };
        let endpoint = self.endpoint.replacen(
            "through the API server",
            &format!("through a port-forward ({because})"),
            1,
        );
        Self {
            route: Route::Forward(Forward::new(link.clone(), proxy.at, None)),
            endpoint,
            ..self
        }
    }
}

/// The Service that is most likely it, as the settings or the cluster name it. It is not asked: each of its pods is.
pub(super) async fn service_of(
    link: &Arc<Link>,
    known: &'static Known,
) -> Result<(At, String), Trouble> {
    let context = link.target.id.as_str();
    let entry = chosen(&link.options.sources, known, context);
    if let Some(entry) = entry.filter(|entry| entry.endpoint.service.is_some()) {
        let (service, port) = named(link, &entry).await?;
        let at = port_of(&service, known, port, &entry.key())?;
        return Ok((at, format!("set in {}.service", entry.key())));
    }
    let key = format!("sources.{}", known.name);
    let services = link.directory.services(link).await?;
    let Some(first) = candidates(&services, known).into_iter().next() else {
        return Err(nowhere(known, &key));
    };
    Ok((port_of(&first.service, known, None, &key)?, first.why))
}

fn nowhere(known: &Known, key: &str) -> Trouble {
    let what = format!(
        "No Service of this cluster is labelled or named as {}'s",
        known.title
    );
    Trouble::new(FaultKind::Gone, what)
        .hint(format!("If there is one, set {key}.url or {key}.service."))
}

/// Looks for it.
pub(super) async fn find(link: &Arc<Link>, known: &'static Known) -> Result<Found, Trouble> {
    let sources = &link.options.sources;
    let context = link.target.id.as_str();
    let named = [Some(known), known.or].into_iter().flatten().find_map(|k| {
        let entry = chosen(sources, k, context)?;
        Some((k, entry))
    });
    match named {
        Some((known, entry)) if !entry.endpoint.url.is_empty() => direct(link, known, &entry).await,
        Some((known, entry)) if entry.endpoint.service.is_some() => {
            service(link, known, &entry).await
        }
        Some((known, entry)) => discover(link, known, &entry).await,
        None => {
            let entry = Chosen {
                name: known.name.to_owned(),
                ..Chosen::default()
            };
            discover(link, known, &entry).await
        }
    }
}

async fn direct(link: &Arc<Link>, known: &'static Known, entry: &Chosen) -> Result<Found, Trouble> {
    let mut redact = Redactor::default();
    let login = login::read(entry, link.options.login, &mut redact).await?;
    let key = entry.key();
    let route = Direct::new(&entry.endpoint, &key, &link.options).await?;
    Ok(Found {
        known,
        endpoint: format!("{}, set in {key}.url", route.place),
        key,
        route: Route::Direct(route),
        login,
        host: entry.endpoint.host.clone(),
        redact,
    })
}

/// A Service that the settings name.
async fn service(
    link: &Arc<Link>,
    known: &'static Known,
    entry: &Chosen,
) -> Result<Found, Trouble> {
    let key = entry.key();
    let (service, port) = named(link, entry).await?;
    let at = at(&service, known, port).ok_or_else(|| {
        let Service {
            namespace, name, ..
        } = &service;
        let what = format!("{key}.service does not say which port of {namespace}/{name}");
        Trouble::config(what, "Write it behind the name: NAMESPACE/NAME:PORT.")
    })?;
    let mut redact = Redactor::default();
    let login = login::read(entry, link.options.login, &mut redact).await?;
    let endpoint = format!("through the API server: {at}, set in {key}.service");
    let found = Found {
        known,
        endpoint,
        route: Route::Proxy(Proxy::new(link.clone(), at)),
        key,
        host: entry.endpoint.host.clone(),
        redact,
        login,
    };
    if found.login.is_some() {
        return tokened(link, found, entry).await;
    }
    found.asked(link).await
}

/// The Service that an entry of the settings names, and the port it names.
async fn named(link: &Arc<Link>, entry: &Chosen) -> Result<(Service, Option<u16>), Trouble> {
    let key = entry.key();
    let named = entry.endpoint.service.as_deref().unwrap_or_default();
    let (namespace, rest) = named.split_once('/').unwrap_or(("default", named));
    let (name, port) = match rest.split_once(':') {
        Some((name, port)) => (name, port.parse::<u16>().ok()),
        None => (rest, None),
    };
    let found = directory::one(link, namespace, name).await;
    let service = found.map_err(|mut t| {
        if t.kind == FaultKind::Gone {
            t.what = format!("There is no Service {namespace}/{name}, which {key}.service names");
            t.hint = format!("Correct {key}.service.");
        }
        t
    })?;
    Ok((service, port))
}

/// The API server drops what would let us in, so it is not asked to pass it on.
async fn tokened(link: &Arc<Link>, found: Found, entry: &Chosen) -> Result<Found, Trouble> {
    let Route::Proxy(proxy) = &found.route else {
        return Ok(found);
    };
    let tls = if proxy.at.tls {
        Some(super::tls::config(entry.endpoint.ca.as_deref(), &found.key).await?)
    } else {
        None
    };
    let forward = Forward::new(link.clone(), proxy.at.clone(), tls);
    let mut found = found.forwarded(link, "the API server drops tokens");
    found.route = Route::Forward(forward);
    Ok(found)
}

async fn discover(
    link: &Arc<Link>,
    known: &'static Known,
    entry: &Chosen,
) -> Result<Found, Trouble> {
    let key = entry.key();
    let services = link.directory.services(link).await.map_err(|mut t| {
        if t.kind == FaultKind::Denied {
            t.hint = format!(
                "Ask for list on services, or set {key}.url or {key}.service (NAMESPACE/NAME:PORT)."
            );
        }
        t
    })?;
    let candidates = candidates(&services, known);
    let Some(first) = candidates.first() else {
        return Err(nowhere(known, &key));
    };
    if entry.has_login() {
        // whoever may make a Service with that name would be given the token
        let what = format!(
            "{key} has a token, and does not say where to send it; found: {}/{}",
            first.service.namespace, first.service.name
        );
        return Err(Trouble::config(
            what,
            format!("Set {key}.service (NAMESPACE/NAME:PORT) or {key}.url."),
        ));
    }
    answering(link, candidates, &key, entry).await
}

/// The first that answers; what is wrong with the likeliest when none does.
async fn answering(
    link: &Arc<Link>,
    candidates: Vec<Candidate>,
    key: &str,
    entry: &Chosen,
) -> Result<Found, Trouble> {
    let mut failed = None;
    for candidate in candidates.into_iter().take(ASKED) {
        match candidate
            .asked(link, key, entry.endpoint.host.clone())
            .await
        {
            Ok(found) => return Ok(found),
            Err(trouble) => failed = failed.or(Some(trouble)),
        }
    }
    if failed.as_ref().is_some_and(|t| t.kind == FaultKind::Gone) {
        // it is somewhere else now
        link.directory.forget().await;
    }
    Err(failed.unwrap_or_else(|| Trouble::new(FaultKind::Gone, "Nothing was found")))
}

impl Candidate {
    async fn asked(
        self,
        link: &Arc<Link>,
        key: &str,
        host: Option<String>,
    ) -> Result<Found, Trouble> {
        let at = port_of(&self.service, self.known, None, key)?;
        let found = Found {
            known: self.known,
            endpoint: format!("through the API server: {at}, {}", self.why),
            route: Route::Proxy(Proxy::new(link.clone(), at)),
            key: key.to_owned(),
            login: None,
            host,
            redact: Redactor::default(),
        };
        found.asked(link).await
    }
}

impl Found {
    /// Believed once it answers what it is asked. What refuses the API server's Host is reached another way.
    async fn asked(self, link: &Arc<Link>) -> Result<Self, Trouble> {
        let ask = Ask::get(self.known.probe, &[]);
        match super::exchange(&self, &ask, link).await {
            Ok(_) => Ok(self),
            Err((_, Some(reply))) if super::answer::refuses_host(&reply) && self.host.is_none() => {
                Ok(self.forwarded(link, "it refuses the API server's Host"))
            }
            Err((trouble, _)) => Err(trouble),
        }
    }
}

fn port_of(service: &Service, known: &Known, port: Option<u16>, key: &str) -> Result<At, Trouble> {
    at(service, known, port).ok_or_else(|| {
        let Service {
            namespace, name, ..
        } = service;
        let what = format!("It is not known which port of {namespace}/{name} to ask");
        Trouble::config(what, format!("Set {key}.service (NAMESPACE/NAME:PORT)."))
    })
}

fn at(service: &Service, known: &Known, port: Option<u16>) -> Option<At> {
    let port = match port {
        Some(n) => service.ports.iter().find(|p| p.number == n),
        None => service.port(known),
    }?;
    Some(At {
        namespace: service.namespace.clone(),
        service: service.name.clone(),
        port: port.number,
        port_name: port.name.clone(),
        tls: port.is_tls(),
        pod: None,
    })
}

/// Services that may be it, the likeliest first: by label before by name; several of a kind by namespace.
fn candidates(services: &[Service], known: &'static Known) -> Vec<Candidate> {
    let mut found: Vec<((u8, usize), Candidate)> = Vec::new();
    for (nth, known) in (0_u8..).zip([Some(known), known.or].into_iter().flatten()) {
        for service in services {
            let labelled = known.label.filter(|label| service.has(*label));
            let named = known.by_name(&service.name);
            // a label of the application is on its database as well
            let (rank, why) = match (labelled, named, service.port(known)) {
                (Some((key, value)), _, Some(_)) => {
                    (0, format!("found by its label {key}={value}"))
                }
                (None, Some(rank), _) => (rank + 1, "found by its name".to_owned()),
                _ => continue,
            };
            let candidate = Candidate {
                known,
                service: service.clone(),
                why,
            };
            found.push(((nth, rank), candidate));
        }
    }
    found.sort_by(|(a, x), (b, y)| {
        let place = |c: &Candidate| (c.service.namespace.clone(), c.service.name.clone());
        a.cmp(b).then_with(|| place(x).cmp(&place(y)))
    });
    found.into_iter().map(|(_, candidate)| candidate).collect()
}
