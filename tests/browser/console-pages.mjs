// Every state of the assistant's console and the pages around it, on a server that only pretends: a picture of each in
// tests/browser/out for people to look at, nothing wider than the window, nothing to touch below 44 px on a phone, and axe
// on one phone and one wide screen (the other pictures differ in words and size only). `--only name,name` takes some.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { launch } from './lib/chromium.mjs';
import { SIZES } from './lib/lesson.mjs';
import { aPoll, aRequest, consoleView, LESSON, openAssistant, OUR_HANDS, ROOM } from './lib/console.mjs';
import { printDeck, serveClient } from './lib/pretend.mjs';
import { inLanes, must, parameters, run, step } from './lib/script.mjs';

const OUT = fileURLToPath(new URL('./out/', import.meta.url));
const CONSOLE = `/#/lesson/${LESSON}/assistant/${ROOM}`;
const id = (name) => `[data-testid="${name}"]`;
const tab = (name) => (page) => page.locator(id(`tab-${name}`)).click();
const view = (changes) => async () => ({ view: await consoleView(await (changes?.() ?? {})) });
const now = () => Date.now();
const original = async () => consoleView();

const SIGHTS = [['phone', 'zh-CN'], ['phone', 'en-US'], ['small', 'en-US'], ['small', 'zh-CN'], ['pc', 'zh-CN'], ['pc', 'en-US']];
const AXED = new Set(['phone', 'pc-en']);
const TABLE = '座号\t姓名\t组别\n1\t王芳\t第一组\n2\t李明\t第一组\n2\t赵强\t第二组\nx\t陈静\t第二组\n5\t\t第二组\n6\t杨帆\t第二组';

/** Name of the state: where it is, what the lesson is like, what is done before the picture. */
const STATES = {
  attendance: { lesson: view(), act: (page) => page.locator(id('seat-31')).click() },
  'attendance-open': {
    lesson: view(async () => {
      const [attendance] = (await original()).attendance;
      return { attendance: [{ ...attendance, taken_ms: null, marks: [] }] };
    }),
  },
  'attendance-groups': { lesson: view(), act: (page) => page.locator(id('by-group')).click() },
  'attendance-empty': { lesson: view(() => ({ seats: [] })) },
  questions: { lesson: view(), act: tab('questions') },
  'questions-merge': {
    lesson: view(),
    act: async (page) => {
      await tab('questions')(page);
      await page.locator(`${id('question-q5')} ${id('step-merge')}`).click();
      await page.locator(`${id('settled-questions')} summary`).click();
    },
  },
  'questions-empty': { lesson: view(() => ({ questions: [], answers: [] })), act: tab('questions') },
  floor: { lesson: view(), act: tab('floor') },
  'floor-idle': { lesson: view(() => ({ floor: [], queue: { waiting: 0, next: [] } })), act: tab('floor') },
  'floor-pending': {
    lesson: view(() => ({ floor: [aRequest({ state: 'pending', position: null, question: null })] })),
    act: tab('questions'),
  },
  'floor-live': {
    lesson: view(() => ({
      floor: [
        aRequest({ state: 'granted', position: null, granted_ms: now() - 18_000, deadline_ms: now() + 42_000 }),
        aRequest({ id: 'r9', position: 5, question: null }),
      ],
    })),
    act: tab('floor'),
  },
  talk: { lesson: view(), act: tab('talk') },
  talking: {
    lesson: view(() => ({ talkers: [{ role: 'master', classroom: null, name: '王老师', since_ms: now(), deadline_ms: now() + 60_000 }] })),
    act: tab('talk'),
  },
  poll: { lesson: view(() => ({ poll: aPoll({ deadline_ms: now() + 45_000 }), poll_results: [OUR_HANDS] })), act: tab('poll') },
  'poll-seats': {
    lesson: view(() => ({ poll: aPoll({ by: 'seats' }) })),
    act: async (page) => {
      await tab('poll')(page);
      for (const answer of [1, 1, 0, 2]) await page.locator(id(`poll-answer-${answer}`)).click();
    },
  },
  'poll-devices': {
    lesson: async () => ({
      view: await consoleView({ poll: aPoll({ by: 'devices', kind: { kind: 'number' } }) }),
      api: { [`GET /api/lessons/${LESSON}/poll-code`]: { code: 'K7M2QX' } },
    }),
    act: tab('poll'),
  },
  'poll-shown': {
    lesson: view(() => ({
      poll: aPoll({ closed_ms: now(), correct: 1, result: { ...OUR_HANDS, classroom: null, answered: 280, enrolled: 320, counts: [80, 160, 30, 10] } }),
      poll_results: [OUR_HANDS],
    })),
    act: tab('poll'),
  },
  help: {
    lesson: view(() => ({ help: [{ id: 'h', classroom: ROOM, kind: 'sound', text: '没有声音', state: 'taken', called_ms: now() - 60_000, changed_ms: now(), by: '赵工' }] })),
    act: tab('help'),
  },
  'studio-lost': {
    lesson: view(async () => ({ studio: { ...(await original()).studio, camera: false, lost_since_ms: now() - 12_000 } })),
    act: tab('questions'),
  },
  slides: {
    lesson: view(),
    act: async (page) => {
      await tab('help')(page);
      await page.locator(id('open-slides')).click();
      await page.locator(`${id('slides')} ${id('surface')}[data-ready="true"]`).waitFor({ timeout: 15_000 });
    },
  },
  'console-before': { lesson: view(() => ({ state: 'scheduled', started_ms: null, floor: [], queue: { waiting: 0, next: [] }, questions: [], answers: [] })), act: tab('floor') },
  'console-ended': { lesson: view(() => ({ state: 'ended' })), ready: id('follow-ups') },
  'console-replaced': { lesson: async () => ({ view: { type: 'bye', reason: 'replaced' } }), ready: id('take-over') },
  'console-offline': {
    lesson: view(),
    act: async (page, desk) => {
      desk.refuse();
      await desk.breakLine();
      await page.locator(id('offline-notice')).waitFor();
    },
  },
  'home-console': { path: '/', ready: `${id('follow-ups')} li` },
  classes: { path: '/#/classes', ready: 'main a[href^="#/classes/"]' },
  'class-list': { path: `/#/classes/${ROOM}`, ready: id('save-list') },
  'class-wrong': {
    path: `/#/classes/${ROOM}`,
    ready: id('save-list'),
    act: async (page) => {
      await page.locator(id('row-1-number')).fill('1');
      await page.locator(id('row-2-name')).fill('');
    },
  },
  'class-paste': {
    path: `/#/classes/${ROOM}`,
    ready: id('save-list'),
    act: async (page) => {
      await page.locator(id('paste-list')).click();
      await page.locator(id('paste-text')).fill(TABLE);
    },
  },
  'class-refused': { path: '/#/classes/elsewhere', ready: 'main .btn' },
  pair: {
    path: '/#/pair',
    ready: id('pair-code'),
    act: async (page) => {
      await page.locator(id('pair-code')).fill('zzzzzz');
      await page.locator(id('pair-next')).click();
      await page.getByRole('alert').waitFor();
    },
  },
  'pair-confirm': { path: '/pair/7K4-2MX', ready: id('pair-confirm') },
  'pupil-poll': {
    path: '/poll/K7M2QX',
    ready: id('pupil-begin'),
    lesson: async () => ({
      api: {
        'GET /api/session': 401,
        'GET /api/polls/K7M2QX': { title: '浮力', classrooms: [{ id: ROOM, name: '八（3）班', school: '良乡二中' }], poll: aPoll({ by: 'devices', deadline_ms: now() + 45_000 }) },
        'POST /api/polls/K7M2QX': null,
      },
    }),
    act: async (page) => {
      await page.locator(id('pupil-seat-number')).fill('17');
      await page.locator(id('pupil-begin')).click();
      await page.locator(id('pupil-answer-1')).click();
      await page.locator(id('pupil-sent')).waitFor();
    },
  },
  'devices-paired': { path: '/#/devices', ready: id('device-D1') },
};

