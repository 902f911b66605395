// What the pages show and play with real media: a classroom on the floor at full size, a shared screen, a second camera,
// talk among the staff that no pupil hears, and small pictures of the classrooms that stay fresh.
import { byTestId, launch, untilState } from './lib/chromium.mjs';
import { ASSISTANTS, MASTER, SIZES, goLive, openClassroom } from './lib/lesson.mjs';
import { listen } from './lib/picture.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';

const [WIDTH, HEIGHT] = [1280, 720];
/** Loudest sample of a microphone that beeps, and of one that is not heard. */
const [HEARD, SILENT] = [0.02, 0.001];

run(async (atEnd) => {
  const p = parameters();
  // The second of Chromium's cameras has a format that is not encoded; the third is like the first.
  const browser = await launch({ cameras: 3 });
  atEnd(() => browser.close());
  const rooms = [p.classroom, p['other-classroom']];
  const open = async (n, viewport) => browser.person({ base: p.base, ...ASSISTANTS[n], viewport });
  const studio = await goLive(await browser.person({ base: p.base, ...MASTER, viewport: SIZES.studio }), p.lesson);
  const openPhone = async (n) => {
    const page = await (await open(n, SIZES.phone)).newPage();
    await page.goto(`/#/lesson/${p.lesson}/assistant/${rooms[n]}`);
    await byTestId(page, 'tab-talk').click({ timeout: 15_000 });
    await byTestId(page, 'listen-talk').first().click();
    return page;
  };
  const openScreen = async (n) => openClassroom(await open(n, SIZES.pc), p.lesson, rooms[n]);
  const [speaking, watching, ...phones] = await Promise.all([openScreen(0), openScreen(1), openPhone(0), openPhone(1)]);
  const stills = await fresh(studio, rooms);
  must(stills.every((pictures) => pictures >= 3 && pictures <= 7), `about one still a second: ${stills}`);
  step(`every classroom is a still of about one a second: ${stills}`);

  await byTestId(speaking, 'raise-hand').first().click();
  await byTestId(phones[0], 'accept-hand').first().click({ timeout: 10_000 });
  await byTestId(studio, `queue-item-${rooms[0]}`).first().waitFor({ timeout: 10_000 });
  const granted = Date.now();
  await studio.keyboard.press('f');
  await until('the class on the floor is shown at full size', 4_000, async () => {
    const { width, height } = await sizeOf(watching, 2);
    return width === WIDTH && height === HEIGHT;
  });
  const full_ms = Date.now() - granted;
  step(`the class on the floor is shown at full size after ${full_ms} ms`);
  const meanwhile = await fresh(studio, rooms);
  must(meanwhile.every((pictures) => pictures >= 3), `the rooms stay fresh while one has the floor: ${meanwhile}`);
  step(`the rooms stay fresh meanwhile: ${meanwhile}`);
  await studio.keyboard.press('f');

  await studio.keyboard.press('5');
  await watching.locator('[data-testid="stage"][data-layout="screen"]').waitFor({ timeout: 10_000 });
  await moves(watching, 1, 'the shared screen');
  await byTestId(studio, 'share-screen').click();
  await until('the shared screen is gone', 5_000, async () => (await sizeOf(watching, 1)) === null || (await stage(watching)) !== 'screen');
  step('the shared screen was shown');

  await studio.keyboard.press('1');
  await until('the class sees the camera', 5_000, async () => (await brightness(watching)) > 20);
  // The first camera is covered, so that the class can only see the second one.
  await byTestId(studio, 'self-view').first().evaluate((video) => (video.srcObject.getVideoTracks()[0].enabled = false));
  await until('the class sees nothing', 5_000, async () => (await brightness(watching)) < 5);
  await studio.locator('details summary').first().click();
  await byTestId(studio, 'second-camera').locator('select').selectOption({ index: 2 });
  await byTestId(studio, 'switch-camera-second').waitFor({ timeout: 10_000 });
  await studio.evaluate(() => document.activeElement?.blur());
  await studio.keyboard.press('s');
  await until('the class sees the second camera', 8_000, async () => (await brightness(watching)) > 20);
  await untilState(studio, 'publish-state', 'connected');
  step('the second camera is on air');

  // The studio's own voice is off air while it talks to the staff, so whatever a screen hears would be the talk.
  await studio.keyboard.down('t');
  await talkers(studio, 1);
  const said = await levels({ phone: [phones[0], 1], other: [phones[1], 1] }, [speaking, watching]);
  await studio.keyboard.up('t');
  await talkers(studio, 0);
  must(said.heard.phone > HEARD && said.heard.other > HEARD, `both assistants hear the studio: ${JSON.stringify(said)}`);
  must(said.screens.every((peak) => peak < SILENT), `no screen hears it: ${JSON.stringify(said)}`);
  step(`the studio talks to the staff: ${JSON.stringify(said)}`);

  await studio.keyboard.press('m');
  await byTestId(phones[0], 'hold-to-talk').first().focus();
  await phones[0].keyboard.down('Enter');
  await talkers(studio, 1);
  const asked = await levels({ studio: [studio, 7], other: [phones[1], 1] }, [speaking, watching]);
  await phones[0].keyboard.up('Enter');
  await talkers(studio, 0);
  must(asked.heard.studio > HEARD && asked.heard.other > HEARD, `the staff hear the assistant: ${JSON.stringify(asked)}`);
  must(asked.screens.every((peak) => peak < SILENT), `no screen hears it: ${JSON.stringify(asked)}`);
  step(`an assistant talks to the staff: ${JSON.stringify(asked)}`);
  await studio.keyboard.press('m');
  const voice = await watching.evaluate(listen, { selector: '[data-testid="stage-audio-0"]', milliseconds: 2_000 });
  must(voice.peak > HEARD, `then the class hears the master again: ${JSON.stringify(voice)}`);
  return { full_ms, stills };
});

