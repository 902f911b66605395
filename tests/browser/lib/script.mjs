// What every script here shares: arguments, deadlines that name what was awaited, and one JSON line as its result.

/** `--name value` pairs of the command line. */
export function parameters(argv = process.argv.slice(2)) {
  const found = {};
  for (let i = 0; i < argv.length; i += 2) {
    if (!argv[i].startsWith('--')) throw new Error(`not an option: ${argv[i]}`);
    found[argv[i].slice(2)] = argv[i + 1];
  }
  return found;
}

/** Fails with a sentence when `condition` is not so. */
export function must(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

/** Asks `probe` until it answers something truthy, which is returned; names `what` when the time is over. */
export async function until(what, milliseconds, probe) {
  const end = Date.now() + milliseconds;
  let last;
  for (;;) {
    try {
      const answer = await probe();
      if (answer) return answer;
      last = JSON.stringify(answer);
    } catch (error) {
      last = String(error);
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${milliseconds} ms (last: ${last})`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Does `work` for each of the items, `lanes` of them at a time, begun in their order. */
export async function inLanes(lanes, items, work) {
  const left = [...items];
  const lane = async () => {
    while (left.length > 0) await work(left.shift());
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** Prints a step with the time since the start, so that a failure's log reads as a story. */
const started = Date.now();
export function step(text) {
  console.log(`[${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s] ${text}`);
}

/** Runs `body`; the last line says `RESULT {json}`, the exit status says whether it went well. */
export async function run(body) {
  const endings = [];
  let status = 0;
  try {
    const result = await body((ending) => endings.push(ending));
    console.log(`RESULT ${JSON.stringify(result ?? {})}`);
  } catch (error) {
    console.log(`FAILED ${error?.stack ?? error}`);
    status = 1;
  }
  for (const ending of endings.reverse()) {
    try {
      await ending();
    } catch (error) {
      console.log(`while closing: ${error}`);
    }
  }
  process.exit(status);
}
