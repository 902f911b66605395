//! The studio is lost and a classroom goes on by itself: its assistant puts the prepared clip or a page on its own
//! screen. Other classrooms see nothing of it, and it ends by itself when the studio is back.

use crate::id::ClassroomId;
use crate::journal::Fact;
use crate::lesson::rights::{Asked, Decision, refuse};
use crate::lesson::seat::Place;
use crate::wire::{ErrorCode, StandIn};

/// Shows something on a classroom's screen in the studio's place, or nothing any more.
pub(crate) fn show(asked: &Asked<'_>, classroom: &ClassroomId, show: Option<&StandIn>) -> Decision {
    let may = match asked.place {
        Place::Assistant(own) => own == classroom,
        Place::Duty => asked.spec.classroom(classroom).is_some(),
        _ => return refuse(ErrorCode::Forbidden, "only the classroom's assistant or the administrator may do that"),
    };
    let presence = asked.state.classrooms.get(classroom).filter(|_| may);
    let Some(presence) = presence else {
        return refuse(ErrorCode::NotFound, "no such classroom in this lesson");
    };
    asked.live()?;
    match show {
        Some(_) if asked.state.studio.lost_since_ms.is_none() => {
            return refuse(ErrorCode::WrongState, "the studio is not lost");
        }
        Some(StandIn::Clip { clip }) if asked.spec.fallback.as_ref() != Some(clip) => {
            return refuse(ErrorCode::NotFound, "clip: not the one prepared for this lesson");
        }
        Some(StandIn::Page { deck, page }) => {
            let pages = asked.state.board.deck(deck).map_or(0, |deck| deck.pages);
            if !(1..=pages).contains(page) {
                return refuse(ErrorCode::NotFound, "no such page in this lesson");
            }
        }
        _ => {}
    }
    let shown = presence.stand_in.as_ref().map(|shown| &shown.show);
    let same = shown == show;
    Ok(if same { Vec::new() } else { vec![Fact::StandInShown { classroom: classroom.clone(), show: show.cloned() }] })
}
