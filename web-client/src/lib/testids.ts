/** The stable names browser tests hold on to: `data-testid` values, in one typed place. */
export const testId = {
  // Sign in and first use.
  signInName: "sign-in-name",
  signInPassword: "sign-in-password",
  signInSubmit: "sign-in-submit",
  signInError: "sign-in-error",
  setupCode: "setup-code",
  setupName: "setup-name",
  setupDisplayName: "setup-display-name",
  setupPassword: "setup-password",
  setupSubmit: "setup-submit",
  signOut: "sign-out",
  language: (language: "zh-CN" | "en") => `language-${language}`,

  // Home.
  lessonCard: (lesson: string) => `lesson-${lesson}`,
  joinAs: (seat: "master" | "assistant" | "classroom" | "observer") => `join-${seat}`,
  newLesson: "new-lesson",

  // In a lesson, on every page of it. Its `data-state` is connecting, online, reconnecting or closed.
  connection: "connection",
  /** `data-state`: scheduled, live or ended. */
  lessonState: "lesson-state",
  recordingLight: "recording-light",
  /** `data-state`: idle, connecting, connected, recovering or refused. */
  publishState: "publish-state",
  receiveState: "receive-state",

  /** How good a classroom's line is. Its `data-grade` is good, fair, poor or none. */
  line: "line",

  // Studio.
  goLive: "go-live",
  end: "end-lesson",
  confirmEnd: "confirm-end-lesson",
  mute: "mute",
  shareScreen: "share-screen",
  selfView: "self-view",
  queue: "floor-queue",
  queueItem: (classroom: string) => `queue-item-${classroom}`,
  grantFloor: "grant-floor",
  denyFloor: "deny-floor",
  revokeFloor: "revoke-floor",
  extendFloor: "extend-floor",
  floorClock: "floor-clock",
  /** `data-limit`: bandwidth or cpu. */
  quality: "outgoing-quality",
  readiness: "readiness",
  scene: (scene: string) => `scene-${scene}`,
  showRoom: (classroom: string, large: boolean) => `show-${large ? "large" : "small"}-${classroom}`,
  showTwo: "show-two",
  switchCamera: "switch-camera",
  secondCamera: "second-camera",
  pageNext: "page-next",
  pageBack: "page-back",
  pageNumber: "page-number",
  tool: (tool: string) => `tool-${tool}`,
  openDeck: (deck: string) => `open-deck-${deck}`,
  uploadDeck: "upload-deck",
  /** `data-state`: waiting, sending, checking, ready or failed. */
  upload: (key: number) => `upload-${key}`,
  answerText: "answer-text",
  answerSend: "answer-send",
  laterFloor: "later-floor",
  merge: "merge",
  muteFloor: "mute-floor",
  floorLimit: "floor-limit",
  thumbnail: (classroom: string) => `thumbnail-${classroom}`,
  staffTalk: "staff-talk",
  staffTalkInput: "staff-talk-input",
  staffTalkHold: "staff-talk-hold",
  helpCall: (classroom: string) => `help-${classroom}`,
  newPoll: "new-poll",
  pollForm: "poll-form",
  pollOpen: "poll-open",
  pollPanel: "poll-panel",
  pollShow: "poll-show",
  pollClose: "poll-close",
  classroomPresence: (classroom: string) => `classroom-${classroom}`,

  // Stage: the classroom screen, the observer's view, and what the studio and the assistant receive.
  /** `data-layout`: the scene on air, waiting or ended. `data-words`: poll, answer or none. */
  stage: "stage",
  stageCaption: "stage-caption",
  /** `data-state`: open or result. */
  stagePoll: "stage-poll",
  stageAnswer: "stage-answer",
  stageVideo: (index: number) => `stage-video-${index}`,
  stageAudio: (index: number) => `stage-audio-${index}`,
  startOverlay: "start-overlay",
  queuePlace: "queue-place",
  studioLost: "studio-lost",
  offline: "offline-notice",

  /** A page of slides or the board. `data-surface`, `data-page`, `data-ready` once it is drawn, `data-strokes`. */
  surface: "surface",
  surfaceRetry: "surface-retry",
  pollChart: "poll-chart",

  // A classroom's screen outside lessons.
  /** `data-state`: asking or offered. */
  pairing: "pairing",
  pairingCode: "pairing-code",
  screenRevoked: "screen-revoked",
  screenIdle: "screen-idle",

  // Device check, preflight board, report, observing.
  /** `data-done`; `data-worst`: ok, warn or bad; `data-told` once the server was told. */
  checkPanel: "check-panel",
  runCheck: "run-check",
  checkVerdict: "check-verdict",
  /** `data-verdict`: none, running, ok, warn or bad; `data-reason`. */
  check: (name: string) => `check-${name}`,
  preflight: "preflight",
  preflightTroubles: "preflight-troubles",
  preflightLesson: (lesson: string) => `preflight-${lesson}`,
  reportTotals: "report-totals",
  reportClassrooms: "report-classrooms",
  observationForm: "observation-form",
  observation: "observation",
  /** `data-points`. */
  criterion: (criterion: string) => `criterion-${criterion}`,
  noteText: "note-text",
  releaseObservation: "release-observation",

  // Hands: the classroom screen and the assistant console use the same names.
  raiseHand: "raise-hand",
  lowerHand: "lower-hand",
  acceptHand: "accept-hand",
  declineHand: "decline-hand",
  releaseFloor: "release-floor",
  muteRoom: "mute-room",
  listen: "listen",

  // The assistant's console.
  consoleTab: (tab: "attendance" | "questions" | "floor" | "poll" | "talk" | "help") => `tab-${tab}`,
  /** `data-state`: open or taken. */
  roll: "roll",
  /** `data-state`: present, absent, late or left_early. */
  pupilSeat: (seat: number) => `seat-${seat}`,
  markAs: (mark: "present" | "absent" | "late" | "left_early") => `mark-${mark}`,
  byGroup: "by-group",
  confirmRoll: "confirm-roll",
  absentees: "absentees",
  questions: "questions",
  questionSeat: "question-seat",
  questionText: "question-text",
  wantsToSpeak: "wants-to-speak",
  askQuestion: "ask-question",
  /** Its `data-state` is the question's state. */
  question: (question: string) => `question-${question}`,
  questionStep: (step: "answer_here" | "merge" | "escalate" | "take_back" | "withdraw") => `step-${step}`,
  mergeTarget: (question: string) => `merge-into-${question}`,
  settledQuestions: "settled-questions",
  answers: "answers",
  handBanner: "hand-banner",
  talk: "talk",
  talkLog: "talk-log",
  talkText: "talk-text",
  talkSend: "talk-send",
  talkToMaster: "talk-to-master",
  holdToTalk: "hold-to-talk",
  talker: "talker",
  listenTalk: "listen-talk",
  /** `data-state`: hands, seats or none. */
  pollEntry: "poll-entry",
  pollHands: "poll-hands",
  pollCount: (choice: number) => `poll-count-${choice}`,
  pollSeats: "poll-seats",
  pollSeat: (seat: number) => `poll-seat-${seat}`,
  pollAnswer: (choice: number) => `poll-answer-${choice}`,
  help: "help",
  /** `data-state`: called or taken. */
  ownCall: "own-call",
  callHelp: (what: string) => `call-${what}`,
  roomCheck: "room-check",
  openSlides: "open-slides",
  slides: "slides",
  playClip: "play-clip",
  clip: "clip",
  takeOver: "take-over",
  confirmTakeOver: "confirm-take-over",
  followUps: "follow-ups",

  // A poll on a pupil's own device.
  pupilCode: "pupil-code",
  pupilEnter: "pupil-enter",
  pupilClassroom: "pupil-classroom",
  pupilSeatNumber: "pupil-seat-number",
  pupilBegin: "pupil-begin",
  pupilQuestion: "pupil-question",
  pupilAnswer: (choice: number) => `pupil-answer-${choice}`,
  pupilSent: "pupil-sent",

  // Class lists, pairing, devices.
  classList: "class-list",
  classRow: (number: number) => `class-row-${number}`,
  classField: (row: number, field: "number" | "name" | "group") => `row-${row}-${field}`,
  addSeat: "add-seat",
  saveList: "save-list",
  classAssistant: "class-assistant",
  pasteList: "paste-list",
  pasteText: "paste-text",
  pasteReplace: "paste-replace",
  pasteMerge: "paste-merge",
  pairCode: "pair-code",
  pairNext: "pair-next",
  pairClassroom: (classroom: string) => `pair-in-${classroom}`,
  pairName: "pair-name",
  pairConfirm: "pair-confirm",
  pairRefuse: "pair-refuse",
  pairDone: "pair-done",
  device: (device: string) => `device-${device}`,
  revokeDevice: "revoke-device",
  confirmRevoke: "confirm-revoke",

  // Library and replay.
  recording: (recording: string) => `recording-${recording}`,
  replayVideo: "replay-video",
  replaySlide: "replay-slide",
  chapters: "chapters",
  replayScreen: "replay-screen",
  replayPlay: "replay-play",
  replaySeek: "replay-seek",
  replayClock: "replay-clock",
} as const;
