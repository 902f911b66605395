//! Datagrams from strangers to the media port: dropped without an answer, and the running lesson does not notice.

use std::net::Ipv4Addr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::bad_requests::Watched;
use crate::turn;

/// A binding request (RFC 8489) with this USERNAME, and a MESSAGE-INTEGRITY of zeros if asked for.
pub(crate) fn binding_request(username: &[u8], integrity: bool) -> Vec<u8> {
    let mut attributes = vec![0x00, 0x06, 0x00, username.len() as u8];
    attributes.extend_from_slice(username);
    attributes.resize(attributes.len().next_multiple_of(4), 0);
    if integrity {
        attributes.extend_from_slice(&[0x00, 0x08, 0x00, 0x14]);
        attributes.extend_from_slice(&[0; 20]);
    }
    let mut message = vec![0x00, 0x01, 0x00, attributes.len() as u8, 0x21, 0x12, 0xa4, 0x42];
    message.extend_from_slice(&[7; 12]);
    message.extend_from_slice(&attributes);
    message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f25_strangers_get_no_answer_and_do_no_harm() {
    let _turn = turn::light().await;
    let watched = Watched::begin().await;
    let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    stranger.connect(watched.stage.media).await.unwrap();
    let mut past_the_end = binding_request(b"nobody:there", false);
    past_the_end[23] = 0xff;
    let hello = {
        // A DTLS 1.2 record header with a ClientHello that goes on for ever.
        let mut record = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40];
        record.extend_from_slice(&[1, 0, 255, 255, 0, 0, 0, 0, 0, 0, 255, 255]);
        record.extend_from_slice(&[0; 28]);
        record
    };
    let zero_fragment = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 12, 1, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut table: Vec<Vec<u8>> = vec![
        vec![],
        vec![0],
        vec![22],
        vec![128],
        vec![0xff; 1_500],
        vec![0; 2_100],
        vec![0x80; 60_000],
        binding_request(b"nobody:there", false),
        binding_request(b"nobody:there", true),
        binding_request(&[0xff; 64], true),
        binding_request(b"", true),
        past_the_end,
        hello,
        zero_fragment,
        // RTP and RTCP shapes with lengths that lie.
        [&[0x80, 102, 0, 1][..], &[0; 8], &[1; 100]].concat(),
        [&[0x9f, 102, 0, 1][..], &[0xff; 20]].concat(),
        [&[0xb0, 102, 0, 1][..], &[0; 8], &[0xbe, 0xde, 0xff, 0xff]].concat(),
        [&[0x81, 205, 0xff, 0xff][..], &[0; 20]].concat(),
        [&[0x8f, 205, 0, 4][..], &[0xff; 16]].concat(),
    ];
    let mut rng = StdRng::seed_from_u64(25);
    for _ in 0..3_000 {
        let mut datagram = vec![0; rng.random_range(0..200)];
        rng.fill(&mut datagram[..]);
        table.push(datagram);
    }
    let mut buffer = [0; 2_048];
    for datagram in &table {
        stranger.send(datagram).await.unwrap();
        tokio::task::yield_now().await;
    }
    let answer = timeout(Duration::from_millis(300), stranger.recv(&mut buffer)).await;
    assert!(answer.is_err(), "a stranger was answered");
    watched.nobody_noticed().await;
}
