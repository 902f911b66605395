// Chromium as studio -> airclass -> Chromium as classroom, for a minute: the counter runs, the voice is heard, nothing
// freezes. The freeze counter is Chromium's own (RTCInboundRtpStreamStats.freezeCount).
import { byTestId, launch, streams } from './lib/chromium.mjs';
import { ASSISTANTS, MASTER, SIZES, goLive, openClassroom } from './lib/lesson.mjs';
import { PERIOD, listen, readCounter, untilRuns } from './lib/picture.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';

const PICTURE = '[data-testid="stage-video-0"]';

run(async (atEnd) => {
  const p = parameters();
  const seconds = Number(p.seconds ?? 60);
  const browser = await launch({ video: p.video, audio: p.audio });
  atEnd(() => browser.close());
  const studio = await goLive(await browser.person({ base: p.base, ...MASTER, viewport: SIZES.studio }), p.lesson);
  const context = await browser.person({ base: p.base, ...ASSISTANTS[0], viewport: SIZES.classroom });
  const screen = await openClassroom(context, p.lesson, p.classroom);

  await untilRuns(screen, PICTURE);
  step('the classroom sees the counter run');
  const sound = await screen.evaluate(listen, { selector: '[data-testid="stage-audio-0"]', milliseconds: 3_000 });
  must(sound && sound.peak > 0.05, `the voice is heard: ${JSON.stringify(sound)}`);
  step(`the voice is heard: ${JSON.stringify(sound)}`);

  const picture = async () => {
    const all = await streams(screen, 'inbound');
    return all.filter((s) => s.kind === 'video').sort((a, b) => (b.framesDecoded ?? 0) - (a.framesDecoded ?? 0))[0];
  };
  // The studio's encoder and the estimates ramp up first; the minute begins when the picture is steady.
  await until('the picture is steady', 40_000, async () => {
    const one = await picture();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const two = await picture();
    return two.framesDecoded - one.framesDecoded >= 40 && two.freezeCount === one.freezeCount;
  });
  const before = await picture();
  step(`watching from ${before.framesDecoded} decoded frames, ${before.frameWidth}x${before.frameHeight}`);
  let last = await screen.evaluate(readCounter, PICTURE);
  let stuck = 0;
  let longest = 0;
  let since = Date.now();
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const counter = await screen.evaluate(readCounter, PICTURE);
    if (counter !== null && counter !== last) {
      const forward = (counter - last + PERIOD) % PERIOD;
      must(last === null || forward < PERIOD / 2, `the counter went back from ${last} to ${counter}`);
      longest = Math.max(longest, Date.now() - since);
      since = Date.now();
      last = counter;
    } else {
      stuck++;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const after = await picture();
  const frames = after.framesDecoded - before.framesDecoded;
  const freezes = after.freezeCount - before.freezeCount;
  const lost = after.packetsLost - before.packetsLost;
  step(`${frames} frames in ${seconds} s, ${freezes} freezes, ${lost} packets lost, ${after.frameWidth}x${after.frameHeight}`);
  must(freezes === 0, `${freezes} freezes in ${seconds} s (longest wait for a new counter ${longest} ms)`);
  must(frames > seconds * 20, `only ${frames} frames decoded in ${seconds} s`);

  const sent = (await streams(studio, 'outbound')).filter((s) => s.kind === 'video');
  step(`layers sent: ${sent.map((s) => `${s.rid ?? '-'} ${s.frameWidth}x${s.frameHeight} ${s.framesPerSecond} fps, ${s.pliCount} PLI, limited by ${s.qualityLimitationReason}, aims at ${s.targetBitrate}`).join('; ')}`);
  await byTestId(studio, 'publish-state').first().waitFor();
  return { frames, freezes, lost, layers: sent.length, longest, stuck, peak: sound.peak };
});
