//! Ten digits, a colon and a point, five by seven dots each: enough for a clock.

use crate::libav::picture::Yuv;

const COLUMNS: usize = 5;

/// Each glyph as seven rows, the leftmost dot in bit 4.
const GLYPHS: [(char, [u8; 7]); 12] = [
    ('0', [0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e]),
    ('1', [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e]),
    ('2', [0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f]),
    ('3', [0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e]),
    ('4', [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02]),
    ('5', [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e]),
    ('6', [0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e]),
    ('7', [0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08]),
    ('8', [0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e]),
    ('9', [0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c]),
    (':', [0x00, 0x04, 0x04, 0x00, 0x04, 0x04, 0x00]),
    ('.', [0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0c]),
];

/// Width in pixels of `text` at `scale` pixels a dot.
pub(super) fn width(text: &str, scale: usize) -> usize {
    text.chars().count() * (COLUMNS + 1) * scale
}

/// Draws `text` into the luma plane; what does not fit is left out.
pub(super) fn draw(text: &str, scale: usize, left: usize, top: usize, luma: u8, picture: &mut Yuv) {
    for (index, wanted) in text.chars().enumerate() {
        let Some((_, rows)) = GLYPHS.iter().find(|(glyph, _)| *glyph == wanted) else { continue };
        let left = left + index * (COLUMNS + 1) * scale;
        for (row, dots) in rows.iter().enumerate() {
            for column in (0..COLUMNS).filter(|column| dots >> (COLUMNS - 1 - column) & 1 == 1) {
                fill(left + column * scale, top + row * scale, scale, luma, picture);
            }
        }
    }
}

fn fill(left: usize, top: usize, side: usize, luma: u8, picture: &mut Yuv) {
    if left + side > picture.width || top + side > picture.height {
        return;
    }
    for row in top..top + side {
        picture.y[row * picture.width + left..row * picture.width + left + side].fill(luma);
    }
}
