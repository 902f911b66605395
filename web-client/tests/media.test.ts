import { describe, expect, it, vi } from "vitest";
import { Backoff } from "../src/lib/protocol/backoff";
import { archivableFirst, redundantFirst, silentInSilence } from "../src/lib/protocol/codecs";
import { restartedAnswer, restartFragment } from "../src/lib/protocol/ice-restart";
import { MediaLink, type LinkState } from "../src/lib/protocol/media-link";
import { MediaPeer } from "../src/lib/protocol/media-peer";
import { MediaRefused, SdpResource } from "../src/lib/protocol/sdp-resource";
import { settle, VirtualTime } from "./virtual-time";

const OFFER = [
  "v=0",
  "a=group:BUNDLE 0 1",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=mid:0",
  "a=ice-ufrag:new1",
  "a=ice-pwd:newpassword",
  "a=ice-options:trickle",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=mid:1",
  "a=ice-ufrag:new1",
  "",
].join("\r\n");
const ANSWER = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=ice-ufrag:old",
  "a=ice-pwd:oldpassword",
  "a=candidate:1 1 udp 1 127.0.0.1 8443 typ host",
  "a=mid:0",
  "",
].join("\r\n");

function answering(...responses: Response[]) {
  return vi.fn(async (_url: string, _init: RequestInit) => responses.shift() ?? new Response(null, { status: 500 }));
}
const created = () =>
  new Response(ANSWER, { status: 201, headers: { Location: "/whip/L/R1", ETag: '"1"', "Content-Type": "application/sdp" } });

describe("a WHIP or WHEP resource", () => {
  it("is made by an offer and ended by its URL", async () => {
    const fetch = answering(created(), new Response(null, { status: 200 }));
    const endpoint = { fetch, url: "/whip/L?source=screen", token: () => "secret" };
    const { resource, answer } = await SdpResource.create(endpoint, OFFER);
    expect(answer).toBe(ANSWER);
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({
      method: "POST",
      body: OFFER,
      headers: { Authorization: "Bearer secret", "Content-Type": "application/sdp" },
    });
    await resource.remove();
    expect(fetch.mock.calls[1]).toMatchObject(["/whip/L/R1", { method: "DELETE", keepalive: true }]);
  });

  it("takes an absolute Location as it is", async () => {
    const elsewhere = new Response(ANSWER, { status: 201, headers: { Location: "https://media.school/whip/L/R2" } });
    const { resource } = await SdpResource.create({ fetch: answering(elsewhere), url: "/whip/L", token: () => "" }, OFFER);
    expect(resource.url).toBe("https://media.school/whip/L/R2");
  });

  it("passes the server's refusal on", async () => {
    const no = Response.json({ code: "no_common_codec", message: "H.264 only", field: null }, { status: 422 });
    const refused = await SdpResource.create({ fetch: answering(no), url: "/whip/L", token: () => "" }, OFFER).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(MediaRefused);
    expect(refused).toMatchObject({ status: 422, code: "no_common_codec", lasting: true });
  });

  it("is ended once, and not at all when the server has forgotten it", async () => {
    const fetch = answering(created(), new Response(null, { status: 200 }));
    const { resource } = await SdpResource.create({ fetch, url: "/whep/L", token: () => "" }, OFFER);
    await resource.remove();
    await resource.remove();
    expect(fetch).toHaveBeenCalledTimes(2);

    const forgotten = answering(created(), new Response(null, { status: 404 }));
    const { resource: lost } = await SdpResource.create({ fetch: forgotten, url: "/whep/L", token: () => "" }, OFFER);
    await expect(lost.restart("fragment")).rejects.toThrow(MediaRefused);
    await lost.remove();
    expect(forgotten).toHaveBeenCalledTimes(2);
  });

  it("restarts ICE with If-Match", async () => {
    const fetch = answering(created(), new Response("a=ice-ufrag:x\r\na=ice-pwd:y\r\n", { status: 200 }));
    const { resource } = await SdpResource.create({ fetch, url: "/whep/L", token: () => "" }, OFFER);
    expect(await resource.restart("fragment")).toContain("ufrag:x");
    expect(fetch.mock.calls[1]?.[1].headers).toMatchObject({
      "If-Match": "*",
      "Content-Type": "application/trickle-ice-sdpfrag",
    });
  });
});

