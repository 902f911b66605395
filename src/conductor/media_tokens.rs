//! Media tokens: what a joined connection uses at the WHIP and WHEP doors. They live as long as the lesson is
//! conducted and are never stored; after a restart every client joins again and gets a new one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use airclass_signaling::id::LessonId;
use airclass_signaling::lesson::Place;

use crate::accounts::token::{MEDIA, Secret};
use crate::accounts::{Actor, Scope};

/// Most tokens at once; a bound, not a target.
const TOKENS: usize = 200_000;

/// The media tokens of this process.
#[derive(Clone, Debug, Default)]
pub struct MediaTokens {
    by_hash: Arc<Mutex<HashMap<String, Actor>>>,
}

impl MediaTokens {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Actor>> {
        self.by_hash.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a token for an actor who sits at `place`.
    pub fn issue(&self, actor: &Actor, lesson: &LessonId, place: Place) -> String {
        let secret = Secret::generate(MEDIA);
        let scope = Scope::Seat { lesson: lesson.clone(), place };
        let mut tokens = self.lock();
        if tokens.len() < TOKENS {
            tokens.insert(secret.hash(), Actor { scope, ..actor.clone() });
        }
        secret.text().to_owned()
    }

    /// Who holds the token of that hash.
    pub fn actor(&self, hash: &str) -> Option<Actor> {
        self.lock().get(hash).cloned()
    }

    /// Ends the token of that hash.
    pub fn forget(&self, hash: &str) {
        self.lock().remove(hash);
    }

    /// Ends every token of a lesson.
    pub fn forget_lesson(&self, lesson: &LessonId) {
        self.lock().retain(|_, actor| !matches!(&actor.scope, Scope::Seat { lesson: of, .. } if of == lesson));
    }
}
