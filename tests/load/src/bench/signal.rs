//! `signal`: thousands of seats in one lesson, and what one change of the stage costs.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::classrooms::{Arrivals, Entrance, Seated, Seats, Speaker};
use crate::clock;
use crate::receivers::quantile_ns;
use crate::server::{Doors, Program, ProgramOptions, cpu_time_of_thread};

/// Seats that sit down at once.
const AT_ONCE: usize = 32;
/// How often one of them tries.
const ATTEMPTS: u32 = 3;
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
    /// Seats that the server has closed.
    pub(crate) lost: usize,
    /// From the master's word to the kernel's arrival time at the seat, the journal's sync to disk included.
    pub(crate) delta_ms_p50: f64,
    pub(crate) delta_ms_p99: f64,
    /// From the first seat that has a delta to the last but one in a hundred.
    pub(crate) spread_ms_p99: f64,
    pub(crate) delta_bytes: f64,
    pub(crate) snapshot_bytes: usize,
    pub(crate) snapshot_cpu_us: f64,
    pub(crate) server_us_per_seat_and_delta: f64,
    /// Growth of the server's resident memory.
    pub(crate) bytes_per_seat: f64,
    /// Share of one core that reading the seats took while they sat down and listened.
    pub(crate) generator_cores: f64,
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

    let entrance = Entrance {
        http: program.http,
        lesson: lesson.id.clone(),
        token: lesson.observer.clone(),
        role: "observer",
        classroom: None,
    };
    let seats = Seats::start()?;
    let (before, own_before) = (program.figures()?, cpu_time_of_thread(seats.tid));
    let begun = clock::now();
    let snapshot_bytes = crowd(vec![entrance; count], &seats).await?;
    let seated = clock::now().saturating_duration_since(begun);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = program.figures()?;
    let bytes_per_seat = after.resident.saturating_sub(before.resident) as f64 / count as f64;
    let snapshot_cpu_us = after.since(&before).as_micros() as f64 / count as f64;

    let (mut delays, mut spreads, mut missed, mut cpu) = (Vec::new(), Vec::new(), 0, Duration::ZERO);
    let (mut frames, mut bytes) = (0, 0);
    for _ in 0..rounds {
        room.say(&json!({ "type": "raise_hand" })).await?;
        let request = master.until(|frame| floor_in_state(frame, "pending")).await?;
        for (verb, state) in [("grant_floor", "granted"), ("revoke_floor", "")] {
            seats.with(Arrivals::mark);
            let before = program.figures()?;
            let (cause, cause_ns) = (clock::now(), clock::unix_ns());
            master.say(&json!({ "type": verb, "request": request })).await?;
            while seats.with(|arrivals| arrivals.count()) < count
                && clock::now().saturating_duration_since(cause) < PATIENCE
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            cpu += program.figures()?.since(&before);
            let reached = seats.with(|arrivals| {
                (frames, bytes) = (frames + arrivals.frames, bytes + arrivals.bytes);
                arrivals.delays_ns(cause_ns)
            });
            missed += count - reached.len().min(count);
            let first = reached.iter().min().copied().unwrap_or(0);
            spreads.extend(reached.iter().map(|delay| ((delay - first) / 1000) as u32));
            delays.extend(reached.iter().map(|delay| (delay / 1000) as u32));
            if !state.is_empty() {
                master.until(|frame| floor_in_state(frame, state)).await?;
            }
        }
    }
    ensure!(!delays.is_empty(), "no delta reached anybody");
    let time = clock::now().saturating_duration_since(begun);
    let own = cpu_time_of_thread(seats.tid).saturating_sub(own_before);
    let deltas = rounds * 2;
    // The quantiles are of microseconds, whatever the function's unit is called.
    let mut ms = |quantile: f64| quantile_ns(&mut delays, quantile).as_nanos() as f64 / 1000.0;
    Ok(Row {
        seats: count,
        seats_per_second: count as f64 / seated.as_secs_f64(),
        deltas,
        missed,
        lost: seats.with(|arrivals| arrivals.lost),
        delta_ms_p50: ms(0.5),
        delta_ms_p99: ms(0.99),
        spread_ms_p99: quantile_ns(&mut spreads, 0.99).as_nanos() as f64 / 1000.0,
        delta_bytes: bytes as f64 / frames.max(1) as f64,
        snapshot_bytes,
        snapshot_cpu_us,
        server_us_per_seat_and_delta: cpu.as_nanos() as f64 / 1000.0 / (deltas * count) as f64,
        bytes_per_seat,
        generator_cores: own.as_secs_f64() / time.as_secs_f64(),
    })
}

/// Lets seats be taken; gives the bytes of the last one's snapshot.
pub(crate) async fn crowd(entrances: Vec<Entrance>, seats: &Seats) -> Result<usize> {
    let mut coming = JoinSet::new();
    let mut snapshot_bytes = 0;
    let count = entrances.len();
    for n in 0..count + AT_ONCE {
        if n >= AT_ONCE.min(count)
            && let Some(seated) = coming.join_next().await
        {
            let seated: Seated = seated??;
            snapshot_bytes = seated.snapshot_bytes;
            seats.add(seated);
        }
        if let Some(entrance) = entrances.get(n).cloned() {
            coming.spawn(async move {
                let mut last = None;
                for attempt in 0..ATTEMPTS {
                    tokio::time::sleep(Duration::from_millis(200) * attempt).await;
                    match entrance.sit_down().await {
                        Ok(seated) => return Ok(seated),
                        Err(error) => last = Some(error),
                    }
                }
                match last {
                    Some(error) => Err(error).context("a seat could not be taken"),
                    None => bail!("no attempt"),
                }
            });
        }
    }
    Ok(snapshot_bytes)
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
            "{} seats: {:.0} sit down per second ({:.0} us of server CPU each, snapshot {:.1} kB), {:.1} kB of memory \
             each\n  a delta of {:.0} bytes reaches p50 {:.1} ms, p99 {:.1} ms after the word ({:.1} ms after the \
             first has it); {} missed, {} lost; {:.1} us of server CPU per seat, generator {:.0}%",
            self.seats,
            self.seats_per_second,
            self.snapshot_cpu_us,
            self.snapshot_bytes as f64 / 1000.0,
            self.bytes_per_seat / 1000.0,
            self.delta_bytes,
            self.delta_ms_p50,
            self.delta_ms_p99,
            self.spread_ms_p99,
            self.missed,
            self.lost,
            self.server_us_per_seat_and_delta,
            self.generator_cores * 100.0
        )
    }
}
