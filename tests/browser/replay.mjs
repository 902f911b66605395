// A pupil waits in the library for the bell, opens the recording, and it plays: the picture moves, the sound is there.
// The board is drawn as it stood, wherever one seeks to; a slide that is gone is missed in words and can be asked for
// again. `--recording` is a file that will hold the recording's id; its being there is the sign to go on.
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

  // The board as it stood: after both strokes, after one was wiped off, and before that again.
  const seek = (to) => page.evaluate(([selector, at]) => (document.querySelector(selector).currentTime = at), [VIDEO, to]);
  const surface = page.locator('[data-testid="replay-slide"] [data-testid="surface"]');
  const strokes = {};
  for (const [when, at, expected] of [['early', duration * 0.3, 2], ['late', duration * 0.9, 1], ['early again', duration * 0.35, 2]]) {
    await seek(at);
    await until(`the board, ${when}`, 10_000, async () => Number(await surface.getAttribute('data-strokes')) === expected);
    must((await surface.getAttribute('data-surface')) === 'board', 'it is the board');
    must((await surface.locator('svg path').count()) === expected, 'its strokes are drawn');
    strokes[when] = expected;
  }
  step(`the board as it stood: ${JSON.stringify(strokes)}`);

  // A slide that is not there: said in words after a few tries, and fetched when it is there and asked for.
  const lost = [
    { media_ms: 1_000, kind: 'scene_shown', scene: { scene: 'slides' } },
    { media_ms: 1_000, kind: 'page_turned', surface: 'deck', deck: '01NOSUCHDECK', page: 2 },
  ];
  await page.route('**/timeline.jsonl', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()) + lost.map((line) => `${JSON.stringify(line)}\n`).join('');
    await route.fulfill({ response, body });
  });
  await page.reload();
  await page.locator(VIDEO).waitFor({ timeout: 10_000 });
  await until('it is ready', 10_000, () => page.evaluate((s) => document.querySelector(s).readyState >= 2, VIDEO));
  await seek(duration * 0.5);
  const retry = byTestId(page, 'surface-retry').first();
  await retry.waitFor({ timeout: 30_000 });
  step('a slide that is gone is missed in words');
  const pdf = new URL('../../src/demo/deck/deck.pdf', import.meta.url).pathname;
  await page.route('**/media/decks/**', (route) => route.fulfill({ path: pdf, contentType: 'application/pdf' }));
  await retry.click();
  await until('the slide is drawn', 20_000, async () => (await surface.getAttribute('data-ready')) === 'true');
  must((await retry.count()) === 0, 'nothing is missing any more');
  return { playing_at_ms, duration, peak: sound.peak, strokes };
});
