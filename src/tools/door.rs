//! The HTTP half of WHIP (RFC 9725) and WHEP: an offer goes in, an answer and a resource come out.

use std::sync::Once;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, LOCATION};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use url::Url;

use super::ToolError;

/// Which server certificates are believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those the machine's own store vouches for.
    #[default]
    System,
    /// Any, as a server with its own certificate needs it on first contact (`--insecure`).
    Anything,
}

/// An HTTP client of the tools.
///
/// # Errors
/// When the TLS library cannot be set up.
pub fn http_client(trust: Trust) -> Result<Client, ToolError> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Fails when the process has chosen a provider already, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    Ok(Client::builder()
        .tls_danger_accept_invalid_certs(trust == Trust::Anything)
        .connect_timeout(std::time::Duration::from_secs(5))
        .timeout(std::time::Duration::from_secs(15))
        .build()?)
}

/// A WHIP or WHEP address with its token.
#[derive(Clone, Debug)]
pub struct Door {
    client: Client,
    url: Url,
    token: String,
}

/// A session behind a door.
#[derive(Clone, Debug)]
pub struct Resource {
    door: Door,
    /// Its address, from `Location`.
    pub url: Url,
    /// Its ICE session, from `ETag`.
    pub etag: Option<String>,
    /// The server's description.
    pub answer: String,
}

impl Door {
    /// A door at `url`, opened with the bearer token `token`.
    ///
    /// # Errors
    /// When the address is none, or TLS cannot be set up.
    pub fn new(url: &str, token: &str, trust: Trust) -> Result<Self, ToolError> {
        let url = Url::parse(url).map_err(|error| ToolError::Address(format!("{url}: {error}")))?;
        Ok(Self { client: http_client(trust)?, url, token: token.to_owned() })
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Sends an offer.
    ///
    /// # Errors
    /// [`ToolError::Refused`] with the server's code, or what HTTP itself could not do.
    pub async fn offer(&self, offer: String) -> Result<Resource, ToolError> {
        let response = self
            .client
            .post(self.url.clone())
            .header(AUTHORIZATION, self.bearer())
            .header(CONTENT_TYPE, "application/sdp")
            .header(ACCEPT, "application/sdp")
            .body(offer)
            .send()
            .await?;
        let response = accepted(response, &[StatusCode::CREATED]).await?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let location = header(LOCATION).ok_or(ToolError::Gone("the answer has no Location"))?;
        let url = self.url.join(&location).map_err(|error| ToolError::Address(format!("{location}: {error}")))?;
        let etag = header(ETAG);
        Ok(Resource { door: self.clone(), url, etag, answer: response.text().await? })
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

impl Resource {
    /// Sends a trickle or restart fragment (RFC 8840); answers the server's own fragment when it restarted.
    ///
    /// # Errors
    /// [`ToolError::Refused`] with the server's code, or what HTTP itself could not do.
    pub async fn patch(&mut self, fragment: String) -> Result<Option<String>, ToolError> {
        let request = self
            .door
            .client
            .patch(self.url.clone())
            .header(AUTHORIZATION, self.door.bearer())
            .header(CONTENT_TYPE, "application/trickle-ice-sdpfrag")
            .header(IF_MATCH, self.etag.clone().unwrap_or_else(|| "*".to_owned()))
            .body(fragment);
        let response = accepted(request.send().await?, &[StatusCode::OK, StatusCode::NO_CONTENT]).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        if let Some(etag) = response.headers().get(ETAG).and_then(|value| value.to_str().ok()) {
            self.etag = Some(etag.to_owned());
        }
        Ok(Some(response.text().await?))
    }

    /// Ends the session.
    ///
    /// # Errors
    /// [`ToolError::Refused`] with the server's code, or what HTTP itself could not do.
    pub async fn delete(&self) -> Result<(), ToolError> {
        let request = self.door.client.delete(self.url.clone()).header(AUTHORIZATION, self.door.bearer());
        accepted(request.send().await?, &[StatusCode::OK, StatusCode::NO_CONTENT]).await?;
        Ok(())
    }
}

/// The error shape of the server.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

async fn accepted(response: Response, expected: &[StatusCode]) -> Result<Response, ToolError> {
    let status = response.status();
    if expected.contains(&status) {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default();
    let refusal: Refusal = serde_json::from_str(&text).unwrap_or_default();
    Err(ToolError::Refused { status: status.as_u16(), code: refusal.code, message: refusal.message })
}
