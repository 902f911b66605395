/** The texts of the assistant's console and what belongs to it; they load with those pages, not with every page. */
import { console as en } from "./en/console";
import { type ConsoleMessages, console as zhCN } from "./zh-CN/console";

export type { ConsoleMessages };

export const consoleTexts: Readonly<Record<"zh-CN" | "en", ConsoleMessages>> = { "zh-CN": zhCN, en };
