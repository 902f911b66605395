//! A microphone by itself: sound without a picture.

use std::time::Duration;

use airclass::tools::JoinOptions;
use airclass::tools::whip::{Publisher, Tracks};
use bytes::Bytes;
use tokio::task::JoinHandle;

/// One Opus packet of silence, 20 ms.
const SILENCE: &[u8] = &[0xf8, 0xff, 0xfe];
const PACKET: Duration = Duration::from_millis(20);
const SAMPLES: u32 = 960;

/// A microphone that sends all the time, until it is dropped.
pub(crate) struct Microphone {
    task: JoinHandle<()>,
}

impl Microphone {
    pub(crate) async fn open(join: &JoinOptions) -> Self {
        let tracks = Tracks { video: false, audio: true };
        let publisher = Publisher::join(join, tracks).await.expect("the microphone joins");
        let task = tokio::spawn(async move {
            let mut every = tokio::time::interval(PACKET);
            let mut timestamp = 0_u32;
            while publisher.send_audio(timestamp, Bytes::from_static(SILENCE)).await.is_ok() {
                every.tick().await;
                timestamp = timestamp.wrapping_add(SAMPLES);
            }
        });
        Self { task }
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.task.abort();
    }
}