describe("an ICE restart", () => {
  it("sends the new credentials of the bundle", () => {
    expect(restartFragment(OFFER).split("\r\n")).toEqual([
      "a=group:BUNDLE 0 1",
      "a=ice-options:trickle",
      "m=audio 9 UDP/TLS/RTP/SAVPF 111",
      "a=mid:0",
      "a=ice-ufrag:new1",
      "a=ice-pwd:newpassword",
      "",
    ]);
  });

  it("grafts the server's fragment onto the answer", () => {
    const restarted = restartedAnswer(ANSWER, "a=ice-ufrag:s\r\na=ice-pwd:t\r\na=candidate:2 1 udp 1 10.0.0.1 9 typ host\r\n");
    expect(restarted).toContain("a=ice-ufrag:s\r\na=ice-pwd:t\r\na=candidate:2 1 udp 1 10.0.0.1 9 typ host");
    expect(restarted).not.toContain("127.0.0.1");
    expect(restarted).not.toContain("old");
  });

  it("keeps the candidates when the server sends none", () => {
    expect(restartedAnswer(ANSWER, "a=ice-ufrag:s\na=ice-pwd:t")).toContain("127.0.0.1");
  });

  it("refuses a fragment without credentials", () => {
    expect(() => restartedAnswer(ANSWER, "a=mid:0")).toThrow();
  });
});

