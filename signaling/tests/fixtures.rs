//! The wire contract as JSON files: each one is read and written again without a change, and no variant is without one.

use std::collections::BTreeSet;
use std::path::Path;

use airclass_signaling::decode::{CLIENT_TYPES, decode};
use airclass_signaling::wire::{
    ByeReason, ClientMessage, ErrorCode, Event, FloorEnd, FloorState, LessonState, LineQuality, Role, ServerMessage,
    SlotKind, SourceView, Stream, StudioSource,
};
use serde_json::Value;

/// Names every variant of an enum, and the compiler sees to it that none is forgotten.
macro_rules! variants {
    ($function:ident, $type:ident: $($variant:ident),+ $(,)?) => {
        fn $function(value: &$type) -> String {
            let name = match value { $($type::$variant { .. } => stringify!($variant)),+ };
            format!(concat!(stringify!($type), "::{}"), name)
        }

        mod $function {
            pub(super) const ALL: &[&str] = &[$(concat!(stringify!($type), "::", stringify!($variant))),+];
        }
    };
}

variants!(client_message, ClientMessage: Join, Snapshot, Ping, StartLesson, EndLesson, RaiseHand, LowerHand,
    AcceptHand, DeclineHand, GrantFloor, DenyFloor, ReleaseFloor, RevokeFloor, ExtendFloor);
variants!(server_message, ServerMessage: Snapshot, Delta, Error, Bye, Pong, Lines, Speaking, Layers);
variants!(event, Event: LessonChanged, RecordingChanged, StudioChanged, ClassroomChanged, FloorChanged, SlotsChanged);
variants!(error_code, ErrorCode: BadMessage, UnknownType, NotJoined, AlreadyJoined, Forbidden, NotFound, WrongState,
    FloorFull, TooFast);
variants!(bye_reason, ByeReason: JoinedElsewhere, SessionEnded, TooSlow, TooManyErrors, LessonEnded, ServerStopping);
variants!(floor_state, FloorState: Pending, Accepted, Granted, Denied, Cancelled, Released, Revoked);
variants!(floor_end, FloorEnd: DeclinedByAssistant, DeniedByMaster, LoweredByClassroom, ReleasedByClassroom,
    RevokedByMaster, TimedOut, ClassroomLost, LessonEnded);
variants!(lesson_state, LessonState: Scheduled, Live, Ended);
variants!(role, Role: Master, Assistant, Classroom, Observer);
variants!(slot_kind, SlotKind: Audio, Video);
variants!(source_view, SourceView: Camera, Screen, Classroom);
variants!(stream, Stream: Stage, Staff);
variants!(line_quality, LineQuality: Good, Fair, Poor);
variants!(studio_source, StudioSource: Camera, Screen);

/// Every fixture of one side, by file name.
fn fixtures(side: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(side);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of fixtures")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("UTF-8 text"))
        })
        .collect();
    files.sort();
    files
}

fn all_of(lists: &[&[&'static str]]) -> BTreeSet<String> {
    lists.iter().copied().flatten().map(|name| (*name).to_owned()).collect()
}

#[test]
fn client_fixtures_round_trip_and_cover_every_variant() {
    let mut seen = BTreeSet::new();
    let mut types = BTreeSet::new();
    for (name, text) in fixtures("client") {
        let message = decode(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let raw: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(serde_json::to_value(&message).expect("JSON"), raw, "{name}");
        seen.insert(client_message(&message));
        types.insert(raw["type"].as_str().expect("a type").to_owned());
        if let ClientMessage::Join { role: asked, .. } = &message {
            seen.insert(role(asked));
        }
    }
    assert_eq!(seen, all_of(&[client_message::ALL, role::ALL]));
    assert_eq!(types, CLIENT_TYPES.iter().map(|name| (*name).to_owned()).collect(), "decode knows exactly these types");
}

#[test]
fn server_fixtures_round_trip_and_cover_every_variant() {
    let mut seen = BTreeSet::new();
    for (name, text) in fixtures("server") {
        let message: ServerMessage = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let raw: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(serde_json::to_value(&message).expect("JSON"), raw, "{name}");
        note(&message, &mut seen);
    }
    let all = all_of(&[
        server_message::ALL,
        event::ALL,
        error_code::ALL,
        bye_reason::ALL,
        floor_state::ALL,
        floor_end::ALL,
        lesson_state::ALL,
        role::ALL,
        slot_kind::ALL,
        source_view::ALL,
        stream::ALL,
        line_quality::ALL,
        studio_source::ALL,
    ]);
    let missing: Vec<_> = all.difference(&seen).collect();
    assert!(missing.is_empty(), "no fixture for {missing:?}");
}

fn note(message: &ServerMessage, seen: &mut BTreeSet<String>) {
    seen.insert(server_message(message));
    match message {
        ServerMessage::Snapshot(snapshot) => {
            seen.extend([role(&snapshot.seat.role), lesson_state(&snapshot.state)]);
            for request in &snapshot.floor {
                seen.insert(floor_state(&request.state));
            }
        }
        ServerMessage::Delta { stream: audience, events, .. } => {
            seen.insert(stream(audience));
            events.iter().for_each(|happened| note_event(happened, seen));
        }
        ServerMessage::Error { code, .. } => drop(seen.insert(error_code(code))),
        ServerMessage::Bye { reason } => drop(seen.insert(bye_reason(reason))),
        ServerMessage::Lines { lines } => {
            seen.extend(lines.iter().filter_map(|line| line.quality.as_ref()).map(line_quality));
        }
        ServerMessage::Speaking { sources } => seen.extend(sources.iter().map(source_view)),
        ServerMessage::Layers { source, .. } => drop(seen.insert(studio_source(source))),
        ServerMessage::Pong { .. } => {}
    }
}

fn note_event(happened: &Event, seen: &mut BTreeSet<String>) {
    seen.insert(event(happened));
    match happened {
        Event::LessonChanged { state, .. } => drop(seen.insert(lesson_state(state))),
        Event::FloorChanged { request } => {
            seen.insert(floor_state(&request.state));
            seen.extend(request.ended.as_ref().map(floor_end));
        }
        Event::SlotsChanged { slots } => {
            for slot in slots {
                seen.insert(slot_kind(&slot.kind));
                seen.extend(slot.source.as_ref().map(source_view));
            }
        }
        Event::RecordingChanged { .. } | Event::StudioChanged { .. } | Event::ClassroomChanged { .. } => {}
    }
}
