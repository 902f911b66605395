//! The task of one lesson: commands in, effects out.
//!
//! Commands that wait together are handled together: their journal lines are stored in one transaction, and only then
//! does anybody see what they did. If they can't be stored the task gives up: nothing of the batch has happened, and
//! whoever comes next starts the lesson again from what is on disk.

use std::collections::HashMap;
use std::time::Duration;

use airclass_media::Gate;
use airclass_signaling::id::LessonId;
use airclass_signaling::lesson::{Audience, ConnectionId, Effect, Input, Lesson, MediaOrder, RecordOrder};
use airclass_signaling::limits::Verdict;
use airclass_signaling::wire::{ByeReason, LessonState, ServerMessage};
use tokio::sync::{mpsc, oneshot};

use super::command::Command;
use super::grants::Grants;
use super::media::Media;
use super::origin::Origin;
use super::plan::Plan;
use super::recording::Recordings;
use super::{ConductError, Outbox, Outboxes, Services, lock, outbox};
use crate::accounts::Actor;
use crate::clock;
use crate::db::{DbError, LessonRow};
use lines::Watch;
use speaking::Speaking;

mod doors;
mod lines;
mod seats;
mod speaking;

/// Commands handled between two transactions.
const BATCH: usize = 64;
/// A lesson that is not live and that nobody is in loses its task after so long.
const IDLE: Duration = Duration::from_secs(30);
/// A journal that can't be stored is tried again so often, for a lock another process holds.
const STORE_TRIES: u32 = 3;

struct Seat {
    actor: Actor,
    /// Hash of the token it came in with.
    session: String,
    page: Option<String>,
    outbox: Outbox,
    audiences: Vec<Audience>,
}

/// Effects to obey, and answers to give once they are.
#[derive(Default)]
struct Batch {
    effects: Vec<Effect>,
    after: Vec<Box<dyn FnOnce() + Send>>,
}

impl Batch {
    fn answer<T: Send + 'static>(&mut self, reply: oneshot::Sender<T>, value: T) {
        self.after.push(Box::new(move || {
            // Whoever asked may have gone.
            let _ = reply.send(value);
        }));
    }
}

/// The state of a lesson's task.
pub(super) struct Task {
    services: Services,
    id: LessonId,
    row: LessonRow,
    lesson: Lesson,
    next_line: i64,
    down_since_ms: Option<i64>,
    seats: HashMap<ConnectionId, Seat>,
    outboxes: Outboxes,
    grants: Grants,
    media: Media,
    recordings: Recordings,
    watch: Watch,
    speaking: Speaking,
    commands: mpsc::Receiver<Command>,
    stopped: Option<oneshot::Sender<()>>,
    /// The plan it was started from is not the plan any more.
    outdated: bool,
}

impl Task {
    pub(super) fn new(services: Services, plan: Plan, outboxes: Outboxes, commands: mpsc::Receiver<Command>) -> Self {
        Self {
            id: LessonId::new(plan.row.id.as_str()),
            recordings: Recordings::new(&services, &plan.row),
            services,
            row: plan.row,
            lesson: plan.lesson,
            next_line: plan.next_line,
            down_since_ms: plan.down_since_ms,
            seats: HashMap::new(),
            outboxes,
            grants: Grants::default(),
            media: Media::default(),
            watch: Watch::new(clock::instant()),
            speaking: Speaking::new(clock::instant()),
            commands,
            stopped: None,
            outdated: false,
        }
    }

    /// Conducts the lesson until it is over and everybody has left, or the server stops.
    pub(super) async fn run(mut self) {
        if let Err(error) = self.conduct().await {
            tracing::error!(lesson = %self.id, %error, "the lesson's journal can't be written; its task ends");
        }
        for peer in self.media.peers() {
            self.services.engine.close(peer);
        }
        for outbox in lock(&self.outboxes).values() {
            outbox.close(ByeReason::ServerStopping);
        }
        self.recordings.finish().await;
        if let Some(stopped) = self.stopped.take() {
            let _ = stopped.send(());
        }
    }

