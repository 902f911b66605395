//! This server's self-signed certificate.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rtc_crypto::providers::AwsLcRsCrypto;
use rtc_dtls::crypto::{Certificate as Inner, CryptoPrivateKey};
use sha2::{Digest, Sha256};

use crate::sdp::Fingerprint;
use crate::srtp::Profile;

use super::config::handshake_config;
use super::error::DtlsError;

/// A self-signed ECDSA P-256 certificate; made once per process, all peers share it.
#[derive(Clone)]
pub struct Certificate {
    pub(super) inner: Inner,
    fingerprint: Fingerprint,
}

impl Certificate {
    /// Makes a new key and certificate.
    ///
    /// # Errors
    /// [`DtlsError::Certificate`] when the system has no randomness or the key does not suit the handshake.
    pub fn generate() -> Result<Certificate, DtlsError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| DtlsError::Certificate)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "airclass");
        let certificate = params.self_signed(&key).map_err(|_| DtlsError::Certificate)?;
        let private_key = CryptoPrivateKey::from_key_pair(&key, &AwsLcRsCrypto).map_err(|_| DtlsError::Certificate)?;
        let fingerprint = fingerprint_of(certificate.der());
        let inner = Inner { certificate: vec![certificate.der().to_owned()], private_key };
        let certificate = Certificate { inner, fingerprint };
        for profile in [Profile::AeadAes128Gcm, Profile::AesCm128HmacSha1_80] {
            handshake_config(&certificate, fingerprint, profile, &Arc::default())?;
        }
        Ok(certificate)
    }

    /// What the SDP answers say about it.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// SHA-256 of a DER-encoded certificate.
pub(super) fn fingerprint_of(der: &[u8]) -> Fingerprint {
    Fingerprint { bytes: Sha256::digest(der).into() }
}
