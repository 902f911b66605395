// The smallest WHIP and WHEP clients a page can run: for looking at the doors without the web client between.
// Each function is sent to the page by `page.evaluate`, so it uses nothing from outside itself.

// `relay` is the port of a relay on loopback: the answer's candidates are made to point there.

/**
 * Publishes the fake camera and microphone; leaves the connection in `window.whip`. `bare` sound carries nothing of the
 * frame before it (the in-band error correction of Opus, RFC 6716 section 2.1.7).
 */
export async function publish({ url, token, simulcast, relay, bare }) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360, frameRate: 30 }, audio: true });
  const pc = new RTCPeerConnection();
  const sendEncodings = simulcast
    ? [{ rid: 'l', scaleResolutionDownBy: 4 }, { rid: 'm', scaleResolutionDownBy: 2 }, { rid: 'h' }]
    : [{}];
  pc.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly', streams: [stream] });
  const video = pc.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', streams: [stream], sendEncodings });
  const codecs = RTCRtpSender.getCapabilities('video').codecs;
  const wanted = codecs.filter((c) => c.mimeType === 'video/H264' && /packetization-mode=1/.test(c.sdpFmtpLine ?? ''));
  video.setCodecPreferences([...wanted, ...codecs.filter((c) => c.mimeType === 'video/rtx')]);
  await pc.setLocalDescription();
  const asked = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token}` },
    body: pc.localDescription.sdp,
  });
  let answer = await response.text();
  if (bare) answer = answer.replace('useinbandfec=1', 'useinbandfec=0');
  if (relay) answer = answer.replace(/^(a=candidate:\S+ 1 udp \d+) \S+ \d+/gm, `$1 127.0.0.1 ${relay}`);
  if (response.status !== 201) return { status: response.status, body: answer, offer: pc.localDescription.sdp };
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  window.whip = pc;
  return { status: 201, location: response.headers.get('location'), offer: pc.localDescription.sdp, answer, took_ms: performance.now() - asked };
}

/** Receives on fixed slots, without the codec `without` (a MIME type) if one is named, into `window.slots` (`{audio: [], video: []}` of elements); connection in `window.whep`. */
export async function receive({ url, token, audio, video, relay, without }) {
  const pc = new RTCPeerConnection();
  window.slots = { audio: [], video: [] };
  const byMid = new Map();
  const transceivers = [];
  for (let i = 0; i < audio; i++) transceivers.push(['audio', i, pc.addTransceiver('audio', { direction: 'recvonly' })]);
  for (let i = 0; i < video; i++) transceivers.push(['video', i, pc.addTransceiver('video', { direction: 'recvonly' })]);
  for (const [kind, index, transceiver] of transceivers) {
    if (without) {
      const { codecs } = RTCRtpReceiver.getCapabilities(kind);
      transceiver.setCodecPreferences(codecs.filter((c) => c.mimeType !== without));
    }
    const element = document.createElement(kind);
    element.autoplay = true;
    element.muted = kind === 'video';
    element.playsInline = true;
    element.dataset.slot = `${kind}-${index}`;
    element.srcObject = new MediaStream([transceiver.receiver.track]);
    document.body.append(element);
    window.slots[kind][index] = element;
  }
  await pc.setLocalDescription();
  for (const [kind, index, transceiver] of transceivers) byMid.set(transceiver.mid, `${kind}-${index}`);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token}` },
    body: pc.localDescription.sdp,
  });
  let answer = await response.text();
  if (relay) answer = answer.replace(/^(a=candidate:\S+ 1 udp \d+) \S+ \d+/gm, `$1 127.0.0.1 ${relay}`);
  if (response.status !== 201) return { status: response.status, body: answer, offer: pc.localDescription.sdp };
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  window.whep = pc;
  return { status: 201, location: response.headers.get('location'), offer: pc.localDescription.sdp, answer };
}

/** Figures of one connection: state and one record per RTP stream. */
export async function figures(name) {
  const pc = window[name];
  const streams = [];
  const reports = await pc.getStats();
  for (const report of reports.values()) {
    if (report.type !== 'inbound-rtp' && report.type !== 'outbound-rtp') continue;
    streams.push(report);
  }
  return { state: pc.connectionState, ice: pc.iceConnectionState, streams };
}
