//! The wire contract as JSON files: each one is read and written again without a change, and no variant is without one.

use std::collections::BTreeSet;
use std::path::Path;

use airclass_signaling::decode::{CLIENT_TYPES, decode};
use airclass_signaling::wire::{
    AnswerTo, AttendanceMark, AttendanceView, ByeReason, Check, CheckView, ClientMessage, ErrorCode, Event, FloorEnd,
    FloorRequestView, FloorState, HelpKind, HelpState, HelpView, InkColour, LessonState, LineQuality, PollBy, PollKind,
    PollView, QuestionState, QuestionView, Role, Scene, ServerMessage, SlotKind, Snapshot, SourceView, StandIn, Stream,
    StrokeView, StudioCamera, StudioSource, Surface, Tool, Verdict,
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
    AcceptHand, DeclineHand, GrantFloor, DenyFloor, ReleaseFloor, RevokeFloor, ExtendFloor, MuteFloor, SetFloorLimit,
    TakeAttendance, AskQuestion, AnswerHere, MergeQuestion, EscalateQuestion, WithdrawQuestion, AnswerQuestion,
    PutOffQuestion, SayToStaff, HoldTalk, CallHelp, TakeHelp, SettleHelp, StandIn, OpenDeck, CloseDeck, TurnPage, DrawStroke,
    EraseStroke, ClearBoard, Point, OpenPoll, ExtendPoll, AnswerPoll, AnswerPollSeat, ClosePoll, ShowPollResult, SetProgramme);
variants!(server_message, ServerMessage: Snapshot, Delta, Private, Error, Bye, Pong, Lines, Speaking, Layers);
variants!(event, Event: LessonChanged, RecordingChanged, StudioChanged, SlotsChanged, ProgrammeChanged,
    ClassroomChanged, AttendanceChanged, FloorChanged, QueueMoved, QueueChanged, FloorLimitChanged, QuestionChanged,
    AnswerGiven, StaffSaid, TalkChanged, HelpChanged, DeckAdded, PageTurned, StrokeDrawn, StrokeErased, BoardCleared,
    Pointed, PollChanged, PollResultChanged, CheckChanged);
variants!(error_code, ErrorCode: BadMessage, UnknownType, NotJoined, AlreadyJoined, Forbidden, NotFound, WrongState,
    FloorFull, TalkFull, BoardFull, TooMany, TooFast);
variants!(bye_reason, ByeReason: JoinedElsewhere, SessionEnded, Replaced, TooSlow, TooManyErrors, LessonEnded,
    ServerStopping);
variants!(floor_state, FloorState: Pending, Accepted, Granted, Denied, Cancelled, Released, Revoked);
variants!(floor_end, FloorEnd: DeclinedByAssistant, DeniedByMaster, LoweredByClassroom, AnsweredHere, AnsweredInText,
    QuestionMerged, QuestionWithdrawn, ReleasedByClassroom, RevokedByMaster, TimedOut, ClassroomLost, LessonEnded);
variants!(question_state, QuestionState: Open, Escalated, PutOff, OnFloor, AnsweredHere, AnsweredOnFloor,
    AnsweredInText, Merged, Withdrawn);
variants!(answer_to, AnswerTo: Everyone, Classroom);
variants!(attendance_mark, AttendanceMark: Present, Absent, Late, LeftEarly);
variants!(help_kind, HelpKind: Sound, Picture, Network, Other);
variants!(help_state, HelpState: Called, Taken, Settled);
variants!(stand_in, StandIn: Clip, Page);
variants!(surface, Surface: Deck, Board);
variants!(tool, Tool: Pen, Highlighter, Line);
variants!(ink_colour, InkColour: Plain, Red, Yellow, Green, Blue);
variants!(poll_kind, PollKind: Choices, Number);
variants!(poll_by, PollBy: Hands, Seats, Devices);
variants!(scene, Scene: Camera, Slides, SlidesAndCamera, Board, Screen, Classroom, TwoClassrooms);
variants!(studio_camera, StudioCamera: Camera, Second);
variants!(verdict, Verdict: Ok, Warn, Bad);
variants!(lesson_state, LessonState: Scheduled, Live, Ended);
variants!(role, Role: Master, Assistant, Classroom, Duty, Observer);
variants!(slot_kind, SlotKind: Audio, Video);
variants!(source_view, SourceView: Camera, Screen, Second, Classroom);
variants!(stream, Stream: Stage, Staff, Desk, Room);
variants!(line_quality, LineQuality: Good, Fair, Poor);
variants!(studio_source, StudioSource: Camera, Screen, Second);

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
        note_message(&message, &mut seen);
    }
    let all = all_of(&[
        client_message::ALL,
        role::ALL,
        attendance_mark::ALL,
        answer_to::ALL,
        help_kind::ALL,
        stand_in::ALL,
        surface::ALL,
        tool::ALL,
        ink_colour::ALL,
        poll_kind::ALL,
        poll_by::ALL,
        scene::ALL,
        studio_camera::ALL,
    ]);
    let missing: Vec<_> = all.difference(&seen).collect();
    assert!(missing.is_empty(), "no fixture for {missing:?}");
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
        question_state::ALL,
        attendance_mark::ALL,
        help_kind::ALL,
        help_state::ALL,
        stand_in::ALL,
        surface::ALL,
        tool::ALL,
        ink_colour::ALL,
        poll_kind::ALL,
        poll_by::ALL,
        scene::ALL,
        studio_camera::ALL,
        verdict::ALL,
        slot_kind::ALL,
        source_view::ALL,
        stream::ALL,
        line_quality::ALL,
        studio_source::ALL,
    ]);
    let missing: Vec<_> = all.difference(&seen).collect();
    assert!(missing.is_empty(), "no fixture for {missing:?}");
}

