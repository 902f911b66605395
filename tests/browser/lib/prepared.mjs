// A lesson prepared by its master: planned but not begun, with slides that were uploaded as the studio does it.
import { must, until } from './script.mjs';

const MINUTES = 45;

/** Plans a lesson for these classrooms that may begin now, with `deck` (bytes of a PDF); gives its id. */
export async function prepare(master, { base, title, subject, classrooms, deck, recorded = false }) {
  const starts_ms = Date.now();
  const plan = { title, subject, starts_ms, ends_ms: starts_ms + MINUTES * 60_000, classrooms, recorded };
  const call = async (method, path, options) => {
    const answer = await master.request.fetch(base + path, { method, ...options, headers: { origin: base, ...options.headers } });
    must(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  };
  const { id: lesson } = await call('POST', '/api/lessons', { data: plan });
  const upload = await call('POST', `/api/lessons/${lesson}/uploads`, { data: { kind: 'deck', name: `${title}.pdf`, bytes: deck.length } });
  for (let at = 0; at < deck.length; at += upload.chunk_bytes) {
    const data = deck.subarray(at, at + upload.chunk_bytes);
    const headers = { 'content-type': 'application/octet-stream', 'upload-offset': String(at) };
    await call('PATCH', `/api/uploads/${upload.id}`, { data, headers });
  }
  await until('the slides are checked', 20_000, async () => {
    const { state } = await call('GET', `/api/uploads/${upload.id}`, {});
    must(state !== 'refused', 'the slides are refused');
    return state === 'ready';
  });
  return lesson;
}
