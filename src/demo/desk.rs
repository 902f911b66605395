//! The desk while no master is there: slides are turned, the next in the queue gets the floor, now and then a poll.

use std::time::Duration;

use airclass_signaling::id::FloorRequestId;
use airclass_signaling::lesson::{Lesson, Place};
use airclass_signaling::wire::{
    Answer, ClientMessage, FloorState, PollBy, PollKind, Scene, Snapshot, StudioCamera, Surface,
};
use tokio::time::{Instant, sleep, sleep_until};

use super::bustle::{BustleError, Entrance};
use crate::clock;
use crate::tools::signaling::SignalingClient;

/// How long the desk must have been empty: a page that is reloaded is not gone.
const EMPTY: Duration = Duration::from_secs(12);
/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_secs(1);
/// A slide stays so long, ms.
const PAGE_MS: i64 = 20_000;
/// The floor is given so often, ms.
const GRANT_MS: i64 = 30_000;
/// A poll takes so long, seconds.
const POLL_SECONDS: u32 = 45;
/// Its result is shown so long, ms.
const RESULT_MS: i64 = 20_000;
/// From one poll to the next, ms.
const POLL_EVERY_MS: i64 = 180_000;

/// The desk in the hands of nobody.
pub(super) struct Desk {
    seat: SignalingClient,
    turned_ms: i64,
    granted_ms: i64,
    polled_ms: i64,
    tried: Option<FloorRequestId>,
}

impl Desk {
    /// Waits until the desk has been empty for a while, and looks after it until somebody takes it.
    pub(super) async fn look_after(entrance: &Entrance, master: &str) -> Result<(), BustleError> {
        until_empty(entrance).await;
        let seat = entrance.sit(master, Place::Master).await?;
        let now = clock::utc_ms();
        let desk = Self { seat, turned_ms: now, granted_ms: now, polled_ms: now - POLL_EVERY_MS / 2, tried: None };
        desk.live().await
    }

    async fn live(mut self) -> Result<(), BustleError> {
        let mut step = Instant::now() + STEP;
        loop {
            tokio::select! {
                told = self.seat.next() => { told?; }
                () = sleep_until(step) => {
                    step = Instant::now() + STEP;
                    for message in self.steps(clock::utc_ms()) {
                        self.seat.send(&message).await?;
                    }
                }
            }
        }
    }

    /// What a master would do now.
    fn steps(&mut self, now: i64) -> Vec<ClientMessage> {
        let mut steps = self.slides(now);
        steps.extend(self.floor(now));
        steps.extend(self.poll(now));
        steps
    }

    fn slides(&mut self, now: i64) -> Vec<ClientMessage> {
        let view = self.seat.view();
        let Some(deck) = view.decks.first() else { return Vec::new() };
        let Some(open) = view.surfaces.iter().find(|surface| surface.page.surface == Surface::Deck) else {
            self.turned_ms = now;
            let scene = ClientMessage::SetProgramme { scene: Scene::SlidesAndCamera, camera: StudioCamera::Camera };
            return vec![ClientMessage::OpenDeck { deck: deck.id.clone() }, scene];
        };
        if now - self.turned_ms < PAGE_MS {
            return Vec::new();
        }
        let page = if open.page.page >= deck.pages { 1 } else { open.page.page + 1 };
        self.turned_ms = now;
        vec![ClientMessage::TurnPage { surface: Surface::Deck, page }]
    }

    fn floor(&mut self, now: i64) -> Option<ClientMessage> {
        let view = self.seat.view();
        let busy = view.floor.iter().any(|request| request.state == FloorState::Granted);
        if busy || now - self.granted_ms < GRANT_MS {
            return None;
        }
        let next = first_in_queue(view).filter(|next| self.tried.as_ref() != Some(next))?;
        self.granted_ms = now;
        self.tried = Some(next.clone());
        Some(ClientMessage::GrantFloor { request: next })
    }

    fn poll(&mut self, now: i64) -> Option<ClientMessage> {
        let shown = self.seat.view().poll.as_ref().filter(|poll| poll.result.is_some());
        if let Some(poll) = shown
            && poll.closed_ms.is_some_and(|at| now - at >= RESULT_MS)
        {
            return Some(ClientMessage::ShowPollResult { poll: poll.id.clone(), on: false });
        }
        let over = self.seat.view().poll.as_ref().filter(|poll| poll.result.is_none());
        if let Some(poll) = over
            && poll.closed_ms.is_some_and(|at| (0..RESULT_MS / 2).contains(&(now - at)))
        {
            return Some(ClientMessage::ShowPollResult { poll: poll.id.clone(), on: true });
        }
        if now - self.polled_ms < POLL_EVERY_MS {
            return None;
        }
        self.polled_ms = now;
        let labels = ["清水中", "盐水中", "一样大", "无法比较"].map(str::to_owned).to_vec();
        Some(ClientMessage::OpenPoll {
            question: "同一个鸡蛋，在哪里受到的浮力更大？".to_owned(),
            kind: PollKind::Choices { labels },
            by: PollBy::Seats,
            correct: Some(Answer::whole(1)),
            seconds: Some(POLL_SECONDS),
        })
    }
}

fn first_in_queue(view: &Snapshot) -> Option<FloorRequestId> {
    let waiting = view.floor.iter().filter(|request| request.state == FloorState::Accepted);
    waiting.min_by_key(|request| request.position.unwrap_or(u32::MAX)).map(|request| request.id.clone())
}

async fn until_empty(entrance: &Entrance) {
    let mut since = Instant::now();
    while since.elapsed() < EMPTY {
        let present = match entrance.state().conductors.running(entrance.lesson()) {
            Some(conductor) => conductor.look(|lesson: &Lesson| lesson.studio().master_present).await.unwrap_or(true),
            None => true,
        };
        if present {
            since = Instant::now();
        }
        sleep(LOOK).await;
    }
}
