//! Every pod behind a Service, each asked by itself: exporters tell of their own node only. Does I/O.
//!
//! Through the API server's pod proxy; where that is denied or leads nowhere, by a port-forward.

use std::sync::Arc;

use jiff::Timestamp;

use super::ask::{Ask, Reply};
use super::behind::{Behind, behind};
use super::find::{Found, service_of};
use super::known::Known;
use super::route::{At, Forward, Proxy, Route};
use crate::fault::{Fault, FaultKind};
use crate::feed::kube::{Link, Redactor, Trouble};

/// All pods behind one Service.
pub(crate) struct Every {
    /// Where, and why there.
    pub(crate) endpoint: String,
    /// Its pods, by their node.
    pub(crate) pods: Vec<Each>,
}

/// One of them.
pub(crate) struct Each {
    link: Arc<Link>,
    known: &'static Known,
    /// Its node; empty where that is not told.
    pub(crate) node: String,
    /// Its name.
    pub(crate) pod: String,
    ready: bool,
    found: Found,
}

impl Every {
    /// Looks for the Service and its pods.
    pub(crate) async fn of(link: &Arc<Link>, known: &'static Known) -> Result<Self, Fault> {
        let found = Self::look(link, known).await;
        found.map_err(|trouble| fault(link, known, &trouble))
    }

    async fn look(link: &Arc<Link>, known: &'static Known) -> Result<Self, Trouble> {
        let (at, why) = service_of(link, known).await?;
        let mut pods: Vec<Each> = behind(link, &at)
            .await?
            .into_iter()
            .map(|one| Each::new(link, known, &at, one))
            .collect();
        pods.sort_by(|a, b| (&a.node, &a.pod).cmp(&(&b.node, &b.pod)));
        // of a Service with two families of addresses each stands there twice
        pods.dedup_by(|a, b| a.pod == b.pod);
        Ok(Self {
            endpoint: format!("each pod behind {at}, {why}"),
            pods,
        })
    }
}

impl Each {
    fn new(link: &Arc<Link>, known: &'static Known, at: &At, one: Behind) -> Self {
        let at = At {
            pod: Some((one.pod.clone(), one.port)),
            ..at.clone()
        };
        let found = Found {
            known,
            key: format!("sources.{}", known.name),
            endpoint: at.to_string(),
            route: Route::Proxy(Proxy::new(link.clone(), at)),
            login: None,
            host: None,
            redact: Redactor::default(),
        };
        Self {
            link: link.clone(),
            known,
            node: one.node,
            pod: one.pod,
            ready: one.ready,
            found,
        }
    }

    /// Asks it for something. The path begins with `/`.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Reply, Fault> {
        if !self.ready {
            let what = format!("The pod {} is not ready", self.pod);
            let trouble = Trouble::new(FaultKind::Unreachable, what).hint("Look at it.");
            return Err(fault(&self.link, self.known, &trouble));
        }
        let ask = Ask::get(path, &[]);
        let (trouble, own) = match super::exchange(&self.found, &ask, &self.link).await {
            Ok(reply) => return Ok(reply),
            Err((trouble, reply)) => (trouble, reply.is_some()),
        };
        let Route::Proxy(proxy) = &self.found.route else {
            return Err(fault(&self.link, self.known, &trouble));
        };
        // the right to look into pods this way is rarer than the one to forward a port, and a network that keeps the API
        // server away from pods lets their kubelet in
        let other = matches!(trouble.kind, FaultKind::Denied | FaultKind::Unreachable);
        if own || !other {
            return Err(fault(&self.link, self.known, &trouble));
        }
        let namespace = proxy.at.namespace.clone();
        let forward = Forward::new(self.link.clone(), proxy.at.clone(), None);
        self.found.route = Route::Forward(forward);
        let asked = super::exchange(&self.found, &ask, &self.link).await;
        asked.map_err(|(mut trouble, _)| {
            if trouble.kind == FaultKind::Denied {
                trouble.hint = format!(
                    "Ask for get on pods/proxy, or get and create on pods/portforward, in namespace {namespace}."
                );
            }
            fault(&self.link, self.known, &trouble)
        })
    }
}

fn fault(link: &Link, known: &Known, trouble: &Trouble) -> Fault {
    let source = format!("{}/{}", link.target.id, known.name);
    trouble.fault(&source, Timestamp::now())
}