it("codecs: constrained baseline with packetization-mode 1 comes first", () => {
  const codecs = [
    { mimeType: "video/VP8" },
    { mimeType: "video/rtx" },
    { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=0;profile-level-id=42e01f" },
    { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=1;profile-level-id=4d001f" },
    { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=1;profile-level-id=42e01f" },
  ];
  expect(archivableFirst(codecs).map((codec) => codecs.indexOf(codec))).toEqual([4, 3, 2, 0, 1]);
});

it("codecs: sound with its redundancy comes first, whatever the browser has", () => {
  const names = (...mimeTypes: string[]) => redundantFirst(mimeTypes.map((mimeType) => ({ mimeType }))).map((codec) => codec.mimeType);
  expect(names("audio/opus", "audio/G722", "audio/red", "audio/CN")).toEqual(["audio/red", "audio/opus", "audio/G722", "audio/CN"]);
  expect(names("audio/PCMU", "audio/opus")).toEqual(["audio/opus", "audio/PCMU"]);
});

it("codecs: only Opus is asked to be silent in silence, and once", () => {
  const offer = [
    "a=rtpmap:63 red/48000/2",
    "a=fmtp:63 111/111",
    "a=rtpmap:111 opus/48000/2",
    "a=fmtp:111 minptime=10;useinbandfec=1",
    "a=rtpmap:96 H264/90000",
    "a=fmtp:96 packetization-mode=1",
    "",
  ].join("\r\n");
  const asked = silentInSilence(offer);
  expect(asked).toBe(offer.replace("useinbandfec=1", "useinbandfec=1;usedtx=1"));
  expect(silentInSilence(asked)).toBe(asked);
});

it("backoff: grows to its cap and starts anew", () => {
  const backoff = new Backoff({ base_ms: 100, cap_ms: 1_000, random: () => 0.5 });
  expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([75, 150, 300, 600, 750, 750]);
  backoff.reset();
  expect(backoff.next()).toBe(75);
});

/** As much of an RTCPeerConnection as a link looks at. */
class FakeConnection extends EventTarget {
  connectionState: RTCPeerConnectionState = "new";
  localDescription = { type: "offer", sdp: OFFER };
  async createOffer() {
    return this.localDescription;
  }
  async setLocalDescription() {}
  async setRemoteDescription() {}
  close() {
    this.connectionState = "closed";
  }
  becomes(state: RTCPeerConnectionState) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
}

class LinkBench {
  readonly time = new VirtualTime();
  readonly connections: FakeConnection[] = [];
  readonly states: LinkState["state"][] = [];
  readonly asked: string[] = [];
  unauthorized = 0;
  /** What the server answers to POST and PATCH; 201 and 200 by default. */
  answers: ((method: string) => Response) | null = null;
  readonly link = new MediaLink<null>({
    open: async (signal) => {
      const connection = new FakeConnection();
      this.connections.push(connection);
      const peer = await MediaPeer.open(
        connection as unknown as RTCPeerConnection,
        { fetch: async (_, { method = "" }) => this.#answer(method), url: "/whep/L", token: () => "" },
        signal,
      );
      return { peer, opened: null };
    },
    onState: ({ state }) => this.states.push(state),
    onOpened: () => {},
    onUnauthorized: () => (this.unauthorized += 1),
    timers: this.time,
    random: () => 1,
  });

  get connection(): FakeConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error("nothing was opened");
    return connection;
  }

  #answer(method: string): Response {
    this.asked.push(method);
    if (this.answers !== null && method !== "DELETE") return this.answers(method);
    return method === "POST" ? created() : new Response("a=ice-ufrag:x\r\na=ice-pwd:y\r\n", { status: 200 });
  }

  async connected(): Promise<void> {
    this.link.start();
    await settle();
    this.connection.becomes("connected");
    await settle();
  }
}

describe("a media link", () => {
  it("connects", async () => {
    const bench = new LinkBench();
    await bench.connected();
    expect(bench.states).toEqual(["connecting", "connected"]);
  });

  it("opens a new session when the old one failed", async () => {
    const bench = new LinkBench();
    await bench.connected();
    bench.connection.becomes("failed");
    await bench.time.pass(500);
    expect(bench.connections).toHaveLength(2);
    expect(bench.connections[0]?.connectionState).toBe("closed");
    bench.connection.becomes("connected");
    await settle();
    expect(bench.states.at(-1)).toBe("connected");
  });

  it("keeps the old session, and so its last picture, until there is a new one", async () => {
    const bench = new LinkBench();
    await bench.connected();
    bench.answers = () => new Response(null, { status: 503 });
    bench.connection.becomes("failed");
    await bench.time.pass(5_000);
    expect(bench.connections[0]?.connectionState).toBe("failed");
    bench.answers = null;
    await bench.time.pass(5_000);
    expect(bench.connections[0]?.connectionState).toBe("closed");
  });

  it("lets a short break heal by itself", async () => {
    const bench = new LinkBench();
    await bench.connected();
    bench.connection.becomes("disconnected");
    await bench.time.pass(1_000);
    bench.connection.becomes("connected");
    await bench.time.pass(10_000);
    expect(bench.connections).toHaveLength(1);
    expect(bench.states.at(-1)).toBe("connected");
  });

  it("restarts ICE after a longer one, without a new session", async () => {
    const bench = new LinkBench();
    await bench.connected();
    bench.connection.becomes("disconnected");
    await bench.time.pass(2_000);
    expect(bench.states.at(-1)).toBe("recovering");
    bench.connection.becomes("connected");
    await bench.time.pass(10_000);
    expect(bench.connections).toHaveLength(1);
    expect(bench.states.at(-1)).toBe("connected");
  });

  it("opens a new session at once when a restarted server has forgotten the old one", async () => {
    const bench = new LinkBench();
    await bench.connected();
    bench.answers = (method) => (method === "POST" ? created() : new Response(null, { status: 404 }));
    bench.link.verify();
    await bench.time.pass(400);
    expect(bench.connections).toHaveLength(2);
  });

  it("asks for a fresh token when its own is refused", async () => {
    const bench = new LinkBench();
    bench.answers = () => Response.json({ code: "unauthorized", message: "" }, { status: 401 });
    bench.link.start();
    await bench.time.pass(100);
    expect(bench.unauthorized).toBe(1);
    bench.answers = null;
    await bench.time.pass(1_000);
    expect(bench.connections.length).toBeGreaterThan(1);
  });

  it("tries a refused offer again only slowly", async () => {
    const bench = new LinkBench();
    bench.answers = () => Response.json({ code: "no_common_codec", message: "" }, { status: 422 });
    bench.link.start();
    await bench.time.pass(9_000);
    expect(bench.connections).toHaveLength(1);
    expect(bench.states.at(-1)).toBe("refused");
    bench.link.stop();
    expect(bench.states.at(-1)).toBe("idle");
  });

  it("tells the server that it goes, unless the server ended the session itself", async () => {
    const leaving = new LinkBench();
    await leaving.connected();
    leaving.link.stop();
    expect(leaving.asked).toEqual(["POST", "DELETE"]);
    const ended = new LinkBench();
    await ended.connected();
    ended.link.stop("knows");
    expect(ended.asked).toEqual(["POST"]);
    expect(ended.connection.connectionState).toBe("closed");
  });

  it("closes what opens after it was stopped", async () => {
    const bench = new LinkBench();
    bench.link.start();
    bench.link.stop();
    await bench.time.pass(20_000);
    expect(bench.connections.every(({ connectionState }) => connectionState === "closed")).toBe(true);
    expect(bench.connections).toHaveLength(1);
  });
});
