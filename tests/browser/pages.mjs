// Every page at the sizes people use: a picture of it in tests/browser/out for people to look at, and axe, which must
// find nothing serious. The lesson is live already and has a recording in the library.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { byTestId, launch } from './lib/chromium.mjs';
import { ADMIN, ASSISTANTS, MASTER, PUPIL, SIZES, goLive, openClassroom, openConsole } from './lib/lesson.mjs';
import { must, parameters, run, step } from './lib/script.mjs';

const OUT = fileURLToPath(new URL('./out/', import.meta.url));

run(async (atEnd) => {
  const p = parameters();
  await mkdir(OUT, { recursive: true });
  const browser = await launch({ video: p.video, audio: p.audio });
  atEnd(() => browser.close());
  const serious = [];

  async function look(page, name) {
    await page.evaluate(() => document.fonts.ready.then(() => null));
    await page.screenshot({ path: `${OUT}${name}.png` });
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    for (const found of violations) {
      const line = `${name}: ${found.impact} ${found.id}: ${found.help} at ${found.nodes.map((n) => n.target).join(' | ')}`;
      step(line);
      if (found.impact === 'serious' || found.impact === 'critical') serious.push(line);
    }
    step(`looked at ${name}`);
  }

  async function visit(who, path, size, name, ready, locale = 'zh-CN') {
    const context = await browser.person({ base: p.base, ...who, viewport: SIZES[size], locale });
    const page = await context.newPage();
    await page.goto(path);
    await page.locator(ready).first().waitFor({ timeout: 15_000 });
    await look(page, name);
    await context.close();
  }

  const signIn = '[data-testid="sign-in-submit"]';
  await visit({}, '/', 'pc', 'sign-in', signIn);
  await visit({}, '/', 'small', 'sign-in-small', signIn);
  await visit({}, '/', 'pc', 'sign-in-en', signIn, 'en-US');
  const home = '[data-testid^="join-"]';
  await visit(MASTER, '/', 'pc', 'home-master', home);
  await visit(ASSISTANTS[0], '/', 'phone', 'home-assistant', home);
  await visit(ADMIN, '/', 'pc', 'home-admin', '[data-testid="new-lesson"], [data-testid^="join-"]');
  await visit(PUPIL, '/', 'small', 'home-pupil', home);
  const recording = `[data-testid="recording-${p.recording}"]`;
  await visit(PUPIL, '/#/library', 'small', 'library-small', recording);
  await visit(MASTER, '/#/library', 'pc', 'library', recording);
  await visit(PUPIL, `/#/replay/${p.recording}`, 'small', 'replay-small', '[data-testid="replay-video"]');
  await visit(PUPIL, `/#/replay/${p.recording}`, 'pc', 'replay', '[data-testid="replay-video"]', 'en-US');
  await visit(MASTER, '/#/nowhere', 'pc', 'not-found', 'main, h1');

  const master = await browser.person({ base: p.base, ...MASTER, viewport: SIZES.studio });
  const before = await master.newPage();
  await before.goto(`/#/lesson/${p.lesson}/studio`);
  await byTestId(before, 'go-live').first().waitFor({ timeout: 15_000 });
  await look(before, 'studio-before');
  await before.close();
  const studio = await goLive(master, p.lesson);
  const assistant = await browser.person({ base: p.base, ...ASSISTANTS[0], viewport: SIZES.classroom });
  const screen = await openClassroom(assistant, p.lesson, p.classroom);
  const phone = await browser.person({ base: p.base, ...ASSISTANTS[0], viewport: SIZES.phone });
  const desk = await openConsole(phone, p.lesson, p.classroom);
  await look(studio, 'studio-live');
  await look(screen, 'classroom-camera');
  await look(desk, 'assistant');
  await byTestId(screen, 'raise-hand').first().click();
  await byTestId(desk, 'accept-hand').first().waitFor({ timeout: 10_000 });
  await look(desk, 'assistant-hand');
  await byTestId(desk, 'accept-hand').first().click();
  await byTestId(studio, 'grant-floor').first().waitFor({ timeout: 10_000 });
  await look(studio, 'studio-queue');
  await look(screen, 'classroom-queue');
  await byTestId(studio, 'grant-floor').first().click();
  await byTestId(screen, 'floor-clock').first().waitFor({ timeout: 10_000 });
  await look(studio, 'studio-floor');
  await look(screen, 'classroom-floor');
  await look(desk, 'assistant-floor');
  must(serious.length === 0, `axe:\n${serious.join('\n')}`);
  return { pages: OUT };
});
