//! Places and who sits there: the part of a lesson that lives and dies with its connections.
//!
//! A [`Place`] is what a seat is allowed to be; it is held by one connection at a time, unless it is shared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ClassroomId};
use crate::lesson::audience::Audience;
use crate::lesson::input::{ConnectionId, Visitor};
use crate::wire::{Role, SeatView};

/// A place in a lesson.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "role", content = "classroom", rename_all = "snake_case")]
pub enum Place {
    /// The studio.
    Master,
    /// The assistant of a classroom.
    Assistant(ClassroomId),
    /// The screen of a classroom.
    Classroom(ClassroomId),
    /// The administrator on duty; any number of them, in nobody's list.
    Duty,
    /// Silent and receive-only; any number of them, in nobody's list.
    Observer,
}

impl Place {
    /// The place a `join` asks for; `None` when the classroom is missing where one is needed, or given where none is.
    pub fn of(role: Role, classroom: Option<ClassroomId>) -> Option<Self> {
        match (role, classroom) {
            (Role::Master, None) => Some(Self::Master),
            (Role::Assistant, Some(id)) => Some(Self::Assistant(id)),
            (Role::Classroom, Some(id)) => Some(Self::Classroom(id)),
            (Role::Duty, None) => Some(Self::Duty),
            (Role::Observer, None) => Some(Self::Observer),
            _ => None,
        }
    }

    /// Its role.
    pub fn role(&self) -> Role {
        match self {
            Self::Master => Role::Master,
            Self::Assistant(_) => Role::Assistant,
            Self::Classroom(_) => Role::Classroom,
            Self::Duty => Role::Duty,
            Self::Observer => Role::Observer,
        }
    }

    /// Its classroom, for assistants and screens.
    pub fn classroom(&self) -> Option<&ClassroomId> {
        match self {
            Self::Assistant(id) | Self::Classroom(id) => Some(id),
            Self::Master | Self::Duty | Self::Observer => None,
        }
    }

    /// Whether it hears the staff talk.
    pub fn is_staff(&self) -> bool {
        matches!(self, Self::Master | Self::Assistant(_) | Self::Duty)
    }

    /// Whether it sees all classrooms and the whole queue.
    pub fn is_desk(&self) -> bool {
        matches!(self, Self::Master | Self::Duty)
    }

    /// Whether any number of connections may sit there, unseen.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Duty | Self::Observer)
    }

    /// The audiences it belongs to.
    pub fn audiences(&self) -> Vec<Audience> {
        let mut audiences = vec![Audience::Stage];
        audiences.extend(self.is_staff().then_some(Audience::Staff));
        audiences.extend(self.is_desk().then_some(Audience::Desk));
        audiences.extend(self.classroom().cloned().map(Audience::Room));
        audiences
    }
}

#[derive(Debug)]
struct Connection {
    visitor: Visitor,
    place: Option<Place>,
}

/// The open connections of a lesson and the places they hold.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    connections: BTreeMap<ConnectionId, Connection>,
    holders: BTreeMap<Place, ConnectionId>,
}

impl Seats {
    /// Notes a connection without a seat. A connection that is known already keeps what it has.
    pub(crate) fn connect(&mut self, conn: ConnectionId, visitor: Visitor) {
        self.connections.entry(conn).or_insert(Connection { visitor, place: None });
    }

    /// Forgets a connection; returns the place that is empty because of it. A connection whose place was taken over
    /// by another device leaves nothing empty.
    pub(crate) fn disconnect(&mut self, conn: ConnectionId) -> Option<Place> {
        let place = self.connections.remove(&conn)?.place?;
        if self.holders.get(&place) == Some(&conn) {
            self.holders.remove(&place);
            return Some(place);
        }
        None
    }

    /// Gives a place to a connection; returns the connection that had to give it up, already forgotten.
    pub(crate) fn take(&mut self, conn: ConnectionId, place: Place) -> Option<ConnectionId> {
        let connection = self.connections.get_mut(&conn)?;
        connection.place = Some(place.clone());
        if place.is_shared() {
            return None;
        }
        let before = self.holders.insert(place, conn).filter(|before| *before != conn)?;
        self.connections.remove(&before);
        Some(before)
    }

    /// Who is behind a connection.
    pub(crate) fn visitor(&self, conn: ConnectionId) -> Option<&Visitor> {
        self.connections.get(&conn).map(|connection| &connection.visitor)
    }

    /// The place a connection holds.
    pub(crate) fn place(&self, conn: ConnectionId) -> Option<&Place> {
        self.connections.get(&conn)?.place.as_ref()
    }

    /// The connection that holds a place (never for shared places).
    pub(crate) fn holder(&self, place: &Place) -> Option<ConnectionId> {
        self.holders.get(place).copied()
    }

    /// Takes a place away from an account: returns the connection that sits there, already forgotten, and lets no other
    /// connection of that account sit down there any more.
    pub(crate) fn withdraw(&mut self, place: &Place, account: &AccountId) -> Option<ConnectionId> {
        for connection in self.connections.values_mut().filter(|connection| connection.visitor.account == *account) {
            connection.visitor.places.retain(|own| own != place);
        }
        let conn = self.holder(place)?;
        self.visitor(conn).filter(|visitor| visitor.account == *account)?;
        self.disconnect(conn);
        Some(conn)
    }

    /// Every connection.
    pub(crate) fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.connections.keys().copied()
    }

    /// Every connection of an account.
    pub(crate) fn of_account(&self, account: &AccountId) -> Vec<ConnectionId> {
        let mine = |(_, connection): &(&ConnectionId, &Connection)| connection.visitor.account == *account;
        self.connections.iter().filter(mine).map(|(conn, _)| *conn).collect()
    }

    /// A joined connection's seat, as it sees itself.
    pub(crate) fn view(&self, conn: ConnectionId) -> Option<SeatView> {
        let Connection { visitor, place } = self.connections.get(&conn)?;
        let place = place.as_ref()?;
        Some(SeatView {
            id: visitor.seat.clone(),
            role: place.role(),
            classroom: place.classroom().cloned(),
            account: visitor.account.clone(),
            name: visitor.name.clone(),
        })
    }
}
