//! `lesson`: hundreds of classrooms in one lesson, each with its screen and its assistant. How long a page turn takes to
//! reach them all, what a classroom that comes late costs the others, and what a busy minute costs each seat.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::{Value, json};

use super::signal::crowd;
use crate::classrooms::{Arrivals, Entrance, Seats, Speaker};
use crate::clock;
use crate::receivers::quantile_ns;
use crate::server::{Doors, Program, ProgramOptions};

/// Pupils on each class list.
const PUPILS: u16 = 40;
/// A page that has not reached everybody by then never will.
const PATIENCE: Duration = Duration::from_secs(5);
/// Distance of two page turns.
const PAUSE: Duration = Duration::from_millis(100);
/// Pages the blank board has and that are turned to and fro.
const PAGES: u32 = 8;
/// Classrooms that ask, talk and answer in the busy part.
const LIVELY: usize = 10;
/// One step of the busy part.
const STEP: Duration = Duration::from_millis(200);

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Large {
    pub(crate) classrooms: usize,
    /// Those of them that come late.
    pub(crate) late: usize,
    pub(crate) turns: u32,
    /// Length of the busy part.
    pub(crate) seconds: u64,
}

/// A row of `bench.json`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) classrooms: usize,
    pub(crate) seats: usize,
    pub(crate) screen_snapshot_bytes: usize,
    /// From the master's word to the kernel's arrival time at a seat, the journal's sync to disk included.
    pub(crate) turn_ms_p50: f64,
    pub(crate) turn_ms_p99: f64,
    pub(crate) turn_ms_worst: f64,
    /// Seats that a page did not reach in time, over all turns.
    pub(crate) missed: usize,
    /// Seats that the server has closed.
    pub(crate) lost: usize,
    /// Frames that all other classrooms together got because a classroom came.
    pub(crate) frames_to_others_per_join: f64,
    pub(crate) screen_bytes_per_minute: f64,
    pub(crate) assistant_bytes_per_minute: f64,
    pub(crate) master_bytes_per_minute: f64,
    /// Share of one core in the busy part.
    pub(crate) server_cores: f64,
}

/// Runs one measurement.
pub(crate) async fn run(options: &ProgramOptions, large: &Large) -> Result<Row> {
    ensure!(large.classrooms > large.late + LIVELY, "at least {} classrooms", large.late + LIVELY + 1);
    let program = Program::start(options).await?;
    let measured = measure(&program, large).await;
    if measured.is_err() {
        eprintln!("{}", program.log());
    }
    program.stop().await;
    measured
}

/// The seats of one kind.
struct Kind {
    seats: Seats,
    count: usize,
}

impl Kind {
    async fn sit_down(entrances: Vec<Entrance>) -> Result<(Self, usize)> {
        let (seats, count) = (Seats::start()?, entrances.len());
        let snapshot_bytes = crowd(entrances, &seats).await?;
        Ok((Self { seats, count }, snapshot_bytes))
    }
}

async fn measure(program: &Program, large: &Large) -> Result<Row> {
    let doors = Doors::new(program.http)?;
    let (lesson, rooms) = doors.open_large_lesson(large.classrooms, PUPILS).await?;
    let entrance = |role: &'static str, room: &String| Entrance {
        http: program.http,
        lesson: lesson.id.clone(),
        token: lesson.observer.clone(),
        role,
        classroom: Some(room.clone()),
    };
    let all = |role, rooms: &[String]| rooms.iter().map(|room| entrance(role, room)).collect::<Vec<_>>();
    let (punctual, late) = rooms.split_at(large.classrooms - large.late);
    let (lively, quiet) = punctual.split_at(LIVELY);
    let mut master = Speaker::take(&doors.signaling(&lesson.id), &lesson.master, "master", None).await?;
    let (screens, screen_snapshot_bytes) = Kind::sit_down(all("classroom", punctual)).await?;
    let (assistants, _) = Kind::sit_down(all("assistant", quiet)).await?;
    let mut talkative = Vec::new();
    for room in lively {
        let url = doors.signaling(&lesson.id);
        talkative.push(Speaker::take(&url, &lesson.observer, "assistant", Some(room)).await?);
    }
    master.read_for(Duration::from_secs(2)).await;

    let kinds = [&screens, &assistants];
    let (mut delays, mut missed) = (Vec::new(), 0);
    for turn in 0..large.turns {
        let (reached, lacking) = turn_page(&mut master, turn, &kinds).await?;
        delays.extend(reached);
        missed += lacking;
    }
    ensure!(!delays.is_empty(), "no page reached anybody");

    // The others are told nothing of who comes late.
    kinds.iter().for_each(|kind| kind.seats.with(Arrivals::mark));
    let (latecomers, _) = Kind::sit_down(all("classroom", late)).await?;
    let (late_assistants, _) = Kind::sit_down(all("assistant", late)).await?;
    master.read_for(Duration::from_secs(1)).await;
    let frames: u64 = kinds.iter().map(|kind| kind.seats.with(|arrivals| arrivals.frames)).sum();

    let seats = screens.count + assistants.count + LIVELY + latecomers.count + late_assistants.count;
    let busy = busy(program, &mut master, &mut talkative, &kinds, large.seconds).await?;
    let mut ms = |quantile: f64| quantile_ns(&mut delays, quantile).as_nanos() as f64 / 1000.0;
    Ok(Row {
        classrooms: large.classrooms,
        seats,
        screen_snapshot_bytes,
        turn_ms_p50: ms(0.5),
        turn_ms_p99: ms(0.99),
        turn_ms_worst: ms(1.0),
        missed,
        lost: kinds.iter().map(|kind| kind.seats.with(|arrivals| arrivals.lost)).sum(),
        frames_to_others_per_join: frames as f64 / (2 * large.late).max(1) as f64,
        screen_bytes_per_minute: busy.bytes[0],
        assistant_bytes_per_minute: busy.bytes[1],
        master_bytes_per_minute: busy.master,
        server_cores: busy.cores,
    })
}

