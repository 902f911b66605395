//! HTTPS with the server's own certificate or with a configured one; cookies and sockets over it.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use airclass::config::Config;
use airclass::server::{Running, Server};
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN};
use reqwest::{Certificate, Client};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{Connector, connect_async_tls_with_config};

use crate::api::Reply;
use crate::turn;

/// A server with the demo's people and nothing else.
async fn start(folder: &Path, change: impl FnOnce(&mut Config)) -> (Running, SocketAddr) {
    let mut config = Config { demo: true, demo_studio: false, media_workers: 1, ..Config::ephemeral(folder) };
    change(&mut config);
    let running = Server::start(config).await.unwrap();
    let https = running.https.expect("HTTPS is on by default");
    (running, https)
}

/// A client that believes this certificate and no other.
fn believer(cert: &Path) -> Client {
    let cert = Certificate::from_pem(&std::fs::read(cert).unwrap()).unwrap();
    Client::builder().tls_certs_only([cert]).cookie_store(true).build().unwrap()
}

async fn sign_in(client: &Client, base: &str) -> Reply {
    let body = json!({ "name": "master", "password": "master-demo" }).to_string();
    let request = client.post(format!("{base}/api/session")).header(ORIGIN, base);
    Reply::of(request.header(CONTENT_TYPE, "application/json").body(body)).await.expect(200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_own_certificate_is_made_once_and_serves_the_page() {
    let _turn = turn::light().await;
    let folder = TempDir::new().unwrap();
    let (running, https) = start(folder.path(), |_| {}).await;
    let (cert, key) = (folder.path().join("tls/cert.pem"), folder.path().join("tls/key.pem"));
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let made = (std::fs::read(&cert).unwrap(), std::fs::read(&key).unwrap());
    let client = believer(&cert);
    let page = Reply::of(client.get(format!("https://{https}/"))).await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"), "{:?}", page.headers);
    Reply::of(client.get(format!("https://localhost:{}/livez", https.port()))).await.expect(200);
    running.stop().await;

    let (running, https) = start(folder.path(), |_| {}).await;
    assert_eq!((std::fs::read(&cert).unwrap(), std::fs::read(&key).unwrap()), made);
    // Whoever trusted it once is not asked again.
    Reply::of(client.get(format!("https://{https}/"))).await.expect(200);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configured_certificate_is_used() {
    let _turn = turn::light().await;
    let folder = TempDir::new().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("school.pem"), folder.path().join("school.key"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let data = folder.path().join("data");
    let (running, https) = start(&data, |config| {
        (config.tls_cert, config.tls_key) = (Some(cert.clone()), Some(key));
    })
    .await;
    Reply::of(believer(&cert).get(format!("https://{https}/livez"))).await.expect(200);
    assert!(!data.join("tls").exists(), "none of its own is made");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cookie_is_bound_to_the_host_and_opens_sockets_for_own_pages_only() {
    let _turn = turn::light().await;
    let folder = TempDir::new().unwrap();
    let (running, https) = start(folder.path(), |_| {}).await;
    let base = format!("https://{https}");
    let cert = folder.path().join("tls/cert.pem");
    let client = believer(&cert);
    let signed_in = sign_in(&client, &base).await;
    let cookie = signed_in.header("set-cookie").to_owned();
    let (pair, attributes) = cookie.split_once(';').expect("attributes");
    assert!(pair.starts_with("__Host-airclass="), "{pair}");
    let attributes: Vec<&str> = attributes.split(';').map(str::trim).collect();
    for wanted in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(attributes.contains(&wanted), "{wanted} is missing in {attributes:?}");
    }
    assert!(!attributes.iter().any(|attribute| attribute.starts_with("Domain")), "{attributes:?}");
    let who = Reply::of(client.get(format!("{base}/api/session"))).await.expect(200);
    assert_eq!(who.json()["account"]["name"], "master");

    // The demo's lesson is one the master may see.
    let home = Reply::of(client.get(format!("{base}/api/home"))).await.expect(200).json();
    let lesson = home["lessons"][0]["id"].as_str().expect("the demo's lesson").to_owned();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&cert).unwrap()).unwrap();
    let tls = Arc::new(rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    for (origin, welcome) in [
        (Some(base.as_str()), true),
        (Some("https://evil.example"), false),
        (Some(base.replacen("https", "http", 1).as_str()), false),
        (Some("null"), false),
        (None, false),
    ] {
        let mut request = format!("wss://{https}/ws/{lesson}").into_client_request().unwrap();
        request.headers_mut().insert(COOKIE, pair.parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert(ORIGIN, origin.parse().unwrap());
        }
        let opened =
            connect_async_tls_with_config(request, None, false, Some(Connector::Rustls(Arc::clone(&tls)))).await;
        match opened {
            Ok(_) => assert!(welcome, "{origin:?} came in"),
            Err(Error::Http(refused)) => assert!(!welcome && refused.status() == 403, "{origin:?}: {refused:?}"),
            Err(error) => panic!("{origin:?}: {error}"),
        }
    }
    running.stop().await;
}
