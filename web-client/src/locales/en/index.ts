/** Interface texts in English, one file per page. */
import type { Messages } from "../zh-CN";
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

export const en: Messages = {
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
