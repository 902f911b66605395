//! A receive session as its lesson sees it: what it is for, and what that puts on its slots.

use airclass_media::{MediaKind, Slot};
use airclass_signaling::id::ClassroomId;
use airclass_signaling::lesson::Place;

/// What a receive session wants to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// The lesson's slots.
    #[default]
    Stage,
    /// The lesson's slots, and on its last sound line whoever talks to the staff.
    StageAndTalk,
    /// What the holder of the same token (by its hash) publishes as a check.
    Check(String),
    /// Small, still pictures of these classrooms, one on each picture line.
    Thumbnails(Vec<ClassroomId>),
}

/// A receive session.
#[derive(Debug)]
pub(super) struct Reception {
    pub(super) place: Place,
    pub(super) wish: Wish,
    pub(super) slots: Vec<Slot>,
}

/// What belongs on one slot.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// What the table says.
    Stage,
    /// Who talks to the staff.
    Talk,
    /// The check with that token.
    Check(&'a str),
    /// The thumbnail of that classroom.
    Thumbnail(&'a ClassroomId),
    /// Nothing, ever.
    Nothing,
}

impl Reception {
    /// What belongs on one of its slots.
    pub(super) fn line(&self, slot: Slot) -> Line<'_> {
        match &self.wish {
            Wish::StageAndTalk if self.talk_slot() == Some(slot) => Line::Talk,
            Wish::Stage | Wish::StageAndTalk => Line::Stage,
            Wish::Check(token) => Line::Check(token),
            Wish::Thumbnails(rooms) if slot.kind == MediaKind::Video => {
                rooms.get(usize::from(slot.index)).map_or(Line::Nothing, Line::Thumbnail)
            }
            Wish::Thumbnails(_) => Line::Nothing,
        }
    }

    /// Whether it shows the lesson, so that its line is a classroom's line.
    pub(super) fn is_stage(&self) -> bool {
        matches!(self.wish, Wish::Stage | Wish::StageAndTalk)
    }

    fn talk_slot(&self) -> Option<Slot> {
        self.slots.iter().copied().filter(|slot| slot.kind == MediaKind::Audio).max_by_key(|slot| slot.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reception(wish: Wish) -> Reception {
        let sound = (0..3).map(|index| Slot { kind: MediaKind::Audio, index });
        let picture = (0..2).map(|index| Slot { kind: MediaKind::Video, index });
        Reception { place: Place::Master, wish, slots: sound.chain(picture).collect() }
    }

    #[test]
    fn staff_talk_is_on_the_last_sound_line_of_those_who_asked_for_it() {
        for (wish, expected) in [(Wish::Stage, 0), (Wish::StageAndTalk, 1)] {
            let reception = reception(wish);
            let talk: Vec<_> = reception.slots.iter().filter(|slot| reception.line(**slot) == Line::Talk).collect();
            assert_eq!(talk.len(), expected);
            assert!(talk.iter().all(|slot| slot.kind == MediaKind::Audio && slot.index == 2));
        }
    }

    #[test]
    fn thumbnails_have_no_sound_and_keep_their_order() {
        let rooms = vec![ClassroomId::new("a"), ClassroomId::new("b")];
        let reception = reception(Wish::Thumbnails(rooms.clone()));
        let lines: Vec<_> = reception.slots.iter().map(|slot| reception.line(*slot)).collect();
        assert_eq!(lines[..3], [Line::Nothing, Line::Nothing, Line::Nothing]);
        assert_eq!(lines[3..], [Line::Thumbnail(&rooms[0]), Line::Thumbnail(&rooms[1])]);
    }
}
