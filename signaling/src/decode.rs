//! From a text frame to a [`ClientMessage`], or to a typed error. Untrusted input: nothing here panics, and no text of
//! the peer is repeated in an error.

use serde_json::Value;

use crate::limits::FRAME_BYTES_MAX;
use crate::text;
use crate::wire::{ClientMessage, ErrorCode, ServerMessage};

/// The deepest nesting of lists and objects.
pub const DEPTH_MAX: usize = 16;

/// Every `type` a client may send.
pub const CLIENT_TYPES: [&str; 44] = [
    "join",
    "snapshot",
    "ping",
    "start_lesson",
    "end_lesson",
    "raise_hand",
    "lower_hand",
    "accept_hand",
    "decline_hand",
    "grant_floor",
    "deny_floor",
    "release_floor",
    "revoke_floor",
    "extend_floor",
    "mute_floor",
    "set_floor_limit",
    "take_attendance",
    "ask_question",
    "answer_here",
    "merge_question",
    "escalate_question",
    "withdraw_question",
    "answer_question",
    "put_off_question",
    "say_to_staff",
    "hold_talk",
    "call_help",
    "take_help",
    "settle_help",
    "stand_in",
    "open_deck",
    "close_deck",
    "turn_page",
    "draw_stroke",
    "erase_stroke",
    "clear_board",
    "point",
    "open_poll",
    "extend_poll",
    "answer_poll",
    "answer_poll_seat",
    "close_poll",
    "show_poll_result",
    "set_programme",
];

/// Why a frame is not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DecodeError {
    /// [`ErrorCode::BadMessage`] or [`ErrorCode::UnknownType`].
    pub code: ErrorCode,
    /// For people; safe to show and to log.
    pub message: String,
}

impl DecodeError {
    fn bad(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::BadMessage, message: message.into() }
    }
}

impl From<DecodeError> for ServerMessage {
    fn from(error: DecodeError) -> Self {
        Self::Error { code: error.code, message: error.message }
    }
}

/// Decodes one text frame. Text inside is brought to NFC.
///
/// # Errors
/// [`DecodeError`]: too large, too deep, not a JSON object, no or an unknown `type`, fields missing, unknown or of
/// the wrong kind, forbidden characters.
pub fn decode(frame: &str) -> Result<ClientMessage, DecodeError> {
    if frame.len() > FRAME_BYTES_MAX {
        return Err(DecodeError::bad("the frame is larger than 64 KiB"));
    }
    if depth(frame) > DEPTH_MAX {
        return Err(DecodeError::bad("nested deeper than 16"));
    }
    let mut value: Value = serde_json::from_str(frame).map_err(|_| DecodeError::bad("not JSON"))?;
    let Value::Object(fields) = &mut value else {
        return Err(DecodeError::bad("not an object"));
    };
    let known = match fields.get("type") {
        Some(Value::String(given)) => CLIENT_TYPES.iter().find(|known| *known == given).copied(),
        _ => return Err(DecodeError::bad("type: a text is required")),
    };
    let Some(known) = known else {
        return Err(DecodeError { code: ErrorCode::UnknownType, message: "type: unknown to this server".to_owned() });
    };
    fields.values_mut().try_for_each(normalise)?;
    let wrong = |_| DecodeError::bad(format!("{known}: a field is missing, unknown or of the wrong kind"));
    serde_json::from_value(value).map_err(wrong)
}

