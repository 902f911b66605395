//! The test card: a picture that tells its own frame number, the time and that it moves.
//!
//! A strip along the top holds 32 black or white cells (two rows of 16) with a 24-bit counter and an 8-bit check, large
//! enough to survive H.264 at 500 kbit/s and scaling to half the size. Below it runs a clock for people to read.

mod glyphs;

use crate::libav::picture::Yuv;

/// Cells per row of the counter strip; there are two rows.
const COLUMNS: usize = 16;
/// The strip takes an eighth of the height.
const STRIP: usize = 8;
/// Counters repeat after this many frames (six days at 30 a second).
pub const COUNTER_PERIOD: u32 = 1 << 24;

const BLACK: u8 = 16;
const WHITE: u8 = 235;

/// Draws test cards of one size.
#[derive(Debug, Clone)]
pub struct Card {
    background: Yuv,
}

impl Card {
    /// A card of `width` x `height` pixels, at least 320 x 180 to be readable after coding.
    pub fn new(width: usize, height: usize) -> Self {
        Self { background: background(width, height) }
    }

    /// A picture of this card's size to draw into.
    pub fn picture(&self) -> Yuv {
        self.background.clone()
    }

    /// Draws frame `frame_no`, showing `wall_ms` (milliseconds since midnight or since 1970; only the time of day is
    /// shown). A picture of another size is replaced.
    pub fn draw(&self, frame_no: u32, wall_ms: u64, picture: &mut Yuv) {
        picture.clone_from(&self.background);
        draw_counter(frame_no, picture);
        let second = wall_ms / 1000 % 86_400;
        let clock = format!("{:02}:{:02}:{:02}.{:03}", second / 3600, second / 60 % 60, second % 60, wall_ms % 1000);
        let scale = (picture.width / 90).max(1);
        let left = picture.width.saturating_sub(glyphs::width(&clock, scale)) / 2;
        let top = picture.height * 2 / 5;
        glyphs::draw(&clock, scale, left, top, WHITE, picture);
        let small = (scale / 2).max(1);
        let number = format!("{:08}", frame_no % COUNTER_PERIOD);
        let left = picture.width.saturating_sub(glyphs::width(&number, small)) / 2;
        glyphs::draw(&number, small, left, top + scale * 10, 180, picture);
        draw_bar(frame_no, picture);
    }
}

fn background(width: usize, height: usize) -> Yuv {
    let mut picture = Yuv::new(width, height);
    let (width, height) = (picture.width, picture.height);
    for (row, line) in picture.y.chunks_mut(width).enumerate() {
        // Calm from 40 to 72: nothing here competes with the counter or costs bits.
        line.fill((40 + row * 32 / height.max(1)) as u8);
    }
    picture.u.fill(140);
    picture.v.fill(118);
    // Six colour patches along the bottom, 75 % bars in BT.601 limited range.
    let bars = [(162, 44, 142), (131, 156, 44), (112, 72, 58), (84, 184, 198), (65, 100, 212), (35, 212, 114)];
    let top = (height * 7 / 8) & !1;
    let bar = (width / bars.len()) & !1;
    for (index, (y, u, v)) in bars.into_iter().enumerate() {
        let right = if index + 1 == bars.len() { width } else { (index + 1) * bar };
        for row in top..height {
            picture.y[row * width + index * bar..row * width + right].fill(y);
        }
        for row in top / 2..height / 2 {
            picture.u[row * width / 2 + index * bar / 2..row * width / 2 + right / 2].fill(u);
            picture.v[row * width / 2 + index * bar / 2..row * width / 2 + right / 2].fill(v);
        }
    }
    picture
}

fn draw_bar(frame_no: u32, picture: &mut Yuv) {
    let width = picture.width;
    let thick = (width / 80).max(2);
    // Once across in four seconds at 30 frames a second.
    let left = (frame_no as usize % 120) * (width - thick) / 119;
    for row in picture.height * 3 / 4..picture.height * 7 / 8 {
        picture.y[row * width + left..row * width + left + thick].fill(WHITE);
    }
}

fn draw_counter(frame_no: u32, picture: &mut Yuv) {
    let word = with_check(frame_no % COUNTER_PERIOD);
    let (width, strip) = (picture.width, picture.height / STRIP);
    for row in 0..strip {
        for column in 0..width {
            let cell = (row * 2 / strip.max(1)).min(1) * COLUMNS + (column * COLUMNS / width).min(COLUMNS - 1);
            picture.y[row * width + column] = if word >> (31 - cell) & 1 == 1 { WHITE } else { BLACK };
        }
    }
    for row in 0..strip / 2 {
        picture.u[row * width / 2..(row + 1) * width / 2].fill(128);
        picture.v[row * width / 2..(row + 1) * width / 2].fill(128);
    }
}

/// Reads the counter off a luma plane of any size (rows `stride` bytes apart). `None` when the strip is not there, too
/// blurred, or damaged.
pub fn read_counter(luma: &[u8], stride: usize, width: usize, height: usize) -> Option<u32> {
    let (cell_width, cell_height) = (width / COLUMNS, height / STRIP / 2);
    if cell_width < 4 || cell_height < 4 || stride < width || luma.len() < stride * (height / STRIP) {
        return None;
    }
    let mut word = 0u32;
    for cell in 0..32 {
        let (left, top) = (cell % COLUMNS * width / COLUMNS, cell / COLUMNS * (height / STRIP) / 2);
        // Only the middle of the cell: its edges ring after coding and mix with the neighbours after scaling.
        let (mut sum, mut count) = (0u32, 0u32);
        for row in top + cell_height / 4..top + cell_height - cell_height / 4 {
            for column in left + cell_width / 4..left + cell_width - cell_width / 4 {
                sum += u32::from(luma[row * stride + column]);
                count += 1;
            }
        }
        let mean = sum / count.max(1);
        if (104..152).contains(&mean) {
            return None;
        }
        word = word << 1 | u32::from(mean >= 152);
    }
    let counter = word >> 8;
    (with_check(counter) == word).then_some(counter)
}

/// The counter with its CRC-8 (polynomial 0x07, start 0xa5, so that all black and all white are both wrong).
fn with_check(counter: u32) -> u32 {
    let mut crc = 0xa5u8;
    for byte in counter.to_be_bytes().into_iter().skip(1) {
        crc ^= byte;
        for _ in 0..8 {
            crc = if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 };
        }
    }
    counter << 8 | u32::from(crc)
}

#[cfg(test)]
mod tests;
