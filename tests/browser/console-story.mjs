// What an assistant does during a lesson, on a server that only pretends: every touch and key says the message it should,
// and what the lesson says back shows. The real server has its own stories; this one is about the page.
import { launch } from './lib/chromium.mjs';
import { SIZES } from './lib/lesson.mjs';
import { aPoll, aQuestion, aRequest, consoleView, LESSON, lessonCard, openAssistant, OUR_HANDS, PUPILS, ROOM } from './lib/console.mjs';
import { printDeck, serveClient } from './lib/pretend.mjs';
import { must, run, step } from './lib/script.mjs';

const CONSOLE = `/#/lesson/${LESSON}/assistant/${ROOM}`;

run(async (atEnd) => {
  const client = await serveClient();
  atEnd(() => client.close());
  const browser = await launch();
  atEnd(() => browser.close());
  const deck = await printDeck(browser);
  const context = await browser.person({ base: client.base, viewport: SIZES.phone });
  const view = await consoleView();
  const fresh = { ...view, attendance: [{ ...view.attendance[0], taken_ms: null, marks: [], present: 40, absent: 0, late: 0 }] };
  const desk = await openAssistant(context, CONSOLE, { view: fresh, deck });
  const { page, at, said, heard, tell, tellAlone, tab, same } = desk;
  const attendance = (marks) => ({ event: 'attendance_changed', attendance: { ...fresh.attendance[0], taken_ms: Date.now(), marks: marks.map((mark) => ({ ...mark, at_ms: Date.now() })) } });

  // Attendance: two are missing, one came late; by finger and by keyboard.
  await at('seat-12').click();
  await at('seat-31').click();
  same((await heard('take_attendance', ({ marks }) => marks.length === 2)).marks, [{ seat: 12, mark: 'absent' }, { seat: 31, mark: 'absent' }]);
  await at('seat-31').press('ArrowLeft');
  await page.keyboard.press('Enter');
  await at('mark-late').click();
  const marks = [{ seat: 12, mark: 'absent' }, { seat: 30, mark: 'late' }, { seat: 31, mark: 'absent' }];
  same((await heard('take_attendance', ({ marks: now }) => now.some(({ mark }) => mark === 'late'))).marks, marks);
  tell('room', attendance(marks));
  await page.locator('[data-testid="roll"][data-state="taken"]').waitFor();
  must((await at('absentees').innerText()).includes(PUPILS[11].name), 'the absent are named');
  // What is tapped while the line is broken is said when it is back.
  const before = said.length;
  await desk.breakLine();
  await at('offline-notice').waitFor();
  await at('seat-1').click();
  await page.locator('[data-testid="offline-notice"]').waitFor({ state: 'detached', timeout: 15_000 });
  await heard('take_attendance', (message) => said.indexOf(message) >= before && message.marks.some(({ seat }) => seat === 1));
  step('attendance is taken');

  // The ladder: a new question, one merged as suggested, one passed on and taken back, one answered here.
  await tab('questions');
  await at('ask-question').click();
  must(await page.getByRole('alert').isVisible(), 'nothing to ask is said in words');
  await at('question-seat').fill('9');
  await at('question-text').fill('盐水里浮力更大吗？');
  await page.keyboard.press('Enter');
  same(await heard('ask_question'), { type: 'ask_question', seat: 9, text: '盐水里浮力更大吗？', wants_to_speak: false });
  tell('room', { event: 'question_changed', question: aQuestion({ id: 'q9', seat: 9, text: '盐水里浮力更大吗？', asked_ms: Date.now() }) });
  const question = (id) => at(`question-${id}`);
  await question('q22').locator('[data-testid="step-merge"]').click();
  same(await heard('merge_question'), { type: 'merge_question', question: 'q22', into: 'q17' });
  await question('q5').locator('[data-testid="step-merge"]').click();
  await question('q5').locator('[data-testid="merge-into-q9"]').click();
  same(await heard('merge_question', ({ into }) => into === 'q9'), { type: 'merge_question', question: 'q5', into: 'q9' });
  await question('q9').locator('[data-testid="step-escalate"]').click();
  same(await heard('escalate_question'), { type: 'escalate_question', question: 'q9' });
  await question('q5').locator('[data-testid="step-answer_here"]').click();
  same(await heard('answer_here'), { type: 'answer_here', question: 'q5' });
  await question('q5').locator('[data-testid="step-withdraw"]').click();
  same(await heard('withdraw_question'), { type: 'withdraw_question', question: 'q5' });
  await question('q17').locator('[data-testid="step-take_back"]').click();
  same(await heard('lower_hand'), { type: 'lower_hand', request: 'r17' });
  tell('stage', { event: 'answer_given', answer: { question: 'x', classroom: 'C2', classroom_name: '八（1）班', seat: 8, text: '问', count: 1, answer: '浮力变大。', at_ms: Date.now() } });
  await at('answers').getByText('浮力变大。', { exact: true }).waitFor();
  await at('wants-to-speak').click();
  await at('ask-question').click();
  same(await heard('ask_question', ({ wants_to_speak }) => wants_to_speak), { type: 'ask_question', seat: null, text: null, wants_to_speak: true });
  step('questions climb their ladder');

  // The floor: the screen's hand is accepted from another panel, the room is muted, the floor given back.
  tell('room', { event: 'floor_changed', request: aRequest({ id: 'h1', question: null, state: 'pending', position: null }) });
  await at('hand-banner').waitFor();
  await at('accept-hand').click();
  same(await heard('accept_hand'), { type: 'accept_hand', request: 'h1' });
  tell('stage', { event: 'floor_changed', request: aRequest({ state: 'granted', position: null, granted_ms: Date.now(), deadline_ms: Date.now() + 60_000 }) });
  await tab('floor');
  await at('floor-clock').waitFor();
  await at('mute-room').click();
  same(await heard('mute_floor'), { type: 'mute_floor', request: 'r17', on: true });
  await at('release-floor').click();
  same(await heard('release_floor'), { type: 'release_floor', request: 'r17' });
  tell('stage', { event: 'floor_changed', request: aRequest({ state: 'released', position: null, ended: 'released_by_classroom' }) });
  tell('room', { event: 'floor_changed', request: aRequest({ id: 'h1', question: null, state: 'denied', position: null, ended: 'denied_by_master' }) });
  await at('raise-hand').click();
  await heard('raise_hand');
  step('the class has spoken');

  // Staff talk: to the master alone, and by holding the key, which the keyboard can do as well.
  await tab('talk');
  await at('talk-to-master').click();
  await at('talk-text').fill('我们班投影灯泡快不行了');
  await at('talk-send').click();
  same(await heard('say_to_staff'), { type: 'say_to_staff', text: '我们班投影灯泡快不行了', classroom: ROOM });
  await at('hold-to-talk').focus();
  await page.keyboard.down(' ');
  same(await heard('hold_talk'), { type: 'hold_talk', on: true });
  tell('staff', { event: 'talk_changed', talkers: [{ role: 'assistant', classroom: ROOM, name: '李娜', since_ms: Date.now(), deadline_ms: Date.now() + 60_000 }] });
  await page.locator('[data-testid="hold-to-talk"][aria-pressed="true"]').waitFor();
  await page.keyboard.up(' ');
  same(await heard('hold_talk', ({ on }) => !on), { type: 'hold_talk', on: false });
  tell('staff', { event: 'talk_changed', talkers: [{ role: 'master', classroom: null, name: '王老师', since_ms: Date.now(), deadline_ms: Date.now() + 60_000 }] });
  await at('talker').waitFor();
  tell('staff', { event: 'talk_changed', talkers: [] });
  tellAlone({ event: 'staff_said', said: { n: 90, at_ms: Date.now(), role: 'duty', from_classroom: null, name: '赵工', classroom: ROOM, text: '马上来换' } });
  await at('talk-log').getByText('马上来换').waitFor();
  step('the staff talk');

  // A poll: hands, then seats.
  tell('stage', { event: 'poll_changed', poll: aPoll({}) });
  await tab('poll');
  await at('poll-count-1').fill('20');
  await at('poll-count-1').press('Tab');
  same((await heard('answer_poll')).counts, [0, 20, 0, 0]);
  tell('room', { event: 'poll_result_changed', poll: 'p1', result: { ...OUR_HANDS, answered: 20, counts: [0, 20, 0, 0] } });
  tell('stage', { event: 'poll_changed', poll: aPoll({ id: 'p2', by: 'seats' }) });
  await at('poll-seats').waitFor();
  await at('poll-answer-1').click();
  await at('poll-answer-0').click();
  const answers = said.filter(({ type }) => type === 'answer_poll_seat').map(({ seat, answer }) => [seat, answer]);
  same(answers, [[2, 1], [3, 0]]);
  tell('stage', { event: 'poll_changed', poll: aPoll({ id: 'p2', by: 'seats', closed_ms: Date.now(), correct: 1, result: { ...OUR_HANDS, classroom: null } }) });
  await at('poll-chart').first().waitFor();
  step('the poll is answered');

  // Help, and the lesson that goes on without its studio.
  await tab('help');
  await at('call-no_sound').click();
  must((await heard('call_help')).kind === 'sound', 'no sound is about sound');
  tellAlone({ event: 'help_changed', help: { id: 'h', classroom: ROOM, kind: 'sound', text: null, state: 'taken', called_ms: Date.now(), changed_ms: Date.now(), by: '赵工' } });
  await page.locator('[data-testid="own-call"][data-state="taken"]').waitFor();
  must(await at('call-microphone').isDisabled(), 'one call of a kind at a time');
  tell('stage', { event: 'studio_changed', studio: { ...view.studio, camera: false, lost_since_ms: Date.now() - 5_000 } });
  await at('studio-lost').waitFor();
  await at('open-slides').first().click();
  await page.locator('[data-testid="slides"] [data-ready="true"], [data-testid="slides"] canvas').first().waitFor({ timeout: 15_000 });
  await page.keyboard.press('ArrowRight');
  await page.locator('[data-testid="slides"][data-page="2"]').waitFor();
  await page.keyboard.press('Escape');
  await at('slides').waitFor({ state: 'detached' });
  // The same on the classroom's own big screen: a page, the next one, the clip, and the lesson again.
  const onScreen = (show) => {
    const stand_in = show === null ? null : { show, since_ms: Date.now() };
    tell('room', { event: 'classroom_changed', classroom: { ...view.classrooms[0], stand_in } });
  };
  await at('screen-slides').click();
  const { show } = await heard('stand_in');
  must(show.kind === 'page', 'a page of the slides');
  onScreen(show);
  await page.locator('[data-testid="our-screen"][data-shows="page"]').waitFor();
  await at('screen-next').click();
  const next = { ...show, page: show.page + 1 };
  same(await heard('stand_in', ({ show }) => show?.page === next.page), { type: 'stand_in', classroom: ROOM, show: next });
  await at('screen-clip').click();
  const clip = { kind: 'clip', clip: view.fallback };
  same((await heard('stand_in', ({ show }) => show?.kind === 'clip')).show, clip);
  onScreen(clip);
  await page.locator('[data-testid="our-screen"][data-shows="clip"]').waitFor();
  await at('screen-stop').click();
  same((await heard('stand_in', ({ show }) => show === null)).show, null);
  onScreen(null);
  await page.locator('[data-testid="our-screen"][data-shows="lesson"]').waitFor();
  tell('stage', { event: 'studio_changed', studio: { ...view.studio, camera: true, lost_since_ms: null } });
  await at('studio-lost').waitFor({ state: 'detached' });
  step('help is on its way and the lesson goes on');

  // The bell: what is open is left for after class.
  tell('stage', { event: 'lesson_changed', state: 'ended', at_ms: Date.now() });
  await at('follow-ups').waitFor();
  await page.close();

  await classList(context);
  await pairing(context);
  await standIn(context);
  await pupil(context);
  return {};
});

