/** What the assistant's page decides by itself: attendance, the ladder of a question, the floor, polls, pairing codes. */
import { describe, expect, it } from "vitest";
import { byGroup, exceptionsOf, inRows, marksOf, sameMarks, takeAttendance, tapped, totalsOf, withMark } from "../src/lib/assistant/attendance";
import { asking, ladderOf, leftOver, messageFor, placeOf, stepsOf, suggestionOf, tallyOf, targetsOf, waited_ms } from "../src/lib/assistant/ladder";
import { aheadOf, othersOf, ownRequests } from "../src/lib/assistant/own-floor";
import { countsOf, entryOf, nextSeat, sum, typedNumber, withHands, withTheRest } from "../src/lib/assistant/poll-entry";
import { asTyped, pairingCode } from "../src/lib/pairing-code";
import type { FloorRequestView, PollView, QuestionView, Snapshot } from "../src/lib/protocol/wire";
import snapshotFrame from "../../signaling/fixtures/server/snapshot_assistant.json";

const seats = Array.from({ length: 40 }, (_, index) => ({ seat: index + 1, group: index < 20 ? "第一组" : null }));

describe("attendance", () => {
  it("a tap marks who is missing and a second one takes it back; looking at a mark changes nothing", () => {
    const absent = tapped(new Map(), 12, null);
    expect([...absent]).toEqual([[12, "absent"]]);
    expect(tapped(absent, 12, 12).size).toBe(0);
    expect(tapped(absent, 12, 31)).toBe(absent);
  });

  it("adds up: late and left early count as here", () => {
    let marks = tapped(tapped(new Map(), 12, null), 31, null);
    marks = withMark(withMark(marks, 6, "late"), 20, "left_early");
    expect(totalsOf(seats, marks)).toEqual({ enrolled: 40, present: 38, absent: 2, late: 1, left_early: 1 });
    expect(totalsOf(seats, withMark(marks, 99, "absent")).absent).toBe(2);
    expect(exceptionsOf(seats, marks)).toEqual([
      { mark: "absent", seats: [12, 31] },
      { mark: "late", seats: [6] },
      { mark: "left_early", seats: [20] },
    ]);
  });

  it("says the whole list by seat, and knows its own words again", () => {
    const marks = withMark(withMark(new Map(), 31, "absent"), 6, "late");
    expect(takeAttendance(marks)).toEqual({
      type: "take_attendance",
      marks: [
        { seat: 6, mark: "late" },
        { seat: 31, mark: "absent" },
      ],
    });
    const view = {
      classroom: "C",
      taken_ms: 1,
      enrolled: 40,
      present: 39,
      absent: 1,
      late: 1,
      left_early: 0,
      marks: [
        { seat: 31, mark: "absent" as const, at_ms: 1 },
        { seat: 6, mark: "late" as const, at_ms: 1 },
      ],
    };
    expect(sameMarks(marksOf(view), marks)).toBe(true);
    expect(sameMarks(marksOf(view), withMark(marks, 6, "absent"))).toBe(false);
    expect(marksOf(null).size).toBe(0);
  });

  it("turns the room round for who stands at the back", () => {
    const numbers = (flipped: boolean) => inRows(seats.slice(0, 18), flipped).map(({ seat }) => seat);
    expect(numbers(false).slice(0, 9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(numbers(true).slice(0, 4)).toEqual([18, 17, 16, 15]);
  });

  it("puts who has no group last", () => {
    expect(byGroup([...seats].reverse()).map(({ group, seats: members }) => [group, members.length])).toEqual([
      ["第一组", 20],
      [null, 20],
    ]);
  });
});

function aQuestion(given: Partial<QuestionView>): QuestionView {
  return {
    id: "q1",
    classroom: "C",
    classroom_name: "八（3）班",
    seat: 17,
    text: "木块为什么浮着？",
    wants_to_speak: false,
    state: "open",
    asked_ms: 1_000,
    escalated_ms: null,
    put_off_ms: null,
    on_floor_ms: null,
    merged_ms: null,
    settled_ms: null,
    merged_into: null,
    request: null,
    count: 1,
    classrooms: [],
    answer: null,
    similar: [],
    ...given,
  };
}

function aRequest(given: Partial<FloorRequestView>): FloorRequestView {
  return {
    id: "r1",
    classroom: "C",
    classroom_name: "八（3）班",
    question: null,
    state: "accepted",
    raised_ms: 1_000,
    changed_ms: 1_000,
    granted_ms: null,
    deadline_ms: null,
    position: 1,
    put_off: false,
    muted_by_master: false,
    muted_by_classroom: false,
    ended: null,
    ...given,
  };
}

describe("the ladder of a question", () => {
  const open = aQuestion({ id: "open", asked_ms: 2_000, similar: ["gone", "passed"] });
  const older = aQuestion({ id: "older", asked_ms: 1_000 });
  const passed = aQuestion({ id: "passed", state: "escalated", escalated_ms: 5_000, request: "r2" });
  const putOff = aQuestion({ id: "putOff", state: "put_off", request: "r3" });
  const onFloor = aQuestion({ id: "onFloor", state: "on_floor", request: "r1" });
  const gone = aQuestion({ id: "gone", state: "answered_here", settled_ms: 3_000 });
  const part = aQuestion({ id: "part", state: "merged", merged_ms: 4_000, merged_into: "passed" });
  const all = [open, older, passed, putOff, onFloor, gone, part];
  const floor = [aRequest({ id: "r1", state: "granted", position: null }), aRequest({ id: "r2", position: 3 }), aRequest({ id: "r3", position: 9 })];

  it("sorts by who has to act", () => {
    const ids = (questions: QuestionView[]) => questions.map(({ id }) => id);
    const ladder = ladderOf(all, floor);
    expect(ids(ladder.open)).toEqual(["older", "open"]);
    expect(ids(ladder.passed)).toEqual(["onFloor", "passed", "putOff"]);
    expect(ids(ladder.settled)).toEqual(["part", "gone"]);
    expect(placeOf(passed, floor)).toBe(3);
    expect(ids(leftOver(all))).toEqual(["older", "passed", "putOff", "onFloor", "open"]);
  });

  it.each([
    ["open, in a lesson that runs", open, true, ["answer_here", "merge", "escalate", "withdraw"]],
    ["open, before the lesson", open, false, ["answer_here", "merge", "withdraw"]],
    ["with the master", passed, true, ["answer_here", "take_back"]],
    ["put off", putOff, true, ["answer_here", "take_back"]],
    ["on the floor", onFloor, true, []],
    ["settled", gone, true, []],
  ] as const)("%s has its steps", (_, question, live, steps) => {
    expect(stepsOf(question, all, live)).toEqual(steps);
  });

  it("alone it has nothing to be merged into", () => {
    expect(stepsOf(older, [older, gone], true)).toEqual(["answer_here", "escalate", "withdraw"]);
  });

  it("suggests what sounds the same and is not settled", () => {
    expect(suggestionOf(open, all)?.id).toBe("passed");
    expect(suggestionOf(older, all)).toBeNull();
    expect(suggestionOf(passed, all)).toBeNull();
    expect(targetsOf(open, all)[0]?.id).toBe("passed");
  });

  it("says each step", () => {
    expect(messageFor("escalate", open)).toEqual({ type: "escalate_question", question: "open" });
    expect(messageFor("answer_here", open)).toEqual({ type: "answer_here", question: "open" });
    expect(messageFor("withdraw", open)).toEqual({ type: "withdraw_question", question: "open" });
    expect(messageFor("merge", open, "passed")).toEqual({ type: "merge_question", question: "open", into: "passed" });
    expect(messageFor("merge", open)).toBeNull();
    expect(messageFor("take_back", passed)).toEqual({ type: "lower_hand", request: "r2" });
    expect(messageFor("take_back", open)).toBeNull();
  });

  it("times the wait since the last step", () => {
    expect(waited_ms(open, 10_000)).toBe(8_000);
    expect(waited_ms(passed, 10_000)).toBe(5_000);
    expect(waited_ms(open, 0)).toBe(0);
  });

  it("tells the settled ones apart", () => {
    const withdrawn = aQuestion({ state: "withdrawn", settled_ms: 1 });
    expect(tallyOf([gone, part, withdrawn])).toEqual({ answered: 1, merged: 1, withdrawn: 1 });
  });

  it.each([
    [{ seat: "17", text: " 为什么？ ", wantsToSpeak: false }, { message: { type: "ask_question", seat: 17, text: "为什么？", wants_to_speak: false } }],
    [{ seat: "", text: "", wantsToSpeak: true }, { message: { type: "ask_question", seat: null, text: null, wants_to_speak: true } }],
    [{ seat: "", text: "  ", wantsToSpeak: false }, { problem: "nothing" }],
    [{ seat: "41", text: "问", wantsToSpeak: false }, { problem: "no_such_seat" }],
    [{ seat: "x", text: "问", wantsToSpeak: false }, { problem: "no_such_seat" }],
    [{ seat: "1", text: "问".repeat(301), wantsToSpeak: false }, { problem: "too_long" }],
  ])("a new one %j", (draft, expected) => {
    expect(asking(draft, seats)).toEqual(expected);
  });
});

describe("our class on the floor", () => {
  const view = { ...(snapshotFrame as unknown as Snapshot) };
  const own = view.seat.classroom;

  it("comes first with what it has: the floor, a hand for us to look at, then by place", () => {
    const requests = [
      aRequest({ id: "third", position: 3 }),
      aRequest({ id: "pending", state: "pending", position: null }),
      aRequest({ id: "over", state: "released", position: null }),
      aRequest({ id: "first", position: 1 }),
      aRequest({ id: "floor", state: "granted", position: null }),
      aRequest({ id: "other", classroom: "D" }),
    ];
    expect(ownRequests({ ...view, floor: requests }, "C").map(({ id }) => id)).toEqual(["floor", "pending", "first", "third"]);
  });

  it("names those who speak and those who are next, without us", () => {
    expect(othersOf(view, own).map(({ name, place }) => [name, place])).toEqual([["八（1）班", 1]]);
    expect(othersOf(view, "elsewhere")[0]?.place).toBeNull();
  });

  it("names who is before us", () => {
    const queue = { waiting: 3, next: ["a", "b", "b", "us"].map((room, index) => ({ request: `${index}`, classroom: room, classroom_name: `class ${room}` })) };
    expect(aheadOf({ ...view, queue }, aRequest({ id: "3", classroom: "us" }))).toEqual(["class a", "class b"]);
    expect(aheadOf({ ...view, queue }, aRequest({ id: "0", classroom: "a" }))).toEqual([]);
  });
});

describe("a poll's answers", () => {
  const poll: PollView = {
    id: "p",
    question: "变大还是变小？",
    kind: { kind: "choices", labels: ["变大", "变小", "不变"] },
    by: "hands",
    opened_ms: 0,
    deadline_ms: null,
    closed_ms: null,
    correct: null,
    result: null,
  };

  it("come by hands or by seats, until it is closed", () => {
    expect([entryOf(poll), entryOf({ ...poll, by: "devices" }), entryOf({ ...poll, closed_ms: 1 })]).toEqual(["hands", "seats", "none"]);
    expect(countsOf(poll, null)).toEqual([0, 0, 0]);
  });

  it("are never more hands than pupils, nor fewer than none", () => {
    expect(withHands([10, 20, 5], 2, 50, 40)).toEqual([10, 20, 10]);
    expect(withHands([10, 20, 5], 0, -3, 40)).toEqual([0, 20, 5]);
    expect(withHands([1, 1, 1], 0, Number.NaN, 40)).toEqual([0, 1, 1]);
    expect(withTheRest([10, 20, 0], 2, 38)).toEqual([10, 20, 8]);
    expect(sum(withTheRest([30, 20, 0], 2, 38))).toBe(50);
  });

  it.each([
    ["2.5", 2.5],
    ["－０，８", -0.8],
    [" 1.23456 ", 1.235],
    ["1e3", null],
    ["", null],
    ["9999999999999", null],
  ])("the number %s", (typed, number) => {
    expect(typedNumber(typed)).toBe(number);
  });

  it("go on to the next seat that is here and has none", () => {
    const skip = (seat: number) => seat === 2 || seat === 40;
    expect([nextSeat(seats, 1, skip), nextSeat(seats, 39, skip), nextSeat([], null, skip)]).toEqual([3, 1, null]);
  });
});

describe("a pairing code", () => {
  it.each([
    ["7k4 2mx", "7K4-2MX"],
    ["７Ｋ４－２ＭＸ", "7K4-2MX"],
    ["7K42MX", "7K4-2MX"],
    ["7K4-2M", null],
    ["7K4-2MXX", null],
  ])("%s", (typed, code) => {
    expect(pairingCode(typed)).toBe(code);
  });

  it("is shown in two halves while it is typed", () => {
    expect(["7", "7k4", "7k42", "7k42mxx"].map(asTyped)).toEqual(["7", "7K4", "7K4-2", "7K4-2MX"]);
  });
});
