/** Who of a class is here. Pupils are seat numbers; their names are their school's own. */
import { type Decoded, list, nullable, oneOf, record, text, whole } from "../decode";

/** Whoever is not marked is here; late and left early count as here. */
export const attendanceMark = oneOf("present", "absent", "late", "left_early");
export type AttendanceMark = Decoded<typeof attendanceMark>;

export const seatMark = record({ seat: whole, mark: attendanceMark });
export type SeatMark = Decoded<typeof seatMark>;

export const pupilSeatView = record({ seat: whole, group: nullable(text) });
export type PupilSeatView = Decoded<typeof pupilSeatView>;

export const attendanceView = record({
  classroom: text,
  taken_ms: nullable(whole),
  enrolled: whole,
  present: whole,
  absent: whole,
  late: whole,
  left_early: whole,
  /** The exceptions, by seat; null at the desk, which gets the counts only. */
  marks: nullable(list(record({ seat: whole, mark: attendanceMark, at_ms: whole }))),
});
export type AttendanceView = Decoded<typeof attendanceView>;
