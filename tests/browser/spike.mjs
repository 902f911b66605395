// Looks at the WHIP and WHEP doors with a bare page: one page publishes the fake camera, another receives it.
//
//   node tests/browser/spike.mjs --origin http://127.0.0.1:8080 --whip /whip/L --whep /whep/L --token T \
//        [--whep-token T] [--simulcast 1] [--video FILE.mjpeg] [--audio FILE.wav] [--seconds 10] [--audio-slots 1] [--video-slots 1]
//
// Prints both descriptions and the figures of both ends; it fails when no frame is decoded.
import { launch } from './lib/chromium.mjs';
import { must, parameters, run, step, until } from './lib/script.mjs';
import { figures, publish, receive } from './lib/webrtc.mjs';

run(async (atEnd) => {
  const p = parameters();
  const seconds = Number(p.seconds ?? 10);
  const browser = await launch({ video: p.video, audio: p.audio });
  atEnd(() => browser.close());
  const context = await browser.person({ base: p.origin });

  const sending = await context.newPage();
  await sending.goto(`${p.origin}/livez`);
  const whip = await sending.evaluate(publish, { url: p.whip, token: p.token, simulcast: Boolean(p.simulcast) });
  step(`WHIP ${whip.status}\n--- offer\n${whip.offer}\n--- answer\n${whip.answer ?? whip.body}`);
  must(whip.status === 201, 'WHIP refused the offer');
  await until('the studio connects', 10_000, async () => (await sending.evaluate(figures, 'whip')).state === 'connected');
  step('studio connected');

  const receiving = await context.newPage();
  await receiving.goto(`${p.origin}/livez`);
  const whep = await receiving.evaluate(receive, {
    url: p.whep,
    token: p['whep-token'] ?? p.token,
    audio: Number(p['audio-slots'] ?? 1),
    video: Number(p['video-slots'] ?? 1),
  });
  step(`WHEP ${whep.status}\n--- offer\n${whep.offer}\n--- answer\n${whep.answer ?? whep.body}`);
  must(whep.status === 201, 'WHEP refused the offer');
  await until('the classroom connects', 10_000, async () => (await receiving.evaluate(figures, 'whep')).state === 'connected');
  step('classroom connected');

  const decoded = async () => {
    const { streams } = await receiving.evaluate(figures, 'whep');
    return streams.filter((s) => s.kind === 'video').reduce((sum, s) => sum + (s.framesDecoded ?? 0), 0);
  };
  await until('the first frame is decoded', 10_000, async () => (await decoded()) > 0);
  step('first frame decoded');
  const before = await decoded();
  const end = Date.now() + seconds * 1000;
  await until(`${seconds} s pass`, seconds * 1000 + 1000, async () => Date.now() > end);
  const after = await decoded();
  step(`sender: ${JSON.stringify(await sending.evaluate(figures, 'whip'), null, 1)}`);
  step(`receiver: ${JSON.stringify(await receiving.evaluate(figures, 'whep'), null, 1)}`);
  must(after - before > seconds * 5, `only ${after - before} frames in ${seconds} s`);
  return { frames: after - before };
});
