//! The pictures since the last keyframe, kept so that a segment can begin where no keyframe came.

use bytes::Bytes;

/// Most bytes kept: 12 s of a 10 Mbit/s picture.
const MAX_BYTES: usize = 16 << 20;
/// Most pictures kept.
const MAX_PICTURES: usize = 1024;

/// A keyframe and what refers to it.
#[derive(Debug)]
pub(super) struct Group {
    pictures: Vec<Bytes>,
    bytes: usize,
    /// The keyframe is missing, and so is the use of what follows.
    lost: bool,
}

impl Default for Group {
    fn default() -> Self {
        Self { pictures: Vec::new(), bytes: 0, lost: true }
    }
}

impl Group {
    /// Takes the next picture; a keyframe begins anew.
    pub(super) fn push(&mut self, data: &Bytes, keyframe: bool) {
        if keyframe {
            self.clear();
            self.lost = false;
        }
        self.bytes += data.len();
        if self.lost || self.bytes > MAX_BYTES || self.pictures.len() == MAX_PICTURES {
            self.clear();
            self.lost = true;
        } else {
            self.pictures.push(data.clone());
        }
    }

    pub(super) fn clear(&mut self) {
        self.pictures.clear();
        self.bytes = 0;
        self.lost = true;
    }

    /// The pictures in order, from the keyframe on; none when they were too many.
    pub(super) fn pictures(&self) -> Vec<Bytes> {
        self.pictures.clone()
    }

    /// Whether the newest picture is the keyframe itself.
    pub(super) fn is_keyframe(&self) -> bool {
        self.pictures.len() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_from_the_last_keyframe_on_or_nothing() {
        let mut group = Group::default();
        let picture = |size: usize| Bytes::from(vec![0; size]);
        group.push(&picture(1), false);
        assert!(group.pictures().is_empty(), "nothing can be shown before a keyframe");
        group.push(&picture(2), true);
        assert!(group.is_keyframe());
        group.push(&picture(3), false);
        assert_eq!(group.pictures().iter().map(Bytes::len).collect::<Vec<_>>(), [2, 3]);
        group.push(&picture(MAX_BYTES), false);
        group.push(&picture(4), false);
        assert!(group.pictures().is_empty());
        group.push(&picture(5), true);
        assert_eq!(group.pictures().len(), 1);
    }
}
