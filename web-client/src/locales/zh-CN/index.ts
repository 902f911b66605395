/** 界面文字（简体中文），每页一个文件。The other languages have exactly these keys; the compiler checks it. */
import { check, preflight } from "./check";
import { devices } from "./devices";
import { home, newLesson } from "./home";
import { lesson, line } from "./lesson";
import { library } from "./library";
import { observation } from "./observation";
import { replay } from "./replay";
import { shell } from "./shell";
import { signIn, setup } from "./sign-in";
import { report } from "./report";
import { screen } from "./screen";
import { stage } from "./stage";
import { studio } from "./studio";
import { air } from "./studio-air";
import { desk } from "./studio-desk";
import { pollDesk } from "./studio-poll";
import { chapters, poll, surface } from "./surface";

export const zhCN = {
  ...shell,
  signIn,
  setup,
  home,
  newLesson,
  lesson,
  line,
  devices,
  studio,
  air,
  desk,
  pollDesk,
  surface,
  poll,
  chapters,
  stage,
  screen,
  check,
  preflight,
  observation,
  report,
  library,
  replay,
};

/** The shape every language has. */
export type Messages = typeof zhCN;
