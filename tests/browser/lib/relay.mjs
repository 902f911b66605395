// Media through the relay: the page is told its address in place of the server's.

/** The server's candidates replaced by the relay's address. */
export function through(answer, relay) {
  const [ip, port] = relay.split(':');
  let given = false;
  const lines = answer.split('\r\n').flatMap((line) => {
    if (!line.startsWith('a=candidate:')) return [line];
    if (given) return [];
    given = true;
    return [`a=candidate:1 1 udp 2130706431 ${ip} ${port} typ host`];
  });
  return lines.join('\r\n');
}