async function classList(context) {
  let stored = null;
  const room = { id: ROOM, name: '八（3）班', school: { id: 'S', name: '良乡二中' }, assistant: null };
  const { page, at, same } = await openAssistant(context, `/#/classes/${ROOM}`, {
    api: {
      [`PUT /api/classrooms/${ROOM}/seats`]: (request) => {
        stored = request.postDataJSON();
        return { ...room, seats: stored.seats };
      },
    },
  });
  await at('paste-list').click();
  await at('paste-text').fill('座号\t姓名\t组别\n2\t李明\t第二组\n1\t王芳\t第一组\n1\t赵强\t\n');
  await at('paste-replace').click();
  must(await at('save-list').isEnabled(), 'lines with a problem are not taken over');
  await at('add-seat').click();
  must(await at('save-list').isDisabled(), 'a row without a name waits');
  await at('row-2-name').fill('陈静');
  await at('save-list').click();
  await page.getByText('名单已保存').waitFor();
  same(stored.seats, [{ number: 2, name: '李明', group: '第二组' }, { number: 1, name: '王芳', group: '第一组' }, { number: 3, name: '陈静', group: null }]);
  await page.close();
  step('a class list is pasted and saved');
}

async function pairing(context) {
  let confirmed = null;
  let revoked = false;
  const device = { id: 'D9', name: '教室大屏', classroom: { id: ROOM, name: '八（3）班', school: { id: 'S', name: '良乡二中' } } };
  const { page, at, same } = await openAssistant(context, '/pair/7K4-2MX', {
    api: {
      'POST /api/pairing/7K4-2MX/confirm': (request) => {
        confirmed = request.postDataJSON();
        return { device };
      },
      'DELETE /api/devices/D1': () => {
        revoked = true;
        return null;
      },
    },
  });
  await at(`pair-in-${ROOM}`).click();
  await at('pair-confirm').click();
  await at('pair-done').waitFor();
  same(confirmed, { classroom: ROOM, name: '教室大屏' });
  await page.goto('/#/pair');
  await at('pair-code').pressSequentially('7k42mx');
  await at('pair-next').click();
  await at('pair-confirm').waitFor();
  await page.goto('/#/devices');
  await at('device-D1').locator('[data-testid="revoke-device"]').click();
  await at('confirm-revoke').click();
  await page.getByText('“教室大屏”已取消配对').waitFor();
  must(revoked, 'the pairing is ended at the server');
  await page.close();
  step('a screen is paired and revoked');
}

