//! How the classrooms' lines fare, as the staff see it: from figures to a word and to what each place is told. Pure.

use std::collections::{HashMap, VecDeque};

use airclass_signaling::id::ClassroomId;
use airclass_signaling::lesson::Place;
use airclass_signaling::wire::{LineQuality, LineView, ServerMessage};

/// Measurements over which loss is taken; they are two seconds apart.
const MEASUREMENTS: usize = 3;
/// Loss below which a line is good, and below which it is fair.
const GOOD_LOSS: f64 = 0.02;
const FAIR_LOSS: f64 = 0.05;
/// Lines of one frame; of more classrooms those with the worst are told.
const MAX_LINES: usize = 200;

/// What is measured of one classroom's screen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) estimate_bps: Option<u32>,
    /// Share lost, 0 to 1.
    pub(super) lost: Option<f32>,
    pub(super) rtt_ms: Option<u32>,
    /// What it gets of the studio's camera, while that is shown to it.
    pub(super) camera: Option<Camera>,
}

/// What a classroom gets of the studio's camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Camera {
    /// The layer among those there are, 0 = the lowest; `None` while nothing can be sent.
    pub(super) layer: Option<u8>,
    /// How many there are.
    pub(super) layers: u8,
    /// Only now and then a picture fits the line.
    pub(super) stills: bool,
}

/// The lines of one lesson.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lost: HashMap<ClassroomId, VecDeque<f32>>,
    told: Vec<LineView>,
}

impl Lines {
    /// Takes a measurement of all classrooms in, `None` for those without a media session; true when something has
    /// changed.
    pub(super) fn measured(&mut self, rooms: Vec<(ClassroomId, Option<Figures>)>) -> bool {
        self.lost.retain(|known, _| rooms.iter().any(|(room, figures)| room == known && figures.is_some()));
        let most = rooms.iter().filter_map(|(_, figures)| figures.as_ref()?.camera.map(|camera| camera.layers)).max();
        let mut views: Vec<LineView> =
            rooms.into_iter().map(|(room, figures)| self.view(room, figures, most.unwrap_or(0))).collect();
        if views.len() > MAX_LINES {
            views.sort_by_key(|view| match view.quality {
                Some(LineQuality::Poor) => 0,
                Some(LineQuality::Fair) => 1,
                Some(LineQuality::Good) => 2,
                None => 3,
            });
            views.truncate(MAX_LINES);
        }
        let changed = views != self.told;
        self.told = views;
        changed
    }

    /// What somebody at `place` is told; `None` for those who are told nothing of lines.
    pub(super) fn message(&self, place: &Place) -> Option<ServerMessage> {
        let lines = match place {
            Place::Master | Place::Duty | Place::Observer => self.told.clone(),
            Place::Assistant(own) => self.told.iter().filter(|view| view.classroom == *own).cloned().collect(),
            Place::Classroom(_) => return None,
        };
        Some(ServerMessage::Lines { lines })
    }

    fn view(&mut self, classroom: ClassroomId, figures: Option<Figures>, most: u8) -> LineView {
        let Some(figures) = figures else {
            return LineView {
                classroom,
                estimate_kbit: None,
                layer: None,
                layers: most,
                lost_percent: None,
                rtt_ms: None,
                quality: None,
            };
        };
        let lost = figures.lost.map(|lost| self.smooth(&classroom, lost));
        LineView {
            classroom,
            // Three digits at most, so that it does not flicker.
            estimate_kbit: figures.estimate_bps.map(|bps| bps.div_euclid(50_000) * 50),
            layer: figures.camera.and_then(|camera| camera.layer),
            layers: figures.camera.map_or(most, |camera| camera.layers),
            lost_percent: lost.map(|lost| (lost * 1_000.0).round() / 10.0),
            rtt_ms: figures.rtt_ms,
            quality: Some(quality(figures.camera, lost.unwrap_or(0.0))),
        }
    }

    fn smooth(&mut self, classroom: &ClassroomId, lost: f32) -> f64 {
        let known = self.lost.entry(classroom.clone()).or_default();
        if known.len() == MEASUREMENTS {
            known.pop_front();
        }
        known.push_back(lost);
        known.iter().map(|lost| f64::from(*lost)).sum::<f64>() / known.len() as f64
    }
}