    async fn conduct(&mut self) -> Result<(), DbError> {
        self.media.set_table(self.lesson.slots());
        self.note_state().await?;
        if self.lesson.state() == LessonState::Live {
            tracing::info!(lesson = %self.id, "live lesson resumed");
        }
        let effects = self.lesson.resume(self.down_since_ms, clock::utc_ms());
        self.obey(Batch { effects, after: Vec::new() }).await?;
        loop {
            let due = self.lesson.poll_timeout().map(|at| at.saturating_sub(clock::utc_ms()).max(0).unsigned_abs());
            let voices = self.speaking.poll_timeout().map(|at| at.saturating_duration_since(clock::instant()));
            let wait = due.map(Duration::from_millis).into_iter().chain(voices).fold(IDLE, Duration::min);
            let mut batch = Batch::default();
            tokio::select! {
                command = self.commands.recv() => {
                    let Some(command) = command else { return Ok(()) };
                    self.handle(command, &mut batch);
                    for _ in 1..BATCH {
                        let Ok(command) = self.commands.try_recv() else { break };
                        self.handle(command, &mut batch);
                    }
                }
                running = self.recordings.changed() => {
                    batch.effects = self.lesson.handle(Input::Recording { running }, clock::utc_ms());
                }
                step = self.watch.next(!self.seats.is_empty()) => self.watch_lines(step),
                () = tokio::time::sleep(wait) => {
                    if due.is_none() && voices.is_none() && self.is_idle() {
                        return Ok(());
                    }
                    batch.effects = self.lesson.handle_timeout(clock::utc_ms());
                }
            }
            self.obey(batch).await?;
            self.tell_speaking(clock::instant());
            if self.stopped.is_some() || (self.outdated && self.lesson.state() == LessonState::Scheduled) {
                return Ok(());
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.lesson.state() != LessonState::Live
            && self.seats.is_empty()
            && self.media.peers().is_empty()
            && !self.recordings.busy()
    }

    fn handle(&mut self, command: Command, batch: &mut Batch) {
        let now = clock::utc_ms();
        match command {
            Command::Connect { conn, visit } => self.take_in(conn, visit, now, batch),
            Command::Disconnected { conn } => self.drop_seat(conn, now, batch),
            Command::Message { conn, message } => {
                batch.effects.extend(self.lesson.handle(Input::Message { conn, message }, now));
            }
            Command::Publish { origin, opener, offer, reply } => {
                let answered = self.publish(origin, opener, &offer);
                batch.answer(reply, answered);
            }
            Command::Receive { place, wish, opener, offer, reply } => {
                let answered = self.receive(place, wish, opener, &offer);
                batch.answer(reply, answered);
            }
            Command::Owns { resource, account, reply } => {
                let found = self.media.resource(&resource, &account).map(|_| ()).ok_or(ConductError::NotFound);
                batch.answer(reply, found);
            }
            Command::Patch { resource, account, fragment, if_match, reply } => {
                let patched = match self.media.resource(&resource, &account) {
                    Some(peer) => {
                        self.services.engine.trickle(peer, &fragment, if_match.as_deref()).map_err(ConductError::from)
                    }
                    None => Err(ConductError::NotFound),
                };
                batch.answer(reply, patched);
            }
            Command::Delete { resource, account, reply } => {
                let found = self.media.resource(&resource, &account).ok_or(ConductError::NotFound);
                if let Ok(peer) = &found {
                    self.services.engine.close(*peer);
                    let change = self.media.closed(*peer);
                    self.changed(change, now, batch);
                }
                batch.answer(reply, found.map(|_| ()));
            }
            Command::OnAir { source, reply } => {
                batch.answer(reply, Ok(self.media.publication(&source).map(|publication| publication.peer)));
            }
            Command::Members { reply } => batch.answer(reply, Ok(self.media.members())),
            Command::Tell { input, reply } => {
                self.tell(*input, now, batch);
                batch.answer(reply, Ok(()));
            }
            Command::Look(look) => (look.0)(&self.lesson),
            Command::Replan => self.outdated |= self.lesson.state() == LessonState::Scheduled,
            Command::SetFallback { clip } => self.set_fallback(clip, now, batch),
            Command::SignedOut { session } => self.signed_out(&session, now, batch),
            Command::Start { reply } => {
                batch.effects.extend(self.lesson.handle(Input::Start, now));
                batch.answer(reply, Ok(()));
            }
            Command::End { reply } => {
                batch.effects.extend(self.lesson.handle(Input::End, now));
                batch.answer(reply, Ok(()));
            }
            Command::Media(event) => self.media_event(event, now, batch),
            Command::Stop { reply } => self.stopped = Some(reply),
            #[cfg(test)]
            Command::Panic => panic!("asked to"),
        }
    }

    async fn obey(&mut self, batch: Batch) -> Result<(), DbError> {
        // A gate is closed at once, however slow the disk is: silence too early harms nobody, a voice too long does.
        for effect in &batch.effects {
            match effect {
                Effect::Media(MediaOrder::CloseGate { classroom }) => {
                    self.set_gate(&Origin::classroom(classroom), Gate::Closed);
                }
                Effect::Media(MediaOrder::CloseTalk { place }) => {
                    self.set_gate(&Origin::Talk(place.clone()), Gate::Closed);
                }
                _ => {}
            }
        }
        self.store(&batch.effects).await?;
        self.note_state().await?;
        let over = self.lesson.state() == LessonState::Ended && self.row.state != "ended";
        for effect in batch.effects {
            self.perform(effect).await;
        }
        if over {
            self.row.state = "ended".to_owned();
            for peer in self.media.peers() {
                self.services.engine.close(peer);
            }
            self.services.media_tokens.forget_lesson(&self.id);
            self.grants.clear();
        }
        for answer in batch.after {
            answer();
        }
        Ok(())
    }

    async fn store(&mut self, effects: &[Effect]) -> Result<(), DbError> {
        let lines: Vec<String> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Journal(line) => Some(line.encode()),
                _ => None,
            })
            .collect();
        if lines.is_empty() {
            return Ok(());
        }
        let mut tries = 0;
        loop {
            tries += 1;
            match self.services.db.append_journal(self.id.as_str(), self.next_line, clock::utc_ms(), &lines).await {
                Ok(()) => break,
                Err(error) if tries < STORE_TRIES => tracing::warn!(lesson = %self.id, %error, "journal, once more"),
                Err(error) => return Err(error),
            }
        }
        self.next_line = self.next_line.saturating_add(i64::try_from(lines.len()).unwrap_or(0));
        Ok(())
    }

