//! `signal`: thousands of seats in one lesson, and what one change of the stage costs.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::classrooms::{Arrivals, Seat, Speaker};
use crate::clock;
use crate::receivers::quantile_ns;
use crate::server::{Doors, Lesson, Program, ProgramOptions};

/// Seats that sit down at once.
const AT_ONCE: usize = 32;
/// A delta that has not reached everybody by then never will.
const PATIENCE: Duration = Duration::from_secs(5);

/// A row of `bench.json`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) seats: usize,
    pub(crate) seats_per_second: f64,
    pub(crate) deltas: usize,
    /// Seats that a delta did not reach in time, over all deltas.
    pub(crate) missed: usize,
    pub(crate) delta_ms_p50: f64,
    pub(crate) delta_ms_p99: f64,
    pub(crate) delta_bytes: f64,
    pub(crate) snapshot_cpu_us: f64,
    pub(crate) server_us_per_seat_and_delta: f64,
    pub(crate) bytes_per_seat: f64,
}

/// Runs one measurement: `seats` observers, and `rounds` times the floor given and taken back.
pub(crate) async fn run(options: &ProgramOptions, seats: usize, rounds: usize) -> Result<Row> {
    let program = Program::start(options).await?;
    let measured = measure(&program, seats, rounds).await;
    if measured.is_err() {
        eprintln!("{}", program.log());
    }
    program.stop().await;
    measured
}

async fn measure(program: &Program, count: usize, rounds: usize) -> Result<Row> {
    let doors = Doors::new(program.http)?;
    let lessons = doors.open_lessons(1).await?;
    let lesson = &lessons[0];
    let url = doors.signaling(&lesson.id);
    let (classroom, token) = doors.classroom(lesson).await?;
    let mut master = Speaker::take(&url, &lesson.master, "master", None).await?;
    let mut room = Speaker::take(&url, &token, "classroom", Some(&classroom)).await?;

    let before = program.figures()?;
    let begun = clock::now();
    let arrivals = Arc::new(Arrivals::default());
    let seats = crowd(&url, lesson, count, &arrivals).await?;
    let seated = clock::now().saturating_duration_since(begun);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let after = program.figures()?;
    let bytes_per_seat = after.resident.saturating_sub(before.resident) as f64 / count as f64;
    let snapshot_cpu_us = after.since(&before).as_micros() as f64 / count as f64;

    let (mut delays, mut missed, mut cpu) = (Vec::new(), 0, Duration::ZERO);
    let (frames, bytes) = arrivals.totals();
    for _ in 0..rounds {
        room.say(&json!({ "type": "raise_hand" })).await?;
        let request = master.until(|frame| floor_in_state(frame, "pending")).await?;
        for (verb, state) in [("grant_floor", "granted"), ("revoke_floor", "")] {
            arrivals.mark();
            let before = program.figures()?;
            let cause = clock::now();
            master.say(&json!({ "type": verb, "request": request })).await?;
            while arrivals.count() < count && clock::now().saturating_duration_since(cause) < PATIENCE {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            cpu += program.figures()?.since(&before);
            let reached = arrivals.delays(cause);
            missed += count - reached.len().min(count);
            delays.extend(reached.iter().map(|delay| delay.as_micros() as u32));
            if !state.is_empty() {
                master.until(|frame| floor_in_state(frame, state)).await?;
            }
        }
    }
    ensure!(!delays.is_empty(), "no delta reached anybody");
    let (frames_after, bytes_after) = arrivals.totals();
    drop(seats);
    let deltas = rounds * 2;
    Ok(Row {
        seats: count,
        seats_per_second: count as f64 / seated.as_secs_f64(),
        deltas,
        missed,
        delta_ms_p50: quantile_ns(&mut delays, 0.5).as_nanos() as f64 / 1000.0,
        delta_ms_p99: quantile_ns(&mut delays, 0.99).as_nanos() as f64 / 1000.0,
        delta_bytes: (bytes_after - bytes) as f64 / (frames_after - frames).max(1) as f64,
        snapshot_cpu_us,
        server_us_per_seat_and_delta: cpu.as_nanos() as f64 / 1000.0 / (deltas * count) as f64,
        bytes_per_seat,
    })
}

async fn crowd(url: &str, lesson: &Lesson, count: usize, arrivals: &Arc<Arrivals>) -> Result<Vec<Seat>> {
    let mut seats = Vec::with_capacity(count);
    let mut coming = JoinSet::new();
    for _ in 0..count {
        if coming.len() >= AT_ONCE
            && let Some(seat) = coming.join_next().await
        {
            seats.push(seat??);
        }
        let (url, token, arrivals) = (url.to_owned(), lesson.observer.clone(), Arc::clone(arrivals));
        coming.spawn(async move { Seat::take(&url, &token, arrivals).await });
    }
    while let Some(seat) = coming.join_next().await {
        seats.push(seat??);
    }
    Ok(seats)
}

/// The id of the floor request that a delta shows in `state`.
fn floor_in_state(frame: &Value, state: &str) -> Option<String> {
    let events = frame["events"].as_array()?;
    let request = events.iter().map(|event| &event["request"]).find(|request| request["state"] == state)?;
    request["id"].as_str().map(str::to_owned)
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} seats: {:.0} sit down per second ({:.0} us of server CPU each), {:.1} kB each; a delta of {:.0} bytes \
             reaches p50 {:.1} ms, p99 {:.1} ms ({} missed), {:.1} us of server CPU per seat",
            self.seats,
            self.seats_per_second,
            self.snapshot_cpu_us,
            self.bytes_per_seat / 1000.0,
            self.delta_bytes,
            self.delta_ms_p50,
            self.delta_ms_p99,
            self.missed,
            self.server_us_per_seat_and_delta
        )
    }
}
