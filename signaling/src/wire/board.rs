//! Slides, board and pen.
//!
//! A page is [`Point::WIDE`] units wide and its height follows from its shape. On the wire a line of points is one flat
//! list of whole numbers, three for each point (x, y, pressure): the first three as they are, the others as differences
//! to the point before, which takes half the bytes.

use serde::{Deserialize, Serialize};

use crate::id::DeckId;

/// What can be written on. Each has its own current page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// The page of the open deck.
    Deck,
    /// The blank board.
    Board,
}

/// What a stroke is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// A pen; its width follows the pressure.
    Pen,
    /// A broad, translucent pen.
    Highlighter,
    /// A straight line from the first point to the last.
    Line,
}

/// The colours there are; the client knows what they look like on light and dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InkColour {
    /// The colour of writing: dark on paper, white on the board.
    Plain,
    /// Red.
    Red,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
}

/// One point of a stroke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// From the left, of [`Self::WIDE`].
    pub x: i16,
    /// From the top, in the same units.
    pub y: i16,
    /// From 0 to 255; 128 where the pen does not tell.
    pub pressure: u8,
}

impl Point {
    /// How many units a page is wide.
    pub const WIDE: i16 = 10_000;
}

/// Points in the order in which they were drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<i32>", try_from = "Vec<i32>")]
pub struct Points(pub Vec<Point>);

/// Why a list of numbers is not a line of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("points: three numbers each, x and y within 16 bits, pressure from 0 to 255")]
pub struct PointsError;

impl From<Points> for Vec<i32> {
    fn from(points: Points) -> Self {
        let mut before = [0; 3];
        let mut flat = Self::with_capacity(points.0.len() * 3);
        for Point { x, y, pressure } in points.0 {
            let point = [i32::from(x), i32::from(y), i32::from(pressure)];
            flat.extend(point.iter().zip(before).map(|(now, before)| now - before));
            before = point;
        }
        flat
    }
}

impl TryFrom<Vec<i32>> for Points {
    type Error = PointsError;

    fn try_from(flat: Vec<i32>) -> Result<Self, PointsError> {
        let (triples, []) = flat.as_chunks::<3>() else { return Err(PointsError) };
        let mut before = [0_i32; 3];
        let mut points = Vec::with_capacity(triples.len());
        for triple in triples {
            for (at, step) in before.iter_mut().zip(triple) {
                *at = at.checked_add(*step).ok_or(PointsError)?;
            }
            let [x, y, pressure] = before;
            points.push(Point {
                x: x.try_into().map_err(|_| PointsError)?,
                y: y.try_into().map_err(|_| PointsError)?,
                pressure: pressure.try_into().map_err(|_| PointsError)?,
            });
        }
        Ok(Self(points))
    }
}

/// How a stroke looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ink {
    /// What it is drawn with.
    pub tool: Tool,
    /// Its colour.
    pub colour: InkColour,
    /// Its width at full pressure, in units of the page, 1 to 255.
    pub width: u8,
}

/// A stroke, or the newest piece of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrokeView {
    /// Its number, unique on its page.
    pub stroke: u32,
    /// How it looks.
    #[serde(flatten)]
    pub ink: Ink,
    /// Its points; in a delta those that are new.
    pub points: Points,
    /// Whether the pen has left the page.
    pub done: bool,
}

/// A set of slides. The pages themselves are files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeckView {
    /// The deck.
    pub id: DeckId,
    /// Its title.
    pub title: String,
    /// How many pages it has.
    pub pages: u16,
}

/// Which page a surface shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PageView {
    /// The surface.
    pub surface: Surface,
    /// The open deck; null for the board, and for `deck` when none is open.
    pub deck: Option<DeckId>,
    /// The page, from 1; 0 when no deck is open.
    pub page: u16,
}

/// A surface with what is drawn on its current page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurfaceView {
    /// The page.
    #[serde(flatten)]
    pub page: PageView,
    /// Its strokes, the oldest first.
    pub strokes: Vec<StrokeView>,
}

/// Where the master points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointerView {
    /// On which surface.
    pub surface: Surface,
    /// From left and top, in units of the page.
    pub at: [i16; 2],
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn points_are_written_as_differences() {
        let points = Points(vec![
            Point { x: 4_512, y: 3_307, pressure: 128 },
            Point { x: 4_530, y: 3_300, pressure: 130 },
            Point { x: 4_530, y: 3_311, pressure: 0 },
        ]);
        let text = serde_json::to_string(&points).expect("numbers");
        assert_eq!(text, "[4512,3307,128,18,-7,2,0,11,-130]");
        assert_eq!(serde_json::from_str::<Points>(&text).expect("points"), points);
    }

    #[test]
    fn what_is_no_line_of_points_is_refused() {
        for text in ["[1]", "[1,2]", "[1,2,3,4]", "[0,0,256]", "[0,0,-1]", "[32768,0,0]", "[1.5,0,0]", "[null,0,0]"] {
            assert!(serde_json::from_str::<Points>(text).is_err(), "{text}");
        }
        let edge = format!("[0,0,0,{0},0,0,{0},0,0]", i32::MAX);
        assert!(serde_json::from_str::<Points>(&edge).is_err());
    }

    proptest! {
        #[test]
        fn any_points_come_back(raw in proptest::collection::vec(any::<(i16, i16, u8)>(), 0..50)) {
            let points = Points(raw.into_iter().map(|(x, y, pressure)| Point { x, y, pressure }).collect());
            prop_assert_eq!(Points::try_from(Vec::<i32>::from(points.clone())), Ok(points));
        }
    }
}