/// The deepest nesting of brackets outside strings: told without parsing, so that a hostile frame costs no stack.
fn depth(frame: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in frame.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn normalise(value: &mut Value) -> Result<(), DecodeError> {
    match value {
        Value::String(raw) => {
            *raw = text::text(raw).map_err(|error| DecodeError::bad(error.to_string()))?;
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(normalise),
        Value::Object(fields) => fields.values_mut().try_for_each(normalise),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ClassroomId, FloorRequestId};
    use crate::wire::Role;

    fn code(frame: &str) -> ErrorCode {
        decode(frame).expect_err(frame).code
    }

    #[test]
    fn messages_decode() {
        let join = decode(r#"{"type":"join","role":"assistant","classroom":"01J8"}"#);
        assert_eq!(join, Ok(ClientMessage::Join { role: Role::Assistant, classroom: Some(ClassroomId::new("01J8")) }));
        assert_eq!(
            decode(r#"{"type":"join","role":"master"}"#),
            Ok(ClientMessage::Join { role: Role::Master, classroom: None })
        );
        assert_eq!(decode(r#" {"type":"raise_hand"} "#), Ok(ClientMessage::RaiseHand));
    }

    #[test]
    fn what_is_not_a_message_is_a_bad_message() {
        for frame in [
            "",
            "hello",
            "{",
            "null",
            "[]",
            "\"join\"",
            "{}",
            r#"{"type":null}"#,
            r#"{"type":7}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"ping","n":-1}"#,
            r#"{"type":"ping","n":1.5}"#,
            r#"{"type":"ping","n":18446744073709551616}"#,
            r#"{"type":"ping","n":1,"m":2}"#,
            r#"{"type":"lower_hand","request":null}"#,
            r#"{"type":"lower_hand","request":["x"]}"#,
            r#"{"type":"join","role":"headmaster"}"#,
            r#"{"type":"join","role":null}"#,
            r#"{"type":"extend_floor","request":"x","seconds":4294967296}"#,
            "{\"type\":\"lower_hand\",\"request\":\"a\\u202eb\"}",
            "{\"type\":\"lower_hand\",\"request\":\"a\\u0000b\"}",
            r#"{"type":"ping","n":1} {"type":"ping","n":2}"#,
            r#"{"type":"take_attendance","marks":[{"seat":1,"mark":"asleep"}]}"#,
            r#"{"type":"take_attendance","marks":[{"seat":1,"mark":"late","name":"x"}]}"#,
            r#"{"type":"take_attendance","marks":[{"seat":65536,"mark":"late"}]}"#,
            r#"{"type":"ask_question","seat":-1,"text":null,"wants_to_speak":true}"#,
            r#"{"type":"ask_question","seat":1,"text":"x","wants_to_speak":"yes"}"#,
            r#"{"type":"set_floor_limit","limit":256}"#,
            r#"{"type":"point","surface":"deck","at":[1]}"#,
            r#"{"type":"point","surface":"deck","at":[1,40000]}"#,
            r#"{"type":"turn_page","surface":"wall","page":1}"#,
            r#"{"type":"draw_stroke","surface":"deck","stroke":1,"tool":"pen","colour":"red","width":9,"points":[1,2],"done":true}"#,
            r##"{"type":"draw_stroke","surface":"deck","stroke":1,"tool":"pen","colour":"#f00","width":9,"points":[],"done":true}"##,
            r#"{"type":"open_poll","question":"x","kind":{"kind":"essay"},"by":"hands","correct":null,"seconds":null}"#,
            r#"{"type":"open_poll","question":"x","kind":{"kind":"choices","labels":[1,2]},"by":"hands","correct":null,"seconds":null}"#,
            r#"{"type":"answer_poll","poll":"x","counts":[-1]}"#,
            r#"{"type":"answer_poll_seat","poll":"x","seat":1,"answer":"B"}"#,
            r#"{"type":"answer_poll_seat","poll":"x","seat":1,"answer":1e13}"#,
            r#"{"type":"set_programme","scene":{"scene":"classroom","classroom":"x"},"camera":"camera"}"#,
            r#"{"type":"set_programme","scene":"camera","camera":"camera"}"#,
        ] {
            assert_eq!(code(frame), ErrorCode::BadMessage, "{frame}");
        }
    }

    #[test]
    fn an_unknown_type_is_told_apart_and_not_repeated() {
        let error = decode(r#"{"type":"<script>"}"#).expect_err("unknown");
        assert_eq!(error.code, ErrorCode::UnknownType);
        assert!(!error.message.contains("script"));
        assert_eq!(code(r#"{"type":"Join"}"#), ErrorCode::UnknownType);
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested =
            |depth: usize| format!(r#"{{"type":"ping","n":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(decode(&nested(17)).expect_err("too deep").message.contains("deeper"));
        assert!(!decode(&nested(16)).expect_err("wrong kind").message.contains("deeper"));
        assert!(decode(&"[".repeat(60_000)).expect_err("too deep").message.contains("deeper"));
        // Brackets inside strings are text.
        assert!(decode(r#"{"type":"lower_hand","request":"[[[[[[[[[[[[[[[[[[[[\"[[["}"#).is_ok());
        let padded = |bytes: usize| format!("{}{}", r#"{"type":"raise_hand"}"#, " ".repeat(bytes - 21));
        assert!(decode(&padded(64 * 1024)).is_ok());
        assert!(decode(&padded(64 * 1024 + 1)).is_err());
    }

    #[test]
    fn text_is_composed() {
        let decoded = decode("{\"type\":\"lower_hand\",\"request\":\"e\u{301}\"}");
        assert_eq!(decoded, Ok(ClientMessage::LowerHand { request: FloorRequestId::new("\u{e9}") }));
    }

    proptest::proptest! {
        #[test]
        fn no_frame_panics(frame in ".{0,200}") {
            let _ = decode(&frame);
        }

        #[test]
        fn no_message_with_a_piece_replaced_panics(
            known in 0..CLIENT_TYPES.len(),
            field in "type|role|classroom|request|seconds|n|marks|points|answer|kind|scene|at|counts|[a-z]{0,3}",
            value in r#"null|true|-?[0-9]{1,30}(\.[0-9])?|"[^"\\]{0,20}"|\[(-?[0-9]{1,9},?){0,4}\]|\{\}|\{"kind":\[1\]\}|1e30"#,
            cut in 0..80_usize,
        ) {
            let frame = format!(r#"{{"type":"{}","{field}":{value}}}"#, CLIENT_TYPES[known]);
            let _ = decode(&frame);
            let _ = decode(frame.get(..cut).unwrap_or_default());
        }
    }
}
