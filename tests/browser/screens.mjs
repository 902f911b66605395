// The classroom's screen in every state of a lesson, and the pages around a lesson, at the sizes people use and in both
// languages, on a server that only pretends: a picture of each in tests/browser/out, axe, and what a screen read from
// five metres owes its class: no text below 32 px, nothing to scroll, nothing that sticks out, no picture cropped.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { byTestId, launch } from './lib/chromium.mjs';
import { SIZES } from './lib/lesson.mjs';
import { fixture, pretend, printDeck, serveClient } from './lib/pretend.mjs';
import { inLanes, must, parameters, run, step } from './lib/script.mjs';

const OUT = fileURLToPath(new URL('./out/', import.meta.url));
const OURS = '01KC4M6R0DCLASS71XQ5V0W2X9';
const THEIRS = '01KC4M6R0DCLASS83XQ5V0W2X9';
const OTHERS = '01KC4M6R0DCLASS92XQ5V0W2X9';
const SMALLEST_PX = 32;

/** A classroom's snapshot with what the state needs; nobody speaks and nothing is asked. */
async function classroomView() {
  const view = await fixture('server/snapshot_classroom');
  const own = { ...view.classrooms[0], assistant_name: '李老师', screen_present: true, lost_since_ms: null };
  // The printed deck has three pages; what is drawn on the page is the fixture's own.
  const surfaces = view.surfaces.map((one) => (one.surface === 'deck' ? { ...one, page: 1, strokes: [...one.strokes, CIRCLE] } : { ...one, strokes: [CIRCLE] }));
  return { ...view, surfaces, classrooms: [own], floor: [], answers: [], poll: null, pointer: null, queue: { waiting: 0, next: [] } };
}

/** A circle drawn with a pen, as the wire has it. */
const CIRCLE = {
  stroke: 50, tool: 'pen', colour: 'red', width: 60, done: true,
  points: Array.from({ length: 41 }, (_, n) => {
    const at = (turn) => [Math.round(2600 + 1900 * Math.cos(turn / 6.4)), Math.round(4500 + 420 * Math.sin(turn / 6.4))];
    const [x, y] = at(n);
    const [px, py] = n === 0 ? [0, 0] : at(n - 1);
    return [x - px, y - py, n === 0 ? 128 : 0];
  }).flat(),
};

const slots = (...video) => [
  ...Array.from({ length: 7 }, (_, index) => ({ kind: 'audio', index, source: index === 0 ? { from: 'camera' } : null })),
  ...Array.from({ length: 4 }, (_, index) => ({ kind: 'video', index, source: video[index] ?? null })),
];
const camera = { from: 'camera' };
const room = (classroom, name) => ({ from: 'classroom', classroom, name });
const onAir = (scene, rest = {}) => ({
  chosen: { scene, ...rest },
  on_air: { scene, ...rest },
  camera: 'camera',
  camera_on_air: 'camera',
});
const hand = (changes) => ({
  put_off: false,
  muted_by_master: false,
  muted_by_classroom: false,
  ended: null,
  position: null,
  granted_ms: null,
  deadline_ms: null,
  question: null,
  ...changes,
});

const POLL = {
  id: 'p1',
  question: '铝块从水中移到盐水中，仍然浸没。测力计的示数会怎样？',
  kind: { kind: 'choices', labels: ['变大', '变小', '不变', '无法判断'] },
  by: 'hands',
  opened_ms: 0,
  deadline_ms: null,
  closed_ms: null,
  correct: null,
  result: null,
};
const LONG = '浮在水面的物体，浮力等于重力，所以排开的水的重力也等于物体的重力。木块的密度比水小，只要一部分浸在水里，排开的水就够重了，剩下的部分露在外面。'.repeat(4);

