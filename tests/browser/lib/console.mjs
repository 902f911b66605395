// A lesson for the assistant's console on a server that only pretends: what the page said is kept, and what the lesson
// says back can be told at any time.
import { fixture, pretend } from './pretend.mjs';
import { must, until } from './script.mjs';

export const ROOM = '01KC4M6R0DCLASS83XQ5V0W2X9';
export const LESSON = '01KC4M7Z3A8QJ5V0W2X9T6R1LS';
const FAMILY = '王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗';
const GIVEN = ['芳', '明', '伟', '静'];
const GROUPS = ['第一组', '第二组', '第三组', '第四组', '第五组'];

/** Forty pupils in five groups; no names of anybody. */
export const PUPILS = Array.from({ length: 40 }, (_, index) => ({
  number: index + 1,
  name: FAMILY[index % FAMILY.length] + GIVEN[index % GIVEN.length],
  group: GROUPS[Math.floor(index / 8)],
}));

export function aQuestion(changes) {
  return {
    id: 'q5', classroom: ROOM, classroom_name: '八（3）班', seat: 5, text: '铝块换成铁块，排开的水一样多吗？', wants_to_speak: false,
    state: 'open', asked_ms: Date.now() - 48_000, escalated_ms: null, put_off_ms: null, on_floor_ms: null, merged_ms: null,
    settled_ms: null, merged_into: null, request: null, count: 1, classrooms: [], answer: null, similar: [], ...changes,
  };
}

export function aRequest(changes) {
  return {
    id: 'r17', classroom: ROOM, classroom_name: '八（3）班',
    question: { id: 'q17', seat: 17, text: '木块浮在水面上，为什么还有一部分露在外面？', count: 3 },
    state: 'accepted', raised_ms: Date.now() - 134_000, changed_ms: Date.now() - 134_000, granted_ms: null, deadline_ms: null,
    position: 3, put_off: false, muted_by_master: false, muted_by_classroom: false, ended: null, ...changes,
  };
}

export function aPoll(changes) {
  return {
    id: 'p1', question: '测力计的示数会怎样？', kind: { kind: 'choices', labels: ['变大', '变小', '不变', '无法判断'] }, by: 'hands',
    opened_ms: Date.now(), deadline_ms: null, closed_ms: null, correct: null, result: null, ...changes,
  };
}

export const OUR_HANDS = { classroom: ROOM, answered: 31, enrolled: 40, counts: [9, 20, 2, 0], numbers: [], others: 0 };

/** A lesson in its nineteenth minute: three questions, the third place in the queue, some talk. */
export async function consoleView(changes = {}) {
  const view = await fixture('server/snapshot_assistant');
  const now = Date.now();
  const said = (n, role, name, from_classroom, text, classroom = null) => ({
    n, at_ms: now - 200_000 + n * 20_000, role, from_classroom, name, classroom, text,
  });
  return {
    ...view,
    now_ms: now,
    started_ms: now - 1_122_000,
    classrooms: [{ ...view.classrooms[0], school: '良乡二中' }],
    attendance: [
      {
        ...view.attendance[0], taken_ms: now - 1_000_000, present: 38, absent: 2, late: 1, left_early: 0,
        marks: [[6, 'late'], [12, 'absent'], [31, 'absent']].map(([seat, mark]) => ({ seat, mark, at_ms: now - 1_000_000 })),
      },
    ],
    seats: PUPILS.map(({ number, group }) => ({ seat: number, group })),
    floor: [aRequest({})],
    queue: {
      waiting: 3,
      next: [
        { request: 'a', classroom: 'C2', classroom_name: '八（1）班' },
        { request: 'b', classroom: 'C3', classroom_name: '八（2）班' },
        { request: 'r17', classroom: ROOM, classroom_name: '八（3）班' },
      ],
    },
    questions: [
      aQuestion({}),
      aQuestion({ id: 'q22', seat: 22, text: '木块为什么不会全部沉下去？', asked_ms: now - 20_000, similar: ['q17'] }),
      aQuestion({ id: 'q17', seat: 17, text: '木块浮在水面上，为什么还有一部分露在外面？', state: 'escalated', asked_ms: now - 200_000, escalated_ms: now - 134_000, count: 3, request: 'r17' }),
      aQuestion({ id: 'q1', seat: 1, state: 'answered_here', settled_ms: now - 300_000 }),
      aQuestion({ id: 'q2', seat: 2, state: 'merged', merged_ms: now - 290_000, merged_into: 'q17' }),
      aQuestion({ id: 'q3', seat: 3, state: 'answered_in_text', answer: '变小：盐水密度大，浮力变大。', settled_ms: now - 280_000 }),
    ],
    staff_talk: [
      said(1, 'master', '王老师', null, '大家好，第 8 页讲完连良乡。'),
      said(2, 'assistant', '李娜', ROOM, '17 号的问题全班都关心，可以多讲一会儿。'),
      said(3, 'master', '王老师', null, '好，讲完这页就连你们班。', ROOM),
      said(4, 'assistant', '刘静', 'C3', '我们班声音有点小。'),
      said(5, 'duty', '赵工', null, '已经调大了，现在呢？'),
      said(6, 'assistant', '陈晨', 'C2', '后排看不清红笔，能换粗一点吗？'),
    ],
    talkers: [],
    help: [],
    poll: null,
    poll_results: [],
    pointer: null,
    surfaces: [
      { surface: 'deck', deck: view.decks[0].id, page: 1, strokes: [] },
      { surface: 'board', deck: null, page: 1, strokes: [] },
    ],
    decks: [{ ...view.decks[0], pages: 3 }],
    programme: { chosen: { scene: 'slides' }, on_air: { scene: 'slides' }, camera: 'camera', camera_on_air: 'camera' },
    ...changes,
  };
}

