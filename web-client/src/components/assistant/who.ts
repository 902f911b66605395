/** A pupil as the assistant calls them: the seat's number, and the name where this page knows it. */
import type { ConsoleMessages } from "$locales/console";

interface Names {
  of(seat: number): string | null;
}

/** `17 号 李明`, `17 号`, or that no seat was noted. */
export function whoText(names: Names, seat: number | null, text: ConsoleMessages): string {
  if (seat === null) return text.noSeat;
  const name = names.of(seat);
  return name === null ? text.seatNo(seat) : `${text.seatNo(seat)} ${name}`;
}
