//! Who vouches for a backend that speaks TLS. Does I/O.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::feed::kube::Trouble;

/// The certificates of the settings, as they are written.
pub(super) async fn pem(path: &str, key: &str) -> Result<Vec<u8>, Trouble> {
    super::route::file(path).await.map_err(|error| {
        let what = format!("{key}.ca: cannot read {path}: {error}");
        Trouble::config(what, "Correct the path or the rights of the file.")
    })
}

/// The file holds none.
pub(super) fn no_certificate(path: &str, key: &str) -> Trouble {
    let what = format!("{key}.ca: {path} holds no certificate");
    Trouble::config(what, "It has to be a PEM file with certificates.")
}

/// For TLS inside a port-forward: the certificates of pods are seldom vouched for by those that this machine trusts.
pub(super) async fn config(ca: Option<&str>, key: &str) -> Result<Arc<ClientConfig>, Trouble> {
    let Some(path) = ca else {
        let what = format!("{key} speaks TLS, and it is not known who vouches for it");
        let hint = format!("Set {key}.ca, so that the token goes to nobody else.");
        return Err(Trouble::config(what, hint));
    };
    let pem = pem(path, key).await?;
    let mut roots = RootCertStore::empty();
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&pem).flatten().collect();
    if roots.add_parsable_certificates(certificates).0 == 0 {
        return Err(no_certificate(path, key));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| no_certificate(path, key))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
