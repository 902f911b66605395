//! A signed-in person with an HTTP client of their own.

use airclass::tools::door::Trust;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, ORIGIN};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("a body") }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// The stable code of an error answer.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

/// A person, or a stranger as long as nobody signed in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) client: Client,
    pub(crate) base: String,
}

impl Person {
    pub(crate) fn stranger(base: &str) -> Self {
        // The provider of TLS must be chosen once per process; the tools' own client does that.
        airclass::tools::door::http_client(Trust::System).expect("a client");
        let client = Client::builder()
            .cookie_store(true)
            .tls_danger_accept_invalid_certs(true)
            .timeout(std::time::Duration::from_secs(20))
            .build()
            .expect("a client");
        Self { client, base: base.to_owned() }
    }

    pub(crate) async fn sign_in(base: &str, name: &str, password: &str) -> Self {
        let person = Self::stranger(base);
        person.post("/api/session", json!({ "name": name, "password": password })).await.expect(200);
        person
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // What browsers send with everything that changes something.
        self.client.request(method, format!("{}{path}", self.base)).header(ORIGIN, &self.base)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        Reply::of(self.request(Method::POST, path).header(CONTENT_TYPE, "application/json").body(body.to_string()))
            .await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        Reply::of(self.request(Method::PUT, path).header(CONTENT_TYPE, "application/json").body(body.to_string())).await
    }

    /// A token for a seat of a lesson, as encoders and tools use it.
    pub(crate) async fn token(&self, lesson: &str, seat: &str, classroom: Option<&str>) -> String {
        let wanted = json!({ "seat": seat, "classroom": classroom });
        let reply = self.post(&format!("/api/lessons/{lesson}/tokens"), wanted).await.expect(200);
        reply.json()["token"].as_str().expect("a token").to_owned()
    }

    /// A request with a bearer token and nothing else that says who asks.
    pub(crate) fn with_token(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let fresh = Self::stranger(&self.base);
        fresh.client.request(method, format!("{}{path}", self.base)).header(AUTHORIZATION, format!("Bearer {token}"))
    }
}
