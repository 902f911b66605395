// J1 with real browsers: a studio, two classrooms and their assistants' phones. The roll is called, three questions of
// one class become one item of the master's, that class has the floor and nobody else is heard; the report adds it up.
// Other classrooms of the lesson are the caller's to play.
import { byTestId, launch, streams, untilState } from './lib/chromium.mjs';
import { ASSISTANTS, MASTER, SIZES, goLive, openClassroom } from './lib/lesson.mjs';
import { listen, untilRuns } from './lib/picture.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';

run(async (atEnd) => {
  const p = parameters();
  const browser = await launch({ video: p.video, audio: p.audio });
  atEnd(() => browser.close());
  const rooms = [p.classroom, p['other-classroom']];
  const master = await browser.person({ base: p.base, ...MASTER, viewport: SIZES.studio });
  const studio = await goLive(master, p.lesson);
  const [screens, phones] = [[], []];
  for (const [n, room] of rooms.entries()) {
    const screen = await browser.person({ base: p.base, ...ASSISTANTS[n], viewport: SIZES.classroom });
    screens.push(await openClassroom(screen, p.lesson, room));
    const phone = await browser.person({ base: p.base, ...ASSISTANTS[n], viewport: SIZES.phone });
    phones.push(await openPhone(phone, p.lesson, room));
  }
  const [asking, listening] = screens;
  await untilRuns(listening, '[data-testid="stage-video-0"]');
  step('the classrooms see the studio');

  const roll = Date.now();
  for (const phone of phones) {
    await byTestId(phone, 'tab-attendance').click();
    // What is tapped is kept without another tap.
    for (const seat of [3, 28]) await byTestId(phone, `seat-${seat}`).click();
    await untilState(phone, 'roll', 'taken');
  }
  const roll_ms = Date.now() - roll;
  step(`the roll of two classes is called within ${roll_ms} ms`);

  const [desk] = phones;
  await byTestId(desk, 'tab-questions').click();
  await ask(desk, 5, '放大镜的焦距怎么量？');
  await ask(desk, 9, '放大镜的焦距怎么量出来？');
  await ask(desk, 17, '为什么像是倒立的？');
  const open = desk.locator('[data-testid="questions"] [data-testid^="question-"][data-state="open"]');
  await until('three questions are open', 5_000, async () => (await open.count()) === 3);
  // What sounds alike is suggested, so one tap merges it.
  const second = open.filter({ hasText: '怎么量出来' });
  await byTestId(second, 'step-merge').click();
  await until('two are one', 5_000, async () => (await open.count()) === 2);
  await byTestId(open.filter({ hasText: '怎么量' }), 'step-answer_here').click();
  await byTestId(open.filter({ hasText: '倒立' }), 'step-escalate').click();
  const items = studio.locator('[data-testid^="queue-item-"]');
  await byTestId(studio, `queue-item-${rooms[0]}`).first().waitFor({ timeout: 10_000 });
  must((await items.count()) === 1, `the master sees one item: ${await items.count()}`);
  must((await items.first().innerText()).includes('倒立'), 'it is the question that was passed on');
  step('three questions are one item of the master');

  // The studio can be led by keyboard.
  await studio.keyboard.press('f');
  await untilRuns(listening, '[data-testid="stage-video-2"]');
  await byTestId(asking, 'floor-clock').first().waitFor({ timeout: 5_000 });
  const sound = await listening.evaluate(listen, { selector: '[data-testid="stage-audio-1"]', milliseconds: 2_500 });
  must(sound && sound.peak > 0.03, `the class is heard: ${JSON.stringify(sound)}`);
  const heard = await busy(studio);
  must(heard.audio === 1, `only that class is heard in the studio: ${JSON.stringify(heard)}`);
  step('the class has the floor, and nobody else is heard');
  await studio.keyboard.press('f');
  await until('the class is gone from the stage', 5_000, async () => {
    const before = await packets(studio, 'audio');
    await pause(500);
    return (await packets(studio, 'audio')) === before;
  });
  step('taken back');

  await byTestId(studio, 'end-lesson').first().click();
  await byTestId(studio, 'confirm-end-lesson').first().click();
  await untilState(studio, 'lesson-state', 'ended');
  const answer = await master.request.get(`${p.base}/api/lessons/${p.lesson}/report`);
  must(answer.ok(), `the report: ${answer.status()}`);
  const page = await master.newPage();
  await page.goto(`/#/lesson/${p.lesson}/report`);
  await byTestId(page, 'report-totals').first().waitFor({ timeout: 10_000 });
  step('the report is there');
  return { roll_ms, report: await answer.json() };
});

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function openPhone(context, lesson, classroom) {
  const page = await context.newPage();
  await page.goto(`/#/lesson/${lesson}/assistant/${classroom}`);
  await byTestId(page, 'tab-attendance').waitFor({ timeout: 15_000 });
  step(`the phone of ${classroom} is open`);
  return page;
}

async function ask(desk, seat, words) {
  await byTestId(desk, 'question-seat').fill(String(seat));
  await byTestId(desk, 'question-text').fill(words);
  await byTestId(desk, 'ask-question').click();
}

/** Packets of a kind that the page has received in all. */
async function packets(page, kind) {
  const inbound = await streams(page, 'inbound');
  return inbound.filter((s) => s.kind === kind).reduce((sum, s) => sum + (s.packetsReceived ?? 0), 0);
}

/** How many streams of each kind have received anything. */
async function busy(page) {
  const inbound = await streams(page, 'inbound');
  const of = (kind) => inbound.filter((s) => s.kind === kind && (s.packetsReceived ?? 0) > 0).length;
  return { audio: of('audio'), video: of('video') };
}
