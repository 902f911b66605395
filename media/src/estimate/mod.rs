//! How much each receiver's line carries, and what to send of it: estimate, pace, layer. Pure; told the time.
//!
//! The estimator follows libwebrtc's published design (draft-ietf-rmcat-gcc-02 with the trendline estimator, probe
//! clusters and application-limited handling), with three changes for a relay that sends whole frames at once and
//! seldom fills the line: overuse must show as a queue that stands and not only as a slope, a sender that is not the
//! cause falls by steps instead of to what it happens to send, and loss is held against the rate before it counts.
//!
//! A worker calls it so, per receiver:
//! - for each packet written with a transport-wide number: [`Estimator::on_packet_sent`], [`Pacer::charge`] and [`Spread::charge`];
//! - before a frame of a picture: [`Pacer::is_open`] and [`Estimator::has_room`], two comparisons. Shut: the frame waits
//!   in the ring, and goes on as a burst when the pacer [opens](Pacer::opens). On a line that has been full, or [is
//!   narrow](Estimator::is_narrow), also [`Spread::is_open`], packet by packet. Sound never asks;
//! - for each transport-wide feedback message: [`Estimator::on_feedback`]; for report blocks of pictures
//!   [`Estimator::on_receiver_report`], for REMB [`Estimator::on_remb`];
//! - some ten times a second: [`Estimator::poll`]. Split its target with [`apportion`], give each slot's
//!   [`LayerChooser`] its share, tell the down-tracks, set the sum of what was wanted with [`Estimator::set_wanted`] and
//!   the target with [`Pacer::set_estimate`]. A [`ProbePlan`] is carried out with repair packets or padding.
//!
//! Per source: a [`LayerMeter`] counts what comes, a [`LayerDemand`] tells which layers may pause.

mod aimd;
mod demand;
mod estimator;
mod groups;
mod history;
mod layers;
mod loss;
mod outage;
mod pacer;
mod probe;
mod queue;
mod reports;
mod sending;
mod spread;
mod throughput;
mod trend;
mod width;

pub use demand::{LayerDemand, LayerMeter, apportion};
pub use estimator::{EstimateStats, Estimator, Update};
pub use history::SentHistory;
pub use layers::{Content, Decision, Delivery, LayerChooser, LayerRates};
pub use pacer::Pacer;
pub use probe::ProbePlan;
pub use spread::Spread;

#[cfg(test)]
pub(crate) mod scenario;
#[cfg(test)]
mod tests;
