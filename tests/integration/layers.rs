//! A studio that publishes three layers made beforehand, so that it costs nothing and each layer costs what it may, and
//! that pauses the layers nobody takes.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use airclass::clock;
use airclass::tools::JoinOptions;
use airclass::tools::access_unit::{AccessUnit, split_annex_b};
use airclass::tools::signaling::SignalingClient;
use airclass::tools::whip::{Publisher, Tracks};
use airclass_load::camera::{FRAMES_PER_SECOND, KEYFRAME_EVERY, layers};
use airclass_signaling::wire::{ServerMessage, StudioSource};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

/// The layers' names, the lowest first.
pub(crate) const RIDS: [&str; 3] = ["q", "h", "f"];
/// A NAL unit that says where an access unit begins (ITU-T H.264, table 7-1).
const DELIMITER: u8 = 9;
const SOUND: Duration = Duration::from_millis(20);

/// What the server said it wants, and when.
pub(crate) type Wishes = Arc<Mutex<Vec<(Instant, Vec<String>)>>>;

/// The studio.
pub(crate) struct LayeredStudio {
    frames: Arc<Vec<Vec<AccessUnit>>>,
    wishes: Wishes,
    tasks: [JoinHandle<()>; 2],
}

impl LayeredStudio {
    /// Joins and publishes; `seat` is the master's, by which it is told what to pause.
    pub(crate) async fn on_air(join: &JoinOptions, seat: SignalingClient) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fixtures");
        let files = layers(&folder).expect("layers");
        let frames: Vec<Vec<AccessUnit>> = files.iter().map(|file| units(&fs::read(file).unwrap())).collect();
        let frames = Arc::new(frames);
        let publisher = Publisher::join_with_layers(join, Tracks::BOTH, &RIDS).await.expect("the studio joins");
        let (wanted, wishes) = (Arc::new(AtomicU8::new(u8::MAX)), Wishes::default());
        let listening = tokio::spawn(listen(seat, Arc::clone(&wanted), Arc::clone(&wishes)));
        let playing = tokio::spawn(play(publisher, Arc::clone(&frames), wanted));
        Self { frames, wishes, tasks: [listening, playing] }
    }

    /// Waits until the last wish is for these layers; when it came.
    pub(crate) async fn until_wanted(&self, rids: &[&str], within: Duration) -> Instant {
        let wait = async {
            loop {
                if let Some((at, wanted)) = self.wishes.lock().unwrap().last()
                    && wanted == rids
                {
                    return *at;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(within, wait).await.unwrap_or_else(|_| panic!("{rids:?} wanted: {:?}", self.wishes()))
    }

    /// What was wanted so far.
    pub(crate) fn wishes(&self) -> Vec<Vec<String>> {
        self.wishes.lock().unwrap().iter().map(|(_, wanted)| wanted.clone()).collect()
    }

    /// The layer a picture is of.
    pub(crate) fn layer_of(&self, unit: &AccessUnit) -> Option<usize> {
        self.frames.iter().position(|layer| layer.iter().any(|frame| frame.nals == unit.nals))
    }
}

impl Drop for LayeredStudio {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// The access units of a stream with delimiters, without these.
fn units(stream: &[u8]) -> Vec<AccessUnit> {
    let mut units = Vec::new();
    for nal in split_annex_b(stream) {
        if nal[0] & 0x1f == DELIMITER {
            units.push(AccessUnit { timestamp: 0, nals: Vec::new() });
        } else if let Some(unit) = units.last_mut() {
            unit.nals.push(nal);
        }
    }
    units
}

async fn listen(mut seat: SignalingClient, wanted: Arc<AtomicU8>, wishes: Wishes) {
    while let Ok(message) = seat.next().await {
        let ServerMessage::Layers { source: StudioSource::Camera, wanted: rids } = message else { continue };
        let mask = RIDS.iter().zip(0..).filter(|(rid, _)| rids.iter().any(|wanted| wanted == *rid));
        wanted.store(mask.fold(0, |mask, (_, layer)| mask | 1 << layer), Ordering::Relaxed);
        wishes.lock().unwrap().push((clock::instant(), rids));
    }
}

/// Plays the layers over and over. A keyframe is asked for, or a layer comes back: they go on at their next keyframe.
async fn play(publisher: Publisher, frames: Arc<Vec<Vec<AccessUnit>>>, wanted: Arc<AtomicU8>) {
    let (mut pictures, mut sounds) = (interval(Duration::from_secs(1) / FRAMES_PER_SECOND), interval(SOUND));
    pictures.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let begun = clock::instant();
    let (mut at, mut sending, mut asked, mut sound) = (0_usize, u8::MAX, 0, 0_u32);
    loop {
        tokio::select! {
            _ = pictures.tick() => {
                let (now, requests) = (wanted.load(Ordering::Relaxed), publisher.feedback().keyframe_requests());
                if now & !sending != 0 || requests != asked {
                    at = at.next_multiple_of(KEYFRAME_EVERY);
                }
                (sending, asked) = (now, requests);
                let timestamp = clock::instant().saturating_duration_since(begun).as_micros() * 90 / 1_000;
                for (layer, frames) in frames.iter().enumerate().filter(|(layer, _)| sending >> layer & 1 == 1) {
                    let unit = AccessUnit { timestamp: timestamp as u32, ..frames[at % frames.len()].clone() };
                    if publisher.send_layer(layer, &unit).await.is_err() {
                        return;
                    }
                }
                at += 1;
            }
            _ = sounds.tick() => {
                // A frame of 20 ms (RFC 6716 section 3.1) with nothing to hear in it.
                let frame = [0xfc, 0xff, 0xfe];
                sound = sound.wrapping_add(960);
                if publisher.send_audio(sound, frame.to_vec().into()).await.is_err() {
                    return;
                }
            }
            () = publisher.ended() => return,
        }
    }
}