/** Every state: how the snapshot differs, and what must be on the page. */
function states() {
  const now = () => Date.now();
  const asked = { id: 'q', seat: 17, text: '木块浮在水面上，为什么还有一部分露在外面？', count: 3 };
  const speaker = (at) =>
    hand({
      id: 'f1', classroom: THEIRS, classroom_name: '八（1）班', state: 'granted', question: asked,
      raised_ms: at - 60_000, changed_ms: at - 18_000, granted_ms: at - 18_000, deadline_ms: at + 42_000,
    });
  const poll = (changes) => ({ ...POLL, opened_ms: now(), ...changes });
  const ours = { classroom: OURS, answered: 31, enrolled: 38, counts: [4, 24, 3, 0], numbers: [], others: 0 };
  return {
    slides: { programme: onAir('slides_and_camera'), slots: slots(camera), pointer: null },
    'slides-only': { programme: onAir('slides'), slots: slots(camera) },
    camera: { programme: onAir('camera'), slots: slots(camera) },
    board: { programme: onAir('board'), slots: slots(camera) },
    screen: { programme: onAir('screen'), slots: slots(camera, { from: 'screen' }) },
    floor: {
      programme: onAir('classroom', { classroom: THEIRS, large: true }),
      slots: slots(camera, null, room(THEIRS, '八（1）班')),
      floor: [speaker(now())],
    },
    'floor-small': {
      programme: onAir('classroom', { classroom: THEIRS, large: false }),
      slots: slots(camera, null, room(THEIRS, '八（1）班')),
      floor: [speaker(now())],
    },
    'two-classrooms': {
      programme: onAir('two_classrooms', { a: THEIRS, b: OTHERS }),
      slots: slots(camera, null, room(THEIRS, '康庄中学 八（1）班'), room(OTHERS, '窦店中学 九（2）班')),
      floor: [speaker(now()), hand({
        id: 'f2', classroom: OTHERS, classroom_name: '九（2）班', state: 'granted',
        raised_ms: now(), changed_ms: now(), granted_ms: now(), deadline_ms: now() + 55_000,
      })],
    },
    queue: {
      programme: onAir('slides_and_camera'),
      slots: slots(camera),
      floor: [hand({ id: 'f3', classroom: OURS, classroom_name: '九（2）班', state: 'accepted', question: asked, raised_ms: now(), changed_ms: now(), position: 3 })],
      queue: { waiting: 5, next: [] },
    },
    speaking: {
      programme: onAir('slides_and_camera'),
      slots: slots(camera),
      floor: [hand({ id: 'f4', classroom: OURS, classroom_name: '九（2）班', state: 'granted', question: asked, raised_ms: now(), changed_ms: now(), granted_ms: now(), deadline_ms: now() + 47_000 })],
    },
    poll: {
      programme: onAir('slides_and_camera'), slots: slots(camera),
      poll: poll({ deadline_ms: now() + 25_000 }), poll_results: [ours],
    },
    'poll-eight': {
      programme: onAir('camera'), slots: slots(camera),
      poll: poll({ question: LONG.slice(0, 290), kind: { kind: 'choices', labels: Array.from({ length: 8 }, (_, i) => `第 ${i + 1} 种说法，字数比较多的一个选项也要放得下`) } }),
      poll_results: [],
    },
    'poll-result': {
      programme: onAir('slides_and_camera'), slots: slots(camera),
      poll: poll({ closed_ms: now(), correct: 1, result: { classroom: null, answered: 271, enrolled: 304, counts: [38, 198, 30, 5], numbers: [], others: 0 } }),
      poll_results: [ours],
    },
    answer: { programme: onAir('slides_and_camera'), slots: slots(camera), later: answer('变小：盐水密度大，浮力变大。') },
    'answer-long': { programme: onAir('slides_and_camera'), slots: slots(camera), later: answer(LONG) },
    lost: {
      programme: onAir('slides'), slots: slots(null),
      studio: { master_present: false, camera: false, screen: false, second: false, lost_since_ms: now() - 12_000 },
    },
    'stand-in': {
      programme: onAir('slides'), slots: slots(null),
      studio: { master_present: false, camera: false, screen: false, second: false, lost_since_ms: now() - 12_000 },
      standIn: { show: { kind: 'page', deck: 'any', page: 2 }, since_ms: now() - 5_000 },
    },
    offline: { programme: onAir('slides_and_camera'), slots: slots(camera), later: [{ after_ms: 1_500, message: 'break' }], broken: true },
    scheduled: { state: 'scheduled', started_ms: null, programme: onAir('camera'), slots: slots() },
    ended: { state: 'ended', programme: onAir('camera'), slots: slots() },
  };
}

const answer = (text) => [
  {
    after_ms: 800,
    message: {
      type: 'delta', stream: 'stage', n: 32,
      events: [{ event: 'answer_given', answer: { question: 'q6', classroom: OTHERS, classroom_name: '八（1）班', seat: 8, text: '铝块放进盐水里，示数会变大还是变小？', count: 1, answer: text, at_ms: Date.now() } }],
    },
  },
];

