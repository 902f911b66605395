//! The server as its users meet it: over real sockets, on free ports, with real encoders and browsers.
//!
//! Each story names what it shows; a number at the front (`j1_`, `f13_`) is that of a journey or a fault. Stories take
//! turns by their weight ([`turn`]), because a machine may have two cores only.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

mod any_codec;
mod api;
mod binary;
mod browser;
mod decks;
mod figures;
mod layers;
mod microphone;
mod replay;
mod stage;
mod studio;
mod turn;
mod watcher;

mod accounts;
mod bad_datagrams;
mod bad_day;
mod bad_requests;
mod bad_words;
mod console;
mod crowds;
mod device_check;
mod doors;
mod floods;
mod https;
mod journeys;
mod keyboard;
mod kill_server;
mod ladder;
mod late_join;
mod lesson_live;
mod lossy_link;
mod narrow_line;
mod outages;
mod portrait;
mod quiet_join;
mod raised_hand;
mod real_media;
mod recorded;
mod relayed_codecs;
mod screens;
mod seat_taken;
mod second_camera;
mod staff_talk;
mod statistics;
mod stop_twice;
mod studio_cut;
mod substitute;
mod thumbnails;
mod tools;
mod two_teachers;
mod uploads;
