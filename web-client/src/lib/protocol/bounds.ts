/**
 * How much one message may hold, as the server checks it: so that a form says so before the server does. The server has
 * the last word.
 */
export const BOUNDS = {
  question_letters: 300,
  answer_letters: 1_000,
  staff_talk_letters: 500,
  help_letters: 200,
  poll_question_letters: 300,
  poll_label_letters: 60,
  poll_choices: { least: 2, most: 8 },
  poll_seconds: { least: 10, most: 600 },
  /** Seconds added to a floor's or a poll's clock at a time. */
  extension_seconds: 600,
  floor_limit: { least: 1, most: 6 },
  board_pages: 50,
  stroke_width: { least: 1, most: 255 },
  points_per_message: 128,
  points_per_page: 10_000,
  /** Open questions of one classroom. */
  open_questions: 20,
  seats: 120,
  /** Messages of one connection in any second. */
  messages_per_second: 50,
} as const;

/** Letters as the server counts them: code points, not UTF-16 units. */
export function lettersOf(text: string): number {
  return Array.from(text.trim()).length;
}
