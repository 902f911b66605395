//! Which layer a receiver should get. The target comes from outside (a bandwidth estimate, a wish, a rule).

use crate::rtp::LayerIndex;

/// Chooses among the active layers, up to a cap.
#[derive(Debug, Clone, Copy)]
pub struct LayerChoice {
    cap: LayerIndex,
}

impl Default for LayerChoice {
    /// No cap: the highest active layer.
    fn default() -> Self {
        Self { cap: LayerIndex::MAX }
    }
}

impl LayerChoice {
    /// Sets the highest layer that may be chosen while a lower one is active.
    pub fn set_cap(&mut self, cap: LayerIndex) {
        self.cap = cap;
    }

    /// The best layer of `active` (bit n = layer n): the highest not above the cap, else the lowest there is; `None`
    /// when nothing is active.
    pub fn choose(&self, active: u8) -> Option<LayerIndex> {
        let under = active & (2_u16 << self.cap.min(7)).wrapping_sub(1) as u8;
        match (under, active) {
            (_, 0) => None,
            (0, _) => Some(active.trailing_zeros() as LayerIndex),
            _ => Some(7 - under.leading_zeros() as LayerIndex),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_active_layer_up_to_the_cap() {
        let cases = [
            (u8::MAX, 0b111, Some(2)),
            (u8::MAX, 0b011, Some(1)),
            (1, 0b111, Some(1)),
            (0, 0b111, Some(0)),
            (0, 0b110, Some(1)),
            (1, 0b100, Some(2)),
            (1, 0b101, Some(0)),
            (2, 0, None),
        ];
        for (cap, active, expected) in cases {
            assert_eq!(LayerChoice { cap }.choose(active), expected, "cap {cap} active {active:03b}");
        }
    }
}