export function lessonCard(changes = {}) {
  const now = Date.now();
  const room = (id, name, school, assistant) => ({ id, name, school, assistant });
  return {
    id: LESSON, title: '浮力', subject: '物理', state: 'live', starts_ms: now - 1_130_000, ends_ms: now + 1_560_000,
    started_ms: now - 1_122_000, ended_ms: null, master: { id: 'M', display_name: '王老师' },
    classrooms: [
      room(ROOM, '八（3）班', '良乡二中', { id: 'A', display_name: '李娜' }),
      room('C2', '八（1）班', '良乡二中', { id: 'B', display_name: '陈晨' }),
      room('C3', '八（2）班', '康庄中学', null),
    ],
    seats: ['assistant', 'classroom'], my_classroom: ROOM, recorded: true, floor_limit: 3, ...changes,
  };
}

const school = { id: 'S', name: '良乡二中' };
const classroom = { id: ROOM, name: '八（3）班', school };

/** What the API answers to an assistant. */
export function assistantApi(changes = {}) {
  const now = Date.now();
  const device = (id, name, last_seen_ms, paired_by) => ({ id, name, classroom, paired_ms: now - 864_000_000, paired_by, last_seen_ms });
  const open = (question, seat, name, text) => ({
    lesson: 'L0', title: '阿基米德原理', ended_ms: now - 90_000_000, classroom: ROOM, classroom_name: '八（3）班', question, seat, name, text, escalated: seat === 17,
  });
  return {
    'GET /api/session': {
      account: { id: 'A', name: 'assistant1', display_name: '李娜', role: 'assistant', school },
      device: null,
    },
    [`GET /api/lessons/${LESSON}`]: lessonCard(),
    'GET /api/home': { now_ms: now, demo: false, lessons: [lessonCard(), lessonCard({ id: 'L2', title: '欧姆定律', state: 'scheduled', starts_ms: now + 5_400_000, ends_ms: now + 8_100_000, started_ms: null })], recordings: [] },
    'GET /api/classrooms': { classrooms: [{ id: ROOM, name: '八（3）班', school: '良乡二中' }, { id: 'C2', name: '八（1）班', school: '良乡二中' }] },
    [`GET /api/classrooms/${ROOM}`]: { ...classroom, assistant: { id: 'A', display_name: '李娜' }, seats: PUPILS },
    'GET /api/follow-ups': { questions: [open('f1', 17, '马芳', '轮船是铁做的，为什么能浮在水面上？'), open('f2', 5, '陈芳', null)] },
    'GET /api/devices': { devices: [device('D1', '教室大屏', now - 20_000, { id: 'A', display_name: '李娜' }), device('D2', '后墙电视', null, null)] },
    'GET /api/pairing/7K4-2MX/offer': { expires_ms: now + 540_000, classrooms: [{ id: ROOM, name: '八（3）班', school: '良乡二中' }, { id: 'C2', name: '八（1）班', school: '良乡二中' }] },
    ...changes,
  };
}

/** Opens a page of the assistant. `said` grows as the page speaks; `tell` speaks back on a stream. */
export async function openAssistant(context, path, { view, api = {}, deck } = {}) {
  const page = await context.newPage();
  const said = [];
  let socket = null;
  let snapshot = view ?? (await consoleView());
  await pretend(page, { api: assistantApi(api), deck, pictures: ['studio'] });
  let refused = false;
  await page.routeWebSocket(/\/ws\//, (opened) => {
    if (refused) return void opened.close();
    socket = opened;
    opened.onMessage((text) => {
      const message = JSON.parse(text);
      if (message.type === 'ping') return opened.send(JSON.stringify({ type: 'pong', n: message.n, now_ms: Date.now() }));
      if (message.type !== 'join') said.push(message);
      if (message.type !== 'join' && message.type !== 'snapshot') return;
      opened.send(JSON.stringify(snapshot.type === 'bye' ? snapshot : { ...snapshot, now_ms: Date.now() }));
      if (snapshot.type === 'bye') return;
      const line = { classroom: ROOM, estimate_kbit: 5200, layer: 2, layers: 3, lost_percent: 0.3, rtt_ms: 24, quality: 'good' };
      opened.send(JSON.stringify({ type: 'lines', lines: [line] }));
    });
  });
  await page.goto(path);
  return {
    page,
    said,
    at: (id) => page.locator(`[data-testid="${id}"]`),
    /** The last message of this type, once it was said. */
    heard: (type, what = () => true) =>
      until(`the page says ${type}`, 5_000, () => said.findLast((message) => message.type === type && what(message))),
    tell(stream, ...events) {
      const n = snapshot.streams[stream] + 1;
      snapshot = { ...snapshot, streams: { ...snapshot.streams, [stream]: n } };
      socket.send(JSON.stringify({ type: 'delta', stream, n, events }));
    },
    tellAlone: (...events) => socket.send(JSON.stringify({ type: 'private', events })),
    /** The line breaks; the page comes back by itself. */
    breakLine: () => socket.close(),
    /** From now on nobody is let in. */
    refuse: () => (refused = true),
    tab: (name) => page.locator(`[data-testid="tab-${name}"]`).click(),
    same(found, expected) {
      must(JSON.stringify(found) === JSON.stringify(expected), `said ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
    },
  };
}
