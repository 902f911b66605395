// The server is killed in mid-lesson: studio and classroom come back by themselves, nobody touches anything.
// `--ready` is a file to make when the lesson runs; whoever started this kills and restarts the server then.
import { writeFile } from 'node:fs/promises';
import { launch } from './lib/chromium.mjs';
import { ASSISTANTS, MASTER, SIZES, goLive, openClassroom } from './lib/lesson.mjs';
import { untilRuns } from './lib/picture.mjs';
import { parameters, run, step } from './lib/script.mjs';

const PICTURE = '[data-testid="stage-video-0"]';

run(async (atEnd) => {
  const p = parameters();
  const browser = await launch({ video: p.video, audio: p.audio });
  atEnd(() => browser.close());
  const studio = await goLive(await browser.person({ base: p.base, ...MASTER, viewport: SIZES.studio }), p.lesson);
  const context = await browser.person({ base: p.base, ...ASSISTANTS[0], viewport: SIZES.classroom });
  const screen = await openClassroom(context, p.lesson, p.classroom);
  await untilRuns(screen, PICTURE);
  step('the lesson runs');
  const offline = (page) => page.waitForFunction(
    () => document.querySelector('[data-testid="connection"]')?.dataset.state === 'reconnecting' ||
      document.querySelector('[data-testid="offline-notice"]') !== null,
    undefined,
    { timeout: 15_000 },
  );
  const noticed = Promise.all([offline(studio), offline(screen)]);
  await writeFile(p.ready, 'ready');
  await noticed;
  step('both have noticed');
  const from = Date.now();
  // The last picture stays in the element, so a running counter is new media.
  await untilRuns(screen, PICTURE, 8, 30_000);
  const picture_after_ms = Date.now() - from;
  step(`the picture runs again after ${picture_after_ms} ms`);
  await studio.locator('[data-testid="connection"][data-state="online"]').first().waitFor({ timeout: 20_000 });
  return { picture_after_ms };
});
