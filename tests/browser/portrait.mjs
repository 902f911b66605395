// Pictures of a lesson as its people see it, for the README: the studio, a classroom's screen and an assistant's phone,
// with a real server between them. Nobody's face is in them: what the cameras see is drawn. Both languages must fit.
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { byTestId, launch, untilState } from './lib/chromium.mjs';
import { classOf, drawCamera, printLesson, teacher } from './lib/drawn.mjs';
import { ASSISTANTS, MASTER, SIZES, goLive, openClassroom } from './lib/lesson.mjs';
import { prepare } from './lib/prepared.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';

run(async (atEnd) => {
  const p = parameters();
  const browser = await launch();
  atEnd(() => browser.close());
  const rooms = [p.classroom, p['other-classroom']];
  const sees = async (context, layers) => {
    await context.addInitScript(drawCamera, layers);
    return context;
  };
  const seat = (n, viewport) => browser.person({ base: p.base, ...ASSISTANTS[n], viewport });
  const master = await sees(await browser.person({ base: p.base, ...MASTER, viewport: SIZES.studio }), teacher());
  const lesson = await prepare(master, { base: p.base, title: '浮力', subject: '八年级物理', classrooms: rooms, deck: await printLesson(browser), recorded: true });
  const studio = await goLive(master, lesson);
  await untilState(studio, 'lesson-state', 'live');
  const coats = [['#33508f', '#d9dedd'], ['#a5433a', '#d8dfd2']];
  const screens = await Promise.all(
    rooms.map(async (room, n) => openClassroom(await sees(await seat(n, SIZES.classroom), classOf(...coats[n])), lesson, room)),
  );
  const phones = await Promise.all(
    rooms.map(async (room, n) => {
      const page = await (await seat(n, SIZES.phone)).newPage();
      await page.goto(`/#/lesson/${lesson}/assistant/${room}`);
      await byTestId(page, 'tab-attendance').click({ timeout: 15_000 });
      for (const absent of [[12, 31], [8]][n]) await byTestId(page, `seat-${absent}`).click();
      await untilState(page, 'roll', 'taken');
      return page;
    }),
  );
  step('everybody is there');

  const pictures = [];
  async function picture(page, name) {
    await page.evaluate(() => document.fonts.ready.then(() => null));
    await page.screenshot({ path: join(p.folder, name) });
    pictures.push(name);
  }
  const [phone, other] = phones;
  await say(phone, '17 号的问题全班都关心。');
  await byTestId(studio, 'staff-talk-input').fill('好，讲完这页就连你们班。');
  await studio.keyboard.press('Enter');
  await say(other, '后排看不清红笔，能粗一点吗？');
  await ask(phone, 5, '铝块换成铁块，排开的水一样多吗？');
  await ask(phone, 22, '木块为什么不会全部沉下去？');
  await ask(phone, 17, '木块浮在水面上，为什么还有一部分露在外面？');
  await escalate(phone, '露在外面');
  await ask(other, 8, '铝块放进盐水里，示数会变大还是变小？');
  await escalate(other, '盐水');
  await studio.evaluate(() => document.activeElement?.blur());

  await studio.keyboard.press('3');
  await studio.locator('[data-testid="surface"][data-page="1"][data-ready="true"]').first().waitFor({ timeout: 15_000 });
  for (const page of [2, 3]) {
    await studio.keyboard.press('ArrowRight');
    await studio.locator(`[data-testid="surface"][data-page="${page}"][data-ready="true"]`).first().waitFor({ timeout: 10_000 });
  }
  await draw(studio);
  for (const screen of screens) {
    await screen.locator('[data-testid="surface"][data-page="3"][data-ready="true"]:not([data-strokes="0"])').first().waitFor({ timeout: 15_000 });
  }
  await until('the classrooms are in sight', 15_000, async () => (await studio.locator('[data-testid^="thumbnail-"][data-fresh="true"]').count()) === rooms.length);
  await picture(studio, 'studio-slides.png');
  await picture(screens[1], 'classroom-slides.png');
  await byTestId(phone, 'tab-questions').click();
  await byTestId(phone, 'question-seat').fill('9');
  await picture(phone, 'assistant-questions.png');
  step('slides with ink');

  await studio.keyboard.press('f');
  await until('the class on the floor is at full size', 20_000, () =>
    screens[1].evaluate(() => document.querySelector('[data-testid="stage-video-2"]')?.videoWidth === 1280));
  await byTestId(phone, 'tab-floor').click();
  await byTestId(phone, 'release-floor').first().waitFor();
  await picture(studio, 'studio-floor.png');
  await picture(screens[1], 'classroom-floor.png');
  await picture(phone, 'assistant-floor.png');
  step('a class has the floor');

  const wrong = [];
  const named = { studio, screen: screens[1], phone };
  for (const language of ['en', 'zh-CN']) {
    for (const [name, page] of Object.entries(named)) {
      await byTestId(page, `language-${language}`).first().click();
      await page.locator(`html[lang^="${language.slice(0, 2)}"]`).waitFor({ state: 'attached' });
      for (const fault of await page.evaluate(misfits)) wrong.push(`${name} in ${language}: ${fault}`);
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
      for (const { id, impact, nodes } of violations) {
        if (impact === 'serious' || impact === 'critical') wrong.push(`${name} in ${language}: ${id} at ${nodes.map((node) => node.target).join(' | ')}`);
      }
    }
    if (language === 'en') {
      await picture(studio, 'studio-floor-en.png');
      await picture(screens[1], 'classroom-floor-en.png');
      await picture(phone, 'assistant-floor-en.png');
    }
  }
  must(wrong.length === 0, wrong.join('\n'));
  step('both languages fit');
  return { pictures };
});

