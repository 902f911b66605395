//! The matrix role x action x object, own and foreign, by session and by lesson token.

use airclass_signaling::id::AccountId;

use super::*;

fn classroom(id: &str) -> ClassroomId {
    ClassroomId::new(id)
}

/// Lesson `own`: master `wang`, classroom `a` of school `one` with assistant `li`, classroom `b` of school `two` without.
fn own() -> LessonFacts {
    LessonFacts {
        id: LessonId::new("own"),
        master: "wang".to_owned(),
        classrooms: vec![
            ClassroomFacts { id: classroom("a"), school: "one".to_owned(), assistant: Some("li".to_owned()) },
            ClassroomFacts { id: classroom("b"), school: "two".to_owned(), assistant: None },
        ],
    }
}

/// A lesson nobody below belongs to.
fn foreign() -> LessonFacts {
    LessonFacts {
        id: LessonId::new("foreign"),
        master: "zhao".to_owned(),
        classrooms: vec![ClassroomFacts { id: classroom("z"), school: "far".to_owned(), assistant: None }],
    }
}

fn actor(account: &str, role: AccountRole, school: Option<&str>) -> Actor {
    Actor {
        account: AccountId::new(account),
        display_name: account.to_owned(),
        role: Some(role),
        school: school.map(str::to_owned),
        screen_of: None,
        scope: Scope::Everything,
    }
}

fn bound(mut actor: Actor, lesson: &str, place: Place) -> Actor {
    actor.scope = Scope::Seat { lesson: LessonId::new(lesson), place };
    actor
}

/// A paired screen.
fn screen(classroom_id: &str, school: &str) -> Actor {
    Actor {
        account: AccountId::new(format!("screen of {classroom_id}")),
        display_name: "大屏".to_owned(),
        role: None,
        school: Some(school.to_owned()),
        screen_of: Some(classroom(classroom_id)),
        scope: Scope::Everything,
    }
}

fn people() -> Vec<(&'static str, Actor)> {
    let li = || actor("li", AccountRole::Assistant, Some("one"));
    vec![
        ("administrator", actor("admin", AccountRole::Administrator, None)),
        ("master", actor("wang", AccountRole::Master, None)),
        ("other master", actor("zhou", AccountRole::Master, None)),
        ("assistant", li()),
        ("same school", actor("sun", AccountRole::Assistant, Some("one"))),
        ("stand-in", actor("qian", AccountRole::Assistant, Some("two"))),
        ("pupil", actor("ming", AccountRole::Pupil, Some("one"))),
        ("strange pupil", actor("hong", AccountRole::Pupil, Some("three"))),
        ("researcher", actor("yan", AccountRole::Observer, None)),
        ("principal", actor("xiao", AccountRole::Observer, Some("two"))),
        ("strange principal", actor("fang", AccountRole::Observer, Some("three"))),
        ("screen", screen("a", "one")),
        ("screen's media", bound(screen("a", "one"), "own", Place::Classroom(classroom("a")))),
        ("strange screen", screen("y", "one")),
        ("screen token", bound(li(), "own", Place::Classroom(classroom("a")))),
        ("encoder token", bound(actor("wang", AccountRole::Master, None), "own", Place::Master)),
        ("stale token", bound(actor("zhou", AccountRole::Master, None), "own", Place::Master)),
        ("other lesson", bound(actor("wang", AccountRole::Master, None), "foreign", Place::Master)),
    ]
}

fn actions() -> Vec<(&'static str, Action)> {
    vec![
        ("see", Action::SeeLesson),
        ("start", Action::StartLesson),
        ("end", Action::EndLesson),
        ("sit master", Action::TakePlace(Place::Master)),
        ("sit assistant a", Action::TakePlace(Place::Assistant(classroom("a")))),
        ("sit screen a", Action::TakePlace(Place::Classroom(classroom("a")))),
        ("sit screen b", Action::TakePlace(Place::Classroom(classroom("b")))),
        ("sit screen z", Action::TakePlace(Place::Classroom(classroom("z")))),
        ("observe", Action::TakePlace(Place::Observer)),
        ("token master", Action::IssueToken(Place::Master)),
        ("token screen a", Action::IssueToken(Place::Classroom(classroom("a")))),
        ("publish camera", Action::Publish(SourceKey::Camera)),
        ("publish screen", Action::Publish(SourceKey::Screen)),
        ("publish a", Action::Publish(SourceKey::Classroom(classroom("a")))),
        ("publish b", Action::Publish(SourceKey::Classroom(classroom("b")))),
        ("prepare", Action::PrepareLesson),
        ("duty", Action::TakePlace(Place::Duty)),
        ("take over a", Action::TakeOver(classroom("a"))),
        ("take over b", Action::TakeOver(classroom("b"))),
        ("report", Action::SeeReport),
        ("score", Action::Observe),
        ("scores", Action::SeeObservations),
        ("publish second", Action::Publish(SourceKey::Second)),
        ("receive", Action::Receive),
        ("figures", Action::SeeStatistics),
        ("replay", Action::SeeRecording),
    ]
}