    /// Keeps the lesson's row in step with its journal, which is the truth.
    async fn note_state(&mut self) -> Result<(), DbError> {
        let id = self.id.as_str();
        let state = self.lesson.state();
        // A lesson may open and end within one batch: both are noted.
        if self.row.state == "scheduled"
            && let Some(at_ms) = self.lesson.started_ms()
        {
            self.services.db.mark_started(id, at_ms).await?;
            self.row.state = "live".to_owned();
            self.row.started_ms = Some(at_ms);
        }
        if self.row.ended_ms.is_none() && state == LessonState::Ended {
            let at_ms = self.lesson.ended_ms().unwrap_or_else(clock::utc_ms);
            self.services.db.mark_ended(id, at_ms).await?;
            self.row.ended_ms = Some(at_ms);
        }
        Ok(())
    }

    async fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Journal(_) => {}
            Effect::Media(order) => self.order_media(order),
            Effect::Record(RecordOrder::Start) => self.recordings.start(&self.media).await,
            Effect::Record(RecordOrder::Stop) => self.recordings.stop(),
            Effect::Record(RecordOrder::Mark(mark)) => self.recordings.mark(&mark),
            Effect::Broadcast { audience, message } => {
                let frame = outbox::encode(&message);
                for seat in self.seats.values().filter(|seat| seat.audiences.contains(&audience)) {
                    seat.outbox.push(frame.clone());
                }
            }
            Effect::Subscribe { conn, audience } => {
                if let Some(seat) = self.seats.get_mut(&conn)
                    && !seat.audiences.contains(&audience)
                {
                    seat.audiences.push(audience);
                }
            }
            Effect::Send { conn, message } => self.send(conn, message),
            Effect::Close { conn, reason } => self.close_seat(conn, reason),
        }
    }

    fn send(&mut self, conn: ConnectionId, mut message: ServerMessage) {
        self.fill_token(conn, &mut message);
        let Some(seat) = self.seats.get(&conn) else { return };
        seat.outbox.say(&message);
        if matches!(message, ServerMessage::Snapshot(_)) {
            return self.tell_passing(conn);
        }
        if matches!(message, ServerMessage::Error { .. })
            && let Verdict::Close(reason) = seat.outbox.limits().error(clock::utc_ms())
        {
            // The socket's reader notices and says that it is gone.
            seat.outbox.close(reason);
        }
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").field("id", &self.id).finish_non_exhaustive()
    }
}
