// A server that only pretends: the built web client, answers of the API, one snapshot over the WebSocket, and media that
// are drawn in the page itself. For states that are rare or slow to bring about with a real one.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../../web-client/dist/', import.meta.url));
const FIXTURES = fileURLToPath(new URL('../../../signaling/fixtures/', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
/** As the server says it: a page that breaks it is broken. */
const POLICY =
  "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; worker-src 'self' blob:; " +
  "img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'";

/** A fixture of the wire contract. */
export async function fixture(name) {
  return JSON.parse(await readFile(join(FIXTURES, `${name}.json`), 'utf8'));
}

/** Serves the built client; every other path is its page. */
export async function serveClient() {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://here').pathname));
    const file = extname(path) === '' ? 'index.html' : path;
    try {
      const body = await readFile(join(DIST, file));
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
      response.setHeader('content-security-policy', POLICY);
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { base: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/**
 * Makes a page believe in a server.
 * @param {object} world `api`: answers by `METHOD /path` (an object, or a function of the request; a number is a
 *   status); `snapshot`: what the lesson's socket says after `join`; `deck`: bytes of a PDF; `later`: messages of the
 *   socket, each after so many ms; `pictures`: what the receiving slots show (`{studio, classroom, ...}` drawn in the
 *   page), by slot.
 */
export async function pretend(page, world) {
  await page.addInitScript(pretendMedia, world.pictures ?? []);
  await page.route('**/api/**', async (route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    const answer = world.api?.[`${request.method()} ${pathname}`];
    const body = typeof answer === 'function' ? answer(request) : answer;
    if (body === undefined) return route.fulfill({ status: 404, json: { code: 'not_found', message: pathname } });
    if (typeof body === 'number') return route.fulfill({ status: body, json: { code: 'refused', message: '' } });
    return body === null ? route.fulfill({ status: 204 }) : route.fulfill({ json: body });
  });
  await page.route('**/media/decks/**', (route) => {
    const range = /bytes=(\d+)-(\d+)/.exec(route.request().headers().range ?? '');
    const headers = { 'content-type': 'application/pdf', 'accept-ranges': 'bytes' };
    if (range === null) return route.fulfill({ status: 200, headers, body: world.deck });
    const [from, to] = [Number(range[1]), Math.min(Number(range[2]), world.deck.length - 1)];
    headers['content-range'] = `bytes ${from}-${to}/${world.deck.length}`;
    return route.fulfill({ status: 206, headers, body: world.deck.subarray(from, to + 1) });
  });
  for (const door of ['whip', 'whep']) {
    await page.route(`**/${door}/**`, (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({ status: 201, headers: { location: `/${door}/one` }, body: 'v=0\r\n' })
        : route.fulfill({ status: 200, body: '' }),
    );
  }
  await page.routeWebSocket(/\/ws\//, (socket) => {
    socket.onMessage((text) => {
      const message = JSON.parse(text);
      const now_ms = Date.now();
      if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong', n: message.n, now_ms }));
      if (message.type !== 'join' && message.type !== 'snapshot') return;
      const snapshot = typeof world.snapshot === 'function' ? world.snapshot(now_ms) : world.snapshot;
      socket.send(JSON.stringify({ ...snapshot, now_ms }));
      if (message.type !== 'join') return;
      for (const { after_ms, message: later } of world.later ?? []) {
        setTimeout(() => {
          if (later === 'break') void socket.close();
          else socket.send(JSON.stringify(later));
        }, after_ms);
      }
    });
  });
}

/** Runs in the page: peer connections whose tracks are canvases. */
function pretendMedia(pictures) {
  const paint = (canvas, kind, turn) => {
    const g = canvas.getContext('2d');
    const [w, h] = [canvas.width, canvas.height];
    const studio = kind === 'studio';
    g.fillStyle = studio ? '#1f4f40' : '#c9d2cf';
    g.fillRect(0, 0, w, h);
    g.fillStyle = studio ? '#a9825a' : '#8d6f4c';
    g.fillRect(0, h * 0.86, w, h * 0.14);
    const person = (x, y, size, coat) => {
      g.fillStyle = coat;
      g.beginPath();
      g.ellipse(x, y + size * 1.5, size * 0.95, size * 1.1, 0, 0, 7);
      g.fill();
      g.fillStyle = '#e0b48c';
      g.beginPath();
      g.arc(x, y, size * 0.5, 0, 7);
      g.fill();
      g.fillStyle = '#22201d';
      g.beginPath();
      g.arc(x, y - size * 0.12, size * 0.5, Math.PI, 0);
      g.fill();
    };
    if (studio) {
      g.strokeStyle = '#f4f3ec';
      g.lineWidth = 3;
      g.strokeRect(w * 0.05, h * 0.1, w * 0.5, h * 0.55);
      person(w * 0.72, h * 0.38 + Math.sin(turn / 5) * 3, h * 0.24, '#38455a');
    } else {
      for (let row = 0; row < 2; row += 1) {
        for (let at = 0; at < 6; at += 1) person(w * (0.1 + at * 0.16), h * (0.3 + row * 0.28), h * 0.1, '#a33f36');
      }
      person(w * 0.5, h * 0.45 + Math.sin(turn / 4) * 3, h * 0.19, '#b9453a');
    }
  };
  const started = Date.now();
  const frames = () => Math.floor((Date.now() - started) / 40);
  const trackOf = (kind, shows) => {
    if (kind === 'audio') return new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1280, 720];
    let turn = 0;
    const draw = () => paint(canvas, shows, (turn += 1));
    draw();
    if (shows !== undefined) setInterval(draw, 80);
    return canvas.captureStream(15).getVideoTracks()[0];
  };
  window.RTCPeerConnection = class extends EventTarget {
    connectionState = 'new';
    iceConnectionState = 'connected';
    localDescription = null;
    #all = [];
    addTransceiver(what, options = {}) {
      const kind = typeof what === 'string' ? what : what.kind;
      const index = this.#all.filter((one) => one.kind === kind).length;
      const track = typeof what === 'string' ? trackOf(kind, kind === 'video' ? pictures[index] : undefined) : what;
      const parameters = { encodings: options.sendEncodings ?? [{}], transactionId: '1', codecs: [], headerExtensions: [], rtcp: {} };
      const one = {
        kind,
        mid: String(this.#all.length),
        index,
        direction: options.direction,
        receiver: { track },
        sender: {
          track,
          getParameters: () => parameters,
          setParameters: async () => {},
          replaceTrack: async () => {},
        },
        setCodecPreferences() {},
      };
      this.#all.push(one);
      return one;
    }
    getTransceivers() {
      return this.#all;
    }
    async createOffer() {
      return { type: 'offer', sdp: 'v=0\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\nm=audio 9 x 0\r\na=mid:0\r\n' };
    }
    async setLocalDescription() {
      this.localDescription = await this.createOffer();
    }
    async setRemoteDescription() {
      this.connectionState = 'connected';
      this.dispatchEvent(new Event('connectionstatechange'));
    }
    async getStats() {
      const stats = new Map();
      for (const { kind, mid, index } of this.#all) {
        const moving = kind === 'video' && pictures[index] !== undefined && !window.frozen?.includes(index);
        stats.set(`in${mid}`, {
          type: 'inbound-rtp',
          kind,
          mid,
          framesDecoded: moving ? frames() : 1,
          audioLevel: index === 0 ? 0.15 : 0,
          packetsReceived: frames() * 3,
          packetsLost: 0,
          timestamp: Date.now(),
        });
      }
      stats.set('pair', { type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'local', currentRoundTripTime: 0.02 });
      stats.set('local', { type: 'local-candidate', protocol: 'udp' });
      return stats;
    }
    close() {
      this.connectionState = 'closed';
    }
  };
}

/** A deck of slides as a PDF, printed by the browser itself. */
export async function printDeck(browser) {
  const page = await browser.browser.newPage();
  const slides = [
    ['阿基米德原理', '实验：称一称，浮力有多大', ['空气中 2.4 N', '浸没水中 1.6 N', '排开的水 0.8 N'], 'F浮 = G排 = ρ液 g V排'],
    ['例题 潜水艇怎样浮沉', '压载水舱进水：变重 → 下沉', ['排水：变轻 → 上浮', '悬浮：F浮 = G'], '浮沉由重力和浮力的大小决定'],
    ['课堂小结', '浸在液体中的物体', ['受到向上的浮力', '大小等于排开液体的重力'], '作业：练习册第 24 页'],
  ];
  await page.setContent(
    `<style>@page{size:1600px 900px;margin:0}body{margin:0;font-family:"Noto Sans CJK SC",sans-serif;color:#1c2421}
    section{box-sizing:border-box;width:1600px;height:900px;padding:70px 84px;border-top:10px solid #0f6e50;background:#fbfaf5;page-break-after:always}
    h1{font-size:72px;margin:0}h2{font-size:42px;color:#525b56;font-weight:400}li{font-size:50px;line-height:1.9}
    p{font-size:58px;color:#0f6e50;font-weight:700;margin-top:50px}</style>` +
      slides.map(([a, b, c, d]) => `<section><h1>${a}</h1><h2>${b}</h2><ul>${c.map((x) => `<li>${x}`).join('')}</ul><p>${d}</p></section>`).join(''),
  );
  const pdf = await page.pdf({ width: '1600px', height: '900px', printBackground: true, preferCSSPageSize: true });
  await page.close();
  return pdf;
}
