//! The WHIP and WHEP doors keep the rules of RFC 9725 and of the WHEP draft.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH, ORIGIN};

use crate::api::{Person, Reply};
use crate::stage::Stage;
use crate::turn;

/// What Chromium offers for a camera with three layers and a microphone.
pub(crate) const PUBLISH: &str = include_str!("offers/chromium-publish.sdp");
/// What Chromium offers for one slot of each kind.
pub(crate) const RECEIVE: &str = include_str!("offers/chromium-receive.sdp");

async fn offer(person: &Person, path: &str, token: &str, offer: &str) -> Reply {
    let request = person.with_token(Method::POST, path, token);
    Reply::of(request.header(CONTENT_TYPE, "application/sdp").body(offer.to_owned())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_makes_a_resource_and_delete_ends_it() {
    let _turn = turn::light().await;
    let stage = Stage::begin_where(false, |config| {
        config.ice_servers = vec!["stun:stun.school.example:3478".to_owned()];
    })
    .await;
    let master = stage.master.token(&stage.lesson, "master", None).await;
    let classroom = stage.classroom_token(0).await;
    for (door, token, sdp) in [("whip", &master, PUBLISH), ("whep", &classroom, RECEIVE)] {
        let path = format!("/{door}/{}", stage.lesson);
        let created = offer(&stage.master, &path, token, sdp).await.expect(201);
        assert_eq!(created.header("content-type"), "application/sdp");
        assert!(created.header("etag").starts_with('"') && created.header("etag").len() > 2);
        assert!(created.header("link").contains("rel=\"ice-server\""), "{}", created.header("link"));
        assert!(created.header("access-control-expose-headers").to_lowercase().contains("location"));
        let location = created.header("location").to_owned();
        assert!(location.contains(&format!("{path}/")), "{location}");
        for line in ["a=ice-lite", "a=setup:passive", "a=rtcp-mux", "a=fingerprint:sha-256 ", "a=group:BUNDLE 0 1"] {
            assert!(created.text.contains(line), "{door}: {line} is missing in\n{}", created.text);
        }
        assert_eq!(created.text.matches("\nm=").count(), 2);
        assert!(created.text.contains("H264/90000") && created.text.contains("opus/48000/2"));
        let direction = if door == "whip" { "a=recvonly" } else { "a=sendonly" };
        assert!(created.text.contains(direction));
        if door == "whip" {
            assert!(created.text.contains("a=simulcast:recv"), "layers are taken\n{}", created.text);
        }

        let at = location.strip_prefix(&stage.base).unwrap_or(&location).to_owned();
        let options = Reply::of(stage.master.client.request(Method::OPTIONS, format!("{}{at}", stage.base))).await;
        assert!(options.status == 200 || options.status == 204, "{}", options.status);
        assert!(options.header("accept-patch").contains("trickle-ice-sdpfrag"));
        let stranger = stage.pupil.with_token(Method::DELETE, &at, &"x".repeat(43));
        Reply::of(stranger).await.expect(401);
        let deleted = Reply::of(stage.master.with_token(Method::DELETE, &at, token)).await;
        assert!(deleted.status == 200 || deleted.status == 204, "{}", deleted.status);
        let again = Reply::of(stage.master.with_token(Method::DELETE, &at, token)).await;
        assert_eq!(again.status, 404);
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patch_trickles_restarts_and_minds_the_entity_tag() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let token = stage.classroom_token(0).await;
    let created = offer(&stage.master, &format!("/whep/{}", stage.lesson), &token, RECEIVE).await.expect(201);
    let (at, etag) = (created.header("location").to_owned(), created.header("etag").to_owned());
    let (ufrag, pwd) = (value(RECEIVE, "a=ice-ufrag:"), value(RECEIVE, "a=ice-pwd:"));
    let fragment = |ufrag: &str, pwd: &str| {
        format!(
            "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
             a=candidate:1 1 udp 2113667327 127.0.0.1 54321 typ host\r\na=end-of-candidates\r\n"
        )
    };
    let patch = async |body: String, tag: Option<&str>, kind: &str| {
        let mut request = stage.master.with_token(Method::PATCH, &at, &token).header(CONTENT_TYPE, kind).body(body);
        if let Some(tag) = tag {
            request = request.header(IF_MATCH, tag);
        }
        Reply::of(request).await
    };
    const KIND: &str = "application/trickle-ice-sdpfrag";
    patch(fragment(ufrag, pwd), Some(&etag), KIND).await.expect(204);
    patch(fragment(ufrag, pwd), Some("\"another\""), KIND).await.expect(412);
    patch(fragment(ufrag, pwd), None, KIND).await.expect(428);
    patch(fragment(ufrag, pwd), Some(&etag), "application/sdp").await.expect(415);
    patch("nothing of the sort".to_owned(), Some(&etag), KIND).await.expect(400);
    let restarted = patch(fragment("freshufrag", "aFreshPasswordOfEnoughLetters"), Some("*"), KIND).await.expect(200);
    assert_ne!(restarted.header("etag"), etag);
    assert!(restarted.text.contains("a=ice-ufrag:") && restarted.text.contains("a=candidate:"));
    patch(fragment(ufrag, pwd), Some(&etag), KIND).await.expect(412);
    stage.stop().await;
}

fn value<'a>(sdp: &'a str, name: &str) -> &'a str {
    sdp.lines().find_map(|line| line.strip_prefix(name)).expect("in the offer").trim()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_pages_may_use_the_doors_with_a_token() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let url = format!("{}/whip/{}", stage.base, stage.lesson);
    let preflight = stage
        .master
        .client
        .request(Method::OPTIONS, &url)
        .header(ORIGIN, "https://encoder.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let reply = Reply::of(preflight).await;
    assert!(reply.status == 200 || reply.status == 204);
    assert!(matches!(reply.header("access-control-allow-origin"), "*" | "https://encoder.example"));
    assert!(reply.header("access-control-allow-methods").contains("POST"));
    let allowed = reply.header("access-control-allow-headers").to_lowercase();
    assert!(allowed.contains("authorization") && allowed.contains("content-type"));
    // A cookie opens no door: only what a page of another site can't have.
    let by_cookie =
        Reply::of(stage.master.client.post(&url).header(CONTENT_TYPE, "application/sdp").body(PUBLISH)).await;
    assert_eq!(by_cookie.status, 401);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_lesson_takes_only_what_can_be_archived() {
    let _turn = turn::light().await;
    let vp8 = PUBLISH
        .replace("H264/90000", "VP8/90000")
        .lines()
        .filter(|line| !line.contains("packetization-mode"))
        .map(|line| format!("{line}\r\n"))
        .collect::<String>();
    let stage = Stage::begin_with(true).await;
    let token = stage.master.token(&stage.lesson, "master", None).await;
    let refused = offer(&stage.master, &format!("/whip/{}", stage.lesson), &token, &vp8).await;
    assert!(refused.status == 406 || refused.status == 422 || refused.status == 400, "{}", refused.status);
    assert!(!refused.json()["message"].as_str().unwrap().is_empty());
    stage.stop().await;
    let relayed = Stage::begin_with(false).await;
    let token = relayed.master.token(&relayed.lesson, "master", None).await;
    let taken = offer(&relayed.master, &format!("/whip/{}", relayed.lesson), &token, &vp8).await.expect(201);
    assert!(taken.text.contains("VP8/90000"));
    relayed.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_own_seat_publishes_and_sessions_belong_to_whoever_opened_them() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let path = format!("/whip/{}", stage.lesson);
    let observer = stage.admin.token(&stage.lesson, "observer", None).await;
    offer(&stage.admin, &path, &observer, PUBLISH).await.expect(403);
    let master = stage.master.token(&stage.lesson, "master", None).await;
    let created = offer(&stage.master, &path, &master, PUBLISH).await.expect(201);
    let at = created.header("location").to_owned();
    let other = stage.classroom_token(0).await;
    let taken = Reply::of(stage.master.with_token(Method::DELETE, &at, &other)).await;
    assert!(taken.status == 403 || taken.status == 404, "{}", taken.status);
    let own =
        stage.master.client.delete(format!("{}{at}", stage.base)).header(AUTHORIZATION, format!("Bearer {master}"));
    let own = Reply::of(own).await;
    assert!(own.status == 200 || own.status == 204);
    stage.stop().await;
}