async function say(page, words) {
  await byTestId(page, 'tab-talk').click();
  await byTestId(page, 'talk-text').fill(words);
  await byTestId(page, 'talk-send').click();
}

async function ask(page, seat, words) {
  await byTestId(page, 'tab-questions').click();
  await byTestId(page, 'question-seat').fill(String(seat));
  await byTestId(page, 'question-text').fill(words);
  await byTestId(page, 'ask-question').click();
  await page.getByText(words).first().waitFor({ timeout: 5_000 });
}

async function escalate(page, words) {
  const open = page.locator('[data-testid="questions"] [data-testid^="question-"][data-state="open"]', { hasText: words });
  await byTestId(open, 'step-escalate').click();
}

/** A ring around what matters and a line under it, with the pen. */
async function draw(studio) {
  await studio.keyboard.press('b');
  const box = await studio.locator('[data-testid="surface"]').first().boundingBox();
  const at = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  const stroke = async (points) => {
    await studio.mouse.move(...at(...points[0]));
    await studio.mouse.down();
    for (const point of points.slice(1)) await studio.mouse.move(...at(...point), { steps: 2 });
    await studio.mouse.up();
  };
  const ring = Array.from({ length: 30 }, (_, n) => [0.367 + 0.105 * Math.cos(n / 4.5 - 2), 0.43 + 0.085 * Math.sin(n / 4.5 - 2)]);
  await stroke(ring);
  await stroke([[0.3, 0.762], [0.36, 0.77], [0.42, 0.764], [0.475, 0.768]]);
  await studio.keyboard.press('b');
}

/** What does not fit in its page, in words. */
function misfits() {
  const found = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > innerWidth) found.push('the page scrolls sideways');
  for (const element of document.querySelectorAll('button, a, p, h1, h2, h3, label, b, time, th, td, dt, dd')) {
    if (!element.checkVisibility() || element.closest('.vh, svg, [hidden], dialog:not([open])') !== null) continue;
    const style = getComputedStyle(element);
    if (style.position === 'absolute' && element.clientWidth <= 1) continue;
    const words = element.textContent.trim().slice(0, 40);
    const box = element.getBoundingClientRect();
    if (words !== '' && box.width > 1 && (box.right > innerWidth + 1 || box.left < -1)) found.push(`sticks out: ${words}`);
    if (element.matches('button, a.btn') && element.scrollWidth > element.clientWidth + 1 && style.textOverflow !== 'ellipsis') found.push(`cut off: ${words}`);
  }
  return found;
}