run(async (atEnd) => {
  const { only } = parameters();
  await mkdir(OUT, { recursive: true });
  const client = await serveClient();
  atEnd(() => client.close());
  const browser = await launch();
  atEnd(() => browser.close());
  const deck = await printDeck(browser);
  const wrong = [];

  for (const [name, state] of Object.entries(STATES)) {
    if (only !== undefined && !only.split(',').includes(name)) continue;
    await inLanes(3, SIGHTS, async ([size, locale]) => {
      const title = `${name}-${size}${locale === 'en-US' ? '-en' : ''}`;
      const context = await browser.person({ base: client.base, viewport: SIZES[size], locale });
      const desk = await openAssistant(context, state.path ?? CONSOLE, { ...(await state.lesson?.()), deck });
      const { page } = desk;
      await page.locator(state.ready ?? id('tab-help')).first().waitFor({ timeout: 15_000 });
      await state.act?.(page, desk);
      await page.evaluate(() => document.fonts.ready.then(() => null));
      await page.waitForTimeout(250);
      await page.screenshot({ path: `${OUT}${title}.png` });
      for (const fault of await page.evaluate(faults, size === 'pc' ? 24 : 44)) wrong.push(`${title}: ${fault}`);
      if (!AXED.has(title.slice(name.length + 1))) {
        await context.close();
        return;
      }
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
      for (const { impact, id: rule, nodes } of violations) {
        if (impact === 'serious' || impact === 'critical') wrong.push(`${title}: ${rule} at ${nodes.map(({ target }) => target).join(' | ')}`);
      }
      await context.close();
    });
    step(`looked at ${name}`);
  }
  must(wrong.length === 0, `${wrong.length} faults:\n${wrong.join('\n')}`);
  return { pictures: OUT };
});

/** Runs in the page: what sticks out, and what is too small to be touched. A box's label is touched as well. */
function faults(least) {
  const found = [];
  const wide = document.scrollingElement.scrollWidth - innerWidth;
  if (wide > 0) found.push(`${wide} px wider than the window`);
  const dialog = document.querySelector('dialog[open]');
  for (const element of (dialog ?? document).querySelectorAll('button, a[href], input, select, textarea, summary')) {
    const box = (element.closest('label') ?? element).getBoundingClientRect();
    if (box.width === 0 || element.closest('.vh, .skip') !== null) continue;
    if (box.height < least - 0.5) found.push(`${element.dataset.testid ?? element.textContent.trim().slice(0, 20)}: ${Math.round(box.height)} px high`);
    if (box.right > innerWidth + 1 && element.closest('.chips') === null) found.push(`${element.dataset.testid ?? element.textContent.trim().slice(0, 20)} is cut off`);
  }
  return found;
}
