// One headless Chromium with a fake camera and microphone, and people who sign in to it, each with cookies of their own.
import { chromium } from 'playwright-core';
import { must } from './script.mjs';

const EXECUTABLE = process.env.AIRCLASS_CHROMIUM ?? '/usr/bin/chromium';

/**
 * Starts Chromium with a fresh profile.
 * @param {{video?: string, audio?: string}} options `video` is an MJPEG file for the camera, `audio` a WAV file for the
 *   microphone; both start over at their end.
 */
export async function launch(options = {}) {
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
    `--use-fake-device-for-media-stream=device-count=${options.cameras ?? 1}`,
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
    '--allow-loopback-in-peer-connection',
    '--disable-features=WebRtcHideLocalIpsWithMdns,MediaRouter,OptimizationHints',
  ];
  if (options.video) args.push(`--use-file-for-fake-video-capture=${options.video}`);
  if (options.audio) args.push(`--use-file-for-fake-audio-capture=${options.audio}`);
  const browser = await chromium.launch({ executablePath: EXECUTABLE, headless: true, args });
  return {
    browser,
    close: () => browser.close(),

    /** A person's own context; without `account` a stranger's. Every page in it reports its errors to the log. */
    async person({ base, account, password, viewport = { width: 1366, height: 768 }, locale = 'zh-CN' }) {
      const context = await browser.newContext({
        viewport,
        locale,
        ignoreHTTPSErrors: true,
        permissions: ['camera', 'microphone'],
        baseURL: base,
      });
      await context.addInitScript(keepConnections);
      context.on('weberror', (error) => console.log(`page error: ${error.error()}`));
      context.on('console', (message) => {
        if (message.type() === 'error') console.log(`console: ${message.text()}`);
      });
      if (account) {
        const answer = await context.request.post(`${base}/api/session`, {
          data: { name: account, password },
          headers: { origin: base },
        });
        must(answer.ok(), `${account} could not sign in: ${answer.status()} ${await answer.text()}`);
      }
      return context;
    },
  };
}

/** Runs in every page before its own scripts: keeps the peer connections, so that their figures can be read. */
function keepConnections() {
  const Original = window.RTCPeerConnection;
  window.connections = [];
  window.RTCPeerConnection = class extends Original {
    constructor(...rest) {
      super(...rest);
      window.connections.push(this);
    }
  };
}

/** All inbound (or outbound) RTP streams of the page's open connections. */
export async function streams(page, direction) {
  return page.evaluate(async (type) => {
    const found = [];
    for (const pc of window.connections) {
      if (pc.connectionState === 'closed') continue;
      const reports = await pc.getStats();
      for (const report of reports.values()) if (report.type === type) found.push({ ...report });
    }
    return found;
  }, `${direction}-rtp`);
}

/** The element with this `data-testid`. */
export function byTestId(page, id) {
  return page.locator(`[data-testid="${id}"]`);
}

/** Waits until the element with this `data-testid` has this `data-state`. */
export async function untilState(page, id, state, timeout = 15_000) {
  await page.locator(`[data-testid="${id}"][data-state="${state}"]`).first().waitFor({ state: 'attached', timeout });
}
