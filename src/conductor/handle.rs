//! The handle others hold to a lesson's task.

use std::sync::Arc;

use airclass_media::{Patched, PeerId};
use airclass_signaling::id::{AccountId, ClipId};
use airclass_signaling::lesson::{ConnectionId, Input, Lesson, Place, SourceKey};
use airclass_signaling::wire::ClientMessage;
use tokio::sync::{mpsc, oneshot};

use super::command::{Answered, Command, Look, Members, Opener, Reply, Visit};
use super::{ConductError, Origin, Wish};

/// Gives out connection numbers, never twice in a process.
pub(super) trait Numbers: Send + Sync + std::fmt::Debug {
    /// The next number.
    fn next_connection(&self) -> u64;
}

/// Handle to the task of one lesson; cheap to clone.
#[derive(Clone, Debug)]
pub struct Conductor {
    commands: mpsc::Sender<Command>,
    numbers: Arc<dyn Numbers>,
}

impl Conductor {
    pub(super) fn new(commands: mpsc::Sender<Command>, numbers: Arc<dyn Numbers>) -> Self {
        Self { commands, numbers }
    }

    pub(super) async fn send(&self, command: Command) -> Result<(), ConductError> {
        self.commands.send(command).await.map_err(|_| ConductError::Stopping)
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, ConductError> {
        let (reply, answer) = oneshot::channel();
        self.send(command(reply)).await?;
        answer.await.map_err(|_| ConductError::Stopping)?
    }

    /// Brings a connection in; it holds no seat until it joins.
    ///
    /// # Errors
    /// The task is gone.
    pub async fn connect(&self, visit: Visit) -> Result<Connection, ConductError> {
        let conn = ConnectionId(self.numbers.next_connection());
        self.send(Command::Connect { conn, visit }).await?;
        Ok(Connection { conductor: self.clone(), conn })
    }

    /// Answers a WHIP offer.
    ///
    /// # Errors
    /// The lesson is over, the offer can't be answered, the engine is full.
    pub async fn publish(&self, origin: Origin, opener: Opener, offer: String) -> Result<Answered, ConductError> {
        self.ask(|reply| Command::Publish { origin, opener, offer, reply }).await
    }

    /// Answers a WHEP offer for somebody who sits at `place`.
    ///
    /// # Errors
    /// As [`Self::publish`], or the account has too many sessions.
    pub async fn receive(
        &self,
        place: Place,
        wish: Wish,
        opener: Opener,
        offer: String,
    ) -> Result<Answered, ConductError> {
        self.ask(|reply| Command::Receive { place, wish, opener, offer, reply }).await
    }

    /// Checks that a media session exists and is the account's own.
    ///
    /// # Errors
    /// [`ConductError::NotFound`].
    pub async fn owns(&self, resource: &str, account: &AccountId) -> Result<(), ConductError> {
        let (resource, account) = (resource.to_owned(), account.clone());
        self.ask(|reply| Command::Owns { resource, account, reply }).await
    }

    /// Trickle or ICE restart of a session.
    ///
    /// # Errors
    /// Not found, a tag that does not match, a fragment that can't be read.
    pub async fn patch(
        &self,
        resource: String,
        account: AccountId,
        fragment: String,
        if_match: Option<String>,
    ) -> Result<Patched, ConductError> {
        self.ask(|reply| Command::Patch { resource, account, fragment, if_match, reply }).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`ConductError::NotFound`].
    pub async fn delete(&self, resource: String, account: AccountId) -> Result<(), ConductError> {
        self.ask(|reply| Command::Delete { resource, account, reply }).await
    }

    /// The peer that publishes a source on air, if one does.
    ///
    /// # Errors
    /// The task is gone.
    pub async fn on_air(&self, source: SourceKey) -> Result<Option<PeerId>, ConductError> {
        self.ask(|reply| Command::OnAir { source, reply }).await
    }

    /// The lesson's media sessions.
    ///
    /// # Errors
    /// The task is gone.
    pub async fn members(&self) -> Result<Members, ConductError> {
        self.ask(|reply| Command::Members { reply }).await
    }

    /// Tells the lesson what happened outside; what it does not take changes nothing. The caller has checked the right.
    ///
    /// # Errors
    /// The task is gone.
    pub async fn tell(&self, input: Input) -> Result<(), ConductError> {
        self.ask(|reply| Command::Tell { input: Box::new(input), reply }).await
    }

    /// Looks at the lesson as it is now.
    ///
    /// # Errors
    /// The task is gone.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Lesson) -> T + Send + 'static,
    ) -> Result<T, ConductError> {
        let (reply, answer) = oneshot::channel();
        let look = move |lesson: &Lesson| {
            // Whoever asked may have gone.
            let _ = reply.send(look(lesson));
        };
        self.send(Command::Look(Look(Box::new(look)))).await?;
        answer.await.map_err(|_| ConductError::Stopping)
    }

    /// The clip that assistants may play while the studio is gone, from their next snapshot on.
    ///
    /// # Errors
    /// The task is gone.
    pub async fn set_fallback(&self, clip: ClipId) -> Result<(), ConductError> {
        self.send(Command::SetFallback { clip }).await
    }

    /// Opens the lesson; nothing happens if it is open.
    ///
    /// # Errors
    /// The task is gone.
    pub async fn start(&self) -> Result<(), ConductError> {
        self.ask(|reply| Command::Start { reply }).await
    }

    /// Rings the bell; nothing happens if it is over.
    ///
    /// # Errors
    /// The task is gone.
    pub async fn end(&self) -> Result<(), ConductError> {
        self.ask(|reply| Command::End { reply }).await
    }
}

/// One signaling connection.
#[derive(Debug)]
pub struct Connection {
    conductor: Conductor,
    conn: ConnectionId,
}

impl Connection {
    /// Passes a message on; `false` if the lesson's task is gone.
    pub async fn message(&self, message: ClientMessage) -> bool {
        self.conductor.send(Command::Message { conn: self.conn, message }).await.is_ok()
    }

    /// The socket is closed.
    pub async fn disconnected(&self) {
        let _ = self.conductor.send(Command::Disconnected { conn: self.conn }).await;
    }
}
