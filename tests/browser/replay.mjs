// A pupil waits in the library for the bell, opens the recording, and it plays: the picture moves, the sound is there.
// `--recording` is a file that will hold the recording's id; its being there is the sign to go on.
import { readFile } from 'node:fs/promises';
import { byTestId, launch } from './lib/chromium.mjs';
import { PUPIL, SIZES } from './lib/lesson.mjs';
import { listen, readCounter } from './lib/picture.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';

const VIDEO = '[data-testid="replay-video"]';

run(async (atEnd) => {
  const p = parameters();
  const browser = await launch();
  atEnd(() => browser.close());
  const pupil = await browser.person({ base: p.base, ...PUPIL, viewport: SIZES.pc });
  const page = await pupil.newPage();
  await page.goto('/#/library');
  step('the pupil waits in the library');
  const id = await until('the recording is there', 150_000, () => readFile(p.recording, 'utf8').catch(() => ''));
  await page.goto(`/#/replay/${id}`);
  await page.locator(VIDEO).waitFor({ timeout: 10_000 });
  const position = () => page.evaluate((selector) => document.querySelector(selector).currentTime, VIDEO);
  await until('it is ready', 10_000, () => page.evaluate((s) => document.querySelector(s).readyState >= 2, VIDEO));
  await page.evaluate((selector) => document.querySelector(selector).paused, VIDEO) &&
    (await byTestId(page, 'replay-play').first().click());
  const from = await position();
  await until('it plays', 10_000, async () => (await position()) > from + 0.2);
  const playing_at_ms = Date.now();
  step('it plays');
  const sound = await page.evaluate(listen, { selector: VIDEO, milliseconds: 2_500 });
  must(sound && sound.peak > 0.05, `the voice is heard: ${JSON.stringify(sound)}`);
  const counters = [];
  await until('the recorded counter runs', 10_000, async () => {
    const counter = await page.evaluate(readCounter, VIDEO);
    if (counter !== null && counter !== counters.at(-1)) counters.push(counter);
    return counters.length >= 5;
  });
  must(counters.every((c, i) => i === 0 || c > counters[i - 1]), `the counter runs forward: ${counters}`);
  step(`the counter runs: ${counters}`);

  // Somewhere in the middle, by the page's own slider.
  const duration = await page.evaluate((selector) => document.querySelector(selector).duration, VIDEO);
  await byTestId(page, 'replay-seek').first().focus();
  const before = await position();
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  await until('seeking by keyboard moves it', 10_000, async () => (await position()) > before + 3);
  await until('it plays on', 10_000, async () => {
    const at = await position();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return (await position()) > at;
  });
  return { playing_at_ms, duration, peak: sound.peak };
});
