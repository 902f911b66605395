//! Calls for help to the administrator on duty: one of a kind for each classroom at a time.

use crate::id::{ClassroomId, HelpId};
use crate::journal::Fact;
use crate::lesson::rights::{Asked, Decision, Refusal, refuse, typed};
use crate::lesson::seat::Place;
use crate::wire::{ErrorCode, HelpKind, HelpState, HelpView};

/// The longest call, in letters.
const LETTERS_MAX: usize = 200;

/// The calls that are not settled, and how many there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Help {
    pub(crate) open: Vec<HelpView>,
    called: u64,
}

impl Help {
    /// Applies a fact; the call as it is now.
    pub(crate) fn apply(&mut self, fact: &Fact, at_ms: i64) -> Option<HelpView> {
        let (id, state, by) = match fact {
            Fact::HelpCalled { help, classroom, kind, text } => {
                self.called += 1;
                self.open.push(HelpView {
                    id: help.clone(),
                    classroom: classroom.clone(),
                    kind: *kind,
                    text: text.clone(),
                    state: HelpState::Called,
                    called_ms: at_ms,
                    changed_ms: at_ms,
                    by: None,
                });
                return self.open.last().cloned();
            }
            Fact::HelpTaken { help, by } => (help, HelpState::Taken, by),
            Fact::HelpSettled { help, by } => (help, HelpState::Settled, by),
            _ => return None,
        };
        let index = self.open.iter().position(|call| call.id == *id)?;
        let call = &mut self.open[index];
        (call.state, call.changed_ms, call.by) = (state, at_ms, Some(by.clone()));
        let view = call.clone();
        if state == HelpState::Settled {
            self.open.remove(index);
        }
        Some(view)
    }
}

pub(crate) fn call(asked: &Asked<'_>, kind: HelpKind, text: Option<&str>) -> Decision {
    let classroom: &ClassroomId = asked.assistant()?;
    let text = text.map(|text| typed(text, LETTERS_MAX, "text: 1 to 200 letters")).transpose()?;
    if asked.state.help.open.iter().any(|call| call.classroom == *classroom && call.kind == kind) {
        return refuse(ErrorCode::TooMany, "that call is still open");
    }
    let help = HelpId::new(format!("{}-h{}", asked.spec.id, asked.state.help.called + 1));
    Ok(vec![Fact::HelpCalled { help, classroom: classroom.clone(), kind, text }])
}

pub(crate) fn take(asked: &Asked<'_>, id: &HelpId) -> Decision {
    if *asked.place != Place::Duty {
        return refuse(ErrorCode::Forbidden, "only the administrator on duty may do that");
    }
    let call = find(asked, id)?;
    let taken = Fact::HelpTaken { help: call.id.clone(), by: asked.name.to_owned() };
    Ok(if call.by.as_deref() == Some(asked.name) { Vec::new() } else { vec![taken] })
}

pub(crate) fn settle(asked: &Asked<'_>, id: &HelpId) -> Decision {
    if !asked.place.is_desk() {
        return refuse(ErrorCode::Forbidden, "only the administrator on duty or the master may do that");
    }
    let call = find(asked, id)?;
    Ok(vec![Fact::HelpSettled { help: call.id.clone(), by: asked.name.to_owned() }])
}

fn find<'a>(asked: &Asked<'a>, id: &HelpId) -> Result<&'a HelpView, Refusal> {
    let call = asked.state.help.open.iter().find(|call| call.id == *id);
    call.ok_or(Refusal { code: ErrorCode::NotFound, message: "no such open call" })
}
