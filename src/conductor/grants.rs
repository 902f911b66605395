//! Which media token each connection holds, so that the media it opened can be told from that of whoever comes next.
//!
//! A page that lost its socket comes back with the number it gave itself and finds its token again: its media goes on
//! meanwhile. Another page, or another device, gets a token of its own, and the one before it ends with its seat.

use std::collections::{HashMap, VecDeque};

use airclass_signaling::lesson::{ConnectionId, Place};

/// Tokens kept for the return of connections of one login session at one place; the oldest ends when there are more.
const AWAY: usize = 16;

/// Whose token it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    /// Hash of the token the connection came in with.
    pub(super) session: String,
    /// The place it sits at.
    pub(super) place: Place,
    /// What the page calls itself; without it every connection is a new one.
    pub(super) page: Option<String>,
}

#[derive(Debug)]
struct Grant {
    holder: Holder,
    text: String,
    hash: String,
}

/// The media tokens of one lesson.
#[derive(Debug, Default)]
pub(super) struct Grants {
    held: HashMap<ConnectionId, Grant>,
    /// Of connections that are gone and may come back, the oldest first.
    away: VecDeque<Grant>,
}

impl Grants {
    /// The token of a connection: the one it has, the one its page had, or a new one. `issue` gives text and hash.
    pub(super) fn token(
        &mut self,
        conn: ConnectionId,
        holder: &Holder,
        issue: impl FnOnce() -> (String, String),
    ) -> &str {
        let away = &mut self.away;
        let grant = self.held.entry(conn).or_insert_with(|| {
            let known = away.iter().position(|grant| grant.holder.page.is_some() && grant.holder == *holder);
            known.and_then(|at| away.remove(at)).unwrap_or_else(|| {
                let (text, hash) = issue();
                Grant { holder: holder.clone(), text, hash }
            })
        });
        &grant.text
    }

    /// A connection is gone, its token waits for its return. Gives the hash of a token that has waited too long.
    pub(super) fn leave(&mut self, conn: ConnectionId) -> Option<String> {
        let grant = self.held.remove(&conn)?;
        let same = |other: &&Grant| {
            (&other.holder.session, &other.holder.place) == (&grant.holder.session, &grant.holder.place)
        };
        let crowded = self.away.iter().filter(same).count() >= AWAY;
        let oldest = crowded.then(|| self.away.iter().position(|other| same(&other))).flatten();
        let forgotten = oldest.and_then(|at| self.away.remove(at)).map(|grant| grant.hash);
        self.away.push_back(grant);
        forgotten
    }

    /// Whether another connection at the same place is the page behind this one.
    pub(super) fn is_page_of(&self, conn: ConnectionId, other: &Holder) -> bool {
        self.held.get(&conn).is_some_and(|grant| grant.holder.page.is_some() && grant.holder == *other)
    }

    /// Ends the token of a connection; its hash.
    pub(super) fn end(&mut self, conn: ConnectionId) -> Option<String> {
        self.held.remove(&conn).map(|grant| grant.hash)
    }

    /// Ends every token given to a login session; their hashes.
    pub(super) fn end_session(&mut self, session: &str) -> Vec<String> {
        let mut ended = Vec::new();
        let mut keep = |grant: &Grant| {
            let other = grant.holder.session != session;
            if !other {
                ended.push(grant.hash.clone());
            }
            other
        };
        self.held.retain(|_, grant| keep(grant));
        self.away.retain(keep);
        ended
    }

    /// Ends every token.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.away.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(session: &str, page: Option<&str>) -> Holder {
        Holder { session: session.to_owned(), place: Place::Master, page: page.map(str::to_owned) }
    }

    fn token(grants: &mut Grants, conn: u64, holder: &Holder) -> String {
        let text = format!("token {conn}");
        grants.token(ConnectionId(conn), holder, || (text.clone(), format!("hash of {text}"))).to_owned()
    }

    #[test]
    fn only_the_same_page_of_the_same_session_finds_its_token_again() {
        for (first, second, same) in [
            (holder("a", Some("p")), holder("a", Some("p")), true),
            (holder("a", Some("p")), holder("a", Some("q")), false),
            (holder("a", Some("p")), holder("b", Some("p")), false),
            (holder("a", None), holder("a", None), false),
        ] {
            let mut grants = Grants::default();
            let before = token(&mut grants, 1, &first);
            assert_eq!(grants.is_page_of(ConnectionId(1), &second), same);
            assert_eq!(grants.leave(ConnectionId(1)), None);
            assert_eq!(token(&mut grants, 2, &second) == before, same, "{first:?} {second:?}");
        }
    }

    #[test]
    fn a_session_that_ends_takes_every_token_along() {
        let mut grants = Grants::default();
        token(&mut grants, 1, &holder("a", Some("p")));
        token(&mut grants, 2, &holder("a", Some("q")));
        token(&mut grants, 3, &holder("b", None));
        grants.leave(ConnectionId(1));
        assert_eq!(grants.end_session("a").len(), 2);
        assert_eq!(grants.end(ConnectionId(2)), None);
        assert_eq!(grants.end(ConnectionId(3)).as_deref(), Some("hash of token 3"));
    }

    #[test]
    fn tokens_of_those_who_left_are_bounded() {
        let mut grants = Grants::default();
        for conn in 0..100 {
            token(&mut grants, conn, &holder("a", Some(&conn.to_string())));
            let forgotten = grants.leave(ConnectionId(conn));
            let oldest = conn.checked_sub(AWAY as u64).map(|conn| format!("hash of token {conn}"));
            assert_eq!(forgotten, oldest);
        }
    }
}
