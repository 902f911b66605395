//! Who comes and goes, and what ends with a seat: its media token and the media opened with it.

use airclass_signaling::id::{ClipId, SeatId};
use airclass_signaling::lesson::{ConnectionId, Effect, Input, Place, Visitor};
use airclass_signaling::wire::{ByeReason, ClientMessage, ServerMessage};

use super::{Batch, Seat, Task};
use crate::accounts::token;
use crate::conductor::command::Visit;
use crate::conductor::grants::Holder;
use crate::conductor::lock;
use crate::db::new_id;

impl Task {
    pub(super) fn take_in(&mut self, conn: ConnectionId, visit: Visit, now: i64, batch: &mut Batch) {
        let Visit { actor, session, page, places, outbox } = visit;
        let visitor = Visitor {
            seat: SeatId::new(new_id()),
            account: actor.account.clone(),
            name: actor.display_name.clone(),
            places,
        };
        lock(&self.outboxes).insert(conn.0, outbox.clone());
        self.seats.insert(conn, Seat { actor, session, page, outbox, audiences: Vec::new() });
        batch.effects.extend(self.lesson.handle(Input::Connected { conn, visitor }, now));
    }

    /// The socket is closed. Whoever was behind it may come back: its media goes on.
    pub(super) fn drop_seat(&mut self, conn: ConnectionId, now: i64, batch: &mut Batch) {
        lock(&self.outboxes).remove(&conn.0);
        self.seats.remove(&conn);
        self.let_go(conn);
        batch.effects.extend(self.lesson.handle(Input::Disconnected { conn }, now));
    }

    /// A login session or a token is withdrawn: its connections and all media opened with it end.
    pub(super) fn signed_out(&mut self, session: &str, now: i64, batch: &mut Batch) {
        let own = self.seats.iter().filter(|(_, seat)| seat.session == session).map(|(conn, _)| *conn);
        for conn in own.collect::<Vec<_>>() {
            batch.effects.extend(self.lesson.handle(Input::Disconnected { conn }, now));
            batch.effects.push(Effect::Close { conn, reason: ByeReason::SessionEnded });
        }
        for hash in self.grants.end_session(session) {
            self.end_token(&hash);
        }
        self.end_token(session);
    }

    /// Tells the lesson what happened outside, and ends the media of whoever has no business here any more: all of an
    /// account that is dismissed, and what the assistant before this one heard and said.
    pub(super) fn tell(&mut self, input: Input, now: i64, batch: &mut Batch) {
        let ended = match &input {
            Input::Dismissed { account } => self.media.of_account(account),
            Input::AssistantChanged { classroom, assistant } => {
                let stays = assistant.as_ref().map(|person| &person.account);
                self.media.seated_others(&Place::Assistant(classroom.clone()), stays)
            }
            _ => Vec::new(),
        };
        for peer in ended {
            self.services.engine.close(peer);
        }
        batch.effects.extend(self.lesson.handle(input, now));
    }

    /// The fallback clip changed: the staff get a new snapshot, for there is no smaller message for so rare a thing.
    pub(super) fn set_fallback(&mut self, clip: ClipId, now: i64, batch: &mut Batch) {
        self.lesson.set_fallback(clip);
        let staff = |conn: &&ConnectionId| self.lesson.place(**conn).is_some_and(Place::is_staff);
        for conn in self.seats.keys().filter(staff).copied().collect::<Vec<_>>() {
            let input = Input::Message { conn, message: ClientMessage::Snapshot };
            batch.effects.extend(self.lesson.handle(input, now));
        }
    }

    /// Closes a connection by order of the lesson.
    pub(super) fn close_seat(&mut self, conn: ConnectionId, reason: ByeReason) {
        match reason {
            // The same page on a new socket, before the loss of the old one was noticed.
            ByeReason::JoinedElsewhere if self.is_back(conn) => self.let_go(conn),
            ByeReason::JoinedElsewhere | ByeReason::SessionEnded | ByeReason::Replaced => {
                if let Some(hash) = self.grants.end(conn) {
                    self.end_token(&hash);
                }
            }
            _ => self.let_go(conn),
        }
        lock(&self.outboxes).remove(&conn.0);
        if let Some(seat) = self.seats.remove(&conn) {
            seat.outbox.close(reason);
        }
    }

    fn is_back(&self, before: ConnectionId) -> bool {
        let others = self.seats.keys().filter(|conn| **conn != before);
        others.filter_map(|conn| self.holder(*conn)).any(|holder| self.grants.is_page_of(before, &holder))
    }

    fn holder(&self, conn: ConnectionId) -> Option<Holder> {
        let seat = self.seats.get(&conn)?;
        let place = self.lesson.place(conn)?.clone();
        Some(Holder { session: seat.session.clone(), place, page: seat.page.clone() })
    }

    fn let_go(&mut self, conn: ConnectionId) {
        if let Some(hash) = self.grants.leave(conn) {
            self.services.media_tokens.forget(&hash);
        }
    }

    /// Ends a token and the media opened with it; the engine tells when that is gone.
    fn end_token(&self, hash: &str) {
        self.services.media_tokens.forget(hash);
        for peer in self.media.opened_with(hash) {
            self.services.engine.close(peer);
        }
    }

    /// Puts the connection's media token into a snapshot for it.
    pub(super) fn fill_token(&mut self, conn: ConnectionId, message: &mut ServerMessage) {
        let ServerMessage::Snapshot(snapshot) = message else { return };
        let (Some(holder), Some(seat)) = (self.holder(conn), self.seats.get(&conn)) else { return };
        let text = self.grants.token(conn, &holder, || {
            let text = self.services.media_tokens.issue(&seat.actor, &self.id, holder.place.clone());
            let hash = token::hash(&text);
            (text, hash)
        });
        text.clone_into(&mut snapshot.media_token);
    }
}
