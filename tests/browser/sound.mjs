// Chromium's voice through a line that loses datagrams both ways: one page publishes, two listen behind the same kind
// of line, one of them without redundancy (RFC 2198) as the measure of what was lost. What Chromium had to make up is its own
// figure: RTCInboundRtpStreamStats.concealedSamples, without what it made up of silence. Opus corrects no errors here: it
// would, more or less by how long frames wait to be played, and that would be measured as well.
import { launch } from './lib/chromium.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';
import { figures, publish, receive } from './lib/webrtc.mjs';

run(async (atEnd) => {
  const p = parameters();
  const seconds = Number(p.seconds ?? 15);
  const browser = await launch({ video: p.video, audio: p.audio });
  atEnd(() => browser.close());
  const context = await browser.person({ base: p.base });
  const open = async (what, parameters) => {
    const page = await context.newPage();
    await page.goto(`${p.base}/livez`);
    const session = await page.evaluate(what, parameters);
    must(session.status === 201, `refused: ${session.status} ${session.body}`);
    const name = what === publish ? 'whip' : 'whep';
    await until('it connects', 10_000, async () => (await page.evaluate(figures, name)).state === 'connected');
    return { page, session };
  };

  const studio = await open(publish, { url: p.whip, token: p['whip-token'], relay: p.relay, bare: true });
  step('the studio publishes');
  const listen = { url: p.whep, token: p['whep-token'], relay: p.relay, audio: 1, video: 0 };
  const rooms = { red: await open(receive, listen), bare: await open(receive, { ...listen, without: 'audio/red' }) };
  step('two classrooms listen');

  const heard = async ({ page }) => {
    const { streams } = await page.evaluate(figures, 'whep');
    return streams.find((s) => s.kind === 'audio');
  };
  for (const room of Object.values(rooms)) {
    await until('sound comes', 10_000, async () => ((await heard(room))?.totalSamplesReceived ?? 0) > 48_000);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = { red: await heard(rooms.red), bare: await heard(rooms.bare) };
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

  const sent = (await studio.page.evaluate(figures, 'whip')).streams.find((s) => s.kind === 'audio');
  // Figures name the codec inside; that it comes twice shows in the bytes.
  const result = { sent: sent.bytesSent / sent.packetsSent };
  for (const name of ['red', 'bare']) {
    const [one, two] = [before[name], await heard(rooms[name])];
    const rise = (figure) => (two[figure] ?? 0) - (one[figure] ?? 0);
    const total = rise('totalSamplesReceived');
    must(total > seconds * 40_000, `${name}: only ${total} samples in ${seconds} s`);
    result[name] = {
      bytes: rise('bytesReceived') / rise('packetsReceived'),
      concealed: (rise('concealedSamples') - rise('silentConcealedSamples')) / total,
      lost: rise('packetsLost') / (rise('packetsReceived') + rise('packetsLost')),
    };
    step(`${name}: ${JSON.stringify(result[name])}`);
  }
  return result;
});
