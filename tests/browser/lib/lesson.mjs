// The people of the demo district on their pages.
import { byTestId, untilState } from './chromium.mjs';
import { step } from './script.mjs';

export const MASTER = { account: 'master', password: 'master-demo' };
export const ASSISTANTS = [
  { account: 'assistant1', password: 'assistant-demo' },
  { account: 'assistant2', password: 'assistant-demo' },
];
export const PUPIL = { account: 'pupil', password: 'pupil-demo' };
export const ADMIN = { account: 'admin', password: 'admin-demo' };

/** Sizes people use. */
export const SIZES = {
  studio: { width: 1920, height: 1080 },
  classroom: { width: 1920, height: 1080 },
  phone: { width: 390, height: 844 },
  pc: { width: 1366, height: 768 },
  small: { width: 360, height: 640 },
};

/** Opens the studio and goes live with the fake camera. */
export async function goLive(context, lesson) {
  const page = await context.newPage();
  await page.goto(`/#/lesson/${lesson}/studio`);
  await untilState(page, 'connection', 'online');
  await byTestId(page, 'go-live').first().click();
  await untilState(page, 'publish-state', 'connected', 20_000);
  step('the studio is live');
  return page;
}

/** Opens a classroom's screen and waits until it receives. */
export async function openClassroom(context, lesson, classroom) {
  const page = await context.newPage();
  await page.goto(`/#/lesson/${lesson}/classroom/${classroom}`);
  await page.locator('[data-testid="stage"]').waitFor({ timeout: 15_000 });
  await byTestId(page, 'stage-video-0').first().waitFor({ state: 'attached', timeout: 20_000 });
  step(`the screen of ${classroom} is open`);
  return page;
}

/** Opens an assistant's console where its class's hand is. */
export async function openConsole(context, lesson, classroom) {
  const page = await context.newPage();
  await page.goto(`/#/lesson/${lesson}/assistant/${classroom}`);
  await byTestId(page, 'tab-floor').click({ timeout: 15_000 });
  await byTestId(page, 'queue-place').first().waitFor();
  step(`the console of ${classroom} is open`);
  return page;
}