const stage = (page) => byTestId(page, 'stage').getAttribute('data-layout');

/** Size of the picture in a slot of the stage; null without one. */
function sizeOf(page, slot) {
  return page.evaluate((selector) => {
    const video = document.querySelector(selector);
    return video === null ? null : { width: video.videoWidth, height: video.videoHeight };
  }, `[data-testid="stage-video-${slot}"]`);
}

/** Pictures of each classroom that the studio's page shows within five seconds. */
function fresh(studio, rooms) {
  return studio.evaluate(
    async ({ rooms, milliseconds }) => {
      const count = async (room) => {
        const deadline = performance.now() + 10_000;
        const find = () => document.querySelector(`[data-testid="thumbnail-${room}"] video`);
        while (!(find()?.videoWidth > 0) && performance.now() < deadline) await new Promise((done) => setTimeout(done, 50));
        const pictures = () => find()?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
        const before = pictures();
        await new Promise((done) => setTimeout(done, milliseconds));
        return pictures() - before;
      };
      return Promise.all(rooms.map(count));
    },
    { rooms, milliseconds: 5_000 },
  );
}

/** Waits for ten pictures in a slot. */
async function moves(page, slot, what) {
  const frames = () => page.evaluate((selector) => document.querySelector(selector)?.getVideoPlaybackQuality().totalVideoFrames ?? 0, `[data-testid="stage-video-${slot}"]`);
  let first = null;
  await until(`${what} moves`, 10_000, async () => {
    const now = await frames();
    first ??= now;
    return now >= first + 10;
  });
}

/** Mean brightness of the studio's picture, 0 to 255. */
function brightness(page) {
  return page.evaluate(() => {
    const video = document.querySelector('[data-testid="stage-video-0"]');
    if (!video || video.readyState < 2 || video.videoWidth === 0) return 0;
    const canvas = new OffscreenCanvas(16, 9);
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 16, 9);
    const { data } = context.getImageData(0, 0, 16, 9);
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) sum += data[at] + data[at + 1] + data[at + 2];
    return sum / (16 * 9 * 3);
  });
}

/** Waits until so many of the staff are said to talk. */
function talkers(studio, count) {
  return until(`${count} talk`, 8_000, async () => {
    const said = await byTestId(studio, 'staff-talk').locator('.talking').count();
    return (said > 0) === count > 0;
  });
}

/** The loudest sample of some slots and, over the same time, of all slots of some screens. */
async function levels(slots, screens) {
  // The talk's session may have just been opened.
  await new Promise((resolve) => setTimeout(resolve, 800));
  const names = Object.keys(slots);
  const peakOf = async (page, slot) => {
    const found = await page.evaluate(listen, { selector: `[data-testid="stage-audio-${slot}"]`, milliseconds: 2_000 });
    return found?.peak ?? 0;
  };
  const loudest = async (page) => {
    const count = await page.locator('[data-testid^="stage-audio-"]').count();
    return Math.max(...(await Promise.all(Array.from({ length: count }, (_, slot) => peakOf(page, slot)))));
  };
  const [heard, all] = await Promise.all([
    Promise.all(names.map((name) => peakOf(...slots[name]))),
    Promise.all(screens.map(loudest)),
  ]);
  return { heard: Object.fromEntries(names.map((name, n) => [name, heard[n]])), screens: all };
}