/** What is wrong with a screen that is read from five metres, in words. */
function faults(smallest) {
  const found = [];
  const stage = document.querySelector('main');
  const { right, bottom } = stage.getBoundingClientRect();
  if (document.scrollingElement.scrollHeight > innerHeight || document.scrollingElement.scrollWidth > innerWidth) {
    found.push('the page scrolls');
  }
  for (const element of stage.querySelectorAll('*')) {
    if (element.closest('.vh, svg, [hidden]') !== null || !element.checkVisibility()) continue;
    const own = [...element.childNodes].filter((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (own.length === 0) continue;
    const words = own.map((node) => node.textContent.trim()).join(' ');
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < smallest) found.push(`${size.toFixed(1)} px: ${words}`);
    const range = document.createRange();
    range.setStartBefore(own[0]);
    range.setEndAfter(own.at(-1));
    const box = range.getBoundingClientRect();
    if (box.right > right + 1 || box.bottom > bottom + 1 || box.left < -1 || box.top < -1) found.push(`outside: ${words}`);
    const clip = element.closest('section, aside, footer');
    if (clip !== null && getComputedStyle(element).textOverflow !== 'ellipsis' && element.closest('.line, .asked') === null) {
      const edge = clip.getBoundingClientRect();
      // A line's box is higher than its letters.
      if (box.bottom > edge.bottom + 4 + size * 0.3) found.push(`cut off: ${words}`);
    }
  }
  for (const picture of stage.querySelectorAll('video, .held canvas')) {
    if (getComputedStyle(picture).objectFit !== 'contain') found.push('a picture may be cropped');
  }
  const figures = [...stage.querySelectorAll('figure')].filter((figure) => figure.checkVisibility());
  figures.forEach((figure, at) => {
    const a = figure.getBoundingClientRect();
    for (const other of figures.slice(at + 1)) {
      const b = other.getBoundingClientRect();
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) found.push('pictures overlap');
    }
    for (const text of stage.querySelectorAll('.caption, aside p, aside h2, .us p')) {
      const b = text.getBoundingClientRect();
      if (b.width > 0 && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) {
        found.push(`words on a picture: ${text.textContent.trim().slice(0, 40)}`);
      }
    }
  });
  return found;
}

