//! Watching the stream through Janus's HTTP API.

use anyhow::{Context as _, Result, bail};
use reqwest::Client;
use serde_json::{Value, json};

use super::Gateway;

/// One viewer: a session with one handle of the streaming plugin.
pub(crate) struct Watcher {
    client: Client,
    session: String,
    handle: String,
}

impl Watcher {
    /// Asks for the stream; gives the viewer and Janus's offer.
    pub(crate) async fn watch(client: &Client) -> Result<(Self, String)> {
        let api = Gateway::api();
        let session = format!("{api}/{}", created(client, &api, json!({ "janus": "create" })).await?);
        let attach = json!({ "janus": "attach", "plugin": "janus.plugin.streaming" });
        let handle = format!("{session}/{}", created(client, &session, attach).await?);
        let watcher = Self { client: client.clone(), session, handle };
        post(client, &watcher.handle, json!({ "janus": "message", "body": { "request": "watch", "id": 1 } })).await?;
        let offer = watcher.event(|event| event["jsep"]["sdp"].as_str().map(str::to_owned)).await?;
        Ok((watcher, offer))
    }

    /// Answers the offer.
    pub(crate) async fn start(&self, answer: &str) -> Result<()> {
        let jsep = json!({ "type": "answer", "sdp": answer });
        let message = json!({ "janus": "message", "body": { "request": "start" }, "jsep": jsep });
        post(&self.client, &self.handle, message).await?;
        Ok(())
    }

    /// Polls until an event gives something.
    async fn event(&self, want: impl Fn(&Value) -> Option<String>) -> Result<String> {
        for _ in 0..10 {
            let event: Value = self.client.get(format!("{}?maxev=1", self.session)).send().await?.json().await?;
            if let Some(found) = want(&event) {
                return Ok(found);
            }
            if event["plugindata"]["data"]["error"].is_string() {
                bail!("Janus: {event}");
            }
        }
        bail!("Janus has no offer");
    }
}

async fn created(client: &Client, url: &str, message: Value) -> Result<u64> {
    post(client, url, message).await?["data"]["id"].as_u64().context("an id from Janus")
}

async fn post(client: &Client, url: &str, mut message: Value) -> Result<Value> {
    message["transaction"] = json!("load");
    let reply: Value = client.post(url).json(&message).send().await?.json().await?;
    if reply["janus"] == "error" {
        bail!("Janus: {reply}");
    }
    Ok(reply)
}
