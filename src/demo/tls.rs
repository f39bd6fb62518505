//! A certificate authority and a server certificate for one run of the platform, made in memory. I/O: chance only.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::platform::DemoError;

/// What the server shows, and what clients check it against.
pub(super) struct Identity {
    /// For the accept loop.
    pub(super) config: Arc<ServerConfig>,
    /// The authority's certificate, PEM.
    pub(super) authority: String,
}

fn failed(e: impl std::fmt::Display) -> DemoError {
    DemoError::Certificate(e.to_string())
}

/// Makes both, valid for the loopback address alone.
pub(super) fn identity() -> Result<Identity, DemoError> {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "midwatch demo authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().map_err(failed)?;
    let authority = CertifiedIssuer::self_signed(params, key).map_err(failed)?;

    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "midwatch demo");
    let key = KeyPair::generate().map_err(failed)?;
    let own = params.signed_by(&key, &authority).map_err(failed)?;

    let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], secret)
        .map_err(failed)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Identity {
        config: Arc::new(config),
        authority: authority.pem(),
    })
}

/// A bearer token nobody can guess.
pub(super) fn token() -> Result<String, DemoError> {
    let mut bytes = [0_u8; 24];
    ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| DemoError::Certificate("the system gives no random numbers".to_owned()))?;
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    Ok(digits
        .filter_map(|d| char::from_digit(u32::from(d), 16))
        .collect())
}
