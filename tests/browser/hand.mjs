// J1 with real browsers: a classroom raises its hand on its screen, the assistant accepts on the console, the master
// grants in the studio, the other classroom sees and hears it; taken back, it is gone. Before and after: 0 packets.
import { byTestId, launch, streams } from './lib/chromium.mjs';
import { ASSISTANTS, MASTER, SIZES, goLive, openClassroom, openConsole } from './lib/lesson.mjs';
import { listen, untilRuns } from './lib/picture.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';

run(async (atEnd) => {
  const p = parameters();
  const browser = await launch({ video: p.video, audio: p.audio });
  atEnd(() => browser.close());
  const studio = await goLive(await browser.person({ base: p.base, ...MASTER, viewport: SIZES.studio }), p.lesson);
  const first = await browser.person({ base: p.base, ...ASSISTANTS[0], viewport: SIZES.classroom });
  const asking = await openClassroom(first, p.lesson, p.classroom);
  const desk = await openConsole(
    await browser.person({ base: p.base, ...ASSISTANTS[0], viewport: SIZES.phone }),
    p.lesson,
    p.classroom,
  );
  const second = await browser.person({ base: p.base, ...ASSISTANTS[1], viewport: SIZES.classroom });
  const other = await openClassroom(second, p.lesson, p['other-classroom']);
  await untilRuns(other, '[data-testid="stage-video-0"]');
  step('the other classroom sees the studio');

  /** Packets per kind that are not the studio's: everything but the two busiest streams. */
  const ofClassrooms = async () => {
    const inbound = await streams(other, 'inbound');
    let packets = 0;
    for (const kind of ['audio', 'video']) {
      const counts = inbound.filter((s) => s.kind === kind).map((s) => s.packetsReceived ?? 0);
      counts.sort((a, b) => b - a);
      packets += counts.slice(1).reduce((sum, count) => sum + count, 0);
    }
    return packets;
  };
  must((await ofClassrooms()) === 0, 'packets without the floor');

  await byTestId(asking, 'raise-hand').first().click();
  await byTestId(desk, 'accept-hand').first().click({ timeout: 10_000 });
  step('the hand is up and passed on');
  await byTestId(studio, `queue-item-${p.classroom}`).first().waitFor({ timeout: 10_000 });
  // A waiting class opens its camera, so that it is there at once when the floor is given; its gate stays closed.
  await until('the waiting class publishes', 20_000, async () => {
    const sent = (await streams(asking, 'outbound')).filter((s) => s.packetsSent > 50);
    return sent.length > 0;
  });
  step('the class publishes behind its closed gate');
  must((await ofClassrooms()) === 0, 'packets while waiting');
  await byTestId(studio, 'grant-floor').first().click();
  await untilRuns(other, '[data-testid="stage-video-2"]');
  step('the other classroom sees the class');
  const sound = await other.evaluate(listen, { selector: '[data-testid="stage-audio-1"]', milliseconds: 2_500 });
  must(sound && sound.peak > 0.03, `the class is heard: ${JSON.stringify(sound)}`);
  step(`the class is heard: ${JSON.stringify(sound)}`);
  await byTestId(asking, 'floor-clock').first().waitFor({ timeout: 5_000 });

  await byTestId(studio, 'revoke-floor').first().click();
  await byTestId(asking, 'raise-hand').first().waitFor({ timeout: 5_000 });
  await until('the class is gone from the stage', 5_000, async () => {
    const before = await ofClassrooms();
    await new Promise((resolve) => setTimeout(resolve, 500));
    return (await ofClassrooms()) === before;
  });
  const stopped = await ofClassrooms();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  must((await ofClassrooms()) === stopped, 'packets after the floor was taken back');
  step('taken back: not one packet more');
  return { packets: stopped, peak: sound.peak };
});
