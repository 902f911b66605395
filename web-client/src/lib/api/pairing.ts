/** Pairing a classroom screen with the code it shows, and the devices that are paired. */
import { type Decoded, list, nullable, oneOf, record, text, whole } from "$lib/protocol/decode";
import { call, id } from "./client";
import { device, person } from "./types";

const offer = record({ code: text, secret: text, expires_ms: whole });
/** What the screen shows (`code`) and what proves that it is that screen (`secret`). */
export type Offer = Decoded<typeof offer>;

const answer = record({ state: oneOf("waiting", "confirmed", "refused"), device: nullable(device) });
/** With `confirmed` this browser has got the device's session. */
export type PairingAnswer = Decoded<typeof answer>;

const choice = record({ expires_ms: whole, classrooms: list(record({ id: text, name: text, school: text })) });
/** The classrooms that the asking account may pair a screen with. */
export type PairingChoice = Decoded<typeof choice>;

const pairedDevice = record({
  id: text,
  name: text,
  classroom: record({ id: text, name: text, school: record({ id: text, name: text }) }),
  paired_ms: whole,
  paired_by: nullable(person),
  last_seen_ms: nullable(whole),
});
export type PairedDevice = Decoded<typeof pairedDevice>;

/** The screen asks for a code. */
export const offerPairing = () => call("/api/pairing", offer, { method: "POST" });
/** The screen asks whether somebody said yes. */
export const askPairing = ({ code, secret }: Offer) =>
  call(`/api/pairing/${id(code)}`, answer, { headers: { Authorization: `Bearer ${secret}` } });

/** The assistant looks at a code. */
export const getPairing = (code: string) => call(`/api/pairing/${id(code)}/offer`, choice);
export const confirmPairing = async (code: string, body: { classroom: string; name: string }) =>
  (await call(`/api/pairing/${id(code)}/confirm`, record({ device }), { method: "POST", body })).device;
export const refusePairing = (code: string) => call(`/api/pairing/${id(code)}/refuse`, null, { method: "POST" });

export const getDevices = async () => (await call("/api/devices", record({ devices: list(pairedDevice) }))).devices;
export const revokeDevice = (which: string) => call(`/api/devices/${id(which)}`, null, { method: "DELETE" });
