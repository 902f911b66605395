//! The settings every handshake runs with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rtc_crypto::providers::AwsLcRsProvider;
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::error::Error;

use crate::sdp::Fingerprint;
use crate::srtp::Profile;

use super::certificate::{Certificate, fingerprint_of};
use super::error::DtlsError;

/// The configuration of one peer's handshake. `mismatch` is set when the peer's certificate is not `expected`.
///
/// One profile only: the crate takes the client's first match, and clients list AES-CM first.
pub(super) fn handshake_config(
    certificate: &Certificate,
    expected: Fingerprint,
    profile: Profile,
    mismatch: &Arc<AtomicBool>,
) -> Result<Arc<HandshakeConfig>, DtlsError> {
    let mismatch = Arc::clone(mismatch);
    let verify = move |chain: &[Vec<u8>], _: &[_]| {
        if chain.first().is_some_and(|leaf| fingerprint_of(leaf) == expected) {
            return Ok(());
        }
        mismatch.store(true, Ordering::Relaxed);
        Err(Error::ErrInvalidCertificate)
    };
    let profile = match profile {
        Profile::AeadAes128Gcm => SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
        Profile::AesCm128HmacSha1_80 => SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
    };
    ConfigBuilder::default()
        .with_crypto_provider(Arc::new(AwsLcRsProvider::default()))
        .with_certificates(vec![certificate.inner.clone()])
        .with_cipher_suites(vec![CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256])
        .with_srtp_protection_profiles(vec![profile])
        .with_client_auth(ClientAuthType::RequireAnyClientCert)
        .with_extended_master_secret(ExtendedMasterSecretType::Require)
        // Chain verification is replaced by the fingerprint; without this the crate makes a certificate each time.
        .with_insecure_skip_verify(true)
        .with_verify_peer_certificate(Some(Arc::new(verify)))
        .build(false, None)
        .map(Arc::new)
        .map_err(|_| DtlsError::Certificate)
}
