import { describe, expect, it } from "vitest";
import { type Connection, SignalingSession, type Socket } from "../src/lib/protocol/signaling";
import type { ErrorCode, Passing, ServerMessage, Snapshot } from "../src/lib/protocol/wire";
import { aDelta, aSnapshot } from "./lesson";
import { VirtualTime } from "./virtual-time";

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((frame: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: unknown[] = [];
  closed = false;
  send(frame: string) {
    this.sent.push(JSON.parse(frame));
  }
  close() {
    this.closed = true;
  }
  says(message: ServerMessage) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** A session with everything it said and heard. */
class Bench {
  readonly time = new VirtualTime();
  readonly sockets: FakeSocket[] = [];
  readonly connections: Connection[] = [];
  readonly views: Snapshot[] = [];
  readonly refused: ErrorCode[] = [];
  readonly passing: Passing[] = [];
  verdict: "retry" | "session_ended" | "refused" = "retry";
  readonly session = new SignalingSession({
    role: "classroom",
    classroom: "A",
    openSocket: () => {
      const socket = new FakeSocket();
      this.sockets.push(socket);
      return socket;
    },
    timers: this.time,
    random: () => 1,
    diagnose: async () => this.verdict,
    onConnection: (connection) => this.connections.push(connection),
    onView: (view) => this.views.push(view),
    onEvents: () => {},
    onRefused: (code) => this.refused.push(code),
    onPassing: (frame) => this.passing.push(frame),
    onClock: () => {},
  });

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("nothing was opened");
    return socket;
  }

  get connection(): Connection | undefined {
    return this.connections.at(-1);
  }

  join(stage = 0): void {
    this.socket.onopen?.();
    this.socket.says({ type: "snapshot", ...aSnapshot({ stage }) });
  }
}

function joined(stage = 0): Bench {
  const bench = new Bench();
  bench.session.start();
  bench.join(stage);
  return bench;
}

describe("a signaling session", () => {
  it("joins first and is online with the snapshot", () => {
    const bench = joined();
    expect(bench.socket.sent[0]).toEqual({ type: "join", role: "classroom", classroom: "A" });
    expect(bench.connection).toEqual({ state: "online" });
  });

  it("follows deltas and asks once for a snapshot after a gap", () => {
    const bench = joined(3);
    bench.socket.says(aDelta(4, { event: "recording_changed", recording: true }));
    expect(bench.views.at(-1)?.recording).toBe(true);
    bench.socket.says(aDelta(6, { event: "recording_changed", recording: false }));
    bench.socket.says(aDelta(7));
    expect(bench.socket.sent.filter((message) => JSON.stringify(message) === '{"type":"snapshot"}')).toHaveLength(1);
    expect(bench.views.at(-1)?.recording).toBe(true);
    bench.socket.says({ type: "snapshot", ...aSnapshot({ stage: 7 }) });
    bench.socket.says(aDelta(8, { event: "recording_changed", recording: true }));
    expect(bench.views.at(-1)?.streams.stage).toBe(8);
  });

  it("skips a frame it cannot read and notices it by the next number", () => {
    const bench = joined();
    bench.socket.onmessage?.({ data: '{"type":"delta","stream":"stage","n":1,"events":[{"event":"from_the_future"}]}' });
    bench.socket.onmessage?.({ data: "not JSON" });
    bench.socket.says(aDelta(2));
    expect(bench.socket.sent.at(-1)).toEqual({ type: "snapshot" });
  });

  it("hands on what belongs to no stream, and no snapshot is asked for after one it cannot read", () => {
    const bench = joined();
    bench.socket.says({ type: "speaking", sources: [{ from: "camera" }] });
    bench.socket.says({ type: "layers", source: "camera", wanted: ["q"] });
    bench.socket.onmessage?.({ data: '{"type":"weather","forecast":"rain"}' });
    bench.socket.onmessage?.({ data: '{"type":"lines","lines":[{"classroom":"A","quality":"marvellous"}]}' });
    bench.socket.says(aDelta(1, { event: "recording_changed", recording: true }));
    expect(bench.passing).toEqual([
      { type: "speaking", sources: [{ from: "camera" }] },
      { type: "layers", source: "camera", wanted: ["q"] },
    ]);
    expect(bench.views.at(-1)?.recording).toBe(true);
    expect(bench.socket.sent).toHaveLength(1);
  });

  it("learns in private what is in no stream", () => {
    const bench = joined();
    const said = { n: 1, at_ms: 0, role: "master", from_classroom: null, name: "王", classroom: "A", text: "好" } as const;
    bench.socket.says({ type: "private", events: [{ event: "staff_said", said }] });
    expect(bench.views.at(-1)?.staff_talk).toEqual([said]);
    expect(bench.socket.sent).toHaveLength(1);
  });

  it("gives up when somebody else took over the classroom", async () => {
    const bench = joined();
    bench.socket.says({ type: "bye", reason: "replaced" });
    await bench.time.pass(60_000);
    expect(bench.connection).toEqual({ state: "closed", reason: "replaced" });
  });

  it("comes back by itself, waiting longer each time but never long", async () => {
    const bench = joined();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const before = bench.sockets.length;
      const from = bench.time.now();
      bench.socket.onclose?.();
      while (bench.sockets.length === before) await bench.time.pass(50);
      waits.push(bench.time.now() - from);
    }
    expect(waits[0]).toBeLessThanOrEqual(450);
    expect(waits[3]).toBeGreaterThan(waits[0] ?? 0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(4_050);
    expect(bench.connection).toMatchObject({ state: "reconnecting" });
    bench.join();
    expect(bench.connection).toEqual({ state: "online" });
  });

  it("takes silence for a dead connection", async () => {
    const bench = joined();
    await bench.time.pass(5_000);
    expect(bench.socket.sent.at(-1)).toEqual({ type: "ping", n: 1 });
    await bench.time.pass(5_000);
    expect(bench.connection).toMatchObject({ state: "reconnecting" });
    expect(bench.sockets[0]?.closed).toBe(true);
  });

  it("stays while pongs come", async () => {
    const bench = joined();
    for (let n = 1; n < 20; n += 1) {
      await bench.time.pass(5_000);
      bench.socket.says({ type: "pong", n, now_ms: 0 });
    }
    expect(bench.sockets).toHaveLength(1);
    expect(bench.connection).toEqual({ state: "online" });
  });

  it("gives up when another device took its seat", async () => {
    const bench = joined();
    bench.socket.says({ type: "bye", reason: "joined_elsewhere" });
    await bench.time.pass(60_000);
    expect(bench.connection).toEqual({ state: "closed", reason: "joined_elsewhere" });
    expect(bench.sockets).toHaveLength(1);
  });

  it("comes back after the server stopped", async () => {
    const bench = joined();
    bench.socket.says({ type: "bye", reason: "server_stopping" });
    bench.socket.onclose?.();
    await bench.time.pass(500);
    expect(bench.sockets).toHaveLength(2);
  });

  it("stops trying once it knows that its session is over", async () => {
    const bench = joined();
    bench.verdict = "session_ended";
    bench.socket.onclose?.();
    await bench.time.pass(500);
    bench.socket.onclose?.();
    await bench.time.pass(1_000);
    expect(bench.connection).toEqual({ state: "closed", reason: "session_ended" });
  });

  it("reports a refusal and goes on", () => {
    const bench = joined();
    bench.socket.says({ type: "error", code: "floor_full", message: "the floor is full" });
    expect(bench.refused).toEqual(["floor_full"]);
    expect(bench.session.send({ type: "raise_hand" })).toBe(true);
  });

  it("says nothing while it is not joined", () => {
    const bench = joined();
    bench.socket.onclose?.();
    expect(bench.session.send({ type: "raise_hand" })).toBe(false);
  });
});