run(async (atEnd) => {
  const p = parameters();
  await mkdir(OUT, { recursive: true });
  const client = await serveClient();
  atEnd(() => client.close());
  const browser = await launch();
  atEnd(() => browser.close());
  const deck = await printDeck(browser);
  const base = await classroomView();
  const report = await fixture('report/j6');
  const wrong = [];
  const wanted = p.only === undefined ? null : p.only.split(',');

  const lesson = {
    id: base.lesson, title: '浮力', subject: '八年级物理', state: 'live', starts_ms: Date.now() - 900_000, ends_ms: Date.now() + 1_560_000,
    started_ms: Date.now() - 900_000, ended_ms: null, master: { id: 'm', display_name: '王老师' },
    classrooms: [
      { id: OURS, name: '九（2）班', school: '窦店中学', assistant: { id: 'a', display_name: '李老师' } },
      { id: THEIRS, name: '八（1）班', school: '延庆区康庄中学', assistant: null },
      { id: OTHERS, name: '八（1）班', school: '良乡第二中学', assistant: null },
    ],
    seats: ['classroom'], my_classroom: OURS, recorded: true, floor_limit: 3,
  };
  const device = { id: 'd', name: '大屏', classroom: { id: OURS, name: '九（2）班', school: { id: 's', name: '窦店中学' } } };
  const account = (role) => ({ account: { id: 'a', name: 'a', display_name: '李老师', role, school: { id: 's', name: '窦店中学' } }, device: null });
  const home = (lessons) => ({ now_ms: Date.now(), demo: false, lessons, recordings: [] });

  async function look(page, name, { axe = true } = {}) {
    await page.evaluate(() => document.fonts.ready.then(() => null));
    await page.screenshot({ path: `${OUT}${name}.png` });
    if (!axe) return;
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    for (const found of violations) {
      const line = `${name}: ${found.impact} ${found.id}: ${found.help} at ${found.nodes.map((n) => n.target).join(' | ')}`;
      step(line);
      if (found.impact === 'serious' || found.impact === 'critical') wrong.push(line);
    }
  }

  async function open(path, world, { size = 'classroom', locale = 'zh-CN' } = {}) {
    const context = await browser.person({ base: client.base, viewport: SIZES[size], locale });
    const page = await context.newPage();
    await pretend(page, { deck, pictures: ['studio', undefined, 'class', 'class'], ...world });
    await page.goto(path);
    return { page, close: () => context.close() };
  }

  const stagePath = `/#/lesson/${base.lesson}/classroom/${OURS}`;
  async function lookAtStage(name, locale) {
    // Its clocks count from now.
    const { later, broken, standIn = null, ...changes } = states()[name];
    const classrooms = [{ ...base.classrooms[0], stand_in: standIn }];
    const api = { 'GET /api/session': { account: null, device }, [`GET /api/lessons/${base.lesson}`]: lesson, 'GET /api/home': home([lesson]) };
    const { page, close } = await open(stagePath, { api, later, snapshot: { ...base, classrooms, ...changes } }, { locale });
    await byTestId(page, 'stage').waitFor();
    if (standIn !== null) await page.locator('[data-testid="stage-stand-in"] [data-page="2"][data-ready="true"]').waitFor({ timeout: 15_000 });
    await page.waitForFunction(
      () => [...document.querySelectorAll('[data-testid="surface"]')].every((one) => one.dataset.ready === 'true'),
    );
    if (broken) await page.routeWebSocket(/\/ws\//, (socket) => socket.close());
    await page.waitForTimeout(later === undefined ? 1_200 : broken ? 3_200 : 2_000);
    const title = `screen-${name}${locale === 'en-US' ? '-en' : ''}`;
    await look(page, title, { axe: locale === 'zh-CN' });
    for (const fault of await page.evaluate(faults, SMALLEST_PX)) wrong.push(`${title}: ${fault}`);
    step(`looked at ${title}`);
    await close();
  }

  const pages = {
    pairing: {
      path: '/screen', ready: '[data-testid="pairing"][data-state="offered"]', size: 'classroom', screen: true,
      api: {
        'GET /api/session': 401,
        'POST /api/pairing': { code: '7K4-2MX', secret: 's', expires_ms: Date.now() + 600_000 },
        'GET /api/pairing/7K4-2MX': { state: 'waiting' },
      },
    },
    idle: {
      path: '/screen', ready: '[data-testid="screen-idle"]', size: 'classroom', screen: true,
      api: {
        'GET /api/session': { account: null, device },
        'GET /api/home': () => home([{ ...lesson, id: 'next', state: 'scheduled', starts_ms: Date.now() + 3_000_000, ends_ms: Date.now() + 6_000_000, started_ms: null }]),
      },
    },
    check: {
      path: `/#/lesson/${base.lesson}/check`, ready: '[data-testid="check-panel"]', size: 'pc',
      api: { 'GET /api/session': account('master'), [`GET /api/lessons/${base.lesson}`]: lesson, [`POST /api/lessons/${base.lesson}/checks`]: null },
      snapshot: { ...base, state: 'scheduled', started_ms: null },
      act: async (page) => {
        await byTestId(page, 'run-check').click();
        await page.locator('[data-testid="check-panel"][data-done="true"][data-told="true"]').waitFor({ timeout: 40_000 });
      },
    },
    preflight: {
      path: '/#/preflight', ready: '[data-testid="preflight"]', size: 'pc',
      api: { 'GET /api/session': account('administrator'), 'GET /api/preflight': () => preflight(lesson) },
    },
    'preflight-empty': {
      path: '/#/preflight', ready: '[data-testid="preflight"]', size: 'pc',
      api: { 'GET /api/session': account('administrator'), 'GET /api/preflight': { now_ms: Date.now(), lessons: [] } },
    },
    report: {
      path: `/#/lesson/${base.lesson}/report`, ready: '[data-testid="report-totals"]', size: 'pc',
      api: { 'GET /api/session': account('master'), [`GET /api/lessons/${base.lesson}/report`]: { ...report, names: {} } },
    },
    observe: {
      path: `/#/lesson/${base.lesson}/observe`, ready: '[data-testid="observation-form"] fieldset', size: 'pc',
      api: {
        'GET /api/session': account('administrator'), [`GET /api/lessons/${base.lesson}`]: lesson,
        [`GET /api/lessons/${base.lesson}/observation`]: observation(base), [`PUT /api/lessons/${base.lesson}/observation`]: observation(base),
      },
      snapshot: { ...base, seat: { ...base.seat, role: 'observer', classroom: null }, programme: onAir('slides_and_camera'), slots: slots(camera), started_ms: Date.now() - 900_000 },
    },
    observations: {
      path: `/#/lesson/${base.lesson}/observations`, ready: '[data-testid="observation"]', size: 'pc',
      api: {
        'GET /api/session': account('master'), [`GET /api/lessons/${base.lesson}`]: lesson,
        [`GET /api/lessons/${base.lesson}/observations`]: { observations: [{ observer: { id: 'o', display_name: '陈老师' }, ...observation(base) }] },
      },
    },
  };
  async function lookAtPage(name, locale, at) {
    const { path, ready, api, snapshot, act, screen } = pages[name];
    const { page, close } = await open(path, { api, snapshot }, { size: at, locale });
    await page.locator(ready).first().waitFor({ timeout: 15_000 });
    await page.waitForTimeout(600);
    if (act !== undefined) await act(page);
    const title = `${name}${at === 'small' ? '-small' : ''}${locale === 'en-US' ? '-en' : ''}`;
    await look(page, title);
    if (screen) for (const fault of await page.evaluate(faults, SMALLEST_PX)) wrong.push(`${title}: ${fault}`);
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
    if (wide > 0) wrong.push(`${title}: ${wide} px wider than the window`);
    step(`looked at ${title}`);
    await close();
  }

  const is = (name) => wanted === null || wanted.includes(name);
  const jobs = [];
  for (const name of Object.keys(states()).filter(is)) {
    for (const locale of ['zh-CN', 'en-US']) jobs.push(() => lookAtStage(name, locale));
  }
  for (const [name, { size }] of Object.entries(pages).filter(([name]) => is(name))) {
    const sizes = size === 'pc' ? ['pc', 'small'] : [size];
    for (const at of sizes) for (const locale of ['zh-CN', 'en-US']) jobs.push(() => lookAtPage(name, locale, at));
  }
  // Most of the time is spent waiting for a state to settle.
  await inLanes(3, jobs, (job) => job());

  must(wrong.length === 0, `${wrong.length} faults:\n${wrong.join('\n')}`);
  return { pictures: OUT };
});

function observation(base) {
  const at = Date.now();
  return {
    scores: [{ criterion: 'goals', points: 9 }, { criterion: 'clarity', points: 8 }, { criterion: 'interaction', points: 10 }],
    notes: [{ at_ms: at - 600_000, text: '用测力计引入，学生马上动手。' }, { at_ms: at - 240_000, text: '提问后等了十秒，很好。' }],
    released: true,
  };
}

function preflight(lesson) {
  const now = Date.now();
  const fine = { verdict: 'ok', reason: null };
  const all = { camera: fine, microphone: fine, echo: fine, loss: fine, path: fine, clock: fine };
  const check = (classroom, worst, changes = {}) => ({ classroom, at_ms: now - 120_000, worst, result: { ...all, ...changes } });
  const place = (n, result, present = true, assistant = '李老师') => ({
    classroom: { id: `c${n}`, name: `八（${n}）班`, school: ['窦店中学', '良乡第二中学', '延庆区康庄中学'][n % 3] },
    assistant: assistant === null ? null : { id: `a${n}`, display_name: assistant },
    check: result, screen_present: present, assistant_present: present,
  });
  const first = Array.from({ length: 9 }, (_, n) => place(n + 1, check(`c${n + 1}`, 'ok')));
  first[1] = place(2, check('c2', 'bad', { path: { verdict: 'bad', reason: 'path_none' }, loss: { verdict: 'bad', reason: 'path_none' } }));
  first[4] = place(5, check('c5', 'bad', { microphone: { verdict: 'bad', reason: 'microphone_silent' } }));
  first[6] = place(7, check('c7', 'warn', { clock: { verdict: 'warn', reason: 'clock_off' } }));
  first[7] = place(8, null, false, null);
  const soon = { ...lesson, id: 'l2', title: '一元一次不等式', state: 'scheduled', starts_ms: now + 46 * 60_000 };
  return {
    now_ms: now,
    lessons: [
      { lesson: { ...lesson, state: 'scheduled', starts_ms: now + 6 * 60_000 }, studio: { check: check(null, 'ok'), present: true }, classrooms: first },
      { lesson: soon, studio: { check: null, present: false }, classrooms: [place(11, null, false), place(12, check('c12', 'ok'))] },
    ],
  };
}
