// One headless Chromium with a fake camera and microphone, a profile of its own, and an end that leaves nothing behind.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.AIRCLASS_CHROMIUM ?? '/usr/bin/chromium';

/**
 * Starts Chromium.
 * @param {{video?: string, audio?: string, viewport?: {width: number, height: number}, locale?: string}} options
 *   `video` is an MJPEG or Y4M file for the camera, `audio` a WAV file for the microphone.
 */
export async function launch(options = {}) {
  const profile = await mkdtemp(join(tmpdir(), 'airclass-chromium-'));
  const args = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
    '--allow-loopback-in-peer-connection',
    '--disable-features=WebRtcHideLocalIpsWithMdns,MediaRouter,OptimizationHints',
  ];
  if (options.video) args.push(`--use-file-for-fake-video-capture=${options.video}`);
  if (options.audio) args.push(`--use-file-for-fake-audio-capture=${options.audio}`);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    headless: true,
    args,
    viewport: options.viewport ?? { width: 1366, height: 768 },
    locale: options.locale ?? 'zh-CN',
    ignoreHTTPSErrors: true,
    permissions: ['camera', 'microphone'],
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
