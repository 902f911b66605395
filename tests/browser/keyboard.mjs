// A whole lesson led without a mouse, in the studio and on the assistant's page: every step is a key, the focus is always
// to be seen, and axe finds nothing serious on the way.
import { AxeBuilder } from '@axe-core/playwright';
import { byTestId, launch, untilState } from './lib/chromium.mjs';
import { ASSISTANTS, MASTER, SIZES } from './lib/lesson.mjs';
import { Keyboard } from './lib/keyboard.mjs';
import { prepare } from './lib/prepared.mjs';
import { printDeck } from './lib/pretend.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';

run(async (atEnd) => {
  const p = parameters();
  const browser = await launch();
  atEnd(() => browser.close());
  const master = await browser.person({ base: p.base, ...MASTER, viewport: SIZES.pc });
  const classrooms = [p.classroom, p['other-classroom']];
  const lesson = await prepare(master, { base: p.base, title: '浮力', subject: '物理', classrooms, deck: await printDeck(browser) });
  const studio = await master.newPage();
  const assistant = await browser.person({ base: p.base, ...ASSISTANTS[0], viewport: SIZES.pc });
  const desk = await assistant.newPage();
  await Promise.all([studio.goto(`/#/lesson/${lesson}/studio`), desk.goto(`/#/lesson/${lesson}/assistant/${p.classroom}`)]);
  await Promise.all([untilState(studio, 'connection', 'online'), untilState(desk, 'connection', 'online')]);
  const [teacher, helper] = [new Keyboard(studio), new Keyboard(desk)];

  async function check(page, name) {
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    must(serious.length === 0, `${name}: ${serious.map((one) => `${one.id} at ${one.nodes.map((node) => node.target).join(' | ')}`).join('; ')}`);
  }

  await byTestId(studio, 'go-live').and(studio.locator(':enabled')).waitFor({ timeout: 15_000 });
  await check(studio, 'before the lesson');
  await teacher.act('go-live');
  await untilState(studio, 'lesson-state', 'live');
  await untilState(studio, 'publish-state', 'connected', 20_000);
  step('the lesson begins');

  await teacher.press('2');
  await studio.locator('[data-testid="scene-slides"][aria-pressed="true"]').waitFor({ timeout: 5_000 });
  await studio.locator('[data-testid="surface"][data-page="1"][data-ready="true"]').first().waitFor({ timeout: 10_000 });
  await teacher.press('ArrowRight');
  await studio.locator('[data-testid="surface"][data-page="2"][data-ready="true"]').first().waitFor({ timeout: 10_000 });
  await teacher.press('3');
  await studio.locator('[data-testid="scene-slides_and_camera"][aria-pressed="true"]').waitFor({ timeout: 5_000 });
  await teacher.act('scene-camera');
  await studio.locator('[data-testid="scene-camera"][aria-pressed="true"]').waitFor({ timeout: 5_000 });
  step('a page is turned and the programme changed');

  await helper.act('tab-attendance');
  await helper.act('confirm-roll');
  await untilState(desk, 'roll', 'taken');
  await helper.to('seat-1');
  await helper.press('ArrowRight', 'Enter');
  await untilState(desk, 'seat-2', 'absent');
  await helper.act('tab-questions');
  for (const [seat, words] of [['17', '木块为什么浮在水面上？'], ['22', '潜水艇的水舱有多大？']]) {
    await helper.to('question-seat', (await desk.evaluate(() => document.activeElement?.dataset.testid)) === 'question-seat');
    await helper.type(seat);
    await helper.press('Tab');
    await helper.type(words);
    await helper.press('Enter');
    await desk.getByText(words).first().waitFor({ timeout: 5_000 });
    await helper.act('step-escalate');
    await desk.locator('[data-testid^="question-"][data-state="escalated"]', { hasText: words }).waitFor({ timeout: 5_000 });
  }
  await check(desk, 'questions');
  step('the roll is called, two questions go to the master');

  const items = studio.locator('[data-testid^="queue-item-"]');
  await until('both wait for the master', 8_000, async () => (await items.count()) === 2);
  await teacher.press('ArrowDown', 'r');
  await byTestId(studio, 'answer-text-input').waitFor();
  await teacher.type('约占全艇三分之一。');
  await check(studio, 'a written answer');
  await teacher.press('Control+Enter');
  await until('one is answered', 5_000, async () => (await items.count()) === 1);
  await teacher.press('f');
  await byTestId(studio, 'floor-clock').first().waitFor({ timeout: 5_000 });
  await teacher.press('g');
  await check(studio, 'a class on the floor');
  await helper.act('tab-floor');
  await byTestId(desk, 'release-floor').first().waitFor({ timeout: 5_000 });
  await check(desk, 'the floor');
  await helper.act('release-floor');
  await byTestId(studio, 'floor-clock').first().waitFor({ state: 'detached', timeout: 5_000 });
  step('one is answered in text, the other on the floor');

  await teacher.press('p');
  await byTestId(studio, 'poll-form').waitFor();
  await check(studio, 'a new poll');
  await teacher.type('鸡蛋在哪里受到的浮力更大？');
  await teacher.act('A–D');
  await teacher.act('poll-open');
  await byTestId(studio, 'poll-panel').waitFor({ timeout: 5_000 });
  await helper.act('tab-poll');
  await helper.to('poll-count-1');
  await helper.type('30');
  await helper.press('Tab');
  await check(desk, 'a poll');
  await byTestId(studio, 'poll-panel').getByText('30', { exact: true }).waitFor({ timeout: 5_000 });
  await check(studio, 'a poll');
  await teacher.press('p');
  await until('the result is shown', 5_000, async () => desk.locator('[data-testid="poll-chart"]').first().isVisible());
  await teacher.act('poll-close');
  await byTestId(studio, 'poll-panel').waitFor({ state: 'detached', timeout: 5_000 });
  step('a poll is opened, answered, shown and put away');

  const talks = (page, id) => byTestId(page, id).first().waitFor({ timeout: 10_000 });
  await helper.act('tab-talk');
  await teacher.hold('t', () => talks(desk, 'talker'));
  await byTestId(desk, 'talker').first().waitFor({ state: 'detached', timeout: 5_000 });
  await helper.to('hold-to-talk');
  await helper.hold('Enter', () => byTestId(studio, 'staff-talk').locator('.talking').waitFor({ timeout: 10_000 }));
  await byTestId(studio, 'staff-talk').locator('.talking').waitFor({ state: 'detached', timeout: 5_000 });
  await check(desk, 'staff talk');
  step('both talk to the staff');

  await teacher.press('?');
  await studio.locator('dialog[open]').waitFor();
  await check(studio, 'the keys');
  await teacher.press('Escape');
  await teacher.act('end-lesson');
  await teacher.act('confirm-end-lesson');
  await untilState(studio, 'lesson-state', 'ended');
  await check(studio, 'after the lesson');
  step('the lesson is over');
  return {};
});
