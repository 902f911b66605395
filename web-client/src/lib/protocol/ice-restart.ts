/**
 * The SDP fragments of an ICE restart (RFC 9725 section 4.3.3, RFC 8840): what we send is cut from our new offer, what
 * comes back is grafted onto the answer we already have. Pure text.
 */

const lines = (sdp: string) => sdp.split(/\r?\n/).filter((line) => line !== "");
const joined = (all: string[]) => `${all.join("\r\n")}\r\n`;

/** The fragment that announces the offer's new credentials. */
export function restartFragment(offer: string): string {
  const all = lines(offer);
  const kept = all.filter(
    (line) => line.startsWith("a=group:BUNDLE") || line.startsWith("a=ice-options:"),
  );
  // One bundled transport: the first m-section speaks for all of them.
  const first = all.findIndex((line) => line.startsWith("m="));
  const next = all.findIndex((line, index) => index > first && line.startsWith("m="));
  const section = all.slice(first, next < 0 ? undefined : next);
  const wanted = ["m=", "a=mid:", "a=ice-ufrag:", "a=ice-pwd:"];
  const media = section.filter((line) => wanted.some((prefix) => line.startsWith(prefix)));
  return joined([...new Set(kept), ...media]);
}

/** The old answer with the credentials, and if there are any the candidates, of the server's fragment. */
export function restartedAnswer(answer: string, fragment: string): string {
  const given = lines(fragment);
  const ufrag = given.find((line) => line.startsWith("a=ice-ufrag:"));
  const pwd = given.find((line) => line.startsWith("a=ice-pwd:"));
  if (ufrag === undefined || pwd === undefined) throw new Error("the fragment has no credentials");
  const candidates = [...new Set(given.filter((line) => line.startsWith("a=candidate:")))];
  const result: string[] = [];
  for (const line of lines(answer)) {
    if (line.startsWith("a=ice-ufrag:")) result.push(ufrag);
    else if (line.startsWith("a=ice-pwd:")) result.push(pwd, ...candidates);
    else if (line.startsWith("a=candidate:") && candidates.length > 0) continue;
    else result.push(line);
  }
  return joined(result);
}
