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
        role,
        school: school.map(str::to_owned),
        scope: Scope::Everything,
    }
}

fn bound(mut actor: Actor, lesson: &str, place: Place) -> Actor {
    actor.scope = Scope::Seat { lesson: LessonId::new(lesson), place };
    actor
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
        ("receive", Action::Receive),
        ("figures", Action::SeeStatistics),
        ("replay", Action::SeeRecording),
    ]
}

/// Everything each person may do to their own lesson; all else is refused.
const ALLOWED: &[(&str, &[&str])] = &[
    ("administrator", &["see", "start", "end", "observe", "receive", "figures", "replay"]),
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
            "receive",
            "figures",
            "replay",
        ],
    ),
    ("same school", &["see", "observe", "receive", "replay"]),
    ("stand-in", &["see", "sit screen b", "observe", "publish b", "receive", "figures", "replay"]),
    ("pupil", &["see", "observe", "receive", "replay"]),
    ("strange pupil", &[]),
    ("screen token", &["see", "sit screen a", "publish a", "receive"]),
    ("encoder token", &["see", "start", "end", "sit master", "publish camera", "publish screen", "receive", "figures"]),
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
fn a_foreign_lesson_is_hidden_from_everybody_but_administrators() {
    let lesson = foreign();
    for (who, actor) in people() {
        for (name, action) in actions() {
            let answer = authorize(&actor, &action, Object::Lesson(&lesson));
            if who == "administrator" {
                assert_ne!(answer, Err(Refusal::Hidden), "{name}");
            } else {
                assert_eq!(answer, Err(Refusal::Hidden), "{who}: {name}");
            }
        }
    }
}

#[test]
fn the_district_is_for_administrators_and_masters_who_are_signed_in() {
    for (who, actor) in people() {
        let may = ["administrator", "master", "other master"].contains(&who);
        for action in [Action::PlanLesson, Action::ListClassrooms] {
            assert_eq!(authorize(&actor, &action, Object::District).is_ok(), may, "{who}: {action:?}");
        }
        assert!(authorize(&actor, &Action::StartLesson, Object::District).is_err());
    }
}