fn note_message(message: &ClientMessage, seen: &mut BTreeSet<String>) {
    match message {
        ClientMessage::Join { role: asked, .. } => drop(seen.insert(role(asked))),
        ClientMessage::TakeAttendance { marks } => seen.extend(marks.iter().map(|mark| attendance_mark(&mark.mark))),
        ClientMessage::AnswerQuestion { to, .. } => drop(seen.insert(answer_to(to))),
        ClientMessage::CallHelp { kind, .. } => drop(seen.insert(help_kind(kind))),
        ClientMessage::StandIn { show, .. } => seen.extend(show.as_ref().map(stand_in)),
        ClientMessage::DrawStroke { surface: on, tool: with, colour, .. } => {
            seen.extend([surface(on), tool(with), ink_colour(colour)]);
        }
        ClientMessage::OpenPoll { kind, by, .. } => seen.extend([poll_kind(kind), poll_by(by)]),
        ClientMessage::SetProgramme { scene: shown, camera } => seen.extend([scene(shown), studio_camera(camera)]),
        _ => {}
    }
}

fn note(message: &ServerMessage, seen: &mut BTreeSet<String>) {
    seen.insert(server_message(message));
    match message {
        ServerMessage::Snapshot(snapshot) => note_snapshot(snapshot, seen),
        ServerMessage::Delta { stream: audience, events, .. } => {
            seen.insert(stream(audience));
            events.iter().for_each(|happened| note_event(happened, seen));
        }
        ServerMessage::Private { events } => events.iter().for_each(|happened| note_event(happened, seen)),
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

fn note_snapshot(snapshot: &Snapshot, seen: &mut BTreeSet<String>) {
    seen.extend([role(&snapshot.seat.role), lesson_state(&snapshot.state)]);
    snapshot.floor.iter().for_each(|request| note_request(request, seen));
    snapshot.questions.iter().for_each(|question| note_question(question, seen));
    snapshot.attendance.iter().for_each(|attendance| note_attendance(attendance, seen));
    snapshot.help.iter().for_each(|help| note_help(help, seen));
    snapshot.checks.iter().for_each(|check| note_check(check, seen));
    snapshot.surfaces.iter().flat_map(|shown| &shown.strokes).for_each(|stroke| note_stroke(stroke, seen));
    snapshot.poll.iter().for_each(|poll| note_poll(poll, seen));
}

fn note_request(request: &FloorRequestView, seen: &mut BTreeSet<String>) {
    seen.insert(floor_state(&request.state));
    seen.extend(request.ended.as_ref().map(floor_end));
}

fn note_question(question: &QuestionView, seen: &mut BTreeSet<String>) {
    seen.insert(question_state(&question.state));
}

fn note_attendance(attendance: &AttendanceView, seen: &mut BTreeSet<String>) {
    seen.extend(attendance.marks.iter().flatten().map(|mark| attendance_mark(&mark.mark)));
    // Who is present is not listed: the client's own message is where that word is said.
    seen.insert(attendance_mark(&AttendanceMark::Present));
}

fn note_help(help: &HelpView, seen: &mut BTreeSet<String>) {
    seen.extend([help_kind(&help.kind), help_state(&help.state)]);
}

fn note_check(check: &CheckView, seen: &mut BTreeSet<String>) {
    let result = &check.result;
    let all = [&result.camera, &result.microphone, &result.echo, &result.loss, &result.path, &result.clock];
    seen.extend(all.map(|Check { verdict: one, .. }| verdict(one)));
}

fn note_stroke(stroke: &StrokeView, seen: &mut BTreeSet<String>) {
    seen.extend([tool(&stroke.ink.tool), ink_colour(&stroke.ink.colour)]);
}

fn note_poll(poll: &PollView, seen: &mut BTreeSet<String>) {
    seen.extend([poll_kind(&poll.kind), poll_by(&poll.by)]);
}

fn note_event(happened: &Event, seen: &mut BTreeSet<String>) {
    seen.insert(event(happened));
    match happened {
        Event::LessonChanged { state, .. } => drop(seen.insert(lesson_state(state))),
        Event::ClassroomChanged { classroom } => {
            seen.extend(classroom.stand_in.as_ref().map(|shown| stand_in(&shown.show)));
        }
        Event::FloorChanged { request } => note_request(request, seen),
        Event::QuestionChanged { question } => note_question(question, seen),
        Event::AttendanceChanged { attendance } => note_attendance(attendance, seen),
        Event::HelpChanged { help } => note_help(help, seen),
        Event::CheckChanged { check } => note_check(check, seen),
        Event::PollChanged { poll } => note_poll(poll, seen),
        Event::ProgrammeChanged { programme } => {
            seen.extend([scene(&programme.on_air), studio_camera(&programme.camera_on_air)]);
        }
        Event::StrokeDrawn { surface: on, stroke } => {
            seen.insert(surface(on));
            note_stroke(stroke, seen);
        }
        Event::SlotsChanged { slots } => {
            for slot in slots {
                seen.insert(slot_kind(&slot.kind));
                seen.extend(slot.source.as_ref().map(source_view));
            }
        }
        _ => {}
    }
}
