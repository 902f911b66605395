//! Who is talking: from the loudness that packets carry (RFC 6464) to a short, steady list.
//!
//! [`VoiceDetector`] judges one track from its packets' header extensions, so encrypted or unknown codecs make no
//! difference; [`Speakers`] ranks the tracks of one lesson. A track whose publisher does not send the extension is never
//! taken for talking: the sound itself is not decoded here.

mod detector;
mod speakers;

pub use detector::VoiceDetector;
pub use speakers::{MAX_SPEAKERS, Speakers};