/// Everything each person may do to their own lesson; all else is refused.
const ALLOWED: &[(&str, &[&str])] = &[
    (
        "administrator",
        &[
            "see",
            "start",
            "end",
            "observe",
            "prepare",
            "duty",
            "take over a",
            "take over b",
            "report",
            "score",
            "scores",
            "receive",
            "figures",
            "replay",
        ],
    ),
    (
        "master",
        &[
            "see",
            "start",
            "end",
            "sit master",
            "observe",
            "token master",
            "publish camera",
            "publish screen",
            "publish second",
            "prepare",
            "report",
            "scores",
            "receive",
            "figures",
            "replay",
        ],
    ),
    ("other master", &[]),
    (
        "assistant",
        &[
            "see",
            "sit assistant a",
            "sit screen a",
            "observe",
            "token screen a",
            "publish a",
            "take over a",
            "report",
            "receive",
            "figures",
            "replay",
        ],
    ),
    ("same school", &["see", "observe", "take over a", "report", "receive", "replay"]),
    (
        "stand-in",
        &["see", "sit screen b", "observe", "publish b", "take over b", "report", "receive", "figures", "replay"],
    ),
    ("pupil", &["see", "observe", "receive", "replay"]),
    ("strange pupil", &[]),
    ("researcher", &["see", "observe", "score", "receive", "replay"]),
    ("principal", &["see", "observe", "score", "receive", "replay"]),
    ("strange principal", &[]),
    ("screen", &["see", "sit screen a", "publish a", "receive"]),
    ("screen's media", &["see", "sit screen a", "publish a", "receive"]),
    ("strange screen", &[]),
    ("screen token", &["see", "sit screen a", "publish a", "receive"]),
    (
        "encoder token",
        &[
            "see",
            "start",
            "end",
            "sit master",
            "publish camera",
            "publish screen",
            "publish second",
            "receive",
            "figures",
        ],
    ),
    ("stale token", &[]),
    ("other lesson", &[]),
];

#[test]
fn the_matrix_of_an_own_lesson() {
    let lesson = own();
    for ((who, actor), (row, allowed)) in people().iter().zip(ALLOWED) {
        assert_eq!(who, row);
        for (name, action) in actions() {
            let answer = authorize(actor, &action, Object::Lesson(&lesson));
            assert_eq!(answer.is_ok(), allowed.contains(&name), "{who}: {name}: {answer:?}");
            if allowed.is_empty() {
                assert_eq!(answer, Err(Refusal::Hidden), "{who}: {name}");
            } else if answer.is_err() {
                assert_eq!(answer, Err(Refusal::Forbidden), "{who}: {name}");
            }
        }
    }
}

#[test]
fn a_foreign_lesson_is_hidden_from_everybody_but_the_district() {
    let lesson = foreign();
    for (who, actor) in people() {
        for (name, action) in actions() {
            let answer = authorize(&actor, &action, Object::Lesson(&lesson));
            if ["administrator", "researcher"].contains(&who) {
                assert_ne!(answer, Err(Refusal::Hidden), "{who}: {name}");
            } else {
                assert_eq!(answer, Err(Refusal::Hidden), "{who}: {name}");
            }
        }
    }
}

#[test]
fn the_district_is_for_those_who_are_signed_in() {
    for (who, actor) in people() {
        for (action, allowed) in [
            (Action::PlanLesson, &["administrator", "master", "other master"][..]),
            (
                Action::ListClassrooms,
                &["administrator", "master", "other master", "assistant", "same school", "stand-in"],
            ),
            (Action::ManageClasses, &["administrator"]),
            (Action::Preflight, &["administrator"]),
        ] {
            let answer = authorize(&actor, &action, Object::District);
            assert_eq!(answer.is_ok(), allowed.contains(&who), "{who}: {action:?}");
        }
        assert!(authorize(&actor, &Action::StartLesson, Object::District).is_err());
    }
}

#[test]
fn a_class_is_kept_by_its_schools_staff_and_known_to_masters() {
    let class = &own().classrooms[0];
    for (who, actor) in people() {
        for (action, allowed) in [
            (Action::KeepClass, &["administrator", "assistant", "same school"][..]),
            (Action::ManageClasses, &["administrator"]),
        ] {
            let answer = authorize(&actor, &action, Object::Class(class));
            let known = ["administrator", "assistant", "same school", "master", "other master"].contains(&who);
            let expected = match (allowed.contains(&who), known) {
                (true, _) => Ok(()),
                (false, true) => Err(Refusal::Forbidden),
                (false, false) => Err(Refusal::Hidden),
            };
            assert_eq!(answer, expected, "{who}: {action:?}");
        }
    }
}

#[test]
fn who_reads_which_classrooms_of_a_report() {
    let lesson = own();
    let of = |name: &str| {
        let (_, actor) = people().into_iter().find(|(who, _)| *who == name).unwrap();
        own_classrooms(&actor, &lesson).iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("administrator"), ["a", "b"]);
    assert_eq!(of("assistant"), ["a"]);
    assert_eq!(of("same school"), ["a"]);
    assert_eq!(of("stand-in"), ["b"]);
    for nobody in ["pupil", "master", "researcher", "screen", "screen token"] {
        assert!(of(nobody).is_empty(), "{nobody}");
    }
}
