/** Builders for lessons, deltas and requests. */
import type { Delta, FloorRequestView, Snapshot, WireEvent } from "../src/lib/protocol/wire";

interface Given {
  stage?: number;
  floor?: FloorRequestView[];
  slots?: Snapshot["slots"];
}

export function aSnapshot({ stage = 0, floor = [], slots = [] }: Given): Snapshot {
  return {
    lesson: "L",
    title: "浮力",
    master_name: "王老师",
    seat: { id: "S", role: "master", classroom: null, account: "M", name: "王老师" },
    media_token: "token",
    now_ms: 1_000,
    streams: { stage, staff: 0 },
    state: "scheduled",
    started_ms: null,
    recording: false,
    studio: { camera: false, screen: false },
    classrooms: [],
    floor,
    floor_limit: 3,
    slots,
  };
}

export function aDelta(n: number, ...events: WireEvent[]): Delta {
  return { type: "delta", stream: "stage", n, events };
}

export function aRequest(given: Partial<FloorRequestView>): FloorRequestView {
  return {
    id: "r1",
    classroom: "A",
    classroom_name: "八（3）班",
    state: "pending",
    raised_ms: 0,
    changed_ms: 0,
    deadline_ms: null,
    position: null,
    ended: null,
    ...given,
  };
}
