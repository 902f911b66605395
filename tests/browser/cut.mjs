// J6 in browsers: the master's whole connection is dead for `--seconds`. A classroom and its assistant are told within
// three seconds, the last slide stays, the assistant leafs through the slides; then everything is back without a touch.
// `--relay` is the address before the media, `--line` where that way is darkened (`/dark`) and freed (`/light`).
import { byTestId, launch } from './lib/chromium.mjs';
import { ASSISTANTS, MASTER, SIZES, goLive, openClassroom } from './lib/lesson.mjs';
import { untilRuns } from './lib/picture.mjs';
import { through } from './lib/relay.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';

const PICTURE = '[data-testid="stage-video-0"]';

run(async (atEnd) => {
  const p = parameters();
  const browser = await launch({ video: p.video, audio: p.audio });
  atEnd(() => browser.close());
  const context = await browser.person({ base: p.base, ...MASTER, viewport: SIZES.studio });
  const line = await breakable(context, p);
  const studio = await goLive(context, p.lesson);
  const one = { base: p.base, ...ASSISTANTS[0] };
  const screen = await openClassroom(await browser.person({ ...one, viewport: SIZES.classroom }), p.lesson, p.classroom);
  const phone = await (await browser.person({ ...one, viewport: SIZES.phone })).newPage();
  await phone.goto(`/#/lesson/${p.lesson}/assistant/${p.classroom}`);
  await byTestId(phone, 'tab-attendance').waitFor({ timeout: 15_000 });

  await byTestId(studio, `open-deck-${p.deck}`).first().click();
  await byTestId(studio, 'page-next').first().click();
  await byTestId(studio, 'scene-slides_and_camera').first().click();
  const slide = screen.locator('[data-testid="surface"][data-surface="deck"][data-page="2"][data-ready]');
  await slide.waitFor({ timeout: 15_000 });
  await untilRuns(screen, PICTURE);
  step('the class sees the master beside page 2');

  const cut = Date.now();
  await line.cut();
  const notices = [screen, phone].map((page) => byTestId(page, 'studio-lost').first().waitFor({ timeout: 10_000 }));
  await Promise.all(notices);
  const noticed_ms = Date.now() - cut;
  step(`screen and phone have a notice after ${noticed_ms} ms`);
  must(await slide.isVisible(), 'the last slide stays on the screen');
  await byTestId(phone, 'open-slides').first().click();
  const slides = byTestId(phone, 'slides').first();
  must((await slides.getAttribute('data-page')) === '2', 'the assistant begins at the page that was on air');
  await phone.keyboard.press('ArrowLeft');
  await until('the assistant leafs back', 3_000, async () => (await slides.getAttribute('data-page')) === '1');
  await phone.keyboard.press('Escape');
  await new Promise((resolve) => setTimeout(resolve, p.seconds * 1_000 - (Date.now() - cut)));

  const mended = Date.now();
  await line.mend();
  await byTestId(screen, 'studio-lost').first().waitFor({ state: 'detached', timeout: 30_000 });
  await untilRuns(screen, PICTURE, 4, 30_000);
  const back_ms = Date.now() - mended;
  step(`the picture runs again after ${back_ms} ms`);
  await studio.locator('[data-testid="connection"][data-state="online"]').first().waitFor({ timeout: 20_000 });
  await byTestId(studio, 'page-back').first().click();
  const first = screen.locator('[data-testid="surface"][data-surface="deck"][data-page="1"][data-ready]');
  await first.waitFor({ timeout: 10_000 });
  step('the master leads on');
  return { noticed_ms, back_ms };
});

/** Everything between this person and the server goes through here, and can be dead. */
async function breakable(context, { line, relay }) {
  let dead = false;
  await context.route('**/whip/**', async (route) => {
    if (dead) return route.abort('internetdisconnected');
    const response = await route.fetch();
    await route.fulfill({ response, body: through(await response.text(), relay) });
  });
  await context.routeWebSocket(/\/ws\//, (socket) => {
    // A socket that is opened over a dead line waits; it is not told that there is nobody.
    if (dead) return;
    const server = socket.connectToServer();
    let lost = false;
    socket.onMessage((message) => (lost ||= dead) || server.send(message));
    server.onMessage((message) => (lost ||= dead) || socket.send(message));
  });
  const set = async (state) => {
    const answer = await fetch(`${line}/${state}`, { method: 'POST' });
    must(answer.ok, `the line is set: ${answer.status}`);
    dead = state === 'dark';
    await context.setOffline(dead);
  };
  return { cut: () => set('dark'), mend: () => set('light') };
}
