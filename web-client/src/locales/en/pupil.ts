/** The page on pupils' devices that answers a poll, in English. */
import type { PupilMessages } from "../zh-CN/pupil";

export const pupil: PupilMessages = {
  title: "Answer",
  lead: "Type the six-letter code your teacher gives you.",
  code: "Code",
  next: "Enter",
  short: "The code has six letters.",
  unknown: "No such code, or the lesson is over. Look at the screen and type it again.",
  whoTitle: "Which class and seat are you?",
  classroom: "Class",
  seat: "Seat number",
  begin: "Begin",
  needSeat: "Enter your seat number.",
  as: (room, seat) => `${room}, seat ${seat}`,
  change: "Not me",
  waiting: "No question yet",
  waitingBody: "It appears here by itself.",
  number: "Your answer (a number)",
  send: "Send",
  notANumber: "Enter a number, such as 0.8",
  sent: (answer) => `Sent: ${answer}`,
  mayChange: "You may change it until the poll closes.",
  left: (time) => `${time} left`,
  problem: {
    seat_taken: "Another device answers for this seat. Check the number, or tell your teacher.",
    other_seat: "This device has answered for another seat. Use your own, or tell your teacher.",
    poll_closed: "The poll is closed.",
    no_cookie: "The browser keeps no cookie, so it can't answer. Use another browser.",
    seat: "That seat is not on the class list.",
    answer: "There is no such answer.",
  },
};
