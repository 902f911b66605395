//! The certificate and DTLS settings that all sessions of this process share.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rtc_crypto::providers::{AwsLcRsCrypto, AwsLcRsProvider};
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::{Certificate, CryptoPrivateKey};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use sha2::{Digest, Sha256};

/// Who the generator's clients are. The server's certificate is believed: there is nothing to protect in a benchmark
/// on loopback, and checking it would cost CPU here and nothing at the server.
pub(crate) struct Identity {
    pub(super) config: Arc<HandshakeConfig>,
    fingerprint: String,
}

impl Identity {
    /// Makes a key and a certificate.
    pub(crate) fn generate() -> Result<Self> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = CertificateParams::default().self_signed(&key)?;
        let private_key = CryptoPrivateKey::from_key_pair(&key, &AwsLcRsCrypto).context("a private key for DTLS")?;
        let mut fingerprint = String::new();
        for (n, byte) in Sha256::digest(certificate.der()).iter().enumerate() {
            write!(fingerprint, "{}{byte:02X}", if n == 0 { "" } else { ":" })?;
        }
        let inner = Certificate { certificate: vec![certificate.der().to_owned()], private_key };
        let config = ConfigBuilder::default()
            .with_crypto_provider(Arc::new(AwsLcRsProvider::default()))
            .with_certificates(vec![inner])
            .with_cipher_suites(vec![CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256])
            .with_srtp_protection_profiles(vec![
                SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
                SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            ])
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_insecure_skip_verify(true)
            .build(true, None)
            .context("DTLS settings")?;
        Ok(Self { config: Arc::new(config), fingerprint })
    }

    /// What offers say about it.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}
