// Chromium as classroom behind a line that narrows and is freed again: the picture gets smaller in time and without a
// freeze, and the best one comes back. `--line` is where the line's rate is set, `--relay` the address before it,
// `--narrow` the rates to narrow it to, kbit/s.
import { launch } from './lib/chromium.mjs';
import { ASSISTANTS, SIZES, openClassroom } from './lib/lesson.mjs';
import { through } from './lib/relay.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';

const PICTURE = '[data-testid="stage-video-0"]';
const WIDE = 4_000;
run(async (atEnd) => {
  const p = parameters();
  const browser = await launch();
  atEnd(() => browser.close());
  const context = await browser.person({ base: p.base, ...ASSISTANTS[0], viewport: SIZES.classroom });
  await context.route('**/whep/**', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: through(await response.text(), p.relay) });
  });
  const screen = await openClassroom(context, p.lesson, p.classroom);
  await until('the best picture arrives', 40_000, async () => (await widthOf(screen)) === 640);
  await screen.evaluate(watch, PICTURE);
  await pause(3_000);

  const results = [];
  for (const kbit of p.narrow.split(',').map(Number)) {
    step(`the line narrows to ${kbit} kbit/s`);
    const [narrowed, heard] = [await clock(screen), await sound(screen)];
    await set(p.line, kbit);
    await pause(6_000);
    const [freed, silence] = [await clock(screen), await sound(screen)];
    const silence_ms = await set(p.line, WIDE);
    step('the line is free');
    await until('the best picture is back', 20_000, async () => (await widthOf(screen)) === 640);
    await pause(500);
    const frames = await screen.evaluate(() => window.frames_seen);
    const after = frames.filter((frame) => frame.at >= narrowed);
    const result = {
      kbit,
      // The first picture that fits and is followed by no larger one before the line is free.
      down_ms: settled(after.filter((frame) => frame.at < freed), kbit < 500 ? 160 : 320) - narrowed,
      up_ms: after.find((frame) => frame.at >= freed && frame.width === 640).at - freed,
      freeze_ms: longest(after),
      silence_ms,
      concealed: (silence.concealed - heard.concealed) / (silence.samples - heard.samples),
      widths: after.map((frame) => frame.width).filter((width, n, all) => width !== all[n - 1]),
    };
    step(JSON.stringify(result));
    results.push(result);
    await pause(2_500);
  }
  return results;
});

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const clock = (page) => page.evaluate(() => performance.now());
const widthOf = (page) => page.evaluate((selector) => document.querySelector(selector)?.videoWidth, PICTURE);

/** Sets the rate of the line; answers for how long at most no sound came through it since it was last set. */
async function set(line, kbit) {
  const answer = await fetch(`${line}/${kbit}`, { method: 'POST' });
  must(answer.ok, `the line is set: ${answer.status}`);
  return Number(await answer.text());
}

/** Samples of sound that were played, and those of them that were made up because none had come. */
async function sound(page) {
  return page.evaluate(async () => {
    const sum = { samples: 0, concealed: 0 };
    for (const pc of window.connections) {
      for (const report of (await pc.getStats()).values()) {
        if (report.type !== 'inbound-rtp' || report.kind !== 'audio') continue;
        sum.samples += report.totalSamplesReceived ?? 0;
        sum.concealed += (report.concealedSamples ?? 0) - (report.silentConcealedSamples ?? 0);
      }
    }
    return sum;
  });
}

/** When the first of the frames was shown that all are at most as wide as this. */
function settled(frames, width) {
  const last = frames.findLastIndex((frame) => frame.width > width);
  return frames[last + 1]?.at ?? Infinity;
}

/** The longest time without a new frame, less what the page itself stood still in it: that is the machine's doing. */
function longest(frames) {
  return Math.max(...frames.slice(1).map((frame, n) => frame.at - frames[n].at - frame.stalled));
}

/** Runs in the classroom's page: notes each frame that is shown in `window.frames_seen`. */
function watch(selector) {
  const video = document.querySelector(selector);
  window.frames_seen = [];
  let [stalled, beat] = [0, performance.now()];
  setInterval(() => {
    const now = performance.now();
    stalled += Math.max(0, now - beat - 60);
    beat = now;
  }, 20);
  const note = (now, frame) => {
    window.frames_seen.push({ at: now, width: frame.width, stalled });
    stalled = 0;
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}