async function standIn(context) {
  let taken = null;
  const { page, at, same } = await openAssistant(context, '/', {
    api: {
      [`POST /api/lessons/${LESSON}/takeover`]: (request) => {
        taken = request.postDataJSON();
        return { ...lessonCard(), my_classroom: 'C2' };
      },
    },
  });
  await at('follow-ups').getByText('轮船是铁做的').waitFor();
  await page.locator('details summary').click();
  await at('take-over').first().click();
  await at('confirm-take-over').click();
  await page.waitForURL(/assistant\/C2/);
  same(taken, { classroom: 'C2' });
  await page.close();
  step('a substitute stands in');
}

async function pupil(context) {
  const given = [];
  let poll = null;
  const rooms = [{ id: ROOM, name: '八（3）班', school: '良乡二中' }, { id: 'C2', name: '八（1）班', school: '良乡二中' }];
  const { page, at, same } = await openAssistant(context, '/poll/k7m2qx', {
    api: {
      'GET /api/session': 401,
      'GET /api/polls/K7M2QX': () => ({ title: '浮力', classrooms: rooms, poll }),
      'POST /api/polls/K7M2QX': (request) => {
        given.push(request.postDataJSON());
        return given.length > 1 ? 409 : null;
      },
    },
  });
  await at('pupil-classroom').selectOption(ROOM);
  await at('pupil-seat-number').fill('１７');
  await at('pupil-begin').click();
  await page.getByText('老师还没出题').waitFor();
  poll = aPoll({ by: 'devices' });
  await at('pupil-answer-1').click({ timeout: 10_000 });
  await at('pupil-sent').waitFor();
  await at('pupil-answer-2').click();
  await page.getByRole('alert').waitFor();
  same(given, [{ classroom: ROOM, seat: 17, answer: 1 }, { classroom: ROOM, seat: 17, answer: 2 }]);
  await page.close();
  step('a pupil answers on a device of their own');
}