/// A line in a word. Where no camera is shown its loss alone counts.
fn quality(camera: Option<Camera>, lost: f64) -> LineQuality {
    let shown = camera.is_none_or(|camera| camera.layer.is_some() && !camera.stills);
    let best = camera.is_none_or(|camera| camera.layer.is_some_and(|layer| layer + 1 >= camera.layers));
    match lost {
        ..GOOD_LOSS if shown && best => LineQuality::Good,
        ..FAIR_LOSS if shown => LineQuality::Fair,
        _ => LineQuality::Poor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(n: usize) -> ClassroomId {
        ClassroomId::new(format!("room {n}"))
    }

    fn figures(layer: Option<u8>, lost: f32) -> Figures {
        let camera = Some(Camera { layer, layers: 3, stills: false });
        Figures { estimate_bps: Some(1_234_567), lost: Some(lost), rtt_ms: Some(38), camera }
    }

    #[test]
    fn a_line_in_a_word() {
        for (layer, lost, expected) in [
            (Some(2), 0.0, LineQuality::Good),
            (Some(2), 0.03, LineQuality::Fair),
            (Some(1), 0.0, LineQuality::Fair),
            (Some(0), 0.049, LineQuality::Fair),
            (Some(2), 0.06, LineQuality::Poor),
            (None, 0.0, LineQuality::Poor),
        ] {
            let camera = Some(Camera { layer, layers: 3, stills: false });
            assert_eq!(quality(camera, lost), expected, "{layer:?} {lost}");
        }
        let stills = Some(Camera { layer: Some(2), layers: 3, stills: true });
        assert_eq!(quality(stills, 0.0), LineQuality::Poor);
        assert_eq!((quality(None, 0.01), quality(None, 0.04)), (LineQuality::Good, LineQuality::Fair));
    }

    #[test]
    fn each_place_is_told_what_it_may_know_when_it_has_changed() {
        let mut lines = Lines::default();
        let rooms = |lost: f32| vec![(room(1), Some(figures(Some(2), lost))), (room(2), None)];
        assert!(lines.measured(rooms(0.0)));
        assert!(!lines.measured(rooms(0.0)));
        assert!(lines.measured(rooms(0.09)), "a third of it for now");
        let Some(ServerMessage::Lines { lines: all }) = lines.message(&Place::Master) else { panic!("no lines") };
        assert_eq!(all.len(), 2);
        assert_eq!(
            (all[0].estimate_kbit, all[0].lost_percent, all[0].quality),
            (Some(1_200), Some(3.0), Some(LineQuality::Fair))
        );
        assert_eq!((all[1].layers, all[1].layer, all[1].quality), (3, None, None));
        assert_eq!(lines.message(&Place::Observer), lines.message(&Place::Master));
        let own = ServerMessage::Lines { lines: vec![all[1].clone()] };
        assert_eq!(lines.message(&Place::Assistant(room(2))), Some(own));
        assert_eq!(lines.message(&Place::Classroom(room(1))), None);
        // A new session begins without the old one's loss.
        lines.measured(vec![(room(1), None)]);
        lines.measured(vec![(room(1), Some(figures(Some(2), 0.0)))]);
        let Some(ServerMessage::Lines { lines: all }) = lines.message(&Place::Master) else { panic!("no lines") };
        assert_eq!(all[0].lost_percent, Some(0.0));
    }

    #[test]
    fn of_too_many_the_worst_are_told() {
        let mut lines = Lines::default();
        let lost = |n: usize| if n.is_multiple_of(10) { 0.2 } else { 0.0 };
        lines.measured((0..1_000).map(|n| (room(n), Some(figures(Some(2), lost(n))))).collect());
        let Some(ServerMessage::Lines { lines: told }) = lines.message(&Place::Master) else { panic!("no lines") };
        let poor = told.iter().filter(|view| view.quality == Some(LineQuality::Poor)).count();
        assert_eq!((told.len(), poor), (MAX_LINES, 100));
    }
}