/// Turns a page; gives the delays in microseconds, and how many seats it did not reach.
async fn turn_page(master: &mut Speaker, turn: u32, kinds: &[&Kind]) -> Result<(Vec<u32>, usize)> {
    kinds.iter().for_each(|kind| kind.seats.with(Arrivals::mark));
    let (cause, cause_ns) = (clock::now(), clock::unix_ns());
    // Never the page that is shown already.
    let page = turn % PAGES + 2;
    master.say(&json!({ "type": "turn_page", "surface": "board", "page": page })).await?;
    let here = |kind: &&Kind| kind.seats.with(|arrivals| arrivals.count()) >= kind.count;
    while !kinds.iter().all(here) && clock::now().saturating_duration_since(cause) < PATIENCE {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let (mut delays, mut missed) = (Vec::new(), 0);
    for kind in kinds {
        let reached = kind.seats.with(|arrivals| arrivals.delays_ns(cause_ns));
        missed += kind.count - reached.len().min(kind.count);
        delays.extend(reached.iter().map(|delay| (delay / 1000) as u32));
    }
    master.read_for(PAUSE).await;
    Ok((delays, missed))
}

/// What the busy part cost.
struct Busy {
    /// Per seat and minute, of each kind.
    bytes: Vec<f64>,
    master: f64,
    cores: f64,
}

/// A lesson in full swing: the master writes, points and turns pages; classrooms ask and answer a poll.
async fn busy(
    program: &Program,
    master: &mut Speaker,
    talkative: &mut [Speaker],
    kinds: &[&Kind],
    seconds: u64,
) -> Result<Busy> {
    kinds.iter().for_each(|kind| kind.seats.with(Arrivals::mark));
    let (begun, before, read_before) = (clock::now(), program.figures()?, master.bytes);
    let steps = u32::try_from(Duration::from_secs(seconds).as_millis() / STEP.as_millis()).context("too long")?;
    for step in 0..steps {
        for message in masters_step(step) {
            master.say(&message).await?;
        }
        let who = step as usize / 10 % talkative.len();
        if let Some(asks) = talkative.get_mut(who).filter(|_| step % 10 == 5) {
            let text = format!("第{step}步：木块浮在水面上，为什么还有一部分露在外面？");
            let ask = json!({ "type": "ask_question", "seat": step % 40 + 1, "text": text, "wants_to_speak": true });
            asks.say(&ask).await?;
        }
        // Whoever talks reads as well, or the server takes it for gone.
        let until = begun + STEP * (step + 1);
        let left = until.saturating_duration_since(clock::now());
        let listen = talkative.iter_mut().map(|one| one.read_for(left));
        tokio::join!(master.read_for(left), futures_util::future::join_all(listen));
    }
    let time = clock::now().saturating_duration_since(begun);
    let minutes = time.as_secs_f64() / 60.0;
    let per_seat = |kind: &&Kind| kind.seats.with(|arrivals| arrivals.bytes) as f64 / kind.count as f64 / minutes;
    Ok(Busy {
        bytes: kinds.iter().map(per_seat).collect(),
        master: (master.bytes - read_before) as f64 / minutes,
        cores: program.figures()?.since(&before).as_secs_f64() / time.as_secs_f64(),
    })
}

/// What the master does in a fifth of a second: every ten seconds a page, three strokes on it, a third of the time the
/// pointer.
fn masters_step(step: u32) -> Vec<Value> {
    let (page, within) = (step / 50, step % 50);
    let stroke = |n: u32, done: bool| {
        let points: Vec<i64> =
            (0..16_i64).flat_map(|at| if at == 0 { [4_000, 3_000, 128] } else { [11, -7, 2] }).collect();
        json!({
            "type": "draw_stroke", "surface": "board", "stroke": n, "tool": "pen", "colour": "red", "width": 40,
            "points": points, "done": done,
        })
    };
    match within {
        0 => vec![json!({ "type": "turn_page", "surface": "board", "page": page % PAGES + 2 + PAGES })],
        1..=15 => vec![stroke(page * 10 + within.div_ceil(5), within % 5 == 0)],
        20..=36 => vec![json!({ "type": "point", "surface": "board", "at": [1_000 + within * 20, 2_000] })],
        40 if page % 2 == 0 => vec![json!({
            "type": "open_poll", "question": "懂了吗？", "kind": { "kind": "choices", "labels": ["懂了", "没懂"] },
            "by": "hands", "correct": null, "seconds": 10,
        })],
        _ => Vec::new(),
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} classrooms, {} seats: a page turn reaches p50 {:.1} ms, p99 {:.1} ms, the last {:.1} ms after the word; \
             {} missed, {} lost\n  a seat that comes costs all others {:.2} frames; a busy minute costs a screen \
             {:.1} kB, an assistant {:.1} kB, the master {:.1} kB, the server {:.0}% of a core",
            self.classrooms,
            self.seats,
            self.turn_ms_p50,
            self.turn_ms_p99,
            self.turn_ms_worst,
            self.missed,
            self.lost,
            self.frames_to_others_per_join,
            self.screen_bytes_per_minute / 1000.0,
            self.assistant_bytes_per_minute / 1000.0,
            self.master_bytes_per_minute / 1000.0,
            self.server_cores * 100.0
        )
    }
}
